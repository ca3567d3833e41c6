"""Predictions for stretches of many genomes in shared batches: a reference, and it with edits.

Each stretch is seen in the windows in which scoring its genome sees it.  Windows of the reference
that several stretches need are predicted once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genoseq.config.context import BATCH_BASES, any_window_suits, longest_window
from genoseq.config.schema import ModelSettings
from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.genome.windows import Tiling, Window, round_up, tile
from genoseq.inference.batches import predict_windows
from genoseq.inference.predict import Predictor, Values
from genoseq.inference.windows import Genome, StrandWindow

Strand = Literal["+", "-"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bases ``start <= i < end`` of a contig of a genome, 0-based."""

    genome: Genome
    chrom: str
    start: int
    end: int


@dataclass(slots=True)
class _Look:
    """A window on a strand, perhaps of several stretches; ``values`` (S, L) of what is kept."""

    stretch: Stretch
    strand: Strand
    tiling: Tiling
    window: Window
    values: Values | None = None

    def widen(self, window: Window) -> None:
        """Keep what another stretch keeps of the same window as well."""
        low = min(self.window.keep_start, window.keep_start)
        high = max(self.window.keep_end, window.keep_end)
        self.window = Window(window.start, window.end, low, high)

    def of(self, window: Window) -> Values:
        """What is predicted for the bases that a stretch keeps, shape (S, l)."""
        assert self.values is not None
        first = window.keep_start - self.window.keep_start
        return self.values[:, first : first + window.keep_end - window.keep_start]


_Key = tuple[int, str, Strand, int]
_Shared = dict[_Key, _Look]
_Parts = list[list[tuple[_Look, Window]]]
"""The windows of a stretch on each strand that is read, 5' to 3'."""


class Looks:
    """Predicts stretches with one model.

    Parameters
    ----------
    predictor
        The model.
    window_bases, batch_bases
        See :func:`genoseq.inference.score.score`.
    """

    def __init__(
        self,
        predictor: Predictor,
        window_bases: int | None = None,
        batch_bases: int = BATCH_BASES,
    ) -> None:
        self.predictor, self._batch_bases = predictor, batch_bases
        self._longest = longest_window(predictor.settings, predictor.context, window_bases)

    def values(self, shared: Sequence[Stretch], own: Sequence[Stretch]) -> list[Values]:
        """Predictions (S, L) for stretches, the mean of the strands that are read, in order.

        Parameters
        ----------
        shared
            What several of these see in one window of one genome is predicted once.
        own
            Stretches of genomes that nothing else is of.

        Returns
        -------
        Those of ``shared``, then of ``own``.
        """
        looks: _Shared = {}
        parts = [self._parts(stretch, looks) for stretch in shared]
        parts += [self._parts(stretch, None) for stretch in own]
        self._predict(list(looks.values()))
        alone = [look for one in parts[len(shared) :] for some in one for look, _ in some]
        self._predict(alone)
        return [self._joined(one) for one in parts]

    def _parts(self, stretch: Stretch, looks: _Shared | None) -> _Parts:
        settings, context = self.predictor.settings, self.predictor.context
        length = stretch.genome.lengths[stretch.chrom]
        if stretch.start == stretch.end:
            return [[] for _ in self.predictor.read_strands]
        tiling = tile(length, self._longest, context, settings.stride)
        parts: _Parts = []
        for strand in self.predictor.read_strands:
            first, last = stretch.start, stretch.end
            if strand == "-":
                first, last = length - last, length - first
            found = []
            for window in tiling.windows(first, last):
                look = _Look(stretch, strand, tiling, window)
                if looks is not None:
                    look = looks.setdefault(_key(look), look)
                    look.widen(window)
                found.append((look, window))
            parts.append(found)
        return parts

    def _predict(self, looks: list[_Look]) -> None:
        # Alike in what is wanted of them: of a batch, an LSTM goes no further than any row needs.
        for strand in self.predictor.read_strands:
            some = [look for look in looks if look.strand == strand]
            some.sort(key=lambda look: (look.tiling.row, look.window.keep.start))
            predicted = predict_windows(
                lambda codes, bases, wanted: self.predictor(codes, "values", bases, wanted),
                map(_strand_window, some),
                self._batch_bases,
                self.predictor.takes_any_lengths,
            )
            for look, (_, values) in zip(some, predicted, strict=True):
                look.values = values

    def _joined(self, parts: _Parts) -> Values:
        """Values (S, L) of a stretch, of its windows on each strand."""
        plus, *minus = (
            np.concatenate([look.of(window) for look, window in some], axis=1)
            if some
            else np.empty((self.predictor.task.outputs, 0), np.float32)
            for some in parts
        )
        return self.predictor.mean(plus, self.predictor.mirrored(minus[0])) if minus else plus


def _key(look: _Look) -> _Key:
    """What tells a window from others: genomes are told apart as objects."""
    return id(look.stretch.genome), look.stretch.chrom, look.strand, look.window.start


def _strand_window(look: _Look) -> StrandWindow:
    """The window with its bases, N outside the contig."""
    window, length = look.window, look.tiling.length
    low, high = window.start, window.end
    start, end = window.keep_start, window.keep_end
    if look.strand == "-":
        low, high = length - high, length - low
        start, end = length - end, length - start
    codes = _padded(look.stretch, low, high, length)
    if look.strand == "-":
        codes = reverse_complement_codes(codes)
    return StrandWindow(look.stretch.chrom, look.strand, window, start, end, codes, look.tiling.row)


def _padded(stretch: Stretch, low: int, high: int, length: int) -> Codes:
    first, last = max(0, low), min(high, length)
    codes = np.full(high - low, N, np.uint8)
    codes[first - low : last - low] = stretch.genome.codes(stretch.chrom, first, last)
    return codes


def narrow_window(
    settings: ModelSettings, context: int, bases: int, asked: int | None = None
) -> int | None:
    """Bases of windows for stretches of so many bases, where any window gives the same values.

    Windows of four stretches and the context on each side cost least: shorter ones are crossed by
    a stretch more often, longer ones hold more that nobody asked for.

    Parameters
    ----------
    settings, context
        Of the model's bundle.
    bases
        Of a stretch.
    asked
        What is asked for, and then returned.

    Returns
    -------
    As :class:`Looks` takes it: None where the windows are the model's own.
    """
    if asked is not None or not any_window_suits(settings):
        return asked
    narrow = 2 * context + round_up(4 * bases, settings.stride)
    return min(narrow, longest_window(settings, context))
