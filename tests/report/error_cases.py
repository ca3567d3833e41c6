"""A genome with labels, and tracks that are wrong about them in known places."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Region
from genoseq.genome.schemes import UNKNOWN_LABEL, ClassScheme, cds_phase_scheme
from genoseq.genome.tracks import Channel, Track
from genoseq.report.results import Results, TrackFolder
from genoseq.store.store import open_store
from genoseq.store.write import write_store
from genoseq.writers.manifest import read_manifest
from genoseq.writers.outputs import write_tracks

SCHEME = cds_phase_scheme()
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Stretch:
    """A region with a label for each base."""

    chrom: str
    start: int
    split: str
    labels: Labels


def made_store(
    folder: Path,
    lengths: dict[str, int],
    stretches: list[Stretch],
    name: str = "made",
    scheme: ClassScheme = SCHEME,
) -> Path:
    """A store of random bases with these labels."""
    rng = np.random.default_rng(len(lengths))
    contigs = [
        (chrom, (rng.integers(0, 5, length).astype(np.uint8),)) for chrom, length in lengths.items()
    ]
    pieces = [
        (Region(of.chrom, of.start, of.start + len(of.labels)), of.split, of.labels)
        for of in stretches
    ]
    path = folder / "stores" / name
    write_store(path, name, scheme, contigs, pieces, {"fasta": "made.fa"})
    return path


def made_tracks(
    folder: Path,
    lengths: dict[str, int],
    values: dict[str, NDArray[np.float32]],
    channels: tuple[Channel, ...] = SCHEME.channels,
    name: tuple[str, str] = ("made", "tiny"),
) -> TrackFolder:
    """Tracks ``GENOME/MODEL`` of values by contig, shape (L, C)."""
    genome, model = name
    path = folder / "tracks" / str(len(list(folder.glob("tracks/*")))) / "m"
    pieces = (Track(chrom, 0, values[chrom], channels) for chrom in lengths)
    write_tracks(pieces, lengths, channels, "classes", path, ("bigwig", "bed"))
    return TrackFolder(path, genome, model, tuple(read_manifest(path / "manifest.tsv")))


def results_of(store: Path, *tracks: TrackFolder) -> Results:
    return Results(stores=(open_store(store),), tracks=tracks)


def probabilities(rng: np.random.Generator, labels: Labels, wrong: float) -> NDArray[np.float32]:
    """Probabilities of CDS + and -, shape (L, 2), for labels of which a share is called wrongly,
    in stretches; some bases are gaps."""
    channel = np.where(labels == UNKNOWN_LABEL, -1, SCHEME.channel_of_state[labels % len(SCHEME)])
    for start in np.flatnonzero(rng.random(len(labels)) < wrong / 10):
        channel[start : start + 10] = rng.integers(-1, 2)
    values = rng.random((len(labels), 2)).astype(np.float32) * 0.2
    for column in (0, 1):
        values[channel == column, column] += 0.55
    values[rng.random(len(labels)) < 0.02] = np.nan
    return (np.rint(values * 1000) / 1000).astype(np.float32)
