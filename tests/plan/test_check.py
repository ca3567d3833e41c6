"""What a run would take, said in lines; of encoders and tasks that do not tell, ``?``."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from genoseq.config.encoders import (
    ENCODERS,
    EncoderSettings,
    Operations,
)
from genoseq.config.tasks import TASKS, TaskSettings
from genoseq.plan.check import Check, check_plan, missing_files, table
from genoseq.plan.constants import FLOOR, SPEED_SECONDS
from genoseq.plan.costs import training_memory
from genoseq.plan.estimate import estimate
from genoseq.plan.estimate_row import Estimate
from genoseq.plan.model_rules import settings_json
from genoseq.plan.processor import Speed
from genoseq.plan.rules import Plan, make_plan
from genoseq.readers.genome_size import GenomeSize

SHEET = "name\tfasta\tannotation\tsplit\none\tone.fa\tone.gff3\tblocks\n"


class SilentSettings(EncoderSettings):
    """An encoder that tells nothing."""

    family: Literal["silent"] = "silent"


class UnpricedSettings(EncoderSettings):
    """An encoder that tells what it computes, of a family without a measured speed."""

    family: Literal["unpriced"] = "unpriced"

    def operations(self, inputs: int, steps: float) -> Operations:
        assert inputs == 96
        assert steps in (1536 / 3, 15_360 / 3, 4 * 1536 / 3)
        return Operations(multiply_adds=100, weights=10_000, kept=8, widest=8, outputs=4)


class GuessSettings(TaskSettings):
    """A task that tells nothing."""

    name: Literal["guess"] = "guess"


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, for one test."""
    for registry in (ENCODERS, TASKS):
        monkeypatch.setattr(registry, "classes", dict(registry.classes))
    ENCODERS.register(SilentSettings)
    ENCODERS.register(UnpricedSettings)
    TASKS.register(GuessSettings)


SILENT = {"model": {"encoder": {"family": "silent"}}}
UNPRICED = {"model": {"encoder": {"family": "unpriced"}}}
GUESS = {"task": {"name": "guess"}}


def plan_of(folder: Path, **models: dict[str, Any]) -> Plan:
    (folder / "genomes.tsv").write_text(SHEET)
    return make_plan({"genomes": "genomes.tsv", "models": models, "split": {"block": 30_000}})


def checked(folder: Path, **models: dict[str, Any]) -> tuple[dict[str, list[str]], str]:
    """Words of each line of the table, by rule; what follows it."""
    (folder / "one.fa").write_text(">c\n" + "ACGT" * 25_000 + "\n")
    (folder / "one.gff3").write_text("c\tx\tCDS\t1\t90\t.\t+\t0\tID=a\n")
    text = "\n".join(check_plan(plan_of(folder, **models)).lines())
    _, found = text.split("\n\n")
    lines, notes = found.split("\nEstimates")
    return {line.split()[0]: line.split()[1:] for line in lines.splitlines()}, notes


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("toys")
def test_check_plan_of_a_silent_encoder_shows_what_is_unknown(tmp_path: Path) -> None:
    rows, notes = checked(tmp_path, a=SILENT)
    assert rows["train"] == ["1", "73,728,000", "48,000", "?", "?", "?", "?"]
    assert rows["evaluate"] == ["1", "20,000", "50", "kB", "?", "?", "?"]
    assert rows["score"] == ["1", "100,000", "16", "400", "kB", "?", "?", "?"]
    assert rows["tracks"][:4] == ["1", "100,000", "254", "kB"]
    assert "?" not in "".join(rows["tracks"] + rows["merge"] + rows["report"])
    assert notes.endswith(
        "\n?: unknown for this encoder or task; rules ask for 4 GB, or the profile's mem_mb: a"
    )


@pytest.mark.usefixtures("toys")
def test_check_plan_adds_the_unknown_to_what_is_known(tmp_path: Path) -> None:
    known, _ = checked(tmp_path, b={})
    rows, notes = checked(tmp_path, a=SILENT, b={})
    assert rows["train"][0] == "2"
    assert rows["train"][3:] == [*known["train"][3:4], "MB+?", "566", "MB+?", "0.14+?", "0.14+?"]
    assert rows["all"][-2:] == ["0.15+?", "0.14+?"]
    assert notes.endswith(": a")


@pytest.mark.usefixtures("toys")
def test_check_plan_of_a_family_without_speeds_knows_its_size(tmp_path: Path) -> None:
    rows, _ = checked(tmp_path, a=UNPRICED)
    # embedding, stem, encoder and head: 20 bytes of each weight, and logs
    weights = 64 * 32 + 9 * 32 * 96 + 10_000 + 4 * 3 * 7
    assert rows["train"][3:] == [f"{(20 * weights + 2e4) / 1e3:.3g}", "kB", "?", "?", "?"]


@pytest.mark.usefixtures("toys")
def test_check_plan_of_a_silent_task_does_not_know_its_columns(tmp_path: Path) -> None:
    rows, _ = checked(tmp_path, a=GUESS)
    assert rows["train"][3:] == ["?"] * 4
    assert rows["score"][:3] == ["1", "100,000", "16"]
    assert rows["score"][3:] == ["?"] * 4
    assert rows["merge"][:3] == ["1", "100,000", "?"]
    assert rows["tracks"] == ["1", "100,000", "?", "75", "MB", "?", "?"]


def test_check_plan_says_whose_hours_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, notes = checked(tmp_path, a={})
    assert "as the speed of this processor could not be measured" in " ".join(notes.split())
    twice = {name: 2 * seconds for name, seconds in SPEED_SECONDS.items()}
    monkeypatch.setattr("genoseq.plan.check.speed_here", lambda: Speed("A {slow} one", twice))
    rows, notes = checked(tmp_path, a={})
    text = " ".join(notes.split())
    assert "hours of this processor, whose speed was measured once (A {slow} one), right" in text
    assert float(rows["train"][-1]) == pytest.approx(2 * float(known["train"][-1]), abs=0.02)


@pytest.mark.usefixtures("toys")
def test_check_plan_takes_a_time_budget_for_an_unknown_speed(tmp_path: Path) -> None:
    rows, _ = checked(tmp_path, a=SILENT | {"training": {"max_minutes": 90}})
    assert rows["train"][-2:] == ["1.50", "1.50"]


@pytest.mark.usefixtures("toys")
def test_rules_of_an_unknown_encoder_ask_for_the_floor(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, a=SILENT | GUESS)
    run = plan.config.models["a"]
    assert isnan(training_memory(run, 7))
    for rule in (plan.train_memory, plan.evaluate_memory, plan.score_memory):
        assert [rule(SimpleNamespace(model="a"), attempt) for attempt in (1, 2)] == [
            FLOOR,
            2 * FLOOR,
        ]
    assert '"encoder":{"family":"silent"}' in settings_json(run)
    assert '"task":{"name":"guess"}' in settings_json(run)


def test_table_says_where_nothing_is_known() -> None:
    unknown = frozenset({"bases", "windows", "disk", "hours", "longest"})
    rows = [
        Estimate("a", 2, 0, None, 5e4, 80.0, 0.5, 0.25, unknown),
        Estimate("b", 1, 1_000, 3, 5e4, 0.0, 2.0, 2.0, frozenset({"memory"})),
    ]
    found = [line.split() for line in table(rows)][1:]
    assert found == [
        ["a", "2", "?", "?", "80", "MB", "?", "?"],
        ["b", "1", "1,000", "3", "50", "kB", "?", "2.00", "2.00"],
        ["all", "3", "100", "kB+?", "80", "MB+?", "2.50+?", "2.00+?"],
    ]


def test_check_says_whose_test_contigs_were_not_counted(tmp_path: Path) -> None:
    sheet = SHEET + "two\ttwo.fa\ttwo.gff3\tcontigs:valid=a;test=b\n"
    (tmp_path / "genomes.tsv").write_text(sheet)
    plan = make_plan({"genomes": "genomes.tsv"})
    sizes: dict[str, GenomeSize | None] = {"one": GenomeSize(10**7, 3), "two": GenomeSize(10**7, 2)}
    *_, about, untold = Check(plan, sizes, estimate(plan, sizes)).lines()
    assert about.endswith("it has no index (.fai): one, two")
    assert untold == "?: the bases of its test contigs are not known without it: two"


def test_missing_files_are_all_named_but_the_demo_s(tmp_path: Path) -> None:
    (tmp_path / "here.fa").write_text(">c\nACGT\n")
    (tmp_path / "genomes.tsv").write_text(
        "name\tfasta\tannotation\tsplit\n"
        f"one\t{tmp_path}/here.fa\tnone.gff3\tblocks\n"
        "two\tresources/demo/genome.fa\tresources/demo/genes.gff3\tblocks\n"
    )
    plan = make_plan({"genomes": "genomes.tsv", "regions": {"blacklist": "none.bed"}})
    assert missing_files(plan) == ["none.gff3", "none.bed"]
