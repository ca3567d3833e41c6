rule hub:
    input:
        folders=genoseq_hubs.hub_folders(plan),
        shards="<results>/shards/{genome}",
        annotation=genoseq_hubs.hub_annotation(plan),
    output:
        directory("<results>/hubs/{genome}"),
    log:
        "<logs>/genomes/{genome}/hub.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/hub.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(4000),
        runtime=genoseq_workflow.growing(60),
    params:
        options=genoseq_hubs.hub_options(plan),
        annotation=genoseq_hubs.hub_annotation_file(plan),
        stamps=genoseq_hubs.hub_stamps(plan),
    shell:
        "genoseq hub {input.folders:q} {params.annotation} --fasta {input.shards:q}/genome.fa"
        " -o {output:q} --name {wildcards.genome:q} {params.options} > {log:q} 2>&1"
