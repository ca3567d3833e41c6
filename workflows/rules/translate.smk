rule translate:
    input:
        fasta=plan.inputs("fasta"),
        bundle="<results>/models/{model}",
    output:
        "<results>/translations/{genome}/{model}.fa",
    log:
        "<logs>/genomes/{genome}/{model}/translate.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/{model}/translate.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1  # two share badly: rather two jobs at once
    resources:
        mem_mb=plan.evaluate_memory,
        runtime=genoseq_workflow.growing(720),
        gpu=1,
    params:
        fasta=plan.given("fasta"),
        stamps=plan.stamps("fasta"),
        options=genoseq_pairs.translate_options(plan),
        settings=plan.train_settings,
    shell:
        "genoseq translate {params.fasta} -m {input.bundle:q} -o {output:q}"
        " --expect {params.settings:q} {params.options} --threads {threads} --progress-fd 3"
        " 3>&2 > {log:q} 2>&1"
