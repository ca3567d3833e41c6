rule tracks:
    input:
        "<results>/scores/{genome}/{model}",
    output:
        directory("<results>/tracks/{genome}/{model}"),
    log:
        "<logs>/genomes/{genome}/{model}/tracks.log",
    benchmark:
        "<benchmarks>/genomes/{genome}/{model}/tracks.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(2000),
        runtime=genoseq_workflow.growing(240),
    params:
        options=plan.tracks_options,
    shell:
        "genoseq tracks {input:q} -o {output:q} {params.options} > {log:q} 2>&1"
