"""A split in blocks of bases, whose counts of classes say how sure its figures are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.schemes import BACKGROUND
from genoseq.inference.strands import Prediction
from genoseq.metrics.bootstrap import block_size, bootstrap_intervals
from genoseq.metrics.bootstrap_curves import BlockCurves
from genoseq.metrics.counted import Counted


class Blocks:
    """Counts of each block of consecutive bases, through all genomes.

    Parameters
    ----------
    bases
        Of the whole split.
    counts
        What was counted of classes so far; None where there are none.
    """

    def __init__(self, bases: int, counts: Callable[[], Counted | None]) -> None:
        self._counts = counts
        self._before = counts()
        self._size = 0 if self._before is None else block_size(bases)
        self._left = self._size
        self._pairs: list[NDArray[np.int64]] = []
        self._curves = BlockCurves()
        self._closed = 0

    def cut(self, pieces: Iterable[Prediction]) -> Iterator[Prediction]:
        """The pieces, none of which is in two blocks; each is counted before the next is asked for.

        Pieces of signals stay whole.
        """
        for piece in pieces:
            at = 0
            while self._size and len(piece.codes) - at > self._left:
                if self._left:
                    yield _part(piece, at, at + self._left)
                at += self._left
                self._close()
            self._left -= len(piece.codes) - at
            yield _part(piece, at, len(piece.codes))

    def intervals(self) -> dict[str, Any]:
        """``intervals``: ``blocks``, ``block_bases``, ``macro_f1`` of classes that exclude one
        another, ``macro_auprc`` and, for each of ``classes``, its ``name`` and 95% intervals of
        its figures; nothing where there are no classes."""
        if self._before is None:
            return {}
        if self._left < self._size:
            self._close()
        rows = [row for row in self._before.rows() if row["name"] != BACKGROUND]
        curves, macro_auprc = self._curves.intervals(rows)
        names = [f"{row['name']}{row['strand'].strip('.')}" for row in rows]
        classes: list[dict[str, Any]] = [
            {"name": name, **row} for name, row in zip(names, curves, strict=True)
        ]
        whole: dict[str, Any] = {"blocks": self._closed, "block_bases": self._size}
        if self._pairs:
            found, macro_f1 = bootstrap_intervals(np.stack(self._pairs))
            classes = [row | own for row, own in zip(classes, found, strict=True)]
            whole["macro_f1"] = macro_f1
        return {"intervals": whole | {"macro_auprc": macro_auprc, "classes": classes}}

    def _close(self) -> None:
        now = self._counts()
        assert now is not None
        assert self._before is not None
        block, self._before, self._left = now.plus(self._before, -1), now, self._size
        own = [n for n, state in enumerate(block.states) if state.name != BACKGROUND]
        self._curves.add(block.called[own], block.right[own])
        if (pairs := block.confusion) is not None:
            rows = [pairs.diagonal(), pairs.sum(0), pairs.sum(1)]  # right, called, true
            self._pairs.append(np.stack(rows, axis=1)[own])
        self._closed += 1


def _part(piece: Prediction, start: int, end: int) -> Prediction:
    if (start, end) == (0, len(piece.codes)):
        return piece
    values = piece.values[:, start:end]
    return Prediction(piece.chrom, piece.start + start, piece.codes[start:end], values)
