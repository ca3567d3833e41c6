rule report:
    input:
        plan.report_input(),
    output:
        report(
            "<results>/report.html",
            caption="../report/report.rst",
            category="Report",
        ),
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(2000),
        runtime=genoseq_workflow.growing(30),
    params:
        options=plan.report_options,
    shell:
        "genoseq report {input:q} -o {output:q} {params.options} > {log:q} 2>&1"
