rule tokenize:
    input:
        sources=plan.inputs("sources"),
        bed=plan.regions,
        labels=plan.inputs("labels"),
    output:
        directory("<results>/stores/{genome}"),
    log:
        "<logs>/genomes/{genome}/tokenize.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/tokenize.tsv"
    priority: 1  # all labels are met before a training starts
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(4000),
        runtime=genoseq_workflow.growing(60),
    params:
        options=plan.tokenize_options,
        sources=plan.given("sources"),
        regions=plan.regions_option,
        files=plan.given("labels"),
        stamps=plan.stamps("sources", "labels"),
        names=plan.label_names,
    shell:
        "genoseq tokenize {params.sources} -o {output:q} {params.regions}"
        " {params.options} {params.files} --jobs {threads} > {log:q} 2>&1"
