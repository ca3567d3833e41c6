# The state folder is no declared output: it outlives a killed job, and the next attempt resumes.
# `exec`: SIGTERM would end a shell in between at once, and Slurm kills what outlives its step, so
# that the training had no time to save.
# `3>&2`: the log takes stderr, and a line of progress goes now and then to where Snakemake's does.
# `launcher`: what starts several processes, such as `srun -n 4`; a resource, because how many divide
# a batch among them does not decide the weights, and a parameter would.
rule train:
    input:
        stores=plan.stores_of(unused="test"),
        init=plan.init_bundle,
        teacher=lambda wildcards: genoseq_models.teacher_files(plan.config.models[wildcards.model]),
    output:
        directory("<results>/models/{model}"),
    log:
        "<logs>/train/{model}.log",
    benchmark:
        "<benchmarks>/train/{model}.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1  # two share badly: rather two jobs at once
    resources:
        mem_mb=plan.train_memory,
        runtime=genoseq_workflow.growing(720),
        gpu=1,
        checkpoint_minutes=plan.checkpoint_minutes,
        launcher="",
    params:
        settings=plan.train_settings,
        init=plan.init_options,
        freeze=plan.freeze_option,
        state=subpath(output[0], with_suffix=".state"),
        format=TRAINING_FORMAT,
    shell:
        "exec {resources.launcher} genoseq train {input.stores:q} -o {output:q} --settings {params.settings:q}"
        " {params.init} {params.freeze}"
        " --state {params.state:q} --checkpoint-minutes {resources.checkpoint_minutes}"
        " --limit-minutes {resources.runtime}"
        " --threads {threads} --progress-fd 3"
        " 3>&2 > {log:q} 2>&1"
