# genoseq: from FASTA and annotation to per-base tracks, each rule one `genoseq` command.
# Settings: config/config.yaml and config/genomes.tsv. Run: snakemake --cores 2
from snakemake.utils import min_version

min_version("9.11")


configfile: "config/config.yaml"


report: "workflows/report/workflow.rst"


pathvars:
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


include: "workflows/rules/common.smk"


# The first rule is what is made by default, unless another workflow has one of its own before.  All
# folders are named, not the report alone: it is newer than one that was deleted.
rule all:
    input:
        "<results>/report.html",
        plan.report_input(),
        genoseq_hubs.hubs(plan),
        genoseq_pairs.translations(plan),


include: "workflows/rules/demo.smk"
include: "workflows/rules/extract.smk"
include: "workflows/rules/tokenize.smk"
include: "workflows/rules/train.smk"
include: "workflows/rules/evaluate.smk"
include: "workflows/rules/shards.smk"
include: "workflows/rules/score.smk"
include: "workflows/rules/merge.smk"
include: "workflows/rules/tracks.smk"
include: "workflows/rules/translate.smk"
include: "workflows/rules/genes.smk"
include: "workflows/rules/variants.smk"
include: "workflows/rules/hub.smk"
include: "workflows/rules/report.smk"
