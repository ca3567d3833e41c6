"""The speed of this processor: measured once, kept, and what follows for estimates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.plan import processor
from genoseq.plan.constants import SPEED_SECONDS
from genoseq.plan.costs import predicting_seconds, training_seconds
from genoseq.plan.estimate import estimate
from genoseq.plan.estimate_row import Estimate
from genoseq.plan.processor import REFERENCE, Speed, speed_here
from genoseq.plan.rules import make_plan
from genoseq.readers.genome_size import GenomeSize

TWICE = {name: 2 * seconds for name, seconds in SPEED_SECONDS.items()}
BF16 = {name.replace("fp32", "bf16"): seconds / 4 for name, seconds in SPEED_SECONDS.items()}


@pytest.fixture
def measurements(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, float]]:
    """What the next measurements find, the last one first; the cache is in the test's folder."""
    left = [TWICE]
    monkeypatch.setattr(processor, "measured_seconds", lambda _: left.pop())
    monkeypatch.setattr(processor, "processor", lambda: "A plain one")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return left


def test_speed_here_is_measured_once(measurements: list[dict[str, float]], tmp_path: Path) -> None:
    assert speed_here() == Speed("A plain one", TWICE)
    assert not measurements
    assert speed_here() == Speed("A plain one", TWICE)
    (key,) = json.loads((tmp_path / "genoseq/speed.json").read_text())
    assert key.startswith("A plain one; torch 2.")
    assert "; 1 thread" in key


@pytest.mark.parametrize("change", ["processor", "version"])
def test_speed_here_is_measured_again_of_something_else(
    measurements: list[dict[str, float]], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    speed_here()
    measurements.append(BF16 | SPEED_SECONDS)
    monkeypatch.setattr(processor, change, lambda *_: "Another")
    assert speed_here().seconds == BF16 | SPEED_SECONDS


def test_speed_here_is_measured_again_where_the_constants_are(
    measurements: list[dict[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    speed_here()
    measurements.append(found := BF16 | SPEED_SECONDS)
    monkeypatch.setitem(SPEED_SECONDS, "plain", 2 * SPEED_SECONDS["plain"])
    assert speed_here().seconds == found


@pytest.mark.parametrize("text", ["", "[]", '{"x": 1}', '{"x": {"plain": "fast"}}'])
def test_speed_here_ignores_a_damaged_cache(
    measurements: list[dict[str, float]], tmp_path: Path, text: str
) -> None:
    (tmp_path / "genoseq").mkdir()
    (tmp_path / "genoseq/speed.json").write_text(text)
    assert speed_here().seconds == TWICE
    assert not measurements
    assert speed_here().seconds == TWICE


@pytest.mark.parametrize("folder", ["/dev/null", "~"])
def test_speed_here_does_without_a_cache(
    measurements: list[dict[str, float]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    folder: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", folder)
    assert speed_here().seconds == TWICE
    assert not measurements
    assert not list(tmp_path.iterdir())


def test_speed_here_that_cannot_be_measured_is_that_of_the_constants(
    measurements: list[dict[str, float]], tmp_path: Path
) -> None:
    measurements[:] = [{}]
    assert speed_here() == REFERENCE
    assert not list(tmp_path.iterdir())


def test_measured_seconds_of_a_script_that_fails_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for command in (["false"], ["echo", "no JSON"], ["/no/such/program"]):
        monkeypatch.setattr(processor, "_COMMAND", command)
        assert processor.measured_seconds(60) == {}


def run(family: str, **training: object) -> RunSettings:
    return parse_settings(
        RunSettings, {"model": {"encoder": {"family": family}}, "training": training}
    )


def test_speed_multiplies_what_a_network_takes() -> None:
    slow, fast = Speed("slow", TWICE), Speed("fast", TWICE | BF16)
    for family in ("lstm", "gru", "transformer"):
        lstm = run(family)
        known = training_seconds(lstm, 7), predicting_seconds(lstm, 7)
        assert training_seconds(lstm, 7, slow) == pytest.approx(2 * known[0])
        assert predicting_seconds(lstm, 7, slow) == pytest.approx(2 * known[1])
        learning, predicting = {"lstm": (2, 1 / 4), "gru": (2, 2)}.get(family, (1 / 4, 1 / 4))
        assert training_seconds(lstm, 7, fast) == pytest.approx(learning * known[0])
        assert predicting_seconds(lstm, 7, fast) == pytest.approx(predicting * known[1])
        assert predicting_seconds(lstm, 7, fast, "fp32") == pytest.approx(2 * known[1])
    asked = run("lstm", precision="fp32")
    assert training_seconds(asked, 7, fast) == pytest.approx(2 * training_seconds(asked, 7))
    assert training_seconds(run("lstm", max_minutes=1), 7, slow) == 60
    assert slow.network("nothing like it", "training", "fp32") == 1


def test_speed_in_int8_is_of_recurrent_networks_that_score() -> None:
    int8 = {"lstm scoring int8": SPEED_SECONDS["lstm scoring fp32"] / 8}
    fast, without = Speed("fast", TWICE | BF16 | int8), Speed("none of it", TWICE)
    for family, auto in (("lstm", 1 / 4), ("gru", 2), ("transformer", 1 / 4)):
        known, found = predicting_seconds(run(family), 7), run(family)
        asked = 1 / 8 if family != "transformer" else 1 / 4
        assert predicting_seconds(found, 7, fast, "int8") == pytest.approx(asked * known)
        assert predicting_seconds(found, 7, fast) == pytest.approx(auto * known)
        assert predicting_seconds(found, 7, without, "int8") == pytest.approx(2 * known)
        assert predicting_seconds(found, 7, REFERENCE, "int8") == pytest.approx(known)


def test_speed_of_the_constants_changes_nothing() -> None:
    same = Speed("the same", SPEED_SECONDS)
    for speed in (REFERENCE, same):
        assert speed.plain() == 1
        for work in ("scoring", "training"):
            for like in ("lstm", "transformer"):
                assert speed.network(like, work, "fp32") == 1
                assert speed.network(like, work, "bf16") == 1


def test_speed_multiplies_the_hours_of_every_rule(tmp_path: Path) -> None:
    (tmp_path / "genomes.tsv").write_text(
        "name\tfasta\tannotation\tsplit\none\tone.fa\tone.gff3\tblocks\n"
    )
    plan = make_plan({"genomes": str(tmp_path / "genomes.tsv"), "models": {"a": {}}})
    sizes = {"one": GenomeSize(10_000_000, 1, {"a": 10_000_000})}
    known, slow = estimate(plan, sizes), estimate(plan, sizes, Speed("slow", TWICE))

    def hours(row: Estimate) -> tuple[float, float]:
        return row.hours, row.longest

    for one, other in zip(known, slow, strict=True):
        assert hours(other) == pytest.approx([2 * each for each in hours(one)]), one.rule
