"""Windows predicted again with one base substituted, by any encoder.

A substitution keeps the length of a contig, and so its windows: what is predicted for a mutated
FASTA is predicted in the windows of the FASTA as it is, and only in those that hold the base.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from genoseq.config.context import BATCH_BASES, any_window_suits, batch_rows
from genoseq.genome.sequences import Codes
from genoseq.genome.windows import round_up
from genoseq.inference.predict import Predictor, Values
from genoseq.inference.windows import StrandWindow

Offsets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Substitutions:
    """One base each, of a window, and what is asked for; all on the window's own strand.

    Attributes
    ----------
    bases
        Which base of the window is substituted, (B,).
    codes
        By what, (B,): 0 to 3.
    first, count
        First base of the window whose predictions are asked for, (B,), and how many.  What is
        outside the window has no meaning.
    """

    bases: Offsets
    codes: Codes
    first: Offsets
    count: int

    def batches(self, rows: int) -> Iterator[Substitutions]:
        """The same, so many at once."""
        for at in range(0, len(self.bases), rows):
            part = slice(at, at + rows)
            yield Substitutions(self.bases[part], self.codes[part], self.first[part], self.count)


class Rescorer(Protocol):
    """A window, and what is predicted of it as it is and with a base substituted."""

    def reference(self) -> Values:
        """Predictions of the window as it is, (S, W)."""

    def mutated(self, asked: Substitutions) -> Values:
        """Predictions with each of B substitutions alone, (S, B, count)."""


class WholeWindows:
    """Any encoder: whole windows again, or what its bounded reach sees of them.

    Parameters
    ----------
    predictor
        The model.
    window
        The window as it is.
    """

    def __init__(self, predictor: Predictor, window: StrandWindow) -> None:
        self._predictor, self._codes = predictor, window.codes
        settings = predictor.settings
        # What a base of a language model is told by begins at the window's first word.
        bounded = any_window_suits(settings) and not predictor.task.reads_bases
        self._reach = settings.reach if bounded else None

    def reference(self) -> Values:
        """See :class:`Rescorer`."""
        return self._predictor(self._codes[None])[:, 0]

    def mutated(self, asked: Substitutions) -> Values:
        """See :class:`Rescorer`."""
        width = self._width(asked.count)
        rows = batch_rows(BATCH_BASES, width)
        found = [self._some(each, width) for each in asked.batches(rows)]
        return np.concatenate(found, axis=1)

    def _width(self, count: int) -> int:
        """Bases that have to be looked at for so many."""
        whole = len(self._codes)
        if self._reach is None:
            return whole
        stride = self._predictor.stride
        return min(whole, round_up(count, stride) + 2 * self._reach + 2 * stride)

    def _some(self, asked: Substitutions, width: int) -> Values:
        stride, whole = self._predictor.stride, len(self._codes)
        before = 0 if self._reach is None else self._reach
        starts = np.clip((asked.first - before) // stride * stride, 0, whole - width)
        rows = self._codes[starts[:, None] + np.arange(width)]
        at = asked.bases - starts
        inside = np.flatnonzero((at >= 0) & (at < width))
        rows[inside, at[inside]] = asked.codes[inside]
        first = asked.first - starts
        low, high = max(0, int(first.min())), min(width, int(first.max()) + asked.count)
        found = self._predictor(rows, wanted=range(low, max(low + 1, high)))
        return taken(found, first, asked.count)


def taken(values: Values, first: Offsets, count: int) -> Values:
    """Of values (S, B, W), in each row as many from its first on, (S, B, count); where there are
    none, the nearest."""
    columns = np.clip(first[:, None] + np.arange(count), 0, values.shape[2] - 1)
    return np.take_along_axis(values, columns[None], axis=2)
