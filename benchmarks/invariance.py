"""How far scores move with what should not matter: batch, window, threads, regions, precision.

    python benchmarks/invariance.py GENOME.fa[.gz] BUNDLE [--bases 1000000] [--context 192]

Each row scores the genome's first contigs again with one thing changed, and compares it with the
default run.  ``arg-max`` is the share of bases whose most probable class and strand changes.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genoseq.config.context import WINDOW_BASES
from genoseq.genome.regions import Region
from genoseq.inference.score import score
from genoseq.models.bundle import Bundle, load_bundle
from genoseq.readers.fasta import Fasta, open_fasta


def scored(genome: Fasta, bundle: Bundle, regions: list[Region], **options: Any) -> Any:
    """All values of the regions one after the other, shape (L, C)."""
    tracks = score(genome, bundle, **({"regions": regions, "device": "cpu"} | options))
    return np.concatenate([track.values for track in tracks])


def shards(regions: list[Region], count: int) -> list[list[Region]]:
    """The regions cut at places that have nothing to do with windows."""
    pieces = []
    for region in regions:
        cuts = np.linspace(region.start, region.end, count + 1).astype(int).tolist()
        pieces += [Region(region.chrom, a, b) for a, b in pairwise(cuts) if a < b]
    return [[piece] for piece in pieces]


def row(name: str, base: Any, other: Any) -> str:
    """One line of the table."""
    known = ~np.isnan(base[:, 0])
    assert np.array_equal(known, ~np.isnan(other[:, 0]))
    base, other = base[known], other[known]
    moved = np.abs(base - other).max(1)

    def best(values: Any) -> Any:
        return np.concatenate([1 - values.sum(1, keepdims=True), values], 1).argmax(1)

    changed = (best(base) != best(other)).mean()
    return f"{name:40}{moved.max():10.4f}{(moved > 0.01).mean():12.4%}{changed:12.4%}"


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
        regions, left = [], asked.bases
        for chrom, length in genome.lengths.items():
            if left > 0:
                regions.append(Region(chrom, 0, min(length, left)))
                left -= length
        base = scored(genome, bundle, regions)
        print(f"{len(base):,} bases, context {bundle.context} bp, window {WINDOW_BASES} bp\n")
        print(f"{'against the default run':40}{'largest':>10}{'over 0.01':>12}{'arg-max':>12}")
        for batch in (6_144, 24_576, 98_304):
            other = scored(genome, bundle, regions, batch_bases=batch)
            print(row(f"batch of {batch:,} bases", base, other))
        parts = [scored(genome, bundle, part) for part in shards(regions, 7)]
        print(row("7 shards", base, np.concatenate(parts)))
        torch.set_num_threads(2)
        print(row("2 threads", base, scored(genome, bundle, regions)))
        torch.set_num_threads(1)
        for window in (3_072, 12_288, 24_576):
            other = scored(genome, bundle, regions, window_bases=window)
            print(row(f"window of {window:,} bases", base, other))
        exact = scored(genome, bundle, regions, precision="fp32")
        print(row("fp32", base, exact))


if __name__ == "__main__":
    main()
