rule shards:
    input:
        plan.fasta,
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
        number=plan.shard_count,
    shell:
        "genoseq shards {input:q} -o {output:q} --count {params.number} > {log:q} 2>&1"
