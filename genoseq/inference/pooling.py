"""What is predicted for bases, pooled to one vector per span, in one pass over a genome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.sequences import N
from genoseq.genome.spans import Numbers, Spans
from genoseq.inference.strands import StrandPredictions

Pooling = Literal["mean", "last"]
StrandChoice = Literal["both", "own"]
_Sums = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pooled:
    """Vectors of some rows.

    Attributes
    ----------
    rows
        Which, shape (R,).
    vectors
        Shape (R, D); NaN where no base is known.
    known
        How many bases of each are A, C, G or T, shape (R,).
    """

    rows: Numbers
    vectors: NDArray[np.float32]
    known: Numbers


@dataclass(slots=True)
class _Open:
    """Spans whose last base is still to come, and what was gathered for either strand (R, 2, D)."""

    spans: Spans
    gathered: _Sums
    known: Numbers

    def only(self, which: NDArray[np.bool_]) -> _Open:
        return _Open(self.spans[which], self.gathered[which], self.known[which])


def pool_spans(
    predicted: Iterable[StrandPredictions],
    spans: Iterable[Spans],
    pooling: Pooling = "mean",
    strand: StrandChoice = "both",
) -> Iterator[Pooled]:
    """Vectors of spans, as soon as the last base of each was predicted.

    Parameters
    ----------
    predicted
        Hidden states of all bases of the spans, in the genome's order.
    spans
        In the same order.
    pooling
        ``mean`` of the known bases; ``last``: of the last known base, on each strand the last one
        from its 5' end to its 3' end.
    strand
        ``both``: the mean of both strands' vectors; ``own``: that of the span's strand.
    """
    coming = _Coming(spans)
    opened: _Open | None = None
    for piece in predicted:
        new = coming.before(piece)
        width = len(piece.plus)
        fresh = _Open(new, np.zeros((len(new), 2, width)), np.zeros(len(new), np.int64))
        opened = fresh if opened is None else _joined(opened, fresh)
        _gather(opened, piece, pooling)
        done = opened.spans.ends <= piece.end
        if done.any():
            yield _finished(opened.only(done), pooling, strand)
        opened = opened.only(~done) if not done.all() else None


class _Coming:
    """Spans, handed out as the pieces reach their first bases."""

    def __init__(self, spans: Iterable[Spans]) -> None:
        self._blocks = iter(spans)
        self._block = next(self._blocks, None)

    def before(self, piece: StrandPredictions) -> Spans:
        """Those that begin before a piece's end, and were not handed out."""
        taken = []
        while self._block is not None and self._block.chrom == piece.chrom:
            count = int(np.searchsorted(self._block.starts, piece.end))
            taken.append(self._block[:count])
            if count < len(self._block):
                self._block = self._block[count:]
                break
            self._block = next(self._blocks, None)
        return _concatenated(taken, piece.chrom)


def _concatenated(parts: list[Spans], chrom: str) -> Spans:
    empty = np.empty(0, np.int64)
    parts = [Spans(chrom, empty, empty, empty, empty.astype(bool)), *parts]
    names = ("rows", "starts", "ends", "reverse")
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Spans(chrom, **arrays)


def _joined(opened: _Open, fresh: _Open) -> _Open:
    return _Open(
        _concatenated([opened.spans, fresh.spans], fresh.spans.chrom),
        np.concatenate([opened.gathered, fresh.gathered]),
        np.concatenate([opened.known, fresh.known]),
    )


def _gather(opened: _Open, piece: StrandPredictions, pooling: Pooling) -> None:
    """Add what a piece has of open spans."""
    if not len(opened.spans):
        return
    starts = (opened.spans.starts - piece.start).clip(min=0)
    ends = opened.spans.ends.clip(max=piece.end) - piece.start
    there = piece.codes != N
    known = _sums(there[None].astype(np.float32), starts, ends)[:, 0].astype(np.int64)
    if pooling == "mean":
        for number, values in enumerate((piece.plus, piece.minus)):
            opened.gathered[:, number] += _sums(np.where(there, values, 0), starts, ends)
    else:
        bases = np.flatnonzero(there)
        here = known > 0
        last = bases[np.searchsorted(bases, ends[here]) - 1]
        opened.gathered[here, 0] = piece.plus[:, last].T
        # The reverse strand ends where the span begins: what came first stays.
        first = here & (opened.known == 0)
        at = bases[np.searchsorted(bases, starts[first])]
        opened.gathered[first, 1] = piece.minus[:, at].T
    opened.known += known


def _sums(values: NDArray[np.float32], starts: Numbers, ends: Numbers) -> _Sums:
    """Sums of values (D, L) over bases ``start <= i < end``, none of them empty: shape (R, D)."""
    if (ends - starts == 1).all():
        return values[:, starts].T.astype(np.float64)
    # reduceat takes no end behind the last base, and also gives sums from each end to the next
    # start, which nobody wants.
    padded = np.pad(values, ((0, 0), (0, 1)))
    borders = np.stack([starts, ends], axis=1).ravel()
    sums: _Sums = np.add.reduceat(padded, borders, axis=1, dtype=np.float64)[:, ::2]
    return sums.T


def _finished(done: _Open, pooling: Pooling, strand: StrandChoice) -> Pooled:
    """The vectors of what was gathered."""
    if strand == "both":
        gathered = done.gathered.mean(axis=1)
    else:
        gathered = done.gathered[np.arange(len(done.known)), done.spans.reverse.astype(np.int64)]
    share = done.known if pooling == "mean" else done.known.clip(max=1)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: no base is known
        vectors = (gathered / share[:, None]).astype(np.float32)
    return Pooled(done.spans.rows, vectors, done.known)
