# What all rules share. The logic is Python: genoseq/plan/rules.py.
from genoseq.plan import model_rules as genoseq_models
from genoseq.plan import hubs as genoseq_hubs
from genoseq.plan import pair_rules as genoseq_pairs
from genoseq.plan import signal_rules as genoseq_signals
from genoseq.plan import rules as genoseq_workflow
from genoseq.plan import variants as genoseq_variants
from genoseq.config.schema import TRAINING_FORMAT
from genoseq.plan.snakefile import ends_with_a_line, put_scripts_on_path

with ends_with_a_line():
    plan = genoseq_workflow.make_plan(config, files=workflow.configfiles)
put_scripts_on_path()


wildcard_constraints:
    genome=r"[A-Za-z0-9][A-Za-z0-9_-]*",
    model=r"[A-Za-z0-9][A-Za-z0-9_-]*",
    shard=r"\d+",
