"""Made genomes with known values, for the tests of the writers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.tracks import Channel, Track
from genoseq.writers.outputs import write_tracks

Values = NDArray[np.float32]
CDS = (Channel("CDS", "+"), Channel("CDS", "-"))


def pieces(
    genome: Mapping[str, Values], channels: tuple[Channel, ...], sizes: Sequence[int] = (30_000,)
) -> Iterator[Track]:
    """Each contig, shape (L, C), cut into pieces of the sizes in turn."""
    for chrom, values in genome.items():
        start, turn = 0, 0
        while start < len(values):
            end = start + sizes[turn % len(sizes)]
            yield Track(chrom, start, values[start:end], channels)
            start, turn = end, turn + 1


def write(
    out: Path,
    genome: Mapping[str, Values],
    formats: Sequence[Any],
    channels: tuple[Channel, ...] = CDS,
    kind: Any = "classes",
    sizes: Sequence[int] = (30_000,),
) -> Path:
    """Write the genome in the formats to the folder, which is returned."""
    lengths = {chrom: len(values) for chrom, values in genome.items()}
    write_tracks(pieces(genome, channels, sizes), lengths, channels, kind, out, formats)
    return out


def probabilities(length: int, seed: int = 0) -> Values:
    """Two channels in steps of 0.001: saturated stretches, slow slopes, noise; shape (L, 2)."""
    rng = np.random.default_rng(seed)
    logit = np.repeat(rng.choice([-9, -9, 9, 9, 0.5], length // 200 + 1), 200)[:length]
    logit = np.convolve(logit + rng.normal(0, 0.05, length), np.ones(31) / 31, "same")[:length]
    plus = 1 / (1 + np.exp(-logit))
    minus = (1 - plus) * np.repeat(rng.choice([0.02, 0.97], length // 200 + 1), 200)[:length]
    return (np.rint(np.stack([plus, minus], 1) * 1000) / 1000).astype(np.float32)


def golden() -> dict[str, Values]:
    """The golden cases: edges, gaps, true zeros, hostile names, more than one slab and page."""
    long = probabilities(600_001, 1)
    long[4_090:4_100] = np.nan
    long[100_000:170_000] = np.nan
    long[250_000:250_003] = np.nan
    long[262_143] = np.nan
    edges = np.zeros((5_000, 2), np.float32)
    edges[0, 0] = edges[-1, 1] = 1
    alternate = probabilities(9_000, 2)
    alternate[::2] = np.nan
    return {
        "zeta|long.1": long,
        "empty": np.empty((0, 2), np.float32),
        "edges": edges,
        "all_N": np.full((7_000, 2), np.nan, np.float32),
        "one.base": np.array([[0.25, 0.5]], np.float32),
        "alternate": alternate,
        "all_zero": np.zeros((70_000, 2), np.float32),
        "A": probabilities(64, 3),
    }
