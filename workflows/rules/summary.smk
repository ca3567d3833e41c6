rule summary:
    input:
        plan.summary_input(),
    output:
        report(
            "<results>/summary.html",
            caption="../report/summary.rst",
            category="Summary",
        ),
    log:
        "<logs>/summary.log",
    benchmark:
        "<benchmarks>/summary.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(2000),
        runtime=genoseq_workflow.growing(30),
    params:
        options=plan.summary_options,
    shell:
        "genoseq summary {input:q} -o {output:q} {params.options} > {log:q} 2>&1"
