rule score:
    input:
        shards="<results>/shards/{genome}",
        bundle="<results>/models/{model}",
    output:
        temp(directory("<results>/shard_scores/{genome}/{model}/{shard}")),
    log:
        "<logs>/genomes/{genome}/{model}/score/{shard}.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/{model}/score/{shard}.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1  # two share badly: rather two jobs at once
    resources:
        mem_mb=plan.score_memory,
        runtime=genoseq_workflow.growing(720),
        gpu=1,
    params:
        options=plan.score_options,
        settings=plan.train_settings,
    shell:
        "genoseq score {input.shards:q}/genome.fa --regions {input.shards:q}/{wildcards.shard}.bed"
        " -m {input.bundle:q} --expect {params.settings:q} -o {output:q} --formats scores"
        " --jobs {threads} {params.options} --progress-fd 3"
        " 3>&2 > {log:q} 2>&1"
