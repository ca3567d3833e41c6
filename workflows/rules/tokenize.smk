rule tokenize:
    input:
        fasta=plan.inputs("fasta"),
        bed="<results>/regions/{genome}/regions.bed",
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
        fasta=plan.given("fasta"),
        files=plan.given("labels"),
        stamps=plan.stamps("fasta", "labels"),
        names=plan.label_names,
    shell:
        "genoseq tokenize {params.fasta} -o {output:q} --bed {input.bed:q}"
        " {params.options} {params.files} > {log:q} 2>&1"
