rule shards:
    input:
        fasta=plan.inputs("fasta"),
    output:
        directory("<results>/shards/{genome}"),
    log:
        "<logs>/genomes/{genome}/shards.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/shards.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(2000),
        runtime=genoseq_workflow.growing(60),
    params:
        fasta=plan.given("fasta"),
        stamps=plan.stamps("fasta"),
        number=plan.shard_count,
    shell:
        "genoseq shards {params.fasta} -o {output:q} --count {params.number} > {log:q} 2>&1"
