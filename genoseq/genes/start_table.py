"""``starts.tsv``: every start of every frame that may be a gene, with what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.decode import Decoded, tempered
from genoseq.genes.features import shortness
from genoseq.genes.genetic_codes import EDGE, START_CODONS
from genoseq.genes.layout import Layout, Positions
from genoseq.genes.weights import DecoderWeights
from genoseq.writers.manifest import plain

COLUMNS = (
    "contig", "start", "end", "strand", "start_type", "conf", "start_conf", "motif_log_odds",
    "called",
)  # fmt: skip
_LEAST = 0.01
"""Frames that are less likely a gene are left out."""


def confidence(
    decoded: Decoded, weights: DecoderWeights
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Calibrated probability that each frame is a gene, (n,), and that each start is its, (m,)."""
    candidates = decoded.genome.candidates
    slope, offset, short = weights.genes_calibration
    log_odds = slope * decoded.log_odds + offset - short * shortness(decoded.last.genes)
    of_starts = tempered(candidates, decoded.last.log_shares, weights.starts_calibration)
    return 1 / (1 + np.exp(-log_odds.clip(-30, 30))), of_starts


def in_file(layout: Layout, owner: Positions, low: Positions) -> Positions:
    """First bases, 0-based in their files, of intervals at positions of the forward strand.

    Parameters
    ----------
    owner
        Index of the contig of each.
    """
    bases = low - layout.offsets[owner]
    turned = np.array([one.turned for one in layout.contigs], np.int64)[owner]
    length = np.array([one.length for one in layout.contigs], np.int64)[owner]
    circular = np.array([one.circular for one in layout.contigs], bool)[owner]
    return np.where(circular, (bases + turned) % np.maximum(length, 1), bases)


def start_lines(
    organisms: Sequence[Decoded], weights: DecoderWeights, contigs: Iterable[str]
) -> Iterator[str]:
    """Lines of the table, by organism, contig, last base and first base; 0-based half-open.

    Parameters
    ----------
    contigs
        Names of all, in the order of the file.
    """
    yield "\t".join(COLUMNS)
    rank = {name: number for number, name in enumerate(contigs)}
    for decoded in organisms:
        yield from _lines(decoded, weights, rank)


def _lines(decoded: Decoded, weights: DecoderWeights, rank: Mapping[str, int]) -> Iterator[str]:
    genome, layout = decoded.genome, decoded.genome.layout
    candidates = genome.candidates
    conf, start_conf = confidence(decoded, weights)
    called = np.zeros(len(candidates.starts), bool)
    called[decoded.chosen] = True
    own = np.flatnonzero(candidates.per_start(conf >= _LEAST) | called)
    frame, starts = candidates.frame[own], candidates.starts[own]
    low, high = layout.forward(starts, candidates.ends[frame])
    owner = layout.contig_of(low)
    first = in_file(layout, owner, low)
    motif = decoded.last.sites.motif_scores(genome.windows[own])
    contig_rank = np.array([rank[one.name] for one in layout.contigs], np.int64)[owner]
    for index in np.lexsort((first, first + high - low, contig_rank)):
        kind = int(candidates.kind[own[index]])
        yield "\t".join(
            (
                plain(layout.contigs[owner[index]].name),
                str(first[index]),
                str(first[index] + high[index] - low[index]),
                "-" if starts[index] >= layout.size else "+",
                "Edge" if kind == EDGE else START_CODONS[kind],
                f"{conf[frame[index]]:.3f}",
                f"{start_conf[own[index]]:.3f}",
                "." if kind == EDGE else f"{motif[index]:.2f}",
                "yes" if called[own[index]] else "no",
            )
        )
