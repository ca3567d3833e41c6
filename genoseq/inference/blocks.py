"""A split in blocks of bases, whose counts of classes say how sure its figures are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from genoseq.genome.schemes import BACKGROUND
from genoseq.inference.strands import Prediction
from genoseq.metrics.bootstrap import block_size, bootstrap_intervals, counts_of
from genoseq.metrics.level import Confusion


class Blocks:
    """Counts of each block of consecutive bases, through all genomes.

    Parameters
    ----------
    bases
        Of the whole split.
    confusions
        Bases of each pair of classes so far; empty where there are no classes.
    """

    def __init__(self, bases: int, confusions: Callable[[], Sequence[Confusion]]) -> None:
        self._confusions = confusions
        self._before = _counted(confusions())
        self._size = block_size(bases) if confusions() else 0
        self._left = self._size
        self._counts: list[dict[tuple[str, str], int]] = []

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
        """``intervals``: ``blocks``, ``block_bases``, ``macro_f1`` and, for each of ``classes``,
        its ``name`` and 95% intervals of its figures; nothing where there are no classes."""
        if not self._size:
            return {}
        if self._left < self._size:
            self._close()
        found = self._confusions()
        names = [name for name in dict.fromkeys(each.true for each in found) if name != BACKGROUND]
        rows, macro = bootstrap_intervals(counts_of(self._counts, names))
        classes = [{"name": name, **row} for name, row in zip(names, rows, strict=True)]
        whole = {"blocks": len(self._counts), "block_bases": self._size}
        return {"intervals": {**whole, "macro_f1": macro, "classes": classes}}

    def _close(self) -> None:
        counted = _counted(self._confusions())
        self._counts.append(dict(counted - self._before))
        self._before, self._left = counted, self._size


def _counted(confusions: Iterable[Confusion]) -> Counter[tuple[str, str]]:
    return Counter({(each.true, each.predicted): each.bases for each in confusions})


def _part(piece: Prediction, start: int, end: int) -> Prediction:
    if (start, end) == (0, len(piece.codes)):
        return piece
    values = piece.values[:, start:end]
    return Prediction(piece.chrom, piece.start + start, piece.codes[start:end], values)
