"""Files that Snakemake would take for patterns."""

from __future__ import annotations

import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
from plans import plan_of

from genoseq.errors import ConfigError

SHEET = "name\tfasta\tannotation\tsplit\none\tone.fa\tone.gff3\tblocks\n"


def test_files_with_braces_are_words_of_commands(tmp_path: Path) -> None:
    genes, mask = tmp_path / "g<x>.gff3", tmp_path / "mask.bed"
    genome = tmp_path / "a{me}.fa"
    sheet = f"name\tfasta\tannotation\tmask\tsplit\none\t{genome}\t{genes}\t{mask}\tblocks\n"
    plan, one = plan_of(tmp_path, sheet), SimpleNamespace(genome="one")
    assert plan.inputs("fasta")(one) == []
    assert plan.given("fasta")(one, SimpleNamespace(fasta=[])) == shlex.quote(str(genome))
    assert plan.inputs("labels")(one) == [str(mask)]
    words = shlex.split(plan.given("labels")(one, SimpleNamespace(labels=["storage/mask.bed"])))
    assert words == ["--annotation", str(genes), "--mask", "storage/mask.bed"]
    with pytest.raises(ConfigError, match=r"a\{me\}\.fa: cannot be read: No such file"):
        plan.stamps("fasta")(one)
    for path in (genome, genes):
        path.write_text(">c")
    before = plan.stamps("fasta", "labels")(one)
    assert [stamp.split()[:2] for stamp in before] == [[str(genome), "2"], [str(genes), "2"]]
    genes.write_text(">cd")
    assert plan.stamps("fasta", "labels")(one)[0] == before[0]
    assert plan.stamps("fasta", "labels")(one)[1] != before[1]


def test_plain_files_have_no_stamps(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SHEET)
    for of_rule in (plan.stamps("fasta"), plan.stamps("fasta", "blacklist"), plan.stamps("labels")):
        assert of_rule(SimpleNamespace(genome="one")) == []


def test_make_plan_refuses_braces_in_folders_of_results(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pathvars\.results: braces .* \(found 'r\{x\}'\)"):
        plan_of(tmp_path, SHEET, pathvars={"results": "r{x}"})
