"""Call the genes of a genome that has introns: the model scores it, the parse chooses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from genoseq.config.genes import LEAST, NUCLEAR_CODES, SHORTEST
from genoseq.errors import ConfigError
from genoseq.genes.codon_sums import STEPS
from genoseq.genes.genetic_codes import GeneticCode, genetic_code, translate
from genoseq.genes.layout import Contig
from genoseq.genes.organisms import AUTO, parse_code
from genoseq.genes.spliced import Found, Stretch, decode_spliced, stretches_of
from genoseq.genes.spliced_events import Limits
from genoseq.genes.spliced_parse import SplicedGene
from genoseq.genes.spliced_sites import SiteMatrices, SplicedWeights
from genoseq.genes.spliced_strand import SplicedStrand
from genoseq.genes.state_values import Scorer
from genoseq.genome.called_genes import CalledGene, GeneSequences
from genoseq.genome.regions import Region
from genoseq.genome.sequences import decode as letters_of

USUAL_CODE = 1
WEIGHTS = SplicedWeights()


def nuclear_code(text: str | int) -> GeneticCode:
    """The genetic code of a number, or the standard one of ``auto``.

    Raises
    ------
    ConfigError
        If it is neither, or genes with introns are not called by that code.
    """
    number = parse_code(text, NUCLEAR_CODES, f"{AUTO} ({USUAL_CODE})")
    return genetic_code(USUAL_CODE if number == AUTO else int(number), NUCLEAR_CODES)


@dataclass(frozen=True, slots=True)
class SplicedCalls:
    """The genes of a genome: by contig, in its order, and by their first base."""

    genes: tuple[GeneSequences, ...]
    code: GeneticCode


def call_spliced(
    contigs: Sequence[Contig],
    scorer: Scorer,
    *,
    code: int | str = AUTO,
    mask: Collection[Region] = (),
    shortest: int = SHORTEST,
    learned: SiteMatrices | None = None,
    weights: SplicedWeights = WEIGHTS,
) -> SplicedCalls:
    """Genes of contigs of one organism, none of which is a circle.

    Parameters
    ----------
    contigs
        Made by :func:`genoseq.genes.layout.contig`.
    scorer
        What gives the probabilities of the nine states of codon phase and introns.
    code
        NCBI's number of the genetic code, or ``auto``, which is 1.
    mask
        Where no gene may be, on either strand.
    shortest
        bp of the shortest gene, its stop codon included, its introns left out.

    learned
        What sites look like; None: the genome teaches that itself.

    Raises
    ------
    ConfigError
        If genes are not called by that code, or ``shortest`` is less than 30 bp.
    """
    genetic = nuclear_code(code)
    if shortest < LEAST:
        raise ConfigError(f"genes of {shortest} bp at least: use {LEAST} or more")
    all_stretches = stretches_of(contigs, scorer(contigs), genetic, weights, mask)
    found = decode_spliced(all_stretches, genetic, weights, Limits(shortest), learned)
    return SplicedCalls(tuple(_called(contigs, all_stretches, found, genetic, weights)), genetic)


def _called(
    contigs: Sequence[Contig],
    all_stretches: Sequence[Stretch],
    found: Sequence[Found],
    code: GeneticCode,
    weights: SplicedWeights,
) -> Iterator[GeneSequences]:
    number, last = 0, -1
    for each in found:
        stretch, gene = all_stretches[each.stretch], each.gene
        number = number + 1 if stretch.contig == last else 1
        last = stretch.contig
        one = contigs[last]
        spans = stretch.on_contig(each.strand, gene)
        called = CalledGene(
            name=f"{one.name}_{number}",
            chrom=one.name,
            start=spans[0][0],
            end=spans[-1][1],
            strand="-" if each.strand else "+",
            open_5prime=gene.open_5prime,
            open_3prime=gene.open_3prime,
            code=code.number,
            start_type="Edge" if gene.open_5prime else "ATG",
            motif=None,
            spacing=None,
            conf=_mean_probability(gene, stretch.strands[each.strand], weights),
            start_conf=None,
            log_odds=gene.score / STEPS,
            introns=tuple((left[1], right[0]) for left, right in pairwise(spans)),
        )
        codes = stretch.strands[each.strand].codes
        spliced = np.concatenate([codes[start:end] for start, end in gene.parts])
        protein = translate(spliced, code, not gene.open_5prime)
        yield GeneSequences(
            called, letters_of(spliced), protein if gene.open_3prime else protein[:-1]
        )


def _mean_probability(gene: SplicedGene, strand: SplicedStrand, weights: SplicedWeights) -> float:
    """Mean over a gene's bases, introns too, of the probability of its own state there, if it is
    either this one or coding for nothing on this strand."""
    odds = strand.intron[gene.start : gene.end] / (STEPS * weights.introns)
    done = 0
    for start, end in gene.parts:
        phase = (done + np.arange(end - start)) % 3
        coding = strand.coding[phase, np.arange(start, end)]
        odds[start - gene.start : end - gene.start] = coding / (STEPS * weights.content)
        done += end - start
    return float((1 / (1 + np.exp(-odds))).mean())
