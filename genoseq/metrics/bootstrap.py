"""How far figures of classes would move on other stretches of the same genomes.

Bases next to one another are right or wrong together, so that whole stretches are drawn, with
replacement: the block bootstrap of Künsch (1989), with blocks that do not overlap.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FEWEST_BLOCKS = 10
"""With fewer an interval says nothing."""
RESAMPLES = 1_000
COVERED = 0.95
Interval = list[float]
Figures = dict[str, Interval | None]


def bootstrap_intervals(
    counts: NDArray[np.int64], seed: int = 0
) -> tuple[list[Figures], Interval | None]:
    """95% intervals of precision, recall and F1 of each class, and of macro F1.

    Parameters
    ----------
    counts
        Bases of each block and class that are rightly called, called, and of the class: shape
        (blocks, K, 3).
    seed
        Of the resampling: the same counts give the same intervals.

    Returns
    -------
    For each class ``precision``, ``recall`` and ``f1``, and then macro F1: [low, high], or None
    where there are fewer than :data:`FEWEST_BLOCKS` blocks, or a figure is not defined in one of
    twenty resamples.
    """
    blocks = len(counts)
    if blocks < FEWEST_BLOCKS:
        nothing: Figures = dict.fromkeys(("precision", "recall", "f1"))
        return [dict(nothing) for _ in range(counts.shape[1])], None
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(blocks, np.full(blocks, 1 / blocks), RESAMPLES)
    sums = np.einsum("rb,bkc->rkc", drawn.astype(np.float64), counts.astype(np.float64))
    right, called, true = np.moveaxis(sums, 2, 0)  # each (resamples, K)
    f1 = _ratio(2 * right, called + true)
    figures = {"precision": _ratio(right, called), "recall": _ratio(right, true), "f1": f1}
    found = [
        {name: interval_of(values[:, index]) for name, values in figures.items()}
        for index in range(counts.shape[1])
    ]
    known = ~np.isnan(f1)
    macro = _ratio(np.where(known, f1, 0).sum(1), known.sum(1).astype(np.float64))
    return found, interval_of(macro)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def interval_of(values: NDArray[np.float64]) -> Interval | None:
    """95% interval of resampled values; None where one in twenty is not defined."""
    known = values[~np.isnan(values)]
    if len(known) < COVERED * len(values):
        return None
    found: Interval = np.quantile(known, [(1 - COVERED) / 2, (1 + COVERED) / 2]).tolist()
    return found


def block_size(bases: int, at_least: int = 10_000, most: int = 2_000) -> int:
    """Bases of a block: some genes of a bacterium, or so many that there are not too many blocks.

    Parameters
    ----------
    bases
        Of all blocks together.
    at_least
        Bases of a block.
    most
        Number of blocks.
    """
    return max(at_least, -(-bases // most))
