"""What alleles change: predictions with each of them, less those of the reference.

With an allele they are what scoring the mutated genome from scratch gives, told at the bases of
the reference: a deleted base has 0, an inserted one counts at the base before it, where the largest
value is told.

A contig that is longer or shorter is cut into other windows, and behind an indel the tokens of a
model with a stride begin at other bases: that alone moves values (``benchmarks/variants.py``: by
0.26 at most, of the model in the box).  So an indel is compared with the reference in the windows
of the mutated contig: those of its left end for what is left of it, those of its right end for what
is right of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from genoseq.config.base import AskedPrecision
from genoseq.config.context import BATCH_BASES, any_window_suits
from genoseq.genome.edits import NOWHERE, Edit
from genoseq.genome.sequences import N
from genoseq.inference.predict import Predictor, Values
from genoseq.inference.windows import Genome
from genoseq.models.bundle import Bundle
from genoseq.variants.alleles import Allele
from genoseq.variants.edited_genome import EditedGenome
from genoseq.variants.looks import Looks, Stretch, narrow_window
from genoseq.variants.targets import DISTANCE

_LEAST = 1e-6
"""Smaller changes are rounding."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an allele changes near it.

    Attributes
    ----------
    allele
        The allele; with a reason where nothing could be told.
    start
        First base of the reference of which values are told, 0-based.
    reference, alternative
        Values of channels, shape (C, L): without and with the allele, in the same windows.  NaN
        where a base has none.
    scored
        The reference's in its own windows, as scoring tells them, shape (C, L).
    deleted
        Which bases of the reference are deleted, shape (L,).
    likelihood
        Of a language model: log2 of how much more probable the bases told are with the allele; None
        of others.
    """

    allele: Allele
    start: int
    reference: Values
    alternative: Values
    scored: Values
    deleted: np.ndarray[tuple[int], np.dtype[np.bool_]]
    likelihood: float | None = None

    @property
    def delta(self) -> Values:
        """Changes, shape (C, L); NaN where one of the two has no value."""
        return self.alternative - self.reference

    @property
    def shift(self) -> float:
        """The largest change of the reference by windows alone, which is not counted."""
        moved = abs(self.reference - self.scored)
        return 0.0 if np.isnan(moved).all() else float(np.nanmax(moved))


@dataclass(frozen=True, slots=True)
class Change:
    """The largest gain or loss of a channel.

    Attributes
    ----------
    amount
        At least 0; NaN where no base has a value.
    base
        Where it is in the reference, 0-based; -1 where nothing changes.
    reference, alternative
        Values there; NaN where nothing changes.
    """

    amount: float
    base: int
    reference: float
    alternative: float


def largest(effect: Effect, channel: int, sign: Literal[1, -1]) -> Change:
    """The largest gain (``sign`` 1) or loss (-1) of a channel; the first of several."""
    change = sign * effect.delta[channel]
    if np.isnan(change).all():
        return Change(np.nan, NOWHERE, np.nan, np.nan)
    at = int(np.nanargmax(change))
    if change[at] < _LEAST:
        return Change(0.0, NOWHERE, np.nan, np.nan)
    values = (float(each[channel, at]) for each in (effect.reference, effect.alternative))
    return Change(float(change[at]), effect.start + at, *values)


class VariantScorer:
    """Tells what alleles change, by one model and one genome.

    Parameters
    ----------
    genome
        The reference: an open FASTA, a store.
    bundle
        The model.
    distance
        Bases on either side of what an allele replaces of which changes are told.
    window_bases
        Bases of a window, of models of bounded reach; None: as few as cost least.
    batch_bases, device, precision
        See :func:`genoseq.inference.score.score`.

    Attributes
    ----------
    distance
        As given.
    channels, kind
        What changes are told of, C, and what their values are.
    likelihoods
        Whether the model is one of language.
    device, precision
        What it computes with.

    Raises
    ------
    ConfigError
        If the model says nothing of bases.
    """

    def __init__(
        self,
        genome: Genome,
        bundle: Bundle,
        distance: int = DISTANCE,
        window_bases: int | None = None,
        batch_bases: int = BATCH_BASES,
        device: str | None = None,
        precision: AskedPrecision = "auto",
    ) -> None:
        predictor = Predictor(bundle, device, precision)
        bases = 2 * distance + 1
        window = narrow_window(bundle.settings, bundle.context, bases, window_bases)
        self._looks = Looks(predictor, window, batch_bases)
        self._genome, self.distance = genome, distance
        self._any_window, self._stride = any_window_suits(bundle.settings), bundle.settings.stride
        self._output = bundle.task.output()
        self.channels, self.kind = self._output.channels, self._output.kind
        self.likelihoods = bundle.task.reads_bases
        self.device = predictor.device.type
        self.precision = "bf16" if predictor.dtype == torch.bfloat16 else "fp32"

    def effects(self, alleles: Sequence[Allele]) -> list[Effect]:
        """What each allele changes, in order; without a base where it has a reason."""
        scored = [allele for allele in alleles if allele.edit is not None]
        genomes = [EditedGenome(self._genome, one.chrom, [_edit(one)]) for one in scored]
        shared = [self._stretch(allele) for allele in scored]
        own = [_spanned(edited, one) for one, edited in zip(shared, genomes, strict=True)]
        beside = self._beside(scored, shared)
        sides = [side for pair in beside.values() for side in pair]
        values = self._looks.values([*shared, *sides], own)
        told = [
            self._told(stretch, predicted)
            for stretch, predicted in zip([*shared, *sides, *own], values, strict=True)
        ]
        ends = {number: at for at, number in enumerate(beside)}
        found = []
        for number, allele in enumerate(scored):
            reference = told[number]
            if number in ends:
                first = len(shared) + 2 * ends[number]
                reference = _matched(reference, told[first], told[first + 1])
            longer = told[len(shared) + len(sides) + number]
            found.append(
                self._effect(allele, shared[number], own[number], reference, told[number], longer)
            )
        effects = iter(found)
        return [next(effects) if one.edit is not None else self._nothing(one) for one in alleles]

    def _stretch(self, allele: Allele) -> Stretch:
        edit, length = _edit(allele), self._genome.lengths[allele.chrom]
        start = max(0, edit.start - self.distance)
        end = min(length, edit.end + self.distance)
        return Stretch(self._genome, allele.chrom, start, end)

    def _beside(
        self, alleles: Sequence[Allele], stretches: Sequence[Stretch]
    ) -> dict[int, tuple[Stretch, Stretch]]:
        """Of each allele that moves windows, by its number: what is left and right of it in the
        reference, as the windows of the mutated contig show it."""
        shifted: dict[tuple[str, int, bool], EditedGenome] = {}
        found = {}
        for number, (allele, whole) in enumerate(zip(alleles, stretches, strict=True)):
            edit = _edit(allele)
            longer = edit.longer
            if longer == 0 or (self._any_window and longer % self._stride == 0):
                continue
            for left in (True, False):
                key = (allele.chrom, longer, left)
                if key not in shifted:
                    shifted[key] = _shifted(self._genome, allele.chrom, longer, left)
            before = shifted[allele.chrom, longer, True]
            behind = shifted[allele.chrom, longer, False]
            found[number] = (
                Stretch(before, allele.chrom, whole.start, edit.start + edit.paired),
                Stretch(behind, allele.chrom, edit.end + longer, whole.end + longer),
            )
        return found

    def _effect(
        self,
        allele: Allele,
        one: Stretch,
        other: Stretch,
        reference: Values,
        scored: Values,
        longer: Values,
    ) -> Effect:
        assert isinstance(other.genome, EditedGenome)
        contig = other.genome.contig
        alternative = contig.on_reference(longer, one.start, one.end)
        deleted = contig.edited_of(np.arange(one.start, one.end)) == NOWHERE
        alternative[:, deleted] = 0
        likelihood = None
        if self.likelihoods:
            bits = np.nansum(reference[-1], dtype=float) - np.nansum(longer[-1], dtype=float)
            likelihood = float(bits)
        effect = Effect(allele, one.start, reference, alternative, scored, deleted, likelihood)
        if np.isnan(effect.delta).all():
            return self._nothing(replace(allele, edit=None, reason="NO_VALUES"))
        return effect

    def _told(self, stretch: Stretch, predicted: Values) -> Values:
        """Values of channels (C, L), NaN where a base is N, as scoring tells them."""
        values = self._output.values(predicted)
        codes = stretch.genome.codes(stretch.chrom, stretch.start, stretch.end)
        values[:, codes == N] = np.nan
        return values

    def _nothing(self, allele: Allele) -> Effect:
        none = np.empty((len(self.channels), 0), np.float32)
        return Effect(allele, 0, none, none, none, np.empty(0, np.bool_))


def _spanned(edited: EditedGenome, stretch: Stretch) -> Stretch:
    """What stands for a stretch of the reference in the edited contig."""
    start, end = edited.contig.span(stretch.start, stretch.end)
    return Stretch(edited, stretch.chrom, start, end)


def _shifted(genome: Genome, chrom: str, longer: int, left: bool) -> EditedGenome:
    """The reference in the windows of a contig of another length.

    What is left of an edit keeps its distance from the contig's left end, what is right of it that
    from its right end; bases that are too many or too few are so at the other end.
    """
    length = genome.lengths[chrom]
    at = length if left else 0
    if longer > 0:
        return EditedGenome(genome, chrom, [Edit(at, at, np.full(longer, N, np.uint8))])
    start = length + longer if left else 0
    return EditedGenome(genome, chrom, [Edit(start, start - longer, np.empty(0, np.uint8))])


def _matched(scored: Values, left: Values, right: Values) -> Values:
    """Values of a reference with those left and right of an edit in its windows; all (C, L)."""
    reference = scored.copy()
    reference[:, : left.shape[1]] = left
    reference[:, reference.shape[1] - right.shape[1] :] = right
    return reference


def _edit(allele: Allele) -> Edit:
    assert allele.edit is not None
    return allele.edit
