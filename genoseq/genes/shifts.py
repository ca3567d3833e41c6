"""Broken genes: those that an indel throws out of frame, found in what a model says of each base.

The model tells where a strand is coding, and which phase comes about; which base follows which in
the genes at hand (:mod:`genoseq.genes.base_chain`), and outside of them and on the other strand,
tells where the frame changes.  Each island of a
strand (:mod:`genoseq.genes.shift_islands`) is read by its best path
(:mod:`genoseq.genes.shift_paths`); the genes of it that change their frame are the broken ones.  As
paths are best, each indel gains more than its price over every reading without it.

What an indel costs is learned: all is read at :data:`_FIRST_PRICE`, and again at a price that
follows from how many indels there were per coding base.  Of a genome without them few are called;
where there are many, the genes of best paths count that keep their frame, too: others miss them,
and the chain is learned again from the best paths, since indels hide from the model much of what
codes: where it is unsure nothing was learned before.  The model then weighs more, since what is
learned from noisy bases is worth less.
A circle that is nowhere quiet has no broken genes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from genoseq.genes.base_chain import BESIDE, OUTSIDE, UNKNOWN_PHASE, BaseChain, log_odds
from genoseq.genes.codon_sums import STEPS, in_steps
from genoseq.genes.content import Values
from genoseq.genes.genetic_codes import GeneticCode
from genoseq.genes.layout import Contig
from genoseq.genes.shift_genes import BrokenGene, count_indels, genes_of, phases_of
from genoseq.genes.shift_islands import (
    LaidOut,
    ReadStrand,
    batches,
    find_islands,
    lay_out_strands,
    read_strand,
    strand_of,
)
from genoseq.genes.shift_paths import Islands, Strand, best_paths

_SURE = 1.5
"""Log-odds of a base from which on its phase is learned from."""
_CHUNK_BASES = 1 << 22
_FIRST_PRICE = 10.0
"""Nats that an indel costs before it is known how many there are."""
_PRICES = ((5.0, 5.0), (7.5, 9.5), (8.5, 30.0))
"""Nats of an indel's rate, and its price there; between them straight lines, beyond them the same.
Where there are hardly any, most are none, and a price of 30 asks for some 25 codons on either side.
"""
_NOISY = 9.5
"""Below this price whatever is read counts as a gene where none was called, broken or not."""
_NOISY_PRICES = ((5.0, 6.0), (_NOISY, 12.0))
"""That price, and what an indel costs once the chain is learned again."""
_ROUNDS = 2
"""How often the chain is learned again of noisy reads."""
_DENIED = -3.0
"""Log-odds of a base below which nothing is learned from its phase, for all that the path says: of
genes on the other strand, whose shadow has a frame too where GC is high."""
_HIDDEN = ((6.5, 0.1), (9.0, 0.05))
"""An indel's price, and nats of a base that noisy reads have for coding beyond what is said of it,
straight lines between: the model takes bases between many indels for less than they are."""
_USUAL_INDELS, _USUAL_BASES = 1, 1_500
"""What is known of the rate before anything is read."""


@dataclass(frozen=True, slots=True)
class ShiftSettings:
    """How frames are read.

    Attributes
    ----------
    model, noisy
        Weights of what the model says of a base: to begin with, and where there are many indels.
    usage
        Weight of which base follows which.
    start
        Nats that the beginning of a gene at a start codon costs.
    """

    model: float = 0.03
    noisy: float = 0.05
    usage: float = 1.6
    start: float = 8.0


USUAL_SHIFTS = ShiftSettings()
"""Chosen, as the prices are, on reads of genomes of training: ``benchmarks/noisy_reads.py``."""


@dataclass(frozen=True, slots=True)
class BrokenGenes:
    """Genes that change their frame.

    Attributes
    ----------
    genes
        By contig, strand and start.
    noisy
        Whether there are many indels; genes that keep their frame are then among them.
    """

    genes: tuple[BrokenGene, ...]
    noisy: bool


NO_BROKEN = BrokenGenes((), noisy=False)


class ShiftFinder:
    """Keeps what a model says of contigs while it is read, and finds their broken genes.

    Parameters
    ----------
    contigs
        Of one organism.
    """

    def __init__(self, contigs: Sequence[Contig]) -> None:
        self._contigs = contigs
        self._strands: list[ReadStrand] = []

    def kept(self, values: Iterable[Values]) -> Iterator[Values]:
        """Values of each contig, passed on."""

        def read(index: int, one: Contig, each: Values) -> Values:
            for reverse in (False, True):
                own = read_strand(index, one, each, reverse)
                if own is not None:
                    self._strands.append(own)
            return each

        return map(read, count(), self._contigs, values)

    def find(self, code: GeneticCode, settings: ShiftSettings, closed: bool) -> BrokenGenes:
        """Genes with a change of frame, by contig, strand and start; ``closed``: none cut off."""
        reading = _Reading(code, settings, self._usage(), closed)
        price = self._price(reading)
        noisy = price < _NOISY
        if noisy:
            price = _between(_NOISY_PRICES, price)
            settings = replace(settings, model=settings.noisy)
            reading = replace(reading, settings=settings, hidden=_between(_HIDDEN, price))
            for _ in range(_ROUNDS):
                reading = replace(reading, usage=self._usage_read(reading, price))
        found: list[BrokenGene] = []
        for laid in self._chunks():
            found += self._genes(reading, laid, price, noisy)
        found.sort(key=lambda gene: (gene.contig, gene.reverse, gene.start))
        return BrokenGenes(tuple(found), noisy)

    def _price(self, reading: _Reading) -> float:
        """Of an indel, by how many there are where each costs :data:`_FIRST_PRICE`."""
        indels, coding = _USUAL_INDELS, _USUAL_BASES
        for laid in self._chunks():
            for _, path, _ in reading.paths(laid, _FIRST_PRICE):
                found_indels, found_coding = count_indels(path)
                indels, coding = indels + found_indels, coding + found_coding
        return _between(_PRICES, -float(np.log(indels / coding)))

    def _usage(self) -> NDArray[np.float64]:
        chain = BaseChain()
        for own in self._strands:
            sure = own.odds.max(0) >= _SURE * STEPS
            phases = np.where(sure, own.odds.argmax(0), _outside(own)).astype(np.int8)
            chain.add(own.codes, phases)
        return chain.shares()

    def _usage_read(self, reading: _Reading, price: float) -> NDArray[np.float64]:
        """The chain as the best paths have it."""
        chain = BaseChain()
        for laid in self._chunks():
            phases = _outside(laid)
            for islands, path, _ in reading.paths(laid, price):
                for column, begin in enumerate(islands.begins.tolist()):
                    own = phases_of(path[: int(islands.lengths[column]), column])
                    inside = phases[begin : begin + len(own)]
                    inside[own >= 0] = own[own >= 0]
            denied = laid.odds.max(0) < _DENIED * STEPS
            phases[denied & (phases != OUTSIDE)] = UNKNOWN_PHASE
            chain.add(laid.codes, phases)
        return chain.shares()

    def _genes(
        self, reading: _Reading, laid: LaidOut, price: float, noisy: bool
    ) -> Iterator[BrokenGene]:
        prices = (_steps(price), _steps(reading.settings.start))
        for islands, path, strand in reading.paths(laid, price):
            for gene in genes_of(path, islands, strand, laid.codes, prices, every=noisy):
                which = int(np.searchsorted(laid.offsets, gene.start, side="right")) - 1
                own = laid.strands[which]
                circle = self._contigs[own.index].length if own.margin else 0
                by = own.first - own.margin - int(laid.offsets[which])
                yield gene.moved(own.index, own.reverse, by, circle)

    def _chunks(self) -> Iterator[LaidOut]:
        held: list[ReadStrand] = []
        bases = 0
        for own in self._strands:
            held.append(own)
            bases += len(own.codes)
            if bases >= _CHUNK_BASES:
                yield lay_out_strands(held)
                held, bases = [], 0
        if held:
            yield lay_out_strands(held)


@dataclass(frozen=True, slots=True)
class _Reading:
    """By what strands are read."""

    code: GeneticCode
    settings: ShiftSettings
    usage: NDArray[np.float64]
    closed: bool
    hidden: float = 0.0

    def paths(
        self, laid: LaidOut, price: float
    ) -> Iterator[tuple[Islands, NDArray[np.uint8], Strand]]:
        """Islands, their best paths, and the strand that they are on."""
        odds = log_odds(laid.codes, laid.beside, self.usage)
        odds *= self.settings.usage
        for row, by_model in zip(odds, laid.odds, strict=True):
            row += self.settings.model * by_model / STEPS + self.hidden
        strand = strand_of(laid.codes, in_steps(odds), self.code)
        start = _steps(self.settings.start)
        for islands in batches(find_islands(laid.codes, laid.quiet, self.closed)):
            yield islands, best_paths(strand, islands, _steps(price), start), strand


def _outside(of: ReadStrand | LaidOut) -> NDArray[np.int8]:
    """Where the model is sure of neither strand's coding: :data:`OUTSIDE`, or unknown."""
    own, other = of.odds.max(0) <= -_SURE * STEPS, of.beside.sum(0) <= BESIDE / (1 + np.exp(_SURE))
    return np.where(own & other, OUTSIDE, UNKNOWN_PHASE).astype(np.int8)


def _between(points: Sequence[tuple[float, float]], at: float) -> float:
    """On straight lines between points; beyond them the same as at the last one."""
    first, second = zip(*points, strict=True)
    return float(np.interp(at, np.array(first), np.array(second)))


def _steps(nats: float) -> int:
    return round(nats * STEPS)
