rule demo:
    output:
        fasta="<resources>/demo/genome.fa",
        annotation="<resources>/demo/genes.gff3",
        mask="<resources>/demo/mask.bed",
    log:
        "<logs>/demo.log",
    benchmark:
        "<benchmarks>/demo.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(1000),
        runtime=genoseq_workflow.growing(10),
    shell:
        "genoseq demo --fasta {output.fasta:q} --annotation {output.annotation:q}"
        " --mask {output.mask:q} > {log:q} 2>&1"


rule demo_pairs:
    output:
        pairs="<resources>/demo/pairs.tsv",
        reads="<resources>/demo/reads.fa",
    log:
        "<logs>/demo_pairs.log",
    benchmark:
        "<benchmarks>/demo_pairs.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(1000),
        runtime=genoseq_workflow.growing(10),
    shell:
        "genoseq demo --pairs {output.pairs:q} --reads {output.reads:q} > {log:q} 2>&1"
