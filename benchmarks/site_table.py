"""Part of the benchmarks of sites: what is counted of them, and weight matrices.

Every predictor, a network or a matrix, gives a probability to each base of both strands, and the
same code counts them: bins of genoseq/metrics, both strands together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from genoseq.genome.sequences import Codes
from genoseq.metrics.bootstrap import interval_of
from genoseq.metrics.level import BINS, average_precision, rare_figures, slots_of
from genoseq.metrics.sites import SiteClass, matched

BLOCK = 50_000
"""bp drawn together for an interval."""
RESAMPLES = 300
TOLERANCE = 5
"""bp from a start within which a called one is right."""
Floats = NDArray[np.float64]


class Counts:
    """Bases of one class by bin of probability and block of 50 kb, both strands together."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[str, int], NDArray[np.int64]] = {}

    def update(self, chrom: str, start: int, values: NDArray[Any], own: NDArray[np.bool_]) -> None:
        """Count probabilities (L,) of a stretch of one strand, and which bases are sites (L,)."""
        slots = slots_of(torch.from_numpy(np.ascontiguousarray(values))).numpy()
        for block in range(start // BLOCK, (start + len(slots) - 1) // BLOCK + 1):
            part = slice(max(block * BLOCK - start, 0), (block + 1) * BLOCK - start)
            counts = self._blocks.setdefault((chrom, block), np.zeros((2, BINS), np.int64))
            counts[0] += np.bincount(slots[part], minlength=BINS)
            counts[1] += np.bincount(slots[part][own[part]], minlength=BINS)

    def figures(self) -> dict[str, Any]:
        """Those of :func:`genoseq.metrics.level.rare_figures`, and AUPRC's 95% interval."""
        blocks = np.stack(list(self._blocks.values()))
        used = blocks.sum((0, 1)) > 0
        drawn = np.random.default_rng(0).multinomial(
            len(blocks), np.full(len(blocks), 1 / len(blocks)), RESAMPLES
        )
        found = [
            average_precision(*np.einsum("b,bks->ks", times, blocks[..., used])) for times in drawn
        ]
        low, high = interval_of(np.array([np.nan if x is None else x for x in found])) or (0, 1)
        return rare_figures(*blocks.sum(0)) | {"low": low, "high": high}


class Starts:
    """True and called sites of both strands, for recall within some bp at a given precision."""

    def __init__(self) -> None:
        self._strands = {strand: SiteClass() for strand in "+-"}
        self._at = 0

    def contig(self, values: dict[str, NDArray[Any]], own: dict[str, NDArray[np.bool_]]) -> None:
        """Add a stretch: probabilities and which bases are sites, (L,) each, by strand."""
        for strand, each in self._strands.items():
            slots = slots_of(torch.from_numpy(np.ascontiguousarray(values[strand]))).numpy()
            each.update(self._at, slots, np.ones(len(slots), bool), own[strand])
        self._at += len(values["+"]) + (1 << 20)

    def recall_at(self, precisions: Sequence[float]) -> list[float]:
        """The best recall of any threshold (1/8 nat apart) that has at least each precision."""
        points: list[tuple[float, float]] = []
        for least in range(BINS - 64, 0, -64):
            points.append(self._point(least))
            if len(points) > 1 and points[-1][0] < min(precisions) / 3:
                break  # precision does not come back from so many that are wrong
        return [max([r for p, r in points if p >= wanted], default=0.0) for wanted in precisions]

    def _point(self, least: int) -> tuple[float, float]:
        """Precision and recall of the bases in a bin or a better one."""
        true = called = right = 0
        for each in self._strands.values():
            sites = each.true_sites()
            assert sites is not None
            peaks, _ = each.peaks(least)
            true, called = true + len(sites), called + len(peaks)
            right += len(matched(sites, peaks, TOLERANCE))
        return (right / called if called else 1.0), right / true


def base_shares(codes: Codes) -> Floats:
    """Of A, C, G and T, both strands together."""
    counts = np.bincount(codes, minlength=5)[:4].astype(np.float64)
    both = counts + counts[::-1]
    return both / both.sum()


def log_odds(words: Codes, background: Floats, pseudo: float = 0.5) -> Floats:
    """Weight matrix in nats (W, 4) of aligned words (N, W); N is as likely as anything."""
    counts = np.stack([(words == base).sum(0) for base in range(4)], 1) + pseudo * background
    shares: Floats = counts / counts.sum(1, keepdims=True)
    return np.log(shares / background)


def matrix_scores(codes: Codes, matrix: Floats) -> Floats:
    """Scores in nats of a matrix (W, 4) beginning at each base, (L - W + 1,)."""
    padded = np.concatenate([matrix, np.zeros((len(matrix), 1))], 1)
    length = len(codes) - len(matrix) + 1
    scores = np.zeros(length)
    for at, row in enumerate(padded):
        scores += row[codes[at : at + length]]
    return scores


def probability(scores: Floats, prior: float) -> NDArray[np.float32]:
    """Of log-odds in nats, and the share of sites: the order is what counts."""
    told: Floats = 1 / (1 + np.exp(-(scores + np.log(prior / (1 - prior)))))
    return told.astype(np.float32)
