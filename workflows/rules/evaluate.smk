rule evaluate:
    input:
        bundle="<results>/models/{model}",
        stores=plan.stores_of(unused="train"),
        learned=plan.baseline_stores,
        genes=genoseq_signals.gene_inputs(plan),
    output:
        report(
            directory("<results>/evaluation/{model}"),
            patterns=["{table}.tsv"],
            caption="../report/evaluation.rst",
            category="Evaluation",
            subcategory="{model}",
        ),
    log:
        "<logs>/evaluate/{model}.log",
    benchmark:
        "<benchmarks>/evaluate/{model}.tsv"
    conda:
        "../envs/genoseq.yaml"
    threads: 1  # two share badly: rather two jobs at once
    resources:
        mem_mb=plan.evaluate_memory,
        runtime=genoseq_workflow.growing(720),
        gpu=1,
    params:
        settings=plan.train_settings,
        baselines=plan.baseline_options,
        bins=genoseq_signals.bin_options(plan),
        genes=genoseq_signals.gene_options(plan),
        stamps=genoseq_signals.gene_stamps(plan),
    shell:
        "genoseq evaluate {input.bundle:q} {input.stores:q} -o {output:q}"
        " --expect {params.settings:q} {params.baselines} {params.bins} {params.genes} --split test --threads {threads} --progress-fd 3"
        " 3>&2 > {log:q} 2>&1"
