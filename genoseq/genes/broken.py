"""Broken genes among the others: which ones they replace, where they begin, what may be no gene.

A broken gene replaces genes of its strand that it shares a frame with, or overlaps by more than
genes do (:data:`genoseq.genes.select.USUAL`).  Of a broken gene and one of the other strand that
overlap by more than genes do, or by most of the shorter, the longer stays.  A gene that is read
without a change of frame (in a noisy assembly) replaces none that has its frame.  The start of a
broken gene is that of the gene it replaces whose first frame is its own, or else of its best path.

In noisy reads, contigs of less than :data:`GENOME` bp, what a best path reads replaces all that it
overlaps, and of genes that are cut off a part is enough.  Where paths read nothing, only genes of
which the decoder is certain (:data:`_CERTAIN`) are called: about half of them are right.

A pseudogene may be, on longer contigs: a gene that changes its frame; and one whose frame goes on
coding behind its stop codon (:mod:`genoseq.genes.bridged`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

import numpy as np

from genoseq.genes.bridged import bridged
from genoseq.genes.genetic_codes import EDGE, START_CODONS, genetic_code, translate
from genoseq.genes.layout import Contig
from genoseq.genes.mask import ALLOWED
from genoseq.genes.organisms import Limits, Organism
from genoseq.genes.select import USUAL
from genoseq.genes.shift_genes import BrokenGene
from genoseq.genome.called_genes import CalledGene, Frameshift, GeneSequences, by_contig
from genoseq.genome.sequences import decode as letters_of
from genoseq.genome.sequences import encode

GENOME = 10_000
_CUT_OFF = 3
"""By what the shortest length is divided of genes that are cut off by the end of a noisy read."""
_CERTAIN, _IN_FRAME = 0.95, 0.5
"""``conf`` that a gene of a noisy read needs where best paths read none, and has from then on."""
_STRETCH = 1 << 14
"""bp by which genes are looked up."""
_TINY = 1e-9
_UNWEIGHED = 0.5
"""``start_conf`` of a start that no other was weighed against."""
_QUIET, _BROKEN, _WHOLE, _ALONE = (
    (0.019, 1.73),
    (1.2934, -2.4964),
    (1.2878, -1.7912),
    (0.658, 0.389),
)
"""Slope and offset of a gene's log-odds: of its nats, where indels are few; of their natural log,
where they are many, with one and without; of what the decoder says of a gene where there are many,
and best paths read none.  What was right of 1,213, 10,701, 6,147 and 484 genes of reads and pieces
of 20 kb of three genomes, with indels at 0.05 to 1% (``benchmarks/noisy_conf.py``)."""
_ENOUGH, _PER_FOLD = 600_000, 0.35
"""Bases of noisy sequence from which on nothing is taken off, and log-odds that are for each e-fold
less: what is learned from few bases fits them better than it should."""


def with_broken(
    genes: Sequence[GeneSequences], organism: Organism, limits: Limits
) -> list[GeneSequences]:
    """Genes of an organism, with its broken ones in their places; what may be none is marked.

    Parameters
    ----------
    genes
        Of the organism, by contig and first base, none of them broken.
    """
    stopped = set(bridged(organism.decoded))
    broken: dict[str, list[GeneSequences]] = {}
    fewer = max(0.0, float(np.log(_ENOUGH / max(organism.bases, 1))))
    for one in organism.broken.genes:
        each = _sequences(one, organism, fewer)
        cut_off = any(each.gene.partial) and _in_read(organism, organism.contigs[one.contig])
        shortest = limits.shortest // (_CUT_OFF if cut_off else 1)
        if len(one.codes) >= shortest and _unmasked(each.gene, limits):
            broken.setdefault(each.gene.chrom, []).append(each)
    own = by_contig(genes)
    found: list[GeneSequences] = []
    for contig in organism.contigs:
        called = own.get(contig.name, [])
        read = _in_read(organism, contig)
        if organism.broken.noisy:
            called = list(_doubted(called, read))
        merged = _merged(called, broken.get(contig.name, []), read)
        for number, each in enumerate(merged, 1):
            gene = each.gene
            stop = gene.start if gene.strand == "-" else gene.end
            doubtful = bool(gene.shifts) or (gene.chrom, gene.strand, stop) in stopped
            gene = replace(
                gene,
                name=f"{gene.chrom}_{number}",
                pseudo=doubtful and contig.length >= GENOME,
            )
            found.append(replace(each, gene=gene))
    return found


def _doubted(genes: Sequence[GeneSequences], read: bool) -> Iterator[GeneSequences]:
    """What only the decoder calls in noisy sequence, with its ``conf``; ``read``: of a read."""
    for each in genes:
        conf = each.gene.conf
        odds = np.log(conf + _TINY) - np.log(1 - conf + _TINY)
        if not read:
            conf = _chance(_ALONE[0] * odds + _ALONE[1])
        elif conf >= _CERTAIN:
            conf = _IN_FRAME
        else:
            continue
        yield replace(each, gene=replace(each.gene, conf=conf))


def _in_read(organism: Organism, contig: Contig) -> bool:
    return organism.broken.noisy and contig.length < GENOME


def _sequences(one: BrokenGene, organism: Organism, fewer: float) -> GeneSequences:
    """A broken gene on the forward strand of its file; ``fewer``: e-folds of bases that lack."""
    contig, size = organism.contigs[one.contig], one.end - one.start
    length = contig.length
    low = length - one.end if one.reverse else one.start
    start = (low + contig.turned) % length if contig.circular else low
    by = start - low
    shifts = []
    for at, inserted in one.indels:
        position = length - at - inserted if one.reverse else at
        shifts.append(Frameshift(position + by, inserted))
    slope, offset = _QUIET
    nats = one.score
    if organism.broken.noisy:
        slope, offset = _BROKEN if one.indels else _WHOLE
        offset -= _PER_FOLD * fewer
        nats = float(np.log(max(one.score, 1.0)))
    log_odds = slope * nats + offset
    gene = CalledGene(
        name="",
        chrom=contig.name,
        start=start,
        end=start + size,
        strand="-" if one.reverse else "+",
        open_5prime=one.kind == EDGE,
        open_3prime=one.open_3prime,
        code=organism.code,
        start_type="Edge" if one.kind == EDGE else START_CODONS[one.kind],
        motif=None,
        spacing=None,
        conf=_chance(log_odds),
        start_conf=_UNWEIGHED,
        log_odds=log_odds,
        circle=length if contig.circular else 0,
        shifts=tuple(sorted(shifts)),
    )
    return _read(gene, letters_of(one.codes))


def _chance(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-min(max(log_odds, -30), 30))))


def _read(gene: CalledGene, letters: bytes) -> GeneSequences:
    protein = translate(encode(letters), genetic_code(gene.code), not gene.open_5prime)
    return GeneSequences(gene, letters, protein if gene.open_3prime else protein[:-1])


def _unmasked(gene: CalledGene, limits: Limits) -> bool:
    masked = 0
    for region in limits.mask:
        if region.chrom == gene.chrom:
            for turn in (0, gene.circle) if gene.circle else (0,):
                low, high = region.start + turn, region.end + turn
                masked += max(0, min(high, gene.end) - max(low, gene.start))
    return masked <= ALLOWED


def _merged(
    genes: Sequence[GeneSequences], broken: Sequence[GeneSequences], read: bool
) -> list[GeneSequences]:
    """Genes of one contig with its broken ones, by first base; ``read``: it is a noisy read."""
    called, added = _Beside(genes), _Beside()
    for one in sorted(broken, key=lambda each: (-len(each.gene), each.gene.start)):
        beside = called.overlapping(one.gene)
        rivals = [number for number, each in beside.items() if _excludes(each.gene, one.gene)]
        longer = (
            beside[number].gene.strand != one.gene.strand
            and len(beside[number].gene) > len(one.gene)
            for number in rivals
        )
        before = added.overlapping(one.gene).values()
        if any(_excludes(each.gene, one.gene) for each in before) or (not read and any(longer)):
            continue
        parts = [
            number for number, each in beside.items()
            if each.gene.strand == one.gene.strand and _in_frame(each.gene, one.gene)
        ]  # fmt: skip
        if parts and not read and not one.gene.shifts:
            continue
        begun = one if read else _begun(one, [beside[number] for number in parts])
        for number in {*rivals, *parts}:
            del called.genes[number]
        added.add(begun)
    both = (*called.genes.values(), *added.genes.values())
    return sorted(both, key=lambda each: (each.gene.start, each.gene.end))


class _Beside:
    """Genes of a contig, found by where they lie: in a noisy assembly most are broken.

    ``genes`` are those that are left, by number, in the order in which they came.
    """

    def __init__(self, genes: Sequence[GeneSequences] = ()) -> None:
        self.genes: dict[int, GeneSequences] = {}
        self._bins: dict[int, list[int]] = {}
        self._numbers = count()
        for each in genes:
            self.add(each)

    def add(self, one: GeneSequences) -> None:
        number = next(self._numbers)
        self.genes[number] = one
        for index in _bins(one.gene):
            self._bins.setdefault(index, []).append(number)

    def overlapping(self, gene: CalledGene) -> dict[int, GeneSequences]:
        """Those left that share a base with a gene."""
        near = {number for index in _bins(gene) for number in self._bins.get(index, ())}
        found = {number: self.genes[number] for number in sorted(near & self.genes.keys())}
        return {n: each for n, each in found.items() if _overlap(each.gene, gene)}


def _bins(gene: CalledGene) -> set[int]:
    """Numbers of the stretches of a contig that a gene lies in."""
    return {
        index
        for start, end in gene.spans
        for index in range(start // _STRETCH, (end - 1) // _STRETCH + 1)
    }


def _overlap(one: CalledGene, other: CalledGene) -> int:
    """bp that two genes of a contig share."""
    turns = (-one.circle, 0, one.circle) if one.circle else (0,)
    shared = (min(one.end + turn, other.end) - max(one.start + turn, other.start) for turn in turns)
    return max(0, *shared, 0)


def _excludes(one: CalledGene, other: CalledGene) -> bool:
    shared = _overlap(one, other)
    most = USUAL.same if one.strand == other.strand else USUAL.opposite
    return shared > most or 2 * shared > min(len(one), len(other))


def _frames(gene: CalledGene) -> Iterator[tuple[int, int, int]]:
    """Stretches of a gene, 5' to 3' bounds on the forward strand, and the frame of each."""
    for start, end, phase in gene.parts:
        first = end - 1 - phase if gene.strand == "-" else start + phase
        yield start, end, first % 3


def _in_frame(one: CalledGene, broken: CalledGene) -> bool:
    """Whether a gene and a broken one on its strand share bases of a frame."""
    return any(
        frame == other and min(high, end) > max(low, start)
        for low, high, frame in _frames(one)
        for start, end, other in _frames(broken)
    )


def _begun(one: GeneSequences, parts: Sequence[GeneSequences]) -> GeneSequences:
    """A broken gene with the start of the part of it that begins in its first frame."""
    gene = one.gene
    reverse = gene.strand == "-"
    for part in parts if gene.shifts else ():
        other = part.gene
        ahead = other.end - gene.end if reverse else gene.start - other.start
        first = gene.shifts[-1] if reverse else gene.shifts[0]
        within = gene.end - first.position if reverse else first.position - gene.start
        if ahead % 3 or ahead <= 3 - within or gene.circle:
            continue
        letters = part.letters[:ahead] + one.letters if ahead >= 0 else one.letters[-ahead:]
        gene = replace(
            gene,
            start=gene.start if reverse else other.start,
            end=other.end if reverse else gene.end,
            open_5prime=other.open_5prime,
            start_type=other.start_type,
            motif=other.motif,
            spacing=other.spacing,
            start_conf=other.start_conf,
        )
        return _read(gene, letters)
    return one
