rule genes:
    input:
        shards="<results>/shards/{genome}",
        bundle="<results>/models/{model}",
        weights=plan.inputs("weights"),
    output:
        directory("<results>/genes/{genome}/{model}"),
    log:
        "<logs>/genomes/{genome}/{model}/genes.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/{model}/genes.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1  # two share badly: rather two jobs at once
    resources:
        mem_mb=plan.score_memory,
        runtime=genoseq_workflow.growing(720),
        gpu=1,
    params:
        options=plan.genes_options,
        weights=plan.given("weights"),
        stamps=plan.stamps("weights"),
        precision=plan.config.score.precision,
    shell:
        "genoseq genes {input.shards:q}/genome.fa -m {input.bundle:q} -o {output:q}"
        " {params.options} {params.weights} --precision {params.precision} --jobs {threads} --progress-fd 3"
        " 3>&2 > {log:q} 2>&1"
