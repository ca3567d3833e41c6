"""Peaks or troughs of a signal as BED, for examples that learn them as a class.

    python benchmarks/signal_peaks.py SIGNAL.bw GENOME.fa.gz OUT [--fold 3 | --below 0.3]
        [--gap 150] [--least 150] [--most 1000]

``OUT/peaks.bed`` has stretches of at least ``--fold`` times the contig's mean, or with ``--below``
of at most that part of it; those at most ``--gap`` bp apart are one, shorter ones than ``--least``
bp are none.  BED5: the score is 100 times the highest value over the mean, 1,000 at most; of
troughs 1,000 where the lowest value is 0, and 0 where it is the mean.  ``OUT/unmeasured.bed`` is
the mask: contigs that the signal does not have, and stretches of more than ``--most`` bp in which
it is 0, where no read could be placed.  Neither counts in means, and no trough lies there.

This is no peak caller: there is no control and no model of noise; of reads take one (MACS) and give
its narrowPeak.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
from numpy.typing import NDArray

from genoseq.readers.fasta import open_fasta

Values = NDArray[np.float64]
Where = NDArray[np.bool_]


def runs(there: Where) -> list[tuple[int, int]]:
    """Start and end of each stretch of true values."""
    edges = np.flatnonzero(np.diff(there, prepend=False, append=False))
    return [(start, end) for start, end in edges.reshape(-1, 2).tolist()]


def measured(values: Values, most: int) -> Where:
    """Which bases (L,) are not in a stretch of more than ``most`` without signal."""
    known = np.ones(len(values), bool)
    for start, end in runs(values == 0):
        known[start:end] = end - start <= most
    return known


def joined(there: Where, gap: int, least: int) -> list[tuple[int, int]]:
    """Stretches that are long enough when those near one another are one."""
    found: list[tuple[int, int]] = []
    for start, end in runs(there):
        if found and start - found[-1][1] <= gap:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return [(start, end) for start, end in found if end - start >= least]


def peaks(values: Values, known: Where, asked: argparse.Namespace) -> list[tuple[int, int, int]]:
    """Start, end and score of each peak, or trough, of values (L,); what has none is 0."""
    if not known.any():
        return []
    mean = float(values[known].mean())
    low = asked.below is not None
    there = values <= asked.below * mean if low else values >= asked.fold * mean
    found = []
    for start, end in joined(there & known, asked.gap, asked.least):
        part = values[start:end] / mean
        score = 1000 * (1 - part.min()) if low else min(100 * part.max(), 1000)
        found.append((start, end, round(float(score))))
    return found


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("signal", type=Path)
    parser.add_argument("genome", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--fold", type=float, default=3)
    parser.add_argument("--below", type=float)
    parser.add_argument("--gap", type=int, default=150)
    parser.add_argument("--least", type=int, default=150)
    parser.add_argument("--most", type=int, default=1000)
    asked = parser.parse_args(words)
    with open_fasta(asked.genome) as genome:
        lengths = dict(genome.lengths)
    rows: dict[str, list[tuple[Any, ...]]] = {"peaks": [], "unmeasured": []}
    with pybigtools.open(str(asked.signal)) as signal:
        contigs = signal.chroms()
        if not {*contigs} & {*lengths}:
            parser.error(f"{asked.signal} has no contig of {asked.genome}: {', '.join(contigs)}")
        for chrom, length in lengths.items():
            values = np.zeros(length)
            if chrom in contigs:
                values = np.nan_to_num(signal.values(chrom, 0, length, fillna=0)).astype(float)
            known = measured(values, asked.most if chrom in contigs else 0)
            rows["unmeasured"] += [(chrom, start, end) for start, end in runs(~known)]
            for start, end, score in peaks(values, known, asked):
                rows["peaks"].append((chrom, start, end, f"peak{len(rows['peaks']) + 1}", score))
    asked.out.mkdir(parents=True, exist_ok=True)
    for name, found in rows.items():
        lines = ("\t".join(map(str, row)) + "\n" for row in found)
        (asked.out / f"{name}.bed").write_text("".join(lines))
    bases = sum(end - start for _, start, end, *_ in rows["peaks"])
    left = sum(lengths.values()) - sum(end - start for _, start, end in rows["unmeasured"])
    print(f"{len(rows['peaks']):,} peaks, {bases / left:.1%} of {left:,} measured bases")


if __name__ == "__main__":
    main()
