"""Many short contigs: files have the bytes that they have slab by slab."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from track_cases import CDS

from genoseq.errors import RegionError
from genoseq.genome.tracks import Kind, Track
from genoseq.writers import lattice, short_contigs
from genoseq.writers.call_rules import CallRules, SegmentRule
from genoseq.writers.lattice import SHORT, slabs
from genoseq.writers.outputs import write_tracks

RULES = {
    "none": CallRules(),
    "threshold": CallRules(segments={"CDS": SegmentRule(threshold=0.4, min=3)}),
    "gap": CallRules(segments={"CDS": SegmentRule(threshold=0.6, gap=5)}),
}


def reads() -> dict[str, np.ndarray]:
    """Contigs of 1 to 600 bases in stretches of one value, with gaps; some have no value at all."""
    rng = np.random.default_rng(3)
    found = {}
    for number in range(300):
        length = int(rng.integers(1, 600)) if number % 50 else 20_000
        steps = rng.integers(0, 1001, (length, 2)) // (1 + np.arange(2)) * (rng.random() < 0.9)
        values = np.repeat(steps, rng.integers(1, 9), axis=0)[:length] / np.float32(1000)
        values[:, 1] = np.minimum(values[:, 1], 1 - values[:, 0])
        values[rng.random(length) < 0.02] = np.nan
        if number % 17 == 0:
            values[:] = np.nan
        found[f"read{number}"] = values.astype(np.float32)
    return found


def written(folder: Path, kind: Kind, rules: CallRules, digits: int | None) -> dict[str, bytes]:
    genome = reads()
    tracks = [Track(chrom, 0, values, CDS) for chrom, values in genome.items()]
    lengths = {chrom: len(values) for chrom, values in genome.items()}
    formats = ["bigwig", "bed"] if kind == "classes" else ["bigwig"]
    write_tracks(tracks, lengths, CDS, kind, folder, formats, rules=rules, digits=digits)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("kind", "rules", "digits"),
    [
        ("classes", "none", None),
        ("classes", "none", 2),
        ("classes", "threshold", None),
        ("classes", "gap", None),
        ("signal", "none", None),
    ],
)
def test_short_contigs_have_the_bytes_of_slabs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind, rules: str, digits: int | None
) -> None:
    monkeypatch.setattr(lattice, "TOGETHER", 5000)
    monkeypatch.setattr(short_contigs, "TOGETHER", 7000)
    together = written(tmp_path / "together", kind, RULES[rules], digits)
    monkeypatch.setattr(lattice, "SHORT", 0)
    monkeypatch.setattr(short_contigs, "SHORT", 0)
    assert together == written(tmp_path / "alone", kind, RULES[rules], digits)


def test_slabs_of_short_contigs_say_whose_value_is_impossible() -> None:
    values = np.full((20, 2), 0.5, np.float32)
    tracks = [Track("a", 0, values, CDS), Track("b", 0, 3 * values, CDS)]
    assert len(values) <= SHORT
    with pytest.raises(RegionError, match=r"b:1-20: 1\.5 is no probability"):
        list(slabs(tracks, {"a": 20, "b": 20}, CDS, "classes"))
