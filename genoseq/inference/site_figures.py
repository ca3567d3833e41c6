"""Sites of classes, found and missed within some bp, by genome and contig."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.genome.schemes import UNKNOWN_LABEL, Scheme
from genoseq.metrics.bootstrap import Figures, bootstrap_intervals
from genoseq.metrics.level import BINS, slots_of, thresholds
from genoseq.metrics.sites import SiteClass, matched

BY_SITE = "sites.tsv"
TOLERANCES = (0, 1, 3, 5, 10)
"""bp from a site within which it counts as found."""
_INTERVALS = ("precision", "recall", "f1")
_NO_INTERVALS: list[Figures] = [dict.fromkeys(_INTERVALS) for _ in TOLERANCES]
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
        self._starts: list[int] = []
        self._blocks: list[int] = []
        self._classes = [SiteClass() for _ in scheme.channels]
        self._contigs: dict[tuple[str, str], int] = {}

    def update(
        self,
        where: tuple[str, str],
        start: int,
        values: NDArray[np.float32],
        targets: Tensor,
        block: int,
    ) -> None:
        """Count a stretch of a genome and contig: values (S, L), targets (L,) or (L, S); ``block``
        is the number of what is drawn again with it for intervals."""
        offset = self._contigs.setdefault(where, len(self._contigs)) * _CONTIG + start
        self._starts.append(offset)
        self._blocks.append(block)
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
        found = np.zeros((len(TOLERANCES), len(sites)), bool)
        counts: dict[tuple[str, str], NDArray[np.int64]] = {}
        for (genome, contig), number in self._contigs.items():
            here = [number * _CONTIG, (number + 1) * _CONTIG]
            true = slice(*np.searchsorted(sites[:, 0], here))
            called = peaks[slice(*np.searchsorted(peaks, here))]
            for row, tolerance in zip(found, TOLERANCES, strict=True):
                row[true][matched(sites[true], called, tolerance)] = True
            sums = np.array([len(sites[true]), len(called), *found[:, true].sum(1)])
            for where in (("*", "*"), (genome, "*"), (genome, contig)):
                counts[where] = counts.get(where, np.zeros_like(sums)) + sums
        threshold = float(thresholds()[BINS - 1 - least]) if least < BINS else 1.0
        blocks = _Blocks(self._contigs, self._starts, self._blocks)
        for (genome, contig), each in counts.items():
            named = {"genome": genome, "contig": contig, "class": label, "threshold": threshold}
            ends = _NO_INTERVALS
            if contig == "*":
                ends, _ = bootstrap_intervals(blocks.counts(genome, sites[:, 0], peaks, found))
            yield from (named | row for row in _by_tolerance(each.tolist(), ends))


class _Blocks:
    """Which block, and of which genome, a position of the axis is in."""

    def __init__(
        self, contigs: Mapping[tuple[str, str], int], starts: Sequence[int], blocks: Sequence[int]
    ) -> None:
        order = np.argsort(starts)
        self._starts, self._blocks = np.array(starts)[order], np.array(blocks)[order]
        self._genomes = np.array([genome for genome, _ in contigs])

    def _of_genome(self, genome: str, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        own: NDArray[np.bool_] = (self._genomes == genome) | (genome == "*")
        return own[positions // _CONTIG]

    def counts(
        self,
        genome: str,
        sites: NDArray[np.int64],
        peaks: NDArray[np.int64],
        found: NDArray[np.bool_],
    ) -> NDArray[np.int64]:
        """Sites found, called and true of each block of a genome: (blocks, T, 3).

        Parameters
        ----------
        genome
            Its name; ``*`` is all of them.
        sites, peaks
            First bases of true sites (N,), and called ones.
        found
            Which sites are found at each tolerance, (T, N).
        """
        own = np.unique(self._blocks[self._of_genome(genome, self._starts)])

        def by_block(positions: NDArray[np.int64]) -> NDArray[np.int64]:
            positions = positions[self._of_genome(genome, positions)]
            of = self._blocks[np.searchsorted(self._starts, positions, "right") - 1]
            return np.bincount(np.searchsorted(own, of), minlength=len(own))

        true, called = by_block(sites), by_block(peaks)
        return np.stack([np.stack([by_block(sites[row]), called, true], 1) for row in found], 1)


def _by_tolerance(counts: Sequence[int], ends: Sequence[Figures]) -> Iterator[dict[str, Any]]:
    """Rows of the numbers of sites, of called ones, and of pairs of each tolerance."""
    sites, called, *pairs = counts
    for tolerance, found, interval in zip(TOLERANCES, pairs, ends, strict=True):
        if sites or called:
            told = {
                "precision": found / called if called else None,
                "recall": found / sites if sites else None,
                "f1": 2 * found / (sites + called),
            }
            bounds = {
                f"{name}_{end}": None if (own := interval[name]) is None else own[number]
                for name in _INTERVALS
                for number, end in enumerate(("low", "high"))
            }
            yield {"sites": sites, "called": called, "tolerance": tolerance, **told, **bounds}
