"""Peaks of a signal as BED: stretches of high values, for examples that learn peaks as a class.

    python benchmarks/signal_peaks.py SIGNAL.bw [--fold 3] [--gap 150] [--least 150] > peaks.bed

A peak is a stretch of bases of at least ``--fold`` times the contig's mean; those at most ``--gap``
bp apart are one, shorter ones than ``--least`` bp are none.  BED5: the score is 100 times the
highest value over the mean, 1,000 at most.  This is no peak caller: there is no control and no
model of noise; of reads take one (MACS) and give its narrowPeak.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pybigtools


def peaks(
    values: np.ndarray[tuple[int], np.dtype[np.float64]], fold: float, gap: int, least: int
) -> list[tuple[int, int, int]]:
    """Start, end and score of each peak of values (L,); what has none is 0."""
    mean = float(values.mean())
    edges = np.flatnonzero(np.diff(values >= fold * mean, prepend=False, append=False))
    joined: list[list[int]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if joined and start - joined[-1][1] <= gap:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return [
        (start, end, min(round(100 * float(values[start:end].max()) / mean), 1000))
        for start, end in joined
        if end - start >= least
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("signal", type=Path)
    parser.add_argument("--fold", type=float, default=3)
    parser.add_argument("--gap", type=int, default=150)
    parser.add_argument("--least", type=int, default=150)
    asked = parser.parse_args()
    number = 0
    with pybigtools.open(str(asked.signal)) as signal:
        for chrom in signal.chroms():
            values = np.nan_to_num(signal.values(chrom, fillna=0)).astype(np.float64)
            for start, end, score in peaks(values, asked.fold, asked.gap, asked.least):
                number += 1
                print(chrom, start, end, f"peak{number}", score, sep="\t")


if __name__ == "__main__":
    main()
