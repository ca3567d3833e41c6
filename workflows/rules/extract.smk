rule extract:
    input:
        unpack(plan.extract_input),
    output:
        fasta="<results>/regions/{genome}.fa",
        bed="<results>/regions/{genome}.bed",
    log:
        "<logs>/extract/{genome}.log",
    benchmark:
        "<benchmarks>/extract/{genome}.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1
    resources:
        mem_mb=genoseq_workflow.growing(2000),
        runtime=60,
        gpu=0,
    params:
        options=plan.extract_options,
    shell:
        "genoseq extract {input.fasta:q} -o {output.fasta:q} --bed {output.bed:q}"
        " {params.options} > {log:q} 2>&1"
