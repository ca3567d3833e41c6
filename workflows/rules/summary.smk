rule summary:
    input:
        plan.summary_input(),
    output:
        "<results>/summary.html",
    log:
        "<logs>/summary.log",
    benchmark:
        "<benchmarks>/summary.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(2000),
        runtime=30,
        gpu=0,
    params:
        title=plan.config.summary.title,
        note=plan.config.summary.note,
    shell:
        "genoseq summary {input:q} -o {output:q} --title {params.title:q}"
        " --note {params.note:q} > {log:q} 2>&1"
