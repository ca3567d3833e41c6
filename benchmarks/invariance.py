"""How far scores move with what should not matter: strand, windows, batch, threads, shards.

    python benchmarks/invariance.py GENOME.fa[.gz] BUNDLE [--bases 1000000] [--context 192]

Each row scores the genome's longest contig again with one thing changed, and compares it with the
default run.  ``arg-max`` is the share of bases whose most probable class and strand changes; kb/s
are of CPU seconds, one thread.  Run by the Python of another revision it tells what was before.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes, reverse_complement_codes
from genoseq.genome.tracks import Channel
from genoseq.inference.score import score
from genoseq.inference.sequence import OneSequence
from genoseq.models.bundle import Bundle, load_bundle
from genoseq.readers.fasta import open_fasta

LATER = 5_004
"""Bases that a contig is cut off for the row that begins later, a multiple of 3 and of 6."""
MARGIN = 20_000
"""Bases at the cut that are left out there: that they move is right."""


def scored(codes: Codes, bundle: Bundle, regions: list[Region] | None = None, **words: Any) -> Any:
    """Values of a sequence, or of regions of it one after the other, shape (L, C)."""
    options: Any = {"device": "cpu", "precision": "fp32", "regions": regions} | words
    tracks = score(OneSequence(codes), bundle, **options)
    return np.concatenate([track.values for track in tracks])


def swapped(channels: tuple[Channel, ...]) -> list[int]:
    """Of each channel, that of the other strand."""
    other = {"+": "-", "-": "+", ".": "."}
    names = [(channel.name, channel.strand) for channel in channels]
    return [names.index((name, other[strand])) for name, strand in names]  # type: ignore[arg-type]


def row(name: str, base: Any, other: Any, speed: float) -> str:
    """One line of the table."""
    known = ~np.isnan(base[:, 0])
    assert np.array_equal(known, ~np.isnan(other[:, 0]))
    base, other = base[known], other[known]
    moved = np.abs(base - other).max(1)

    def best(values: Any) -> Any:
        return np.concatenate([1 - values.sum(1, keepdims=True), values], 1).argmax(1)

    changed = (best(base) != best(other)).mean()
    over = (moved > 0.01).mean()
    return f"{name:40}{moved.max():10.4f}{over:12.4%}{changed:12.4%}{speed:10.0f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--bases", type=int, default=1_000_000)
    parser.add_argument("--context", type=int, help="bp, instead of the bundle's")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    bundle = load_bundle(asked.bundle)
    if asked.context is not None:
        bundle = replace(bundle, context=asked.context)
    with open_fasta(asked.genome) as genome:
        chrom, length = max(genome.lengths.items(), key=lambda item: item[1])
        codes = genome.codes(chrom, 0, min(length, asked.bases))

    def timed(given: Codes, **words: Any) -> tuple[Any, float]:
        start = time.process_time()
        values = scored(given, bundle, **words)
        return values, len(given) / 1000 / (time.process_time() - start)

    base, speed = timed(codes)
    print(f"{len(base):,} bases, context {bundle.context:,} bp\n")
    print(f"{'':40}{'largest':>10}{'over 0.01':>12}{'arg-max':>12}{'kb/s':>10}")
    print(row("as it is", base, base, speed), flush=True)
    reverse, speed = timed(reverse_complement_codes(codes))
    mirrored = reverse[::-1][:, swapped(bundle.task.output().channels)]
    print(row("the reverse complement", base, mirrored, speed), flush=True)
    for window in (4_096, 9_216, 24_576):
        other, speed = timed(codes, window_bases=window)
        print(row(f"--window {window}", base, other, speed), flush=True)
    other, speed = timed(codes[LATER:])
    inside = slice(LATER + MARGIN, len(codes))
    print(row(f"begun {LATER:,} bp later", base[inside], other[MARGIN:], speed), flush=True)
    for batch in (6_144, 98_304):
        other, speed = timed(codes, batch_bases=batch)
        print(row(f"batch of {batch:,} bases", base, other, speed), flush=True)
    cuts = np.linspace(0, len(codes), 8).astype(int).tolist()
    shards = [Region("sequence", start, end) for start, end in pairwise(cuts)]
    start = time.process_time()
    parts = np.concatenate([scored(codes, bundle, [shard]) for shard in shards])
    print(row("7 shards", base, parts, len(codes) / 1000 / (time.process_time() - start)))
    torch.set_num_threads(2)
    other, speed = timed(codes)
    print(row("2 threads", base, other, speed))


if __name__ == "__main__":
    main()
