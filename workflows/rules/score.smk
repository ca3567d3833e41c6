rule score:
    input:
        fasta=plan.score_input,
        bundle="<results>/models/{model}",
    output:
        directory("<results>/scores/{genome}/{model}"),
    log:
        "<logs>/score/{genome}/{model}.log",
    benchmark:
        "<benchmarks>/score/{genome}/{model}.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1  # two share badly: rather two jobs at once
    resources:
        mem_mb=genoseq_workflow.growing(4000),
        runtime=720,
        gpu=1,
    params:
        options=plan.score_options(),
    shell:
        "genoseq score {input.fasta:q} -m {input.bundle:q} -o {output:q} --formats scores"
        " --threads {threads} {params.options} > {log:q} 2>&1"
