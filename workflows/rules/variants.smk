rule variants:
    input:
        vcf=genoseq_variants.vcf_inputs(plan),
        shards="<results>/shards/{genome}",
        bundle="<results>/models/{model}",
        annotation=genoseq_variants.gene_inputs(plan),
    output:
        temp("<results>/shard_variants/{genome}/{model}/{shard}.vcf"),
    log:
        "<logs>/genomes/{genome}/{model}/variants/{shard}.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/{model}/variants/{shard}.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1  # two share badly: rather two jobs at once
    resources:
        mem_mb=plan.score_memory,
        runtime=genoseq_workflow.growing(720),
        gpu=1,
    params:
        vcf=genoseq_variants.vcf_file(plan),
        genes=genoseq_variants.gene_words(plan),
        options=genoseq_variants.variant_options(plan),
        part=genoseq_variants.shard_option(plan),
        stamps=genoseq_variants.variant_stamps(plan),
    shell:
        "genoseq variants {params.vcf} {input.shards:q}/genome.fa -m {input.bundle:q} -o {output:q}"
        " {params.part} {params.genes} {params.options} --jobs {threads} --progress-fd 3"
        " 3>&2 > {log:q} 2>&1"


rule merge_variants:
    input:
        parts=genoseq_variants.merged_shards(plan),
        vcf=genoseq_variants.vcf_inputs(plan),
    output:
        directory("<results>/variants/{genome}/{model}"),
    log:
        "<logs>/genomes/{genome}/{model}/merge_variants.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/{model}/merge_variants.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(2000),
        runtime=genoseq_workflow.growing(120),
    params:
        vcf=genoseq_variants.vcf_file(plan),
        stamps=genoseq_variants.variant_stamps(plan),
    shell:
        "genoseq merge {input.parts:q} --of {params.vcf} -o {output:q}/variants.vcf.gz > {log:q} 2>&1"
