"""Choice: the set of candidates with the largest sum of scores that hardly overlap.

Weighted interval scheduling in which neighbours may overlap a little, at a price per base; on a
circle the last gene is a neighbour of the first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.layout import Positions


@dataclass(frozen=True, slots=True)
class Overlaps:
    """How genes may overlap.

    Attributes
    ----------
    same, opposite
        bp at most, of genes on one strand and on different ones.
    price
        Nats per bp of overlap.
    """

    same: int = 110
    opposite: int = 200
    price: float = 0.03


USUAL = Overlaps()
"""As genes of bacteria do.  Those that share more than 60 bp with a gene of their strand are
mostly two parts of one gene of an insertion sequence, which a programmed frameshift joins: their
second part has its start well within the first."""


class Interval(NamedTuple):
    """A candidate on the forward strand of its contig, and its number among all."""

    start: int
    end: int
    reverse: bool
    score: float
    number: int


def select(
    starts: Positions,
    ends: Positions,
    reverse: NDArray[np.bool_],
    scores: NDArray[np.float64],
    overlaps: Overlaps,
    circle: int = 0,
) -> list[int]:
    """Indices of the chosen candidates of one contig, by start.

    Parameters
    ----------
    starts, ends, reverse, scores
        Of candidates, on the forward strand, each of shape (m,); scores of 0 or less are never
        chosen.  On a circle an end may lie beyond its last base.
    circle
        bp of the contig if it is a circle, else 0.
    """
    worth = np.flatnonzero(scores > 0)
    order = worth[np.lexsort((reverse[worth], starts[worth], ends[worth]))]
    columns = (starts[order], ends[order], reverse[order], scores[order], order)
    items = [
        Interval(start, end, back, score, index)
        for start, end, back, score, index in zip(*(c.tolist() for c in columns), strict=True)
    ]
    return select_sorted(items, overlaps, circle)


def select_sorted(items: Sequence[Interval], overlaps: Overlaps, circle: int = 0) -> list[int]:
    """As :func:`select` of candidates with scores above 0, by end, start and strand."""
    chosen = _on_circle(items, overlaps, circle) if circle else _on_line(items, overlaps)[1]
    return [item.number for item in sorted(chosen, key=lambda item: item.start)]


def _on_line(
    items: Sequence[Interval], overlaps: Overlaps, first: Interval | None = None
) -> tuple[float, list[Interval]]:
    """The best sum and its intervals, of intervals sorted by end.

    ``first`` must come before all others, and is counted.
    """
    best: list[float] = []
    before: list[int] = []
    ends = [item.end for item in items]
    leading: list[tuple[float, int]] = []  # the best sum of the first intervals, and its last one
    for index, item in enumerate(items):
        apart = bisect_right(ends, item.start, 0, index)
        total, last = (0.0, -1) if not apart else leading[apart - 1]
        if first is not None and last < 0:
            total = _joined(first, item, 0.0, overlaps)
        for near in range(apart, index):
            other = items[near]
            if other.end > item.start + overlaps.opposite:
                break
            if other.start < item.start and other.end < item.end:
                joined = _joined(other, item, best[near], overlaps)
                if joined > total:
                    total, last = joined, near
        best.append(total + item.score)
        before.append(last)
        ahead = leading[-1] if leading else (0.0, -1)
        leading.append((best[-1], index) if best[-1] > ahead[0] else ahead)
    total, last = leading[-1] if leading else (0.0, -1)
    chosen = []
    while last >= 0:
        chosen.append(items[last])
        last = before[last]
    return total, chosen[::-1]


def _joined(before: Interval, after: Interval, total: float, overlaps: Overlaps) -> float:
    """The sum of ``before`` less the price of an overlap with ``after``; -inf if it is too long."""
    overlap = before.end - after.start
    if overlap <= 0:
        return total
    most = overlaps.same if before.reverse == after.reverse else overlaps.opposite
    return total - overlaps.price * overlap if overlap <= most else -np.inf


def _on_circle(items: Sequence[Interval], overlaps: Overlaps, circle: int) -> list[Interval]:
    """The best intervals of a circle, cut where fewest lie across; each of those is tried."""
    if not items:
        return []
    cut = _rarest(items, circle)
    turned = [_turned(item, cut, circle) for item in items]
    inner = sorted(
        (t for t in turned if t.end <= circle), key=lambda t: (t.end, t.start, t.reverse)
    )
    score, chosen = _on_line(inner, overlaps)
    across = [t for t in turned if t.end > circle]
    for forced in across:
        start = forced.start
        others = [_turned(t, start, circle) for t in turned if t is not forced]
        lead = _turned(forced, start, circle)
        others = [t for t in others if t.start > 0 and _fits_behind(lead, t, circle, overlaps)]
        others.sort(key=lambda t: (t.end, t.start, t.reverse))
        total, rest = _closed(others, lead, overlaps, circle)
        if total > score:
            score, chosen = total, [lead, *rest]
    by_index = {item.number: item for item in items}
    return [by_index[item.number] for item in chosen]


def _closed(
    items: Sequence[Interval], lead: Interval, overlaps: Overlaps, circle: int
) -> tuple[float, list[Interval]]:
    """The best intervals behind ``lead``, of which the last may reach into it from before."""
    reduced = []
    for item in items:
        over = item.end - circle
        price = overlaps.price * over if over > 0 else 0.0
        reduced.append(
            Interval(item.start, item.end, item.reverse, item.score - price, item.number)
        )
    total, chosen = _on_line(reduced, overlaps, lead)
    return total + lead.score, chosen


def _fits_behind(lead: Interval, item: Interval, circle: int, overlaps: Overlaps) -> bool:
    """Whether an interval leaves enough of ``lead`` free, which begins at 0, on both sides."""
    most = overlaps.same if lead.reverse == item.reverse else overlaps.opposite
    return lead.end - item.start <= most and item.end - circle <= most and item.end > lead.end


def _rarest(items: Sequence[Interval], circle: int) -> int:
    """The end of an interval across which fewest others lie; the first of equal ones."""
    starts = np.array([item.start for item in items])
    ends = np.array([item.end for item in items])
    points = np.unique(ends % circle)
    # An interval lies across a point that is within it, here or a turn later.
    opened = np.sort(starts)
    closed = np.sort(ends)
    across = np.searchsorted(opened, points) - np.searchsorted(closed, points, side="right")
    later = points + circle
    across += np.searchsorted(opened, later) - np.searchsorted(closed, later, side="right")
    return int(points[np.argmin(across)])


def _turned(item: Interval, cut: int, circle: int) -> Interval:
    start = (item.start - cut) % circle
    return Interval(start, start + item.end - item.start, item.reverse, item.score, item.number)
