"""Plans of pairs of sequences: sheet and settings, files, estimates, what rules are asked for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from plans import plan_of, wild

from genoseq.config.sheet import GenomeRow, read_genomes
from genoseq.errors import ConfigError, InputFormatError
from genoseq.plan.check import check_plan, table
from genoseq.plan.estimate_pairs import estimate_pairs
from genoseq.plan.pair_rules import translate_options, translations
from genoseq.plan.pairs import check_pairs
from genoseq.plan.rules import Plan

HEAD = "name\tfasta\tpairs\ttargets\tsplit\n"
ROWS = "own\t-\town.tsv\t-\t-\nkept\tr.fq\tkept.fa\tkept.faa\ttest\nnew\tnew.fa\t-\t-\tscore\n"
MODEL = {"task": {"name": "seq2seq", "longest": 9}, "training": {"window": 12, "steps": 10}}


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.chdir(tmp_path)
    Path("own.tsv").write_text("ACGTACGT\tMK\ttrain\nGGTT\tMLLL\ttest\nCCAAT\tM\tvalid\n")
    Path("kept.fa").write_text(">a\nACGTA\n>b\nTTTTTTTTTTT\n")
    Path("kept.faa").write_text(">b\nMKV\n>a\nM\n")
    Path("r.fq").write_text("@x\nACG\n+\nIII\n")
    Path("new.fa").write_text(">y\nACGT\n>z\nNNACC\n")
    return plan_of(tmp_path, HEAD + ROWS, models={"a": MODEL, "b": MODEL})


def test_rules_are_asked_for_pairs(plan: Plan) -> None:
    assert plan.stores_of("test")(wild(model="a")) == ["<results>/stores/own"]
    both = ["<results>/stores/own", "<results>/stores/kept"]
    assert plan.stores_of("train")(wild(model="a")) == both
    own, kept = wild(genome="own"), wild(genome="kept")
    assert plan.inputs("sources")(own) == ["own.tsv"]
    assert plan.regions(own) == []
    assert plan.regions_option(own, SimpleNamespace(bed=[])) == ""
    assert plan.tokenize_options(own) == "--name own --scheme seq2seq"
    assert plan.tokenize_options(kept) == "--name kept --scheme seq2seq --split test"
    words = plan.given("labels")(kept, SimpleNamespace(labels=["here/kept.faa"]))
    assert words == "--targets here/kept.faa"
    assert plan.inputs("fasta")(wild(genome="new")) == ["new.fa"]
    assert translations(plan) == [
        f"<results>/translations/{name}/{model}.fa" for name in ("kept", "new") for model in "ab"
    ]
    assert translate_options(plan)(own) == "--beams 1"
    assert plan.report_input() == [
        f"<results>/{kind}/{model}" for kind in ("models", "evaluation") for model in "ab"
    ]


def test_plans_of_genomes_translate_nothing(tmp_path: Path) -> None:
    of_genomes = plan_of(tmp_path, "name\tfasta\tannotation\tsplit\none\to.fa\to.gff3\tblocks\n")
    assert translations(of_genomes) == []
    assert of_genomes.regions(wild(genome="one")) == ["<results>/regions/one/regions.bed"]
    words = of_genomes.regions_option(wild(), SimpleNamespace(bed=["a b.bed"]))
    assert words == "--bed 'a b.bed'"


def test_check_counts_pairs_and_what_is_translated(plan: Plan) -> None:
    found = check_pairs(plan)
    assert found.problems == []
    own, kept = found.counts["own"], found.counts["kept"]
    assert own is not None
    assert kept is not None
    assert dict(own.pairs) == {"train": 1, "test": 1, "valid": 1}
    assert (own.letters, own.longest, kept.longest) == (7, (8, 4), (11, 3))
    assert dict(kept.bases) == {"test": 16}
    assert found.reads == {"kept": 3, "new": 9}
    rows = {row.rule: row for row in estimate_pairs(plan, found)}
    assert list(rows) == ["tokenize", "train", "evaluate", "translate", "report"]
    assert [rows[rule].jobs for rule in rows] == [2, 2, 2, 4, 1]
    assert (rows["tokenize"].bases, rows["evaluate"].bases) == (33, 40)
    assert (rows["translate"].bases, rows["train"].windows) == (24, 2 * 10 * 16)
    assert rows["tokenize"].disk == 33 + 11 + 17 * 5
    assert not rows["tokenize"].unknown
    for rule in ("train", "evaluate", "translate"):
        assert {"hours", "memory"} <= rows[rule].unknown
    assert "?" in next(line for line in table(list(rows.values())) if line.startswith("train"))


def test_check_says_what_a_run_of_pairs_would_do(plan: Plan) -> None:
    lines = list(check_plan(plan).lines())
    assert "genome kept: split test, kept.fa, kept.faa, r.fq" in lines
    assert "model a: trains on own" in lines
    assert "model a: is tested on kept, own" in lines
    assert "model a: translates kept, new" in lines
    assert not any(line.startswith("tracks:") for line in lines)


def test_check_names_what_is_wrong_with_files_of_pairs(plan: Plan) -> None:
    Path("own.tsv").write_text("ACGTACGT\tMK\ttrain\nGGTT\n")
    Path("new.fa").write_text(">y\n>z\nACC\n")
    assert check_pairs(plan).problems == [
        "genome 'own': own.tsv:2: 1 columns where others have more",
        "genome 'new': new.fa:1: 'y' has no base: leave it out",
    ]
    Path("own.tsv").write_text("ACGTACGTACGTA\tMKKKKKKKKK\tvalid\n")
    Path("new.fa").unlink()
    with pytest.raises(ConfigError) as caught:
        check_plan(plan)
    problems = list(caught.value.problems)
    assert problems[0].startswith("no such file: new.fa (paths are relative to")
    assert problems[1:3] == [
        "no pairs to train on: give a row the split train, or its table a column split with it",
        "models.a.training.window 12: the longest sequence of a pair has 13 letters: raise it to "
        "that, or leave such pairs out",
    ]
    assert problems[3] == "models.a.task.longest 9: the longest target has 10 letters: raise it"


def test_check_leaves_large_tables_unread(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genoseq.plan.pairs.TABLE", 40)
    found = check_pairs(plan)
    assert found.counts["own"] is None
    assert found.notes == ["own.tsv: more than 0 MB, not read here"]
    rows = {row.rule: row for row in estimate_pairs(plan, found)}
    assert {"bases", "disk", "hours"} <= rows["tokenize"].unknown
    assert "bases" in rows["evaluate"].unknown


@pytest.mark.parametrize(
    ("rows", "settings", "message"),
    [
        ("a\tx.fa\t-\t-\ttrain\n", {}, "'a': split 'train' needs pairs, its pairs column is e"),
        ("a\t-\tp.tsv\t-\tblocks\n", {}, "'a': split 'blocks' is not for pairs: use train, va"),
        ("a\t-\tp.tsv\t-\ttrain\n", {}, "no pairs to test on: give a row the split test"),
        ("a\t-\tp.tsv\t-\t-\n", {"hub": {}}, "hub: is of models of bases"),
        ("a\t-\tp.tsv\t-\t-\n", {"genes": {}}, "genes: is of models of bases"),
        (
            "a\t-\tp.tsv\t-\t-\n",
            {"models": {"a": MODEL, "b": {}}},
            "models: a learn from pairs of sequences and b from genomes: put them into two",
        ),
    ],
)
def test_plans_of_pairs_refuse(
    tmp_path: Path, rows: str, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        plan_of(tmp_path, HEAD + rows, **{"models": {"a": MODEL}, **settings})


def test_columns_of_the_other_kind_are_refused(tmp_path: Path) -> None:
    sheet = "name\tfasta\tpairs\tmask\tshards\na\t-\tp.tsv\tm.bed\t3\n"
    with pytest.raises(ConfigError, match="learn from pairs do not read its mask, shards: write -"):
        plan_of(tmp_path, sheet, models={"a": MODEL})
    sheet = "name\tfasta\tannotation\tsplit\tpairs\na\ta.fa\ta.gff3\tblocks\tp.tsv\n"
    with pytest.raises(ConfigError, match="'a': its pairs are not read, as no model has a task"):
        plan_of(tmp_path, sheet)


def test_rows_have_something_to_learn_from_or_to_read(tmp_path: Path) -> None:
    path = tmp_path / "genomes.tsv"
    path.write_text("name\tfasta\tpairs\na\t-\tp.tsv\n")
    assert read_genomes(path) == {"a": GenomeRow(name="a", pairs="p.tsv", split="pairs")}
    path.write_text(HEAD + "a\t-\t-\t-\t-\nb\tx.fa\t-\tt.fa\t-\n")
    with pytest.raises(InputFormatError) as caught:
        read_genomes(path)
    first, second = str(caught.value).splitlines()
    assert "tsv:2: genome 'a': its fasta column is empty: give a file" in first
    assert "tsv:3: genome 'b': it has targets without pairs: give sources" in second
