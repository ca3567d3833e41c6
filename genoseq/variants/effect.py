"""What alleles change: predictions with each of them, less those of the reference.

Both are what scoring the two genomes from scratch gives.  The alternative's are told at the bases
of the reference: a deleted base has 0, an inserted one counts at the base before it, where the
largest value is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch

from genoseq.config.context import BATCH_BASES
from genoseq.genome.edits import NOWHERE, Edit
from genoseq.genome.sequences import N
from genoseq.inference.predict import Predictor, Values
from genoseq.inference.windows import Genome
from genoseq.models.bundle import Bundle
from genoseq.variants.alleles import Allele
from genoseq.variants.edited_genome import EditedGenome
from genoseq.variants.looks import Looks, Stretch, narrow_window

DISTANCE = 50
"""Bases on either side of a variant of which changes are told by default."""
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
        Values of channels, shape (C, L): without and with the allele.  NaN where a base has none.
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
    deleted: np.ndarray[tuple[int], np.dtype[np.bool_]]
    likelihood: float | None = None

    @property
    def delta(self) -> Values:
        """Changes, shape (C, L); NaN where one of the two has no value."""
        return self.alternative - self.reference


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
        precision: Literal["auto", "bf16", "fp32"] = "auto",
    ) -> None:
        predictor = Predictor(bundle, device, precision)
        bases = 2 * distance + 1
        window = narrow_window(bundle.settings, bundle.context, bases, window_bases)
        self._looks = Looks(predictor, window, batch_bases)
        self._genome, self.distance = genome, distance
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
        own = [
            Stretch(edited, one.chrom, *edited.contig.span(one.start, one.end))
            for one, edited in zip(shared, genomes, strict=True)
        ]
        values = self._looks.values(shared, own)
        found = iter(
            self._effect(allele, one, other, before, after)
            for allele, one, other, before, after in zip(
                scored, shared, own, values[: len(shared)], values[len(shared) :], strict=True
            )
        )
        return [next(found) if one.edit is not None else self._nothing(one) for one in alleles]

    def _stretch(self, allele: Allele) -> Stretch:
        edit, length = _edit(allele), self._genome.lengths[allele.chrom]
        start = max(0, edit.start - self.distance)
        end = min(length, edit.end + self.distance)
        return Stretch(self._genome, allele.chrom, start, end)

    def _effect(
        self, allele: Allele, one: Stretch, other: Stretch, before: Values, after: Values
    ) -> Effect:
        contig = other.genome.contig  # type: ignore[attr-defined]
        reference, longer = self._told(one, before), self._told(other, after)
        alternative = contig.on_reference(longer, one.start, one.end)
        deleted = contig.edited_of(np.arange(one.start, one.end)) == NOWHERE
        alternative[:, deleted] = 0
        likelihood = None
        if self.likelihoods:
            bits = np.nansum(reference[-1], dtype=float) - np.nansum(longer[-1], dtype=float)
            likelihood = float(bits)
        effect = Effect(allele, one.start, reference, alternative, deleted, likelihood)
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
        return Effect(allele, 0, none, none, np.empty(0, np.bool_))


def _edit(allele: Allele) -> Edit:
    assert allele.edit is not None
    return allele.edit
