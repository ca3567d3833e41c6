rule extract:
    input:
        fasta=plan.inputs("fasta"),
        blacklist=plan.inputs("blacklist"),
    output:
        fasta="<results>/regions/{genome}/regions.fa",
        bed="<results>/regions/{genome}/regions.bed",
        provenance="<results>/regions/{genome}/provenance.json",
    log:
        "<logs>/genomes/{genome}/extract.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/extract.tsv"
    priority: 1  # all labels are met before a training starts
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(2000),
        runtime=genoseq_workflow.growing(60),
    params:
        options=plan.extract_options,
        fasta=plan.given("fasta"),
        files=plan.given("blacklist"),
        stamps=plan.stamps("fasta", "blacklist"),
    shell:
        "genoseq extract {params.fasta} -o {output.fasta:q} --bed {output.bed:q}"
        " --provenance {output.provenance:q}"
        " {params.options} {params.files} > {log:q} 2>&1"
