"""Hard negatives: what looks like a site keeps its label, and few other bases of no class do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from labelled import K3
from planted import sites_store
from pydantic import ValidationError

from genoseq.config.training import TrainingSettings
from genoseq.data.dataset import WHOLE, Share, TrainingWindows
from genoseq.data.negatives import check_negatives, in_motif
from genoseq.errors import ConfigError
from genoseq.genome.schemes import signal_scheme
from genoseq.store.store import Store


def windows(store: Store, share: Share = WHOLE, **more: object) -> TrainingWindows:
    settings = TrainingSettings.model_validate({"batch": 9, "steps": 4, **more})
    return TrainingWindows([store], K3, 300, settings, share)


@pytest.mark.parametrize(
    ("motif", "sequence", "expected"),
    [
        ("GT", "AGTACAACNGT", "01111011011"),
        ("GT", "GNT", "000"),
        ("GTRAGT", "CGTGAGTC", "01111110"),
        ("ACGTACGT", "ACG", "000"),
    ],
)
def test_bases_of_a_motif_on_either_strand(motif: str, sequence: str, expected: str) -> None:
    codes = np.array([["ACGTN".index(base) for base in sequence]], np.uint8)
    assert "".join(map(str, in_motif(codes, motif)[0].astype(int))) == expected


def test_of_other_bases_a_share_is_learned(tmp_path: Path) -> None:
    store = sites_store(tmp_path / "s", ("train", 20_000))
    asked = {"negatives": {"motifs": ["GTAAGT"], "others": 0.25}}
    plain, hard = windows(store), windows(store, **asked)
    kept = others = 0
    for number in range(4):
        before, after = plain[number], hard[number]
        assert before.labels is not None
        assert after.labels is not None
        looks = torch.from_numpy(in_motif(before.codes.numpy(), "GTAAGT"))
        same = before.labels == after.labels
        assert same[looks | (before.labels != 0)].all()
        assert (after.labels[~same] == 255).all()
        own = ~looks & (before.labels == 0)
        kept, others = kept + int(same[own].sum()), others + int(own.sum())
    assert kept / others == pytest.approx(0.25, abs=0.03)
    parts = [windows(store, Share(rank, 2), **asked)[2].labels for rank in range(2)]
    whole = windows(store, **asked)[2].labels
    assert whole is not None
    assert torch.equal(torch.cat(parts), whole)  # type: ignore[arg-type]


def test_what_is_no_motif_or_no_class_is_refused() -> None:
    with pytest.raises(ValidationError, match="should match pattern"):
        TrainingSettings.model_validate({"negatives": {"motifs": ["GX"]}})
    with pytest.raises(ConfigError, match="are bases of no class, these labels are signals"):
        check_negatives(signal_scheme([("a", ".")]))
