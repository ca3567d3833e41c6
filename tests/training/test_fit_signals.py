"""Trainings on signals: what they end with, killed or not, and what goes on from them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from planted import store_of_contigs
from small_fit import SMALL, fit_in_context, weights_of

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.errors import TrainingInterruptedError
from genoseq.genome.schemes import signal_scheme
from genoseq.inference.evaluate import evaluate
from genoseq.models.bundle import load_bundle
from genoseq.store.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Counts on either strand where a stretch is rich in A, or in T, and noise."""
    rng = np.random.default_rng(4)
    rows = []
    for split, length in (("train", 20_000), ("valid", 6_000), ("test", 6_000)):
        kinds = np.repeat(rng.integers(0, 3, length // 100), 100)
        codes = rng.integers(0, 4, length, np.uint8)
        rich = rng.random(length) < 0.5
        codes[rich & (kinds == 1)] = 0
        codes[rich & (kinds == 2)] = 3
        rates = np.stack([(kinds == 1) * 20.0, (kinds == 2) * 20.0], 1) * rng.gamma(
            1, 1, (length, 2)
        )
        rows.append((split, split, codes, rng.poisson(rates).astype(np.float32)))
    path = tmp_path_factory.mktemp("counts") / "store"
    return store_of_contigs(path, signal_scheme([("x", "+"), ("x", "-")]), rows)


def settings(loss: str, bin: int = 1) -> RunSettings:
    training = {"steps": 60, "window": 300, "batch": 8, "validate_every": 20, "precision": "fp32"}
    training |= {"loss": loss, "learning_rate": 0.02}
    task = {"name": "per-base", "bin": bin}
    return parse_settings(RunSettings, {"model": SMALL, "training": training, "task": task})


@pytest.mark.parametrize(("loss", "bin"), [("mse", 1), ("multinomial", 3)])
def test_signals_are_learned_and_right_on_average(
    store: Store, tmp_path: Path, loss: str, bin: int
) -> None:
    model = fit_in_context([store], settings(loss, bin), tmp_path / "model")
    found = evaluate(model, [store], bins=[1, 300], device="cpu")
    for row in found.metrics["signals"]:
        assert row["pearson"] > 0.4
    totals = [row for row in found.metrics["by_bin"] if row["bin"] == 300]
    assert len(totals) == 4  # two signals, of the genome and of all
    assert min(row["pearson"] for row in totals) > 0.7  # how many lie in a window, and not only how
    _, rows = found.tables["regions.tsv"]
    for *_, predicted, measured, _ in rows:
        assert predicted == pytest.approx(measured, rel=0.25)
    # By exp(mean) - 1 it would be half or three quarters of that.
    factors = getattr(load_bundle(tmp_path / "model").task, "factors")  # noqa: B009
    assert (factors is not None) == (loss == "mse")
    assert factors is None or min(factors) > 1.2


def test_a_killed_training_ends_with_the_same_factors(store: Store, tmp_path: Path) -> None:
    fit_in_context([store], settings("mse"), tmp_path / "whole")

    def interrupt(fraction: float, _: str) -> None:
        if fraction == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(TrainingInterruptedError):
        fit_in_context([store], settings("mse"), tmp_path / "broken", report=interrupt)
    fit_in_context([store], settings("mse"), tmp_path / "broken")
    assert weights_of(tmp_path / "broken") == weights_of(tmp_path / "whole")
    configs = [(tmp_path / name / "config.json").read_bytes() for name in ("broken", "whole")]
    assert configs[0] == configs[1]


def test_a_training_goes_on_from_a_finished_one_with_its_head(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = fit_in_context([store], settings("mse"), tmp_path / "made")
    short = settings("mse").model_copy(
        update={"training": settings("mse").training.model_copy(update={"steps": 1})}
    )
    with caplog.at_level("INFO", "genoseq"):
        on = fit_in_context([store], short, tmp_path / "on", init=made)
    assert "a new head" not in caplog.text
    heads = [bundle.model.head.state_dict()["projection.weight"] for bundle in (made, on)]
    assert torch.allclose(*heads, atol=0.1)
