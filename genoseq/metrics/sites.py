"""Classes of single sites, as splice sites and starts are: which of them are found, within some bp.

Base by base a site that is told one bp away is wrong twice.  Here stretches of called bases are
sites, at their best base, and each is matched with one true site at most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genoseq.metrics.level import BINS

LONGEST = 3
"""Mean bp of the stretches of a class up to which it is one of sites."""
KEPT = 1 << 19
"""The best bases of a class: at most twice so many are remembered, in 12 bytes each.  A class of
which more than these are called at its threshold is measured at a higher one."""
_SURE = 3_000
"""Bases of a class in stretches that are too long, after which it is left alone."""

Span = NDArray[np.int64]


class SiteClass:
    """True sites and the best bases of one class, along an axis on which contigs lie apart."""

    def __init__(self) -> None:
        self._spans: list[Span] = []
        self._keys: list[NDArray[np.int64]] = []
        self._slots: list[NDArray[np.int32]] = []
        self._true = self._stretches = self._remembered = 0
        self._floor = 0
        self.over = False
        """Whether it is known to be no class of sites: nothing more has to be given."""

    def update(
        self, start: int, slots: NDArray[np.int32], known: NDArray[np.bool_], own: NDArray[np.bool_]
    ) -> None:
        """Count a stretch from a position on; bins of probability, what is known, and of the class.

        Parameters
        ----------
        slots, known, own
            Shape (L,); see :func:`genoseq.metrics.level.slots_of`.
        """
        bounds = np.flatnonzero(np.diff(own, prepend=False, append=False))
        self._spans.append(bounds.reshape(-1, 2).astype(np.int64) + start)
        self._stretches += len(bounds) // 2
        self._true += int(own.sum())
        if self._true > LONGEST * self._stretches + _SURE:
            self.over = True
            self._spans, self._keys, self._slots = [], [], []
            return
        chosen = np.flatnonzero(known & (slots >= self._floor))
        self._keys.append(chosen.astype(np.int64) + start)
        self._slots.append(slots[chosen])
        self._remembered += len(chosen)
        if self._remembered > 2 * KEPT:
            self._forget()

    def _forget(self) -> None:
        """Keep the best; where too many are alike, none of these."""
        keys, slots = np.concatenate(self._keys), np.concatenate(self._slots)
        counts = np.bincount(slots, minlength=BINS)[::-1].cumsum()[::-1]  # of this bin or a better
        self._floor = int((counts > KEPT).sum())
        kept = slots >= self._floor
        self._keys, self._slots = [keys[kept]], [slots[kept]]
        self._remembered = int(kept.sum())

    def true_sites(self) -> Span | None:
        """First base and the one after the last of each, (N, 2), ascending; None where it is no
        class of sites."""
        if self.over or not self._true:
            return None
        spans = np.concatenate(self._spans)
        spans = spans[np.argsort(spans[:, 0])]
        begins = np.r_[True, spans[1:, 0] > spans[:-1, 1]]
        ends = np.r_[begins[1:], True]
        found = np.stack([spans[begins, 0], spans[ends, 1]], axis=1)
        return found if self._true <= LONGEST * len(found) else None

    def peaks(self, least: int) -> tuple[NDArray[np.int64], int]:
        """The best base of each stretch of bases in bin ``least`` or a better one, ascending, and
        that bin, or the lowest that is remembered."""
        least = max(least, self._floor)
        keys, slots = np.concatenate(self._keys), np.concatenate(self._slots)
        keys, slots = keys[slots >= least], slots[slots >= least]
        if not len(keys):
            return keys, least
        order = np.argsort(keys)
        keys, slots = keys[order], slots[order]
        stretch = np.r_[0, (np.diff(keys) > 1).cumsum()]
        best = np.lexsort((keys, -slots, stretch))
        return keys[best[np.r_[True, np.diff(stretch[best]) > 0]]], least


def matched(sites: Span, peaks: NDArray[np.int64], tolerance: int) -> NDArray[np.int64]:
    """Which sites (N, 2) are in most pairs of a site and a peak within ``tolerance`` bp of it, each
    in one pair: their numbers, ascending."""
    found: list[int] = []
    site, spans = 0, sites.tolist()
    for peak in peaks.tolist():
        while site < len(spans) and spans[site][1] - 1 + tolerance < peak:
            site += 1
        if site == len(spans):
            break
        if spans[site][0] - tolerance <= peak:
            found.append(site)
            site += 1
    return np.array(found, np.int64)
