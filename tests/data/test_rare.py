"""Windows around rare classes: where they lie, how many there are, and that they need no state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from labelled import K3, bases, make, rows
from planted import sites_store, store_of_contigs

from genoseq.config.schema import TokenizerSettings
from genoseq.config.training import TrainingSettings
from genoseq.data.dataset import WHOLE, Share, TrainingWindows
from genoseq.data.gather import regions_of_split
from genoseq.data.rare import rare_bases, window_starts
from genoseq.errors import ConfigError
from genoseq.genome.schemes import stranded_scheme
from genoseq.store.store import Store

WINDOW = 60


def windows(
    stores: list[Store],
    processes: Share = WHOLE,
    tokenizer: TokenizerSettings = K3,
    augment: object = None,
    **sampling: object,
) -> TrainingWindows:
    training = TrainingSettings.model_validate(
        {"batch": 32, "steps": 20, "sampling": sampling or None, "augment": augment}
    )
    return TrainingWindows(stores, tokenizer, WINDOW, training, processes)


def with_site(data: TrainingWindows) -> float:
    """Share of windows that hold a base of a site."""
    found = [(batch.labels != 0).any(1) for batch in map(data.__getitem__, range(len(data)))]
    return float(torch.cat(found).float().mean())


@pytest.mark.parametrize("k", [TokenizerSettings(k=3, stride=3), K3])
def test_as_many_windows_as_asked_hold_a_rare_base(tmp_path: Path, k: TokenizerSettings) -> None:
    store = sites_store(tmp_path / "s", ("train", 20_000), ("train", 700))
    anywhere = with_site(windows([store], tokenizer=k))
    assert 0.05 < anywhere < 0.2
    for share in (0.25, 0.9):
        expected = share + (1 - share) * anywhere
        assert with_site(windows([store], tokenizer=k, share=share)) == pytest.approx(
            expected, abs=0.06
        )


def test_windows_depend_on_their_number_alone(tmp_path: Path) -> None:
    store = sites_store(tmp_path / "s", ("train", 9_000))
    straight, again = windows([store], share=0.5), windows([store], share=0.5)
    assert rows([again[n] for n in (7, 3)]) == rows([straight[n] for n in (7, 3)])
    parts = [windows([store], Share(rank, 3), share=0.5) for rank in range(3)]
    whole = straight[5].labels
    assert whole is not None
    assert torch.equal(torch.cat([part[5].labels for part in parts]), whole)  # type: ignore[misc]
    worn = windows([store], augment={"begin": 0.0, "full": 0.0, "share": 1.0}, share=0.5)
    assert rows([worn[4]]) == rows([worn[4]])


def test_each_window_around_a_base_is_as_likely_as_any() -> None:
    rng = np.random.default_rng(1)
    token = np.repeat([0, 3, 50, 98], 4_000)
    starts = window_starts(rng, token, np.full(len(token), 100), 10).reshape(4, -1)
    expected = [[0], range(4), range(41, 51), range(89, 91)]
    for own, wanted in zip(starts, expected, strict=True):
        found, counts = np.unique(own, return_counts=True)
        assert found.tolist() == list(wanted)
        assert counts.min() > 0.8 * len(own) / len(found)
    assert window_starts(rng, np.array([3]), np.array([5]), 10).tolist() == [0]  # a short region


def test_classes_are_drawn_alike_and_bases_of_each(tmp_path: Path) -> None:
    labels = np.zeros(4_000, np.uint8)
    labels[10:12], labels[3_000:3_020] = 1, 4
    scheme = stranded_scheme(["a", "b"])
    store = store_of_contigs(tmp_path / "s", scheme, [("c", "train", bases(4_000), labels)])
    sampling = TrainingSettings.model_validate({"sampling": {}}).sampling
    assert sampling is not None
    rare = rare_bases([store], regions_of_split([store], "train"), scheme, sampling)
    assert rare.names == ("a", "b")
    row, at = rare.draw(np.random.default_rng(0), 8_000)
    found, counts = np.unique(at, return_counts=True)
    assert (row == 0).all()
    assert found.tolist() == [10, 11, *range(3_000, 3_020)]
    assert counts[:2] == pytest.approx(2_000, rel=0.1)
    assert counts[2:] == pytest.approx(200, rel=0.3)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (("intron",), "sampling.classes: intron: the classes are CDS"),
        ((), r"no class has less than 1% of the bases \(CDS 8\d\.\d\d%\): name those"),
    ],
)
def test_what_cannot_be_drawn_around_is_said(
    tmp_path: Path, classes: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        windows([make(tmp_path / "s", [bases(500)])], share=0.5, classes=classes)
