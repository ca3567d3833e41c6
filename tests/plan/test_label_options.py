"""Options of rule ``tokenize``: which CDS teach, by columns of the sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from plans import plan_of, tokenize_options, wild

from genoseq.errors import ConfigError
from genoseq.plan.genomes import missing_files


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


@pytest.mark.parametrize("column", ["evidence", "starts"])
def test_make_plan_refuses_settings_of_evidence_that_no_genome_has(
    tmp_path: Path, column: str
) -> None:
    sheet = f"name\tfasta\tannotation\t{column}\tsplit\n"
    one, scored = "one\ta.fa\ta.gff3\t{}\tblocks\n", "two\tb.fa\t-\tunknown\tscore\n"
    labels = {"evidence": {"unlisted": "unknown"}}
    with pytest.raises(ConfigError, match="no genome that is learned has evidence or starts"):
        plan_of(tmp_path, sheet + one.format("-") + scored, labels=labels)
    plan_of(tmp_path, sheet + one.format("unknown") + scored, labels=labels)
    plan_of(tmp_path, sheet + one.format("-") + scored, labels={"evidence": {}})


def test_tokenize_options_say_which_features_are_labelled(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsplit\none\ta.fa\ta.gff3\tblocks\n"
    labels = {"scheme": "stranded", "classes": ["intron"], "keep": ["type!=tRNA", "score>=5"]}
    plan = plan_of(tmp_path, sheet, labels=labels | {"dropped": "unknown"})
    assert tokenize_options(plan, wild(genome="one"), "") == (
        "--name one --scheme stranded --classes intron --overlap longest --keep 'type!=tRNA' "
        "--keep 'score>=5' --dropped unknown --annotation a.gff3"
    )
