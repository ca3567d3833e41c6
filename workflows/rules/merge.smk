rule merge:
    input:
        plan.merge_input,
    output:
        directory("<results>/scores/{genome}/{model}"),
    log:
        "<logs>/genomes/{genome}/{model}/merge.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/{model}/merge.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(2000),
        runtime=genoseq_workflow.growing(120),
    shell:
        "genoseq merge {input:q} -o {output:q} > {log:q} 2>&1"
