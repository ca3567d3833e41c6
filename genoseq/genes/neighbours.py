"""Where candidates lie among the genes that were chosen a round before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.candidates import Candidates
from genoseq.genes.layout import Layout, Positions
from genoseq.genes.sites import NO_GENE

_WIDEST = 200


@dataclass(frozen=True, slots=True)
class Side:
    """The chosen gene on one side of each frame.

    Attributes
    ----------
    same
        Whether it is on the same strand, shape (n,).
    gap
        bp between, negative where they overlap; :data:`genoseq.genes.sites.NO_GENE` where there is
        none on the contig.
    """

    same: NDArray[np.bool_]
    gap: Positions


@dataclass(frozen=True, slots=True)
class StartNeighbours:
    """Starts among chosen genes.

    Attributes
    ----------
    gap
        bp from the end of the nearest gene before on the same strand to each start, shape (m,).
    across
        bp by which each start lies within a gene of the other strand, shape (m,).
    """

    gap: Positions
    across: Positions


@dataclass(frozen=True, slots=True)
class FrameNeighbours:
    """Frames, from their best starts, among chosen genes.

    Attributes
    ----------
    covered
        Share of each frame that other genes cover, shape (n,).
    before, behind
        The gene on either side of each frame, 5' and 3'.
    """

    covered: NDArray[np.float64]
    before: Side
    behind: Side


def start_neighbours(layout: Layout, candidates: Candidates, chosen: Positions) -> StartNeighbours:
    """Neighbours of all starts.

    Parameters
    ----------
    chosen
        Indices of the chosen starts, at most one per frame.
    """
    starts, ends = candidates.starts[chosen], candidates.ends[candidates.frame[chosen]]
    at, own = layout.spread(candidates.starts, candidates.per_start(candidates.ends))
    return StartNeighbours(
        _gaps(at, own, *layout.spread(starts, ends)),
        _across(layout, candidates.starts, starts, ends),
    )


def frame_neighbours(
    layout: Layout, candidates: Candidates, top: Positions, chosen: Positions
) -> FrameNeighbours:
    """Neighbours of all frames.

    Parameters
    ----------
    top
        Index of the best start of each frame, shape (n,).
    chosen
        Indices of the chosen starts, at most one per frame.
    """
    before, behind = _sides(layout, candidates, top, chosen)
    return FrameNeighbours(_covered(layout, candidates, top, chosen), before, behind)


def _gaps(at: Positions, own: Positions, starts: Positions, ends: Positions) -> Positions:
    """From the end of the gene that begins last before each start, in another frame.

    Parameters
    ----------
    at, own
        Starts, and the ends of their frames.
    starts, ends
        Of the chosen genes.
    """
    if not len(ends):
        return np.full(len(at), NO_GENE)
    order = np.argsort(starts, kind="stable")
    ends = np.concatenate([[-NO_GENE], ends[order]])
    index = np.searchsorted(starts[order], at, side="left")
    index -= (index > 0) & (ends[index] == own)
    return np.asarray(np.minimum(at - ends[index], NO_GENE), np.int64)


def _across(layout: Layout, at: Positions, starts: Positions, ends: Positions) -> Positions:
    """bp from each start to the end of a gene of the other strand that it lies in, at most 200."""
    if not len(starts):
        return np.zeros(len(at), np.int64)
    mirrored = np.sort(2 * layout.size - ends), np.sort(2 * layout.size - starts)
    index = np.searchsorted(mirrored[0], at, side="right") - 1
    within = mirrored[1][index] - at
    return np.where(index >= 0, np.clip(within, 0, _WIDEST), 0)


def _covered(
    layout: Layout, candidates: Candidates, top: Positions, chosen: Positions
) -> NDArray[np.float64]:
    frame = candidates.frame
    low, high = layout.forward(candidates.starts[chosen], candidates.ends[frame[chosen]])
    own_low, own_high = layout.forward(candidates.starts[top], candidates.ends)
    covered = _bases_before(low, high, own_high) - _bases_before(low, high, own_low)
    own = frame[chosen]
    shared = np.minimum(high, own_high[own]) - np.maximum(low, own_low[own])
    covered[own] -= np.maximum(shared, 0)
    return np.asarray(np.minimum(covered / (own_high - own_low), 2.0), np.float64)


def _bases_before(low: Positions, high: Positions, at: Positions) -> Positions:
    """Bases of intervals before each position, those of two intervals counted twice."""
    total = np.zeros(len(at), np.int64)
    for edges, sign in ((np.sort(low), 1), (np.sort(high), -1)):
        sums = np.concatenate([[0], np.cumsum(edges)])
        count = np.searchsorted(edges, at)
        total += sign * (count * at - sums[count])
    return total


def _sides(
    layout: Layout, candidates: Candidates, top: Positions, chosen: Positions
) -> tuple[Side, Side]:
    count = len(candidates)
    if not len(chosen):
        none = Side(np.zeros(count, bool), np.full(count, NO_GENE))
        return none, none
    frame = candidates.frame
    low, high = layout.forward(candidates.starts[chosen], candidates.ends[frame[chosen]])
    own_low, own_high = layout.forward(candidates.starts[top], candidates.ends)
    reverse = candidates.ends > layout.size
    owner = layout.contig_of(own_low)
    order = np.argsort(low + high, kind="stable")
    genes = frame[chosen][order]
    middles = (low + high)[order]
    left = np.searchsorted(middles, own_low + own_high, side="left") - 1
    right = np.searchsorted(middles, own_low + own_high, side="right")
    left, right = _stepped(left, genes, -1), _stepped(right, genes, 1)
    sides = []
    for index, leftwards in ((left, True), (right, False)):
        there = (index >= 0) & (index < len(genes))
        gene = order[np.where(there, index, 0)]
        there &= layout.contig_of(low[gene]) == owner
        gap = own_low - high[gene] if leftwards else low[gene] - own_high
        same = there & (reverse[frame[chosen][gene]] == reverse)
        sides.append((same, np.where(there, gap, NO_GENE)))
    (left_same, left_gap), (right_same, right_gap) = sides
    before = Side(np.where(reverse, right_same, left_same), np.where(reverse, right_gap, left_gap))
    behind = Side(np.where(reverse, left_same, right_same), np.where(reverse, left_gap, right_gap))
    return before, behind


def _stepped(index: Positions, genes: Positions, step: int) -> Positions:
    """The index, one further where it is the frame's own gene."""
    there = (index >= 0) & (index < len(genes))
    own = there & (genes[np.where(there, index, 0)] == np.arange(len(index)))
    stepped: Positions = index + step * own
    return stepped
