"""Plans of a sample sheet, and options of rule ``tokenize``."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from genoseq.plan.rules import Plan, make_plan


def plan_of(folder: Path, sheet: str, **settings: object) -> Plan:
    path = folder / "genomes.tsv"
    path.write_text(sheet)
    return make_plan({"genomes": str(path)} | settings)


def wild(**names: str) -> SimpleNamespace:
    return SimpleNamespace(**names)


def tokenize_options(plan: Plan, wildcards: SimpleNamespace, folder: str = "") -> str:
    """Options where the input files are in ``folder``."""
    labels = [folder + path for path in plan.inputs("labels")(wildcards)]
    files = plan.given("labels")(wildcards, SimpleNamespace(labels=labels))
    return f"{plan.tokenize_options(wildcards)} {files}"
