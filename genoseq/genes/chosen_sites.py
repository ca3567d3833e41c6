"""Start sites as the chosen genes teach them, and frames that are looked at for that alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from genoseq.genes.candidates import Candidates, Mask
from genoseq.genes.genetic_codes import EDGE
from genoseq.genes.layout import Layout, Positions
from genoseq.genes.neighbours import StartNeighbours, start_neighbours
from genoseq.genes.sites import Scores, Sites, learn_sites
from genoseq.genome.sequences import Codes

_RIVAL = 150
"""bp between a chosen start and another of its frame that sites are told apart from: start codons
far within genes have other bases around them than those that might be taken for the start."""
_LEAST = 2.0
"""Nats that a site needs so that its frame is looked at, whatever the model says: few frames that
it gives no hope have such a site, among them short genes as rpmJ of E. coli."""


class ChosenSites(NamedTuple):
    """What was learned, and where all starts lie among the genes it was learned from."""

    sites: Sites
    neighbours: StartNeighbours


def chosen_sites(
    layout: Layout,
    candidates: Candidates,
    windows: Codes,
    followers: Codes,
    chosen: Positions,
) -> ChosenSites:
    """Start sites of the chosen genes, against other starts of the same frames.

    Parameters
    ----------
    windows, followers
        Site of each start, and the codons behind it.
    chosen
        Indices of the chosen starts, at most one per frame.
    """
    frame, kind = candidates.frame, candidates.kind
    neighbours = start_neighbours(layout, candidates, chosen)
    picked = np.zeros(len(frame), bool)
    picked[chosen] = True
    having = np.zeros(len(candidates), bool)
    having[frame[chosen]] = True
    begins = np.zeros(len(candidates), np.int64)
    begins[frame[chosen]] = candidates.starts[chosen]
    rival = np.abs(candidates.starts - candidates.per_start(begins)) <= _RIVAL
    own = np.flatnonzero(picked & (kind != EDGE))
    others = np.flatnonzero(rival & ~picked & having[frame] & (kind != EDGE))
    sites = learn_sites(windows, followers, kind, neighbours.gap, own, others)
    return ChosenSites(sites, neighbours)


def well_sited(candidates: Candidates, windows: Codes, learned: ChosenSites) -> Mask:
    """Frames with a start whose site is as those of the chosen genes, shape (n,)."""
    sites, gap = learned.sites, learned.neighbours.gap
    # Weights are about those that the decoder learns for starts, which are not known here yet.
    near, _, behind = sites.position_scores(windows, gap)
    scores: Scores = 0.5 * (sites.motif_scores(windows) + sites.pairing_scores(windows))
    scores += 0.4 * near + 0.3 * (behind + sites.promoter_scores(windows, gap))
    sited = candidates.kind != EDGE
    scores[sited] += 0.8 * sites.codon[candidates.kind[sited]]
    return candidates.largest(np.where(sited, scores, 0.0)) > _LEAST
