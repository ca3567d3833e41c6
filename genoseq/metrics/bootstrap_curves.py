"""Intervals of figures over all thresholds, AUPRC and best F1, by drawing blocks again.

As :mod:`genoseq.metrics.bootstrap`, of counts of blocks by bins of probability.  Bins are wider
than those of :mod:`genoseq.metrics.level`, and neighbouring blocks are joined where there are many:
memory does not grow.  Intervals are moved by what the wider bins change of the figure itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.metrics.bootstrap import FEWEST_BLOCKS, RESAMPLES, Figures, Interval, interval_of
from genoseq.metrics.level import BINS, mean_known, reliability_sums

CURVE_FIGURES = ("auprc", "lift", "best_f1", "top_k", "calibration_error")
MOST_BLOCKS = 256
"""Of which so many and as many again are held: 4 MB for a class."""
COARSE = 1 << 11
"""Bins of a block: an AUPRC moves by a thousandth or so."""
_AT_ONCE = 125
"""Resamples: their numbers fill some megabytes."""

_Floats = NDArray[np.float64]
_Points = Sequence[Mapping[str, float | None]]
_Told = Callable[[_Floats, _Floats, _Floats], dict[str, _Floats]]


class CurveIntervals(NamedTuple):
    """95% intervals, [low, high]; None where there are fewer than
    :data:`~genoseq.metrics.bootstrap.FEWEST_BLOCKS` blocks, or a figure is not defined in one of
    twenty resamples.

    Attributes
    ----------
    classes
        Of :data:`CURVE_FIGURES` of each class.
    macro_auprc
        Of the mean AUPRC of the classes that are there.
    pairs
        Of what the AUPRC of one class has more than that of another, as a share of the larger one.
    """

    classes: list[Figures]
    macro_auprc: Interval | None
    pairs: list[Interval | None]


class BlockCurves:
    """Bases by block, class and bin of probability, in order."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.uint32]] = []
        self._joined, self._last = 1, 0

    def add(self, called: NDArray[np.int64], right: NDArray[np.int64]) -> None:
        """Count a block: all bases, and the class's own, by bin of probability; both (K, BINS)."""
        wide = np.stack([called, right]).reshape(2, len(called), COARSE, BINS // COARSE)
        block = wide.sum(3).astype(np.uint32)
        if self._blocks and self._last < self._joined:
            self._blocks[-1] += block
            self._last += 1
            return
        if len(self._blocks) == 2 * MOST_BLOCKS:
            pairs = zip(self._blocks[::2], self._blocks[1::2], strict=True)
            self._blocks = [first + second for first, second in pairs]
            self._joined *= 2
        self._blocks.append(block)
        self._last = 1

    def intervals(
        self, points: _Points, pairs: Sequence[tuple[int, int]] = (), seed: int = 0
    ) -> CurveIntervals:
        """Intervals of figures.

        Parameters
        ----------
        points
            The figures themselves of each of the K classes,
            see :func:`genoseq.metrics.level.rare_figures`.
        pairs
            Numbers of classes that are compared.
        seed
            Of the resampling.
        """
        if len(self._blocks) < FEWEST_BLOCKS:
            return CurveIntervals([dict.fromkeys(CURVE_FIGURES) for _ in points], None,
                                  [None for _ in pairs])  # fmt: skip
        drawn = self._drawn(seed)
        found: list[Figures] = []
        areas: list[_Floats] = []
        for index, point in enumerate(points):
            called, right = self._counts(index)
            values = _resampled(drawn, called, right, _figures)
            values["calibration_error"] = _calibration_errors(drawn, called, right)
            tops = dict.fromkeys(CURVE_FIGURES, 1.0) | {"lift": inf, "calibration_error": inf}
            found.append({name: _moved(values[name], point[name], tops[name]) for name in tops})
            areas.append(values["auprc"])
        known = ~np.isnan(areas)
        sums, counted = np.where(known, areas, 0).sum(0), known.sum(0)
        macro = np.divide(sums, counted, out=np.full(len(sums), np.nan), where=counted > 0)
        whole = _moved(macro, mean_known([point["auprc"] for point in points]))
        apart = [interval_of(_share(areas[one], areas[other])[1:]) for one, other in pairs]
        return CurveIntervals(found, whole, apart)

    def auprc(self, points: _Points, seed: int = 0) -> list[Interval | None]:
        """Intervals of AUPRC alone, as of :meth:`intervals`, in half of the time."""
        if len(self._blocks) < FEWEST_BLOCKS:
            return [None for _ in points]
        drawn = self._drawn(seed)
        return [
            _moved(_resampled(drawn, *self._counts(index), _area)["auprc"], point["auprc"])
            for index, point in enumerate(points)
        ]

    def _drawn(self, seed: int) -> NDArray[np.int64]:
        """How often each block is drawn, (R, blocks); in the first row once."""
        blocks = len(self._blocks)
        drawn = np.random.default_rng(seed).multinomial(
            blocks, np.full(blocks, 1 / blocks), RESAMPLES
        )
        return np.concatenate([np.ones((1, blocks), np.int64), drawn])

    def _counts(self, index: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """All bases and the class's own by block and bin, (blocks, COARSE) each."""
        called, right = np.stack([block[:, index] for block in self._blocks], axis=1)
        return called, right


def _resampled(
    drawn: NDArray[np.int64], called: NDArray[np.uint32], right: NDArray[np.uint32], told: _Told
) -> dict[str, _Floats]:
    """Figures of each way to draw blocks, each (R,); NaN where none is defined.

    Parameters
    ----------
    drawn
        How often each block is drawn, (R, blocks).
    called, right
        Bases of each block by bin, (blocks, COARSE).
    told
        The figures by bases above each threshold, all and the class's own, (R, n) each, and by all
        bases (R,).
    """
    called, right = called[:, ::-1], right[:, ::-1]  # the most probable first
    ends = np.flatnonzero(right.any(0))
    if not len(ends):
        return dict.fromkeys(CURVE_FIGURES, np.full(len(drawn), np.nan))
    # Bins without a base of the class change none of the figures: each counts with the next one.
    starts = np.r_[0, ends[:-1] + 1]
    bases, own = called.sum(1, np.float64), right[:, ends].astype(np.float64)
    above = np.add.reduceat(called[:, : ends[-1] + 1], starts, axis=1, dtype=np.float64)
    parts = [
        told((part @ above).cumsum(1), (part @ own).cumsum(1), part @ bases)
        for part in _parts(drawn.astype(np.float64))
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _parts(drawn: _Floats) -> Iterator[_Floats]:
    for start in range(0, len(drawn), _AT_ONCE):
        yield drawn[start : start + _AT_ONCE]


def _area(above: _Floats, own: _Floats, bases: _Floats) -> dict[str, _Floats]:
    del bases
    total = own[:, -1]
    gains = np.diff(own, axis=1, prepend=0)
    return {"auprc": (gains * own / above.clip(1)).sum(1) / np.where(total > 0, total, np.nan)}


def _figures(above: _Floats, own: _Floats, bases: _Floats) -> dict[str, _Floats]:
    total = own[:, -1]
    some = total > 0
    known = np.where(some, total, np.nan)
    auprc = _area(above, own, bases)["auprc"]
    best = (2 * own / (above + total[:, None]).clip(1)).max(1)
    rows = zip(total, above, own, strict=True)
    top = [np.interp(k, np.r_[0, every], np.r_[0, of]) for k, every, of in rows]
    return {
        "auprc": auprc,
        "lift": auprc * bases / known,
        "best_f1": np.where(some, best, np.nan),
        "top_k": np.array(top) / known,
    }


def _calibration_errors(
    drawn: NDArray[np.int64], called: NDArray[np.uint32], right: NDArray[np.uint32]
) -> _Floats:
    """See :func:`genoseq.metrics.level.calibration_error`, (R,)."""
    _, expected, own = reliability_sums(called, right)
    total = drawn @ own.sum(1)
    wrong: _Floats = abs(drawn @ (expected - own)).sum(1)
    return wrong / np.where(total > 0, total, np.nan)


def _share(one: _Floats, other: _Floats) -> _Floats:
    """What one has more than the other, as a share of the larger; NaN where both have nothing."""
    larger = np.maximum(one, other)
    return (one - other) / np.where(larger > 0, larger, np.nan)


def _moved(values: _Floats, point: float | None, top: float = 1.0) -> Interval | None:
    """Interval of all but the first, moved by how far the first is from the figure itself."""
    found = interval_of(values[1:])
    if found is None or point is None:
        return None
    return [min(max(end + point - float(values[0]), 0.0), top) for end in found]
