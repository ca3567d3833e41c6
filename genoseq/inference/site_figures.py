"""Sites of classes, found and missed within some bp, by genome and contig."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.genome.schemes import UNKNOWN_LABEL, Scheme
from genoseq.metrics.level import BINS, slots_of, thresholds
from genoseq.metrics.sites import SiteClass, matched

BY_SITE = "sites.tsv"
TOLERANCES = (0, 1, 3, 5, 10)
"""bp from a site within which it counts as found."""
_CONTIG = 1 << 40
"""Positions of the axis for each contig: more than any has."""


class SiteFigures:
    """True sites and called ones of the C channels of a scheme; see :mod:`genoseq.metrics.sites`.

    Parameters
    ----------
    scheme
        Of classes, exclusive or not.
    """

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme
        self._classes = [SiteClass() for _ in scheme.channels]
        self._contigs: dict[tuple[str, str], int] = {}

    def update(
        self, where: tuple[str, str], start: int, values: NDArray[np.float32], targets: Tensor
    ) -> None:
        """Count a stretch of a genome and contig: values (S, L), targets (L,) or (L, S)."""
        offset = self._contigs.setdefault(where, len(self._contigs)) * _CONTIG + start
        truth, of = targets.numpy(), self._scheme.channel_of_state
        for index, each in enumerate(self._classes):
            if each.over:
                continue
            states = np.flatnonzero(of == index)
            column = truth if truth.ndim == 1 else truth[:, states[0]]
            known = column != UNKNOWN_LABEL
            own = np.isin(truth, states) if truth.ndim == 1 else column == 1
            slots = slots_of(torch.from_numpy(values[states].sum(0))).numpy()
            each.update(offset, slots, known, own)

    def rows(self, best: Sequence[int]) -> list[dict[str, Any]]:
        """For each class of sites, genome and contig (``*``: all), and each of TOLERANCES.

        Parameters
        ----------
        best
            The bin of the threshold of each channel.
        """
        found: list[dict[str, Any]] = []
        for channel, each, least in zip(self._scheme.channels, self._classes, best, strict=True):
            found += self._of_class(channel.label, each, least)
        return sorted(found, key=lambda row: (row["genome"] != "*", row["contig"] != "*"))

    def _of_class(self, label: str, own: SiteClass, least: int) -> Iterator[dict[str, Any]]:
        sites = own.true_sites()
        if sites is None:
            return
        peaks, least = own.peaks(least)
        counts = {("*", "*"): np.zeros(2 + len(TOLERANCES), np.int64)}
        for (genome, contig), number in self._contigs.items():
            here = [number * _CONTIG, (number + 1) * _CONTIG]
            true = sites[slice(*np.searchsorted(sites[:, 0], here))]
            called = peaks[slice(*np.searchsorted(peaks, here))]
            pairs = [matched(true, called, tolerance) for tolerance in TOLERANCES]
            for where in (("*", "*"), (genome, "*"), (genome, contig)):
                counts.setdefault(where, np.zeros_like(counts["*", "*"]))
                counts[where] += [len(true), len(called), *pairs]
        threshold = float(thresholds()[BINS - 1 - least]) if least < BINS else 1.0
        for (genome, contig), each in counts.items():
            named = {"genome": genome, "contig": contig, "class": label, "threshold": threshold}
            yield from (named | row for row in _by_tolerance(each.tolist()))


def _by_tolerance(counts: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Rows of the numbers of sites, of called ones, and of pairs of each tolerance."""
    sites, called, *pairs = counts
    for tolerance, found in zip(TOLERANCES, pairs, strict=True):
        if sites or called:
            yield {
                "sites": sites,
                "called": called,
                "tolerance": tolerance,
                "precision": found / called if called else None,
                "recall": found / sites if sites else None,
                "f1": 2 * found / (sites + called),
            }
