"""Labels near sites: changed in training windows alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from labelled import K3
from planted import sites_store

from genoseq.config.sampling import NearbySettings
from genoseq.config.training import TrainingSettings
from genoseq.data.dataset import TrainingWindows
from genoseq.data.nearby import check_nearby, with_nearby
from genoseq.errors import ConfigError
from genoseq.genome.schemes import independent_scheme, signal_scheme, stranded_scheme

SCHEME = stranded_scheme(["gene", "site"])
U = 255


def near(labels: list[int], teach: str, bp: int = 2) -> list[int]:
    asked = NearbySettings.model_validate({"classes": ["site"], "bp": bp, "teach": teach})
    return with_nearby(torch.tensor([labels]), asked, SCHEME)[0].tolist()


def test_bases_near_a_site_teach_nothing_or_the_same() -> None:
    labels = [0, 1, 1, 1, 3, 1, 1, 1, 0]
    assert near(labels, "nothing") == [0, 1, U, U, 3, U, U, 1, 0]
    assert near(labels, "same") == [0, 1, 3, 3, 3, 3, 3, 1, 0]
    assert near([0, 0, 3, 0, 4, 0, 0], "same", 1) == [0, 3, 3, U, 4, 4, 0]
    assert near([U, 3, U], "nothing") == [U, 3, U]


def test_classes_that_do_not_exclude_one_another_are_spread_by_themselves() -> None:
    scheme = independent_scheme(["gene", "site"], stranded=False)
    labels = torch.tensor([[[1.0, 0], [1, 0], [0, 1], [0, 0], [1, 0]]])
    asked = NearbySettings(classes=("site",), bp=1, teach="same")
    assert with_nearby(labels, asked, scheme)[0].T.tolist() == [[1, 1, 0, 0, 1], [0, 1, 1, 1, 0]]
    unknown = with_nearby(labels, asked.model_copy(update={"teach": "nothing"}), scheme)
    assert unknown[0, :, 1].tolist() == [0, U, 1, U, 0]


def test_training_windows_have_them_and_their_bases_stay(tmp_path: Path) -> None:
    store = sites_store(tmp_path / "s", ("train", 5_000))

    def windows(**more: object) -> TrainingWindows:
        settings = TrainingSettings.model_validate({"batch": 8, "steps": 3, **more})
        return TrainingWindows([store], K3, 300, settings)

    plain, spread = windows(), windows(nearby={"classes": ["site"], "bp": 4})
    for number in range(3):
        before, after = plain[number], spread[number]
        assert torch.equal(before.ids, after.ids)
        assert before.labels is not None
        assert after.labels is not None
        changed = before.labels != after.labels
        assert changed.any()
        assert (after.labels[changed] == U).all()
        assert (before.labels[changed] == 0).all()
    with pytest.raises(ConfigError, match="classes: tss: use classes without codon phases, such"):
        windows(nearby={"classes": ["tss"]})


def test_signals_have_no_sites() -> None:
    with pytest.raises(ConfigError, match="classes: a: use classes without codon phases"):
        check_nearby(NearbySettings(classes=("a",)), signal_scheme([("a", ".")]))
