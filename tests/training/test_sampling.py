"""Trainings by windows around rare classes: probabilities are brought back, runs resumed."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from planted import sites_store
from small_fit import fit_in_context, run_settings, weights_of

from genoseq.data.dataset import TrainingWindows
from genoseq.errors import TrainingInterruptedError
from genoseq.genome.schemes import stranded_scheme
from genoseq.inference.evaluate import evaluate
from genoseq.models.bundle import Bundle
from genoseq.store.store import Store
from genoseq.tasks.correction import Correction
from genoseq.tasks.per_base import PerBase

pytestmark = pytest.mark.usefixtures("one_thread")
SCHEME = stranded_scheme(["site"])


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("sites")
    return sites_store(folder / "store", ("train", 40_000), ("valid", 10_000))


@pytest.fixture(scope="module")
def corrected(sites: Store, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A model that learned windows four fifths of which are around sites."""
    settings = run_settings(
        steps=150,
        learning_rate=0.03,
        batch=8,
        window=120,
        validate_every=150,
        sampling={"share": 0.8},
    )
    return fit_in_context([sites], settings, tmp_path_factory.mktemp("corrected"))


def called(bundle: Bundle, store: Store) -> float:
    """Mean probability of sites, as a multiple of their share of the bases."""
    rows = evaluate(bundle, [store], "valid").metrics["channels"]["calibration"]["classes"][1:]
    pairs = [
        (count * probability, count * share)
        for row in rows
        for count, probability, share in zip(
            row["bases"], row["probability"], row["share"], strict=True
        )
        if count
    ]
    expected, found = np.sum(pairs, axis=0)
    return float(expected / found)


def test_correction_brings_probabilities_back(sites: Store, corrected: Bundle) -> None:
    told = corrected.provenance["correction"]
    assert told["shift"]["none"] == 0
    assert told["shift"]["site+"] == told["shift"]["site-"] < -0.5
    assert told["natural"]["site+"] == pytest.approx(0.002, rel=0.2)
    left = deepcopy(corrected)
    shift = tuple(told["shift"].values())
    PerBase(SCHEME, correction=Correction(shift, (), ())).calibrate(left.model.head, undo=True)
    # Those of a training without sampling are 0.7 to 0.9 of what is there.
    assert 0.5 < called(corrected, sites) < 1.6
    assert called(left, sites) > 2 * called(corrected, sites)


def test_trainings_with_sampling_begin_at_the_shares_that_are_shown(sites: Store) -> None:
    settings = run_settings(window=120, steps=200, sampling={"share": 0.8}, class_weights=[1, 2, 2])
    task = PerBase.of(settings, [sites])
    drawn = TrainingWindows([sites], settings.model.tokenizer, 120, settings.training)
    labels = [drawn[number].labels for number in range(len(drawn))]
    counts = sum(SCHEME.tally(each.numpy())[0] for each in labels if each is not None)
    # Strands are alike, and a site has twice the weight of a base that is none.
    assert task.begin is not None
    assert np.exp(task.begin) == pytest.approx([1, *[counts[1:].sum() / counts[0]] * 2], rel=0.1)
    assert PerBase.of(run_settings(class_weights=[1, 2, 2]), [sites]).begin is None


def test_uncorrected_models_tell_what_they_learned(
    sites: Store, corrected: Bundle, tmp_path: Path
) -> None:
    settings = run_settings(steps=2, sampling={"share": 0.8}, correct=False)
    made = fit_in_context([sites], settings, tmp_path / "left")
    assert "correction" not in made.provenance
    assert "correction" in corrected.provenance


def test_interrupted_run_ends_with_the_same_weights(sites: Store, tmp_path: Path) -> None:
    settings = run_settings(sampling={"share": 0.5}, validation_windows=8)
    fit_in_context([sites], settings, tmp_path / "straight")

    def pulled(fraction: float, said: str) -> None:
        if fraction < 1:
            raise TrainingInterruptedError(15, said)

    with pytest.raises(TrainingInterruptedError):
        fit_in_context([sites], settings, tmp_path / "twice", report=pulled)
    fit_in_context([sites], settings, tmp_path / "twice")
    assert weights_of(tmp_path / "twice") == weights_of(tmp_path / "straight")


def test_going_on_from_a_corrected_model_begins_as_it_was_trained(
    sites: Store, corrected: Bundle, tmp_path: Path
) -> None:
    still = run_settings(steps=1, learning_rate=1e-9, window=120, sampling={"share": 0.8})
    on = fit_in_context([sites], still, tmp_path / "on", init=corrected)
    old, new = corrected.model.head.projection.bias, on.model.head.projection.bias
    assert torch.allclose(old, new, atol=1e-4)
