"""Call the genes of a genome: the model scores it, the decoder chooses, this says what it chose."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genoseq.config.genes import LEAST, SHORTEST
from genoseq.errors import ConfigError
from genoseq.genes.base_values import KeptValues
from genoseq.genes.broken import with_broken
from genoseq.genes.decode import Decoded
from genoseq.genes.genetic_codes import EDGE, START_CODONS, GeneticCode, genetic_code, translate
from genoseq.genes.layout import Contig
from genoseq.genes.motif import BEFORE
from genoseq.genes.organisms import AUTO, Limits, Organism, decode_organisms, parse_code
from genoseq.genes.shifts import ShiftSettings
from genoseq.genes.sites import motif_windows
from genoseq.genes.start_table import confidence, in_file
from genoseq.genes.state_values import Scorer
from genoseq.genes.weights import DecoderWeights
from genoseq.genome.called_genes import CalledGene, GeneSequences
from genoseq.genome.regions import Region
from genoseq.genome.sequences import N
from genoseq.genome.sequences import decode as letters_of


@dataclass(frozen=True, slots=True)
class GeneCalls:
    """The genes of a genome.

    Attributes
    ----------
    genes
        By contig, in its order, and by their first base.
    organisms
        Contigs that were decoded together; one at least.
    kept
        What the model says of each base, if it was to be kept.
    """

    genes: tuple[GeneSequences, ...]
    organisms: tuple[Organism, ...]
    kept: KeptValues | None = None

    @property
    def main(self) -> Organism:
        """The organism with most bases."""
        return max(self.organisms, key=lambda one: one.bases)

    @property
    def code(self) -> int:
        """NCBI's number of the main organism's genetic code."""
        return self.main.code

    @property
    def motif(self) -> str | None:
        """Consensus of the motif before its starts, None where there are too few genes."""
        return self.decoded.last.sites.motif.consensus

    @property
    def motif_share(self) -> float:
        """Share of its starts that have the motif."""
        return float(self.decoded.last.sites.motif.share)

    @property
    def decoded(self) -> Decoded:
        """All of its candidates, and what the last round made of them."""
        return self.main.decoded


def call_genes(
    contigs: Sequence[Contig],
    scorer: Scorer,
    weights: DecoderWeights,
    *,
    code: int | str = AUTO,
    together: bool = False,
    mask: Collection[Region] = (),
    shortest: int = SHORTEST,
    closed: bool = False,
    shifts: ShiftSettings | None = None,
) -> GeneCalls:
    """Genes of contigs, of one organism or of many.

    Parameters
    ----------
    contigs
        Made by :func:`genoseq.genes.layout.contig`.
    scorer
        What gives the probabilities of the seven states of codon phase for some contigs.
    weights
        The decoder's.
    code
        NCBI's number of the genetic code, or ``auto``: each organism's is inferred.
    together
        Whether all contigs are known to be of one organism.
    mask
        Where no gene may be, on either strand: rRNA, tRNA, CRISPR.
    shortest
        bp of the shortest gene, its stop codon included.
    closed
        Whether no gene is cut off, neither by the end of a contig nor by a run of N.
    shifts
        How genes that an indel throws out of frame are read, see :mod:`genoseq.genes.broken`; None:
        no gene changes its frame.

    Raises
    ------
    ConfigError
        If genes are not called by that code, or ``shortest`` is less than 30 bp.
    """
    code = parse_code(code)
    if shortest < LEAST:
        raise ConfigError(f"genes of {shortest} bp at least: use {LEAST} or more")
    limits = Limits(mask, shortest, closed, shifts)
    found = decode_organisms(contigs, scorer, weights, code=code, together=together, limits=limits)
    index_of = {one.name: index for index, one in enumerate(contigs)}
    genes: list[GeneSequences] = []
    for one in found:
        own = list(_called(one.decoded, weights, genetic_code(one.code)))
        genes += own if shifts is None else with_broken(own, one, limits)
    # Sorted by contig alone, genes stay in their order.
    genes.sort(key=lambda each: index_of[each.gene.chrom])
    return GeneCalls(tuple(genes), tuple(found))


def _called(
    decoded: Decoded, weights: DecoderWeights, code: GeneticCode
) -> Iterator[GeneSequences]:
    genome, chosen = decoded.genome, decoded.chosen
    candidates, layout = genome.candidates, genome.layout
    frame = candidates.frame[chosen]
    ends = candidates.ends[frame]
    low, high = layout.forward(candidates.starts[chosen], ends)
    owner = layout.contig_of(low)
    of_frames, of_starts = confidence(decoded, weights)
    conf, start_conf = of_frames[frame], of_starts[chosen]
    motif, spacing = _motifs(decoded)
    first = in_file(layout, owner, low)
    number = 0
    last = -1
    for index in np.lexsort((high, first, owner)):
        start, end = int(candidates.starts[chosen[index]]), int(ends[index])
        one = layout.contigs[owner[index]]
        number = number + 1 if owner[index] == last else 1
        last = owner[index]
        kind = int(candidates.kind[chosen[index]])
        begin = int(first[index])
        gene = CalledGene(
            name=f"{one.name}_{number}",
            chrom=one.name,
            start=begin,
            end=begin + end - start,
            strand="-" if start >= layout.size else "+",
            open_5prime=kind == EDGE,
            open_3prime=bool(candidates.open_3prime[frame[index]]),
            code=code.number,
            start_type="Edge" if kind == EDGE else START_CODONS[kind],
            motif=motif[index],
            spacing=spacing[index],
            conf=float(conf[index]),
            start_conf=float(start_conf[index]),
            log_odds=float(decoded.log_odds[frame[index]]),
            circle=one.length if one.circular else 0,
        )
        codes = layout.codes[start:end]
        protein = translate(codes, code, kind != EDGE)
        yield GeneSequences(
            gene, letters_of(codes), protein[:-1] if not gene.open_3prime else protein
        )


def _motifs(decoded: Decoded) -> tuple[list[str | None], list[int | None]]:
    """The motif before each chosen start and its distance; None where none is likely."""
    chosen = decoded.chosen
    windows = motif_windows(decoded.genome.windows[chosen])
    motif = decoded.last.sites.motif
    spacing, odds = motif.best(windows)
    edge = decoded.genome.candidates.kind[chosen] == EDGE
    width = len(motif.odds)
    words: list[str | None] = []
    spacings: list[int | None] = []
    for index, window in enumerate(windows):
        first = BEFORE - width - int(spacing[index])
        word = window[first : first + width]
        there = bool(odds[index] > 1 and not edge[index] and (word < N).all())
        words.append(letters_of(word).decode() if there else None)
        spacings.append(int(spacing[index]) if there else None)
    return words, spacings
