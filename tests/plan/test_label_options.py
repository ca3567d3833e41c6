"""Options of rule ``tokenize``: which CDS teach, by columns of the sheet."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from genoseq.errors import ConfigError
from genoseq.plan.genomes import missing_files
from genoseq.plan.rules import Plan, make_plan


def plan_of(folder: Path, sheet: str, **settings: object) -> Plan:
    path = folder / "genomes.tsv"
    path.write_text(sheet)
    return make_plan({"genomes": str(path)} | settings)


def wild(**names: str) -> SimpleNamespace:
    return SimpleNamespace(**names)


def tokenize_options(plan: Plan, wildcards: SimpleNamespace, folder: str = "") -> str:
    """Options where the input files are in ``folder``."""
    labels = [folder + path for path in plan.labels_input(wildcards)]
    files = plan.tokenize_files(wildcards, SimpleNamespace(labels=labels))
    return f"{plan.tokenize_options(wildcards)} {files}"


def test_tokenize_options_say_what_cds_teach(tmp_path: Path) -> None:
    head = "name\tfasta\tannotation\tmask\tevidence\tstarts\tsplit\n"
    rows = [
        "table\ta.fa\ta.gff3\ta.bed\ttiers.tsv\tunknown\tblocks",
        "said\ta.fa\ta.gff3\t-\tattribute:inference\tverified.gff3\tblocks",
        "plain\ta.fa\ta.gff3\t-\t-\t-\tblocks",
    ]
    rules = {"tiers": {"a b": "known", "*=x*": "unknown"}, "unlisted": "start-unknown"}
    plan = plan_of(tmp_path, head + "\n".join(rows) + "\n", labels={"evidence": rules})
    teaching = "--tier 'a b=known' --tier '*=x*=unknown' --unlisted start-unknown"
    usual = "--scheme cds-phase --overlap longest"
    assert tokenize_options(plan, wild(genome="table"), "x/") == (
        f"--name table {usual} {teaching} --starts unknown --start-reach 150 "
        f"--annotation x/a.gff3 --mask x/a.bed --evidence x/tiers.tsv"
    )
    assert tokenize_options(plan, wild(genome="said"), "x/") == (
        f"--name said {usual} --evidence attribute:inference {teaching} --start-reach 150 "
        f"--annotation x/a.gff3 --starts x/verified.gff3"
    )
    assert tokenize_options(plan, wild(genome="plain"), "x/") == (
        f"--name plain {usual} --annotation x/a.gff3"
    )
    assert {"tiers.tsv", "verified.gff3"} <= {path.split()[0] for path in missing_files(plan)}


def test_make_plan_refuses_evidence_that_decides_no_label(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tevidence\tsplit\none\ta.fa\ta.gff3\tt.tsv\tblocks\n"
    labels = {"scheme": "stranded", "classes": ["exon"]}
    with pytest.raises(ConfigError, match="its evidence tell of CDS, which labels"):
        plan_of(tmp_path, sheet, labels=labels)
    plan_of(tmp_path, sheet, labels=labels | {"classes": ["CDS"]})
