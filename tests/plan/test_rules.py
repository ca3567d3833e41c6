"""The plan behind the Snakefile: inputs and options of the rules, and what it refuses."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import plans
import pytest
from plans import tokenize_options, wild

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.errors import ConfigError, InputFormatError
from genoseq.plan.check import missing_files
from genoseq.plan.constants import FLOOR
from genoseq.plan.costs import evaluating_memory, predicting_memory, request, training_memory
from genoseq.plan.model_rules import settings_json
from genoseq.plan.rules import Plan, growing, make_plan
from genoseq.plan.snakefile import put_scripts_on_path

SHEET = """\
name\tfasta\tannotation\tmask\tsignal\tsplit
one\tone.fa\tone.gff3\tone.bed\t-\ttrain
two\ttwo.fa\ttwo.gff3\t-\t-\tcontigs:valid=c1;test=c2
three\tthree.fa\tthree.gff3\t\t\ttest
four\tfour.fa\t\t\t\tscore
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(tmp_path, SHEET)


def plan_of(folder: Path, sheet: str, **settings: object) -> Plan:
    models = {"a": {}, "b": {"model": {"tokenizer": {"k": 4, "stride": 2}}}}
    return plans.plan_of(folder, sheet, **({"models": models} | settings))


def test_stores_of_training_leave_out_test_genomes(plan: Plan) -> None:
    assert plan.stores(unused="test") == [
        "<results>/stores/one",
        "<results>/stores/two",
    ]


def test_stores_of_evaluation_leave_out_training_genomes(plan: Plan) -> None:
    assert plan.stores(unused="train") == [
        "<results>/stores/two",
        "<results>/stores/three",
    ]


def test_extract_options_quote_what_a_shell_would_split(plan: Plan) -> None:
    options = plan.extract_options(wild(genome="two"))
    assert shlex.split(options)[:2] == ["--split", "contigs:valid=c1;test=c2"]


def test_extract_takes_the_blacklist_as_input_and_option(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SHEET, regions={"blacklist": "bad.bed"})
    assert plan.inputs("fasta")(wild(genome="one")) == ["one.fa"]
    assert plan.inputs("blacklist")(wild(genome="one")) == ["bad.bed"]
    brought = wild(blacklist=["storage/bad.bed"])
    files = plan.given("blacklist")(wild(genome="one"), brought)
    assert files == "--blacklist storage/bad.bed"


def test_tokenize_options_name_the_labels(plan: Plan) -> None:
    words = tokenize_options(plan, wild(genome="one"))
    assert words == (
        "--name one --scheme cds-phase --overlap longest --annotation one.gff3 --mask one.bed"
    )
    assert plan.inputs("labels")(wild(genome="one")) == ["one.gff3", "one.bed"]
    brought = wild(fasta=["storage/one.fa"])
    assert plan.given("fasta")(wild(genome="one"), brought) == "storage/one.fa"


def test_every_genome_is_scored_by_every_model(plan: Plan) -> None:
    tracks = [path for path in plan.report_input() if "/tracks/" in path]
    assert len(tracks) == 4 * 2
    assert "<results>/tracks/four/b" in tracks
    assert not [path for path in plan.report_input() if "stores/four" in path]


def test_shards_are_those_of_the_sheet_or_of_the_settings(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsplit\tshards\n"
    sheet += "small\ta.fa\ta.gff3\tblocks\t-\nlarge\tb.fa\t-\tscore\t12\n"
    plan = plan_of(tmp_path, sheet, score={"shards": 2})
    assert plan.shard_count(wild(genome="small")) == 2
    assert plan.merge_input(wild(genome="small", model="a")) == [
        "<results>/shard_scores/small/a/001",
        "<results>/shard_scores/small/a/002",
    ]
    paths = plan.merge_input(wild(genome="large", model="b"))
    assert (len(paths), paths[-1]) == (12, "<results>/shard_scores/large/b/012")


def test_score_options_name_the_number_format_and_channels(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsplit\none\ta.fa\ta.gff3\tblocks\n"
    assert plan_of(tmp_path, sheet).score_options(wild(model="a")) == "--precision auto"
    plan = plan_of(tmp_path, sheet, score={"precision": "fp32", "by_phase": True})
    assert plan.score_options(wild(model="a")) == "--precision fp32 --by-phase"


def test_genes_are_called_where_settings_ask_for_them(tmp_path: Path) -> None:
    sheet = (
        "name\tfasta\tannotation\tsplit\tcode\tcircular\n"
        "one\ta.fa\ta.gff3\tblocks\t4\tc1,c 2\ntwo\tb.fa\t-\tscore\t-\t-\n"
    )
    plan = plan_of(tmp_path, sheet, genes={"circular": "all", "shortest": 120, "adapt": True})
    assert plan.genes_options(wild(genome="one")) == (
        "--code 4 --circular 'c1,c 2' --shortest 120 --adapt on"
    )
    two = plan.genes_options(wild(genome="two"))
    assert two == "--code auto --circular all --shortest 120 --adapt on"
    genes = [path for path in plan.report_input() if "/genes/" in path]
    assert genes == [f"<results>/genes/{pair}" for pair in ("one/a", "one/b", "two/a", "two/b")]
    with pytest.raises(ConfigError, match="column code is for genes, which are not called"):
        plan_of(tmp_path, sheet)
    labels = {"scheme": "stranded", "classes": ["CDS"]}
    with pytest.raises(ConfigError, match="called by models of codon phases, labels"):
        plan_of(tmp_path, sheet, labels=labels, genes={})
    with pytest.raises(InputFormatError, match="code"):
        plan_of(tmp_path, sheet.replace("\t4\t", "\t7\t"), genes={})
    with pytest.raises(ConfigError, match=r"'one': code 1 is not of labels.scheme cds-phase"):
        plan_of(tmp_path, sheet.replace("\t4\t", "\t1\t"), genes={})


def test_genes_with_introns_take_the_sites_of_the_settings(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsplit\none\ta.fa\ta.gff3\tblocks\n"
    labels = {"scheme": "gene-phase"}
    plan = plan_of(tmp_path, sheet, labels=labels, genes={"weights": "my sites.json"})
    one, weights = wild(genome="one"), plan.inputs("weights")(wild(genome="one"))
    assert weights == ["my sites.json"]
    assert plan.given("weights")(one, wild(weights=weights)) == "--weights 'my sites.json'"
    assert plan_of(tmp_path, sheet, genes={}).given("weights")(one, wild(weights=[])) == ""
    for genes, message in (
        ({"code": 11}, "genes.code 11 is not of labels.scheme gene-phase: use auto or 1, 6"),
        ({"adapt": "auto"}, "genes.adapt is for bacteria"),
        ({"circular": "all"}, "genes.circular is for bacteria"),
    ):
        with pytest.raises(ConfigError, match=message):
            plan_of(tmp_path, sheet, labels=labels, genes=genes)


def test_report_reads_a_shared_store_once(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SHEET)
    stores = [path for path in plan.report_input() if "/stores/" in path]
    assert stores == [f"<results>/stores/{name}" for name in ("one", "two", "three")]


def test_report_options_name_an_empty_note(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, SHEET, report={"title": "Two words"})
    assert shlex.split(plan.report_options(wild())) == ["--title", "Two words", "--note", ""]


def test_settings_json_changes_with_the_seed_only_where_weights_do() -> None:
    def text(**training: object) -> str:
        return settings_json(parse_settings(RunSettings, {"training": training}))

    assert text() == text(checkpoint_minutes=1)
    assert text() != text(seed=2)
    assert parse_settings(RunSettings, json.loads(text(seed=2))).training.seed == 2


def test_make_plan_lists_every_problem_of_the_sheet(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsplit\none\tone.fa\t-\tvalid\ntwo\ttwo.fa\t-\ttest\n"
    with pytest.raises(ConfigError) as error:
        plan_of(tmp_path, sheet)
    assert len(error.value.problems) == 3
    assert "genome 'one': split 'valid' needs labels" in str(error.value)
    assert "no genome to train on" in error.value.problems[-1]


def test_make_plan_wants_a_genome_to_test_on(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsplit\none\tone.fa\tone.gff3\t{}\n"
    for split in ("train", "contigs:valid=c1"):
        with pytest.raises(ConfigError, match="no genome to test on"):
            plan_of(tmp_path, sheet.format(split))
    with pytest.raises(ConfigError, match="no genome to test on"):
        plan_of(tmp_path, sheet.format("blocks"), split={"test": 0})
    for split in ("contigs:test=c1", "contigs:valid=c1; test = c2"):
        assert plan_of(tmp_path, sheet.format(split)).learned() == ["one"]


def test_make_plan_of_genomes_to_score_alone_names_the_verb(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing to train on; .*: genoseq score FASTA -m MODEL"):
        plan_of(tmp_path, "name\tfasta\none\tone.fa\n")


def test_make_plan_refuses_segments_of_signals(tmp_path: Path) -> None:
    sheet = "name\tfasta\tsignal\tsplit\none\tone.fa\ta.bw\tblocks\n"
    plan = plan_of(tmp_path, sheet, labels={"scheme": "signal"})
    assert plan.config.score.formats == ("bigwig",)
    with pytest.raises(ConfigError, match=r"score\.formats: bed is for classes"):
        plan_of(tmp_path, sheet, labels={"scheme": "signal"}, score={"formats": ["bed"]})


def test_make_plan_wants_signals_for_regression(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"genome 'one': labels\.scheme is signal"):
        plan_of(tmp_path, SHEET, labels={"scheme": "signal"})


def test_labels_are_made_from_what_the_scheme_uses(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsignal\tsplit\none\tone.fa\t{}\tblocks\n"
    signals: dict[str, object] = {"labels": {"scheme": "signal"}}
    one = wild(genome="one")
    for files, settings, used in (("one.gff3\t-", {}, "one.gff3"), ("-\ta.bw", signals, "a.bw")):
        plan = plan_of(tmp_path, sheet.format(files), **settings)
        assert plan.inputs("labels")(one) == [used]
        assert used in tokenize_options(plan, one)


def test_signals_may_be_named(tmp_path: Path) -> None:
    sheet = "name\tfasta\tsignal\tsplit\none\tone.fa\trna=a.bw,x/k=1/b.bw\tblocks\n"
    settings = {"labels": {"scheme": "signal"}, "score": {"formats": ["bigwig"]}}
    plan = plan_of(tmp_path, sheet, **settings)
    assert plan.inputs("labels")(wild(genome="one")) == ["a.bw", "x/k=1/b.bw"]
    words = tokenize_options(plan, wild(genome="one"))
    assert words.endswith("--signal rna=a.bw --signal x/k=1/b.bw")
    words = tokenize_options(plan, wild(genome="one"), "brought/")
    assert words.endswith("--signal rna=brought/a.bw --signal brought/x/k=1/b.bw")
    assert missing_files(plan) == ["one.fa", "a.bw", "x/k=1/b.bw"]


def test_an_annotation_may_be_named(tmp_path: Path) -> None:
    sheet = "name\tfasta\tannotation\tsplit\none\tone.fa\tTSS=sites.bed\tblocks\n"
    plan = plan_of(tmp_path, sheet, labels={"scheme": "unstranded", "classes": ["TSS"]})
    assert plan.inputs("labels")(wild(genome="one")) == ["sites.bed"]
    words = tokenize_options(plan, wild(genome="one"))
    assert words.endswith("--annotation TSS=sites.bed")
    assert missing_files(plan) == ["one.fa", "sites.bed"]


def test_make_plan_refuses_a_file_with_a_key_twice(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("split: {}\nsplit: {}\n")
    (tmp_path / "genomes.tsv").write_text(SHEET)
    settings = {"genomes": str(tmp_path / "genomes.tsv")}
    with pytest.raises(ConfigError, match=r"c\.yaml: split: this key .* lines 1 and 2"):
        make_plan(settings, files=[tmp_path / "none.yaml", tmp_path / "c.yaml"])


def test_make_plan_leaves_pathvars_to_snakemake(tmp_path: Path) -> None:
    assert plan_of(tmp_path, SHEET, pathvars={"results": "elsewhere"}).learned() == [
        "one",
        "two",
        "three",
    ]


def test_growing_asks_for_more_at_each_attempt() -> None:
    assert [growing(1000)(wild(), attempt) for attempt in (1, 2, 3)] == [1000, 2000, 3000]


def test_memory_of_rules_follows_the_model(tmp_path: Path) -> None:
    large = {"model": {"encoder": {"layers": 4, "width": 1024}}, "training": {"batch": 32}}
    plan = plan_of(tmp_path, SHEET, models={"a": {}, "b": large}, score={"precision": "fp32"})
    for rule in (plan.train_memory, plan.score_memory, plan.evaluate_memory):
        assert [rule(wild(model="a"), attempt) for attempt in (1, 2)] == [FLOOR, 2 * FLOOR]
    run = plan.config.models["b"]
    for rule, estimate in (
        (plan.train_memory, training_memory(run, 7)),
        (plan.score_memory, predicting_memory(run, 7, "fp32")),
        (plan.evaluate_memory, evaluating_memory(run, 7)),
    ):
        found = [rule(wild(model="b"), attempt) for attempt in (1, 2)]
        assert found == [request(estimate, 1), 2 * request(estimate, 1)]
        assert found[0] >= 1.5 * estimate > FLOOR
    assert FLOOR < plan.score_memory(wild(model="b"), 1) < plan.train_memory(wild(model="b"), 1)


@pytest.mark.parametrize("rule", ["train", "score", "evaluate"])
def test_rules_ask_for_the_memory_of_the_plan(rule: str) -> None:
    text = (Path(__file__).parents[2] / f"workflows/rules/{rule}.smk").read_text()
    assert f"mem_mb=plan.{rule}_memory," in text


def test_put_scripts_on_path_prepends_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/bin")
    put_scripts_on_path()
    put_scripts_on_path()
    assert os.environ["PATH"] == f"{Path(sys.executable).parent}{os.pathsep}/bin"


def test_make_plan_refuses_a_sheet_without_rows(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"tsv:1: no genome yet: add a row below the header"):
        plan_of(tmp_path, "name\tfasta\n# one\tone.fa\n")


def test_workflow_loads_neither_torch_nor_numpy() -> None:
    code = "import sys, genoseq.plan.rules; sys.exit(bool({'torch', 'numpy'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
