"""The contigs of a file, organism by organism: each has its own code, and teaches its own decoding.

Contigs are grouped by composition, then by genetic code where none is given: that of a group is
told by all of its contigs, and a contig whose own bases gainsay it goes apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from genoseq.config.genes import CODES, SHORTEST
from genoseq.errors import ConfigError
from genoseq.genes.content import Values
from genoseq.genes.decode import Decoded, decode
from genoseq.genes.genetic_codes import genetic_code
from genoseq.genes.grouping import group_contigs
from genoseq.genes.infer_code import (
    INFERRED,
    PRIOR,
    CodonCounter,
    Counts,
    Probabilities,
    code_posterior,
)
from genoseq.genes.layout import Contig, by_bases, lay_out
from genoseq.genes.prepare import Genome, prepare
from genoseq.genes.shifts import NO_BROKEN, BrokenGenes, ShiftFinder, ShiftSettings
from genoseq.genes.state_values import Scorer
from genoseq.genes.weights import DecoderWeights
from genoseq.genome.regions import Region

AUTO = "auto"
"""Instead of a number: the genetic code is inferred."""
USUAL = 11
_ALIKE = 0.995
"""Probability that a contig has the code of its group, before its own bases are looked at."""
_SURE = 0.95
"""Probability of another code that parts a contig from its group."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Which genes may be called.

    Attributes
    ----------
    mask
        Where no gene may be, on either strand.
    shortest
        bp of the shortest gene, its stop codon included.
    closed
        Whether no gene is cut off, neither by the end of a contig nor by a run of N.
    shifts
        How frames are read where genes may change theirs; None: they may not.
    """

    mask: Collection[Region] = ()
    shortest: int = SHORTEST
    closed: bool = False
    shifts: ShiftSettings | None = None


@dataclass(frozen=True, slots=True)
class Organism:
    """Contigs that are decoded together.

    Attributes
    ----------
    code
        NCBI's number of the genetic code.
    posterior
        Probability of each code, by number, where it was inferred.
    decoded
        All candidates of its contigs, and what the last round made of them.
    broken
        Genes that change their frame; none unless they are asked for.
    """

    code: int
    posterior: Mapping[int, float] | None
    decoded: Decoded
    broken: BrokenGenes = NO_BROKEN

    @property
    def contigs(self) -> tuple[Contig, ...]:
        """Its contigs, in the order of their bases, the longest first."""
        return self.decoded.genome.layout.contigs

    @property
    def bases(self) -> int:
        """Of all its contigs."""
        return sum(one.length for one in self.contigs)


def parse_code(text: str | int, among: tuple[int, ...] = CODES, auto: str = AUTO) -> int | str:
    """A genetic code's number, or :data:`AUTO`.

    Parameters
    ----------
    among
        Those that genes are called by.
    auto
        How an error names :data:`AUTO`.

    Raises
    ------
    ConfigError
        If it is neither, or genes are not called by that code.
    """
    if text == AUTO:
        return AUTO
    try:
        number = int(text)
    except ValueError:
        *others, last = among
        known = f"{', '.join(map(str, others))} or {last}"
        raise ConfigError(f"genetic code {text!r}: use {auto}, {known}") from None
    return genetic_code(number, among).number


def decode_organisms(
    contigs: Sequence[Contig],
    scorer: Scorer,
    weights: DecoderWeights,
    *,
    code: int | str,
    together: bool,
    limits: Limits,
) -> list[Organism]:
    """Decode contigs, apart where they are of different organisms; one organism at least.

    Parameters
    ----------
    code
        NCBI's number of the genetic code, or :data:`AUTO`.
    together
        Whether all contigs are known to be of one organism.
    """
    group = np.zeros(len(contigs), np.int64)
    if not together:
        group = group_contigs([one.codes for one in contigs])
    groups = [
        sorted((one for one, of in zip(contigs, group, strict=True) if of == number), key=by_bases)
        for number in range(int(group.max(initial=0)) + 1)
    ]
    # All contigs are scored in one go, so that batches are full whatever the groups.
    values = iter(scorer([one for own in groups for one in own]))
    found: list[Organism] = []
    for own in groups:
        part = islice(values, len(own))
        if code == AUTO:
            found += _inferred(own, part, scorer, weights, limits)
        else:
            found.append(_organism(_prepared(own, int(code), part, limits), None, weights))
    return found


def _inferred(
    contigs: Sequence[Contig],
    values: Iterable[Values],
    scorer: Scorer,
    weights: DecoderWeights,
    limits: Limits,
) -> Iterator[Organism]:
    """Organisms among contigs of one composition, whose codes are inferred.

    The usual code is tried while codons are counted: other codes are rare, and scored once more.
    """
    counter = CodonCounter()

    def counted(one: Contig, each: Values) -> Values:
        counter.add(one.codes, each)
        return each

    prepared = _prepared(contigs, USUAL, map(counted, contigs, values), limits)
    counts = counter.counts()
    codes = codes_of(counts)
    for number in sorted({*codes.tolist()} or {USUAL}):
        own = [one for one, code in zip(contigs, codes, strict=True) if code == number]
        if number != USUAL or len(own) < len(contigs):
            prepared = _prepared(own, number, scorer(own), limits)
        posterior = code_posterior(counts[codes == number].sum(0))
        told = dict(zip(INFERRED, posterior.tolist(), strict=True))
        yield _organism(prepared, told, weights)


def codes_of(counts: Counts) -> NDArray[np.int64]:
    """The code of each contig, (n,): the group's, unless its own codons are sure of another one.

    The group's is that of all contigs but those which are sure of another code than most are: a
    few of another organism do not sway it.

    Parameters
    ----------
    counts
        Of the contigs of one composition, shape (n, 3).
    """
    own, sure = _likeliest(code_posterior(counts))
    votes = np.bincount(own[sure], weights=counts[sure, 0], minlength=len(INFERRED))
    pooled = code_posterior(counts[~sure | (own == votes.argmax())].sum(0))
    prior = _ALIKE * pooled + (1 - _ALIKE) * PRIOR
    own, sure = _likeliest(code_posterior(counts, prior))
    return np.array(INFERRED)[np.where(sure, own, pooled.argmax())]


def _likeliest(posterior: Probabilities) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Index of the likeliest code of each contig, and whether it is beyond doubt."""
    return posterior.argmax(1), posterior.max(1) > _SURE


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A genome made ready by a code, and what finds its broken genes, if they are asked for."""

    code: int
    genome: Genome
    limits: Limits
    finder: ShiftFinder | None


def _prepared(
    contigs: Sequence[Contig], code: int, values: Iterable[Values], limits: Limits
) -> _Prepared:
    genetic = genetic_code(code)
    names = {one.name for one in contigs}
    mask = [region for region in limits.mask if region.chrom in names]
    layout = lay_out(contigs, genetic)
    finder = ShiftFinder(contigs) if limits.shifts is not None else None
    if finder is not None:
        values = finder.kept(values)
    genome = prepare(layout, genetic, values, limits.shortest, mask, limits.closed)
    return _Prepared(code, genome, limits, finder)


def _organism(
    prepared: _Prepared, posterior: Mapping[int, float] | None, weights: DecoderWeights
) -> Organism:
    decoded = decode(prepared.genome, weights)
    limits = prepared.limits
    broken = NO_BROKEN
    if prepared.finder is not None and limits.shifts is not None:
        code = genetic_code(prepared.code)
        broken = prepared.finder.find(code, limits.shifts, limits.closed)
    return Organism(prepared.code, posterior, decoded, broken)
