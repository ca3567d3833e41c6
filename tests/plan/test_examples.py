"""The configurations of config/examples hold against schema and sheet."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from plans import wild

from genoseq.config.base import parse_settings, read_mapping
from genoseq.config.schema import RunSettings
from genoseq.config.tasks import Seq2SeqSettings
from genoseq.plan.check import check_plan
from genoseq.plan.rules import make_plan

REPOSITORY = Path(__file__).parents[2]
BACTERIA = REPOSITORY / "config/examples/bacteria"
READS = REPOSITORY / "config/examples/reads/settings.yaml"


@pytest.mark.parametrize("names", [["config"], ["config", "heldout"]])
def test_the_bacteria_example_is_a_plan(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    settings = {}
    for name in names:
        own = read_mapping(BACTERIA / f"{name}.yaml")
        settings |= own | {"report": settings.get("report", {}) | own["report"]}
    plan = make_plan(settings)
    splits = {row.split for row in plan.genomes.values()}
    assert splits == ({"blocks"} if len(names) == 1 else {"train", "valid", "test"})
    assert plan.config.models["bacteria"].training.augment is not None


def test_the_model_for_noisy_reads_goes_on_from_that_of_the_bacteria_example(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(REPOSITORY)
    settings = read_mapping(BACTERIA / "reads.yaml")
    before = read_mapping(BACTERIA / "config.yaml")
    assert {name: settings[name] for name in ("regions", "split", "labels")} == {
        name: before[name] for name in ("regions", "split", "labels")
    }
    model = make_plan(settings).config.models["bacteria-reads"]
    assert model.init == "bacteria"
    assert model.training.augment is not None
    # Validation sees whole genomes, and would keep what knows reads the least.
    assert model.training.validate_every == model.training.steps
    aside = read_mapping(BACTERIA / "reads-heldout.yaml")
    begun = aside["models"]["bacteria-reads"]["init"]
    results = read_mapping(BACTERIA / "heldout.yaml")["pathvars"]["results"]
    assert begun == f"{results}/models/bacteria"
    assert aside["genomes"] == "config/examples/bacteria/heldout.tsv"


def test_the_settings_of_the_reads_example_hold() -> None:
    run = parse_settings(RunSettings, read_mapping(READS))
    assert (run.task.name, run.task.learns_from) == ("seq2seq", "pairs")


def test_the_reads_example_is_a_plan_of_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    plan = make_plan(read_mapping(READS.parent / "config.yaml"))
    rules = [row.rule for row in check_plan(plan).rows]
    assert rules == ["demo_pairs", "tokenize", "train", "evaluate", "translate", "report"]
    task = plan.config.models["reads"].task
    assert isinstance(task, Seq2SeqSettings)
    assert task.either_strand


def test_accessions_list_the_genomes_of_the_bacteria_example() -> None:
    def rows(name: str) -> list[dict[str, str]]:
        with (BACTERIA / name).open(newline="") as file:
            lines = (line for line in file if not line.startswith("#"))
            return list(csv.DictReader(lines, delimiter="\t"))

    listed = {row["name"]: row["starts"] for row in rows("accessions.tsv")}
    for sheet in ("genomes.tsv", "heldout.tsv"):
        for row in rows(sheet):
            said = {"-": "known", "unknown": "unknown"}.get(row["starts"], "known where verified")
            assert listed[row["name"]] == said
    assert listed.keys() == {row["name"] for row in rows("genomes.tsv")}


def test_the_rna_example_is_a_plan_of_both_strands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    plan = make_plan(read_mapping(REPOSITORY / "config/examples/rna/config.yaml"))
    assert plan.signals
    assert plan.states == 2
    files = plan.inputs("labels")(wild(genome="scerevisiae_s288c"))
    assert [path.rpartition("RNA.")[2] for path in files] == ["fwd.bw", "rev.bw"]


@pytest.mark.parametrize("name", ["language", "pretrain"])
def test_the_examples_of_language_models_are_plans(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    plan = make_plan(read_mapping(REPOSITORY / f"config/examples/{name}/config.yaml"))
    for row in check_plan(plan).rows:
        if row.rule == "train":
            assert not row.unknown
    for model, run in plan.config.models.items():
        assert plan.stores_of("test")(wild(model=model)) == ["<results>/stores/demo"]
        words = plan.tracks_options(wild(model=model))
        told = "bigwig" if name == "language" or model == "masked" else "bigwig,bed"
        assert words == f"--formats {told}"
        init = ["<results>/models/masked"] if model in ("tuned", "frozen") else []
        assert plan.init_bundle(wild(model=model)) == init
        assert run.freeze == (model == "frozen")


@pytest.mark.parametrize(
    ("name", "sites", "context"),
    [
        ("splice", {"splice_donor", "splice_acceptor"}, {"intron", "CDS"}),
        ("starts", {"TSS"}, set()),
        ("peaks", {"peak"}, set()),
    ],
)
def test_the_examples_of_sites_are_plans_ranked_by_auprc(
    name: str, sites: set[str], context: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    plan = make_plan(read_mapping(REPOSITORY / f"config/examples/{name}/config.yaml"))
    labels, score = plan.config.labels, plan.config.score
    assert {*labels.classes} == sites | context
    assert {*score.peaks, *score.segments} == sites
    # Exclusive classes are ranked by arg-max F1 unless one is rare, and peaks are 9% of the bases.
    for run in plan.config.models.values():
        assert not labels.exclusive or run.training.sampling is not None
