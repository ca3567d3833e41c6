"""In-silico saturation mutagenesis: every base to each of the three others, scored exactly.

A base's way: ``targets`` says which bases are looked at, ``strand_windows`` which windows keep them
on either strand, ``carried`` or ``rescoring`` predicts those windows with the base substituted,
``Predictor.mean`` joins the strands as in scoring, ``summarise`` makes a few numbers of what
changes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes, N
from genoseq.inference.predict import Predictor, Values
from genoseq.inference.strands import strand_windows
from genoseq.inference.windows import Genome, StrandWindow
from genoseq.tasks.outputs import Output
from genoseq.variants.carried import CarriedWindow, can_carry
from genoseq.variants.mutations import Extremes, Mutations, summarise
from genoseq.variants.rescoring import Rescorer, Substitutions, WholeWindows
from genoseq.variants.targets import Seen, Target

_NUMBERS = 1 << 23
"""Predictions of mutated sequences that are there at once."""
_BASES = 256
"""Bases that are mutated at once, at most."""
_WINDOWS = 8
"""Windows whose states are kept."""


class Sites(NamedTuple):
    """Substitutions on a contig, M of them.

    Attributes
    ----------
    bases, codes
        Which base, and by what: forward strand, (M,) each.
    first
        First base that is looked at, (M,).
    """

    bases: NDArray[np.int64]
    codes: Codes
    first: NDArray[np.int64]


class Mutagenesis:
    """A genome and a model, made ready to mutate.

    Parameters
    ----------
    predictor, genome
        The model, in fp32, and the sequence as it is.
    output
        What is told of predictions, see :meth:`genoseq.tasks.task.Task.output`.
    targets, seen
        Which of its channels, and of which bases.
    carry
        Whether recurrent encoders carry states over; False computes whole windows again, which
        gives the same up to rounding.
    """

    def __init__(
        self,
        predictor: Predictor,
        genome: Genome,
        output: Output,
        targets: tuple[Target, ...],
        seen: Seen,
        carry: bool = True,
    ) -> None:
        self._predictor, self._genome, self._output = predictor, genome, output
        self._targets, self._seen = targets, seen
        self._channels = [target.channel for target in targets]
        self._rescorer = CarriedWindow if carry and can_carry(predictor) else WholeWindows
        self._cached: OrderedDict[tuple[str, str, int], tuple[Rescorer, Values]] = OrderedDict()

    def __call__(self, regions: Iterable[Region]) -> Iterator[Mutations]:
        """What changes, of consecutive bases of merged regions, in order."""
        outputs = self._predictor.task.outputs
        size = max(1, min(_BASES, _NUMBERS // (3 * outputs * self._seen.count)))
        for region in regions:
            for start in range(region.start, region.end, size):
                yield self._some(Region(region.chrom, start, min(start + size, region.end)))

    def _some(self, region: Region) -> Mutations:
        codes = self._genome.codes(region.chrom, region.start, region.end)
        known = np.flatnonzero(codes != N)
        # Each known base with its three alternatives.
        offsets = np.repeat(known, 3)
        others = ((codes[known, None] + np.arange(1, 4)) % 4).astype(np.uint8).ravel()
        shape = len(codes), 4, len(self._targets)
        columns = [np.full(shape, np.nan, np.float32) for _ in range(3)]
        distances = [np.zeros(shape, np.int32) for _ in range(2)]
        if len(offsets):
            bases = offsets + region.start
            told = self._told(region.chrom, Sites(bases, others, self._seen.first(bases)))
            for column, values in zip([*columns, *distances], told, strict=True):
                column[offsets, others] = values
        effect, gain, loss = columns
        named = tuple(self._output.channels[number] for number in self._channels)
        extremes = Extremes(gain, loss, *distances)
        return Mutations(region.chrom, region.start, codes, named, self._targets, effect, extremes)

    def _told(self, chrom: str, sites: Sites) -> tuple[NDArray[Any], ...]:
        """Effect, gain, loss and distances of substitutions, (M, C) each."""
        usual, values, known = self._values(chrom, sites)
        distances = sites.first[:, None] + np.arange(self._seen.count) - sites.bases[:, None]
        change = np.where(known, np.nan_to_num(values - usual), np.float32(0))
        usual = np.where(known, np.nan_to_num(usual), np.float32(0))
        return summarise(change, usual, distances, self._targets)

    def _values(self, chrom: str, sites: Sites) -> tuple[Values, Values, NDArray[np.bool_]]:
        """Values as they are and with each substitution, (C, M, n), and which bases have some."""
        length = self._genome.lengths[chrom]
        low = max(0, int(sites.first.min()))
        high = min(length, int(sites.first.max()) + self._seen.count)
        looked = Region(chrom, low, high)
        columns = sites.first[:, None] + np.arange(self._seen.count)
        inside = (columns >= low) & (columns < high)
        columns = np.clip(columns - low, 0, high - low - 1)
        codes = self._genome.codes(chrom, low, high)
        strands = self._strands(looked, sites, columns)
        usual = self._mean(*(there for there, _ in strands))[:, columns]
        values = self._mean(*(changed for _, changed in strands))
        return usual, values, inside & (codes[columns] != N)

    def _mean(self, plus: Values, minus: Values) -> Values:
        """What is told of both strands' predictions (S, ...), (C, ...)."""
        shape = plus.shape[1:]
        mean = self._predictor.mean(plus.reshape(len(plus), -1), minus.reshape(len(minus), -1))
        return self._output.values(mean)[self._channels].reshape(-1, *shape)

    def _strands(
        self, looked: Region, sites: Sites, columns: NDArray[np.int64]
    ) -> list[tuple[Values, Values]]:
        """Predictions on either strand, forward in order and names: as they are, (S, L), and with
        each substitution, (S, M, n)."""
        usual = {
            strand: np.empty((self._predictor.task.outputs, len(looked)), np.float32)
            for strand in self._predictor.read_strands
        }
        windows = strand_windows(self._predictor, self._genome, looked)
        for window in windows:
            _, values = self._of(window)
            kept = self._forward(values[:, window.window.keep], window)
            usual[window.strand][:, window.start - looked.start : window.end - looked.start] = kept
        changed = {strand: values[:, columns] for strand, values in usual.items()}
        for window in windows:
            self._add(changed[window.strand], window, sites)
        told = [(usual[strand], changed[strand]) for strand in usual]
        return told if len(told) == 2 else told * 2  # what one strand says stands for both

    def _add(self, changed: Values, window: StrandWindow, sites: Sites) -> None:
        """Write what a window keeps of substitutions in it into (S, M, n)."""
        count, length = self._seen.count, self._genome.lengths[window.chrom]
        here = window.window
        low, high = (here.start, here.end)
        if window.strand == "-":
            low, high = length - here.end, length - here.start
        seen = (sites.first < window.end) & (sites.first + count > window.start)
        rows = np.flatnonzero(seen & (sites.bases >= low) & (sites.bases < high))
        if not len(rows):
            return
        bases, codes, first = sites.bases[rows], sites.codes[rows], sites.first[rows]
        if window.strand == "+":
            asked = Substitutions(bases - low, codes, first - low, count)
        else:
            asked = Substitutions(high - 1 - bases, 3 - codes, high - first - count, count)
        found = self._forward(self._of(window)[0].mutated(asked), window)
        columns = first[:, None] + np.arange(count)
        kept = (columns >= window.start) & (columns < window.end)
        at, column = np.nonzero(kept)
        changed[:, rows[at], column] = found[:, at, column]

    def _forward(self, values: Values, window: StrandWindow) -> Values:
        """Predictions (S, ..., n) of a window's strand in the forward strand's order and names."""
        if window.strand == "+":
            return values
        turned: Values = values[self._predictor.task.mirror][..., ::-1]
        return turned

    def _of(self, window: StrandWindow) -> tuple[Rescorer, Values]:
        """What predicts a window again, and its predictions (S, W) as it is."""
        key = window.chrom, window.strand, window.window.start
        if key not in self._cached:
            rescorer = self._rescorer(self._predictor, window)
            self._cached[key] = rescorer, rescorer.reference()
            if len(self._cached) > _WINDOWS:
                self._cached.popitem(last=False)
        self._cached.move_to_end(key)
        return self._cached[key]
