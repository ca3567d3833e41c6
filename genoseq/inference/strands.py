"""Predictions for a genome, both strands joined: what scoring, evaluation and ``predict`` share."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from genoseq.config.base import AskedStrands
from genoseq.config.context import BATCH_BASES
from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes
from genoseq.inference.batches import predict_windows
from genoseq.inference.predict import Predictor, Told, Values
from genoseq.inference.windows import Genome, StrandWindow, windows_of

Controls = Callable[[str, int, int], Values]
"""Contig and bases ``start <= i < end`` (0-based) to controls of a model's signals, (L, S)."""


class Prediction(NamedTuple):
    """A stretch of a contig and what is predicted for it.

    Attributes
    ----------
    chrom, start
        Contig and first base, 0-based.
    codes
        Base codes, shape (L,).
    values
        Shape (S, L): the mean of both strands, or what the forward one says where no other is
        read, in the forward strand's order and names.
    """

    chrom: str
    start: int
    codes: Codes
    values: Values

    @property
    def end(self) -> int:
        """The base after the last."""
        return self.start + len(self.codes)


class StrandPredictions(NamedTuple):
    """As :class:`Prediction`, with what is predicted on either strand; both (S, L).

    ``minus`` is in the forward strand's order and names.  Where one strand is read both are what
    that says.
    """

    chrom: str
    start: int
    codes: Codes
    plus: Values
    minus: Values

    @property
    def end(self) -> int:
        """The base after the last."""
        return self.start + len(self.codes)


def predict_regions(
    predictor: Predictor,
    genome: Genome,
    regions: Iterable[Region],
    told: Told = "values",
    window_bases: int | None = None,
    batch_bases: int = BATCH_BASES,
    control: Controls | None = None,
) -> Iterator[Prediction]:
    """Predictions for regions, in order; parameters are those of :func:`predict_strands`."""
    found = predict_strands(
        predictor, genome, regions, told, window_bases, batch_bases, control=control
    )
    for each in found:
        mean = predictor.mean(each.plus, each.minus, told)
        yield Prediction(each.chrom, each.start, each.codes, mean)


def grouped(predictions: Iterable[Prediction], bases: int) -> Iterator[list[Prediction]]:
    """Predictions in groups of so many bases or more, in order."""
    group: list[Prediction] = []
    held = 0
    for each in predictions:
        group.append(each)
        held += len(each.codes)
        if held >= bases:
            yield group
            group, held = [], 0
    if group:
        yield group


def predict_strands(
    predictor: Predictor,
    genome: Genome,
    regions: Iterable[Region],
    told: Told = "values",
    window_bases: int | None = None,
    batch_bases: int = BATCH_BASES,
    control: Controls | None = None,
) -> Iterator[StrandPredictions]:
    """Predictions for regions on each strand, in order.

    Of a predictor that reads one strand they are those of that for both; hidden states are of
    either strand by any.

    Parameters
    ----------
    regions
        Merged and in the genome's order.
    told
        What is predicted, see :meth:`genoseq.inference.predict.Predictor.__call__`.
    window_bases, batch_bases
        See :func:`genoseq.inference.score.score`.
    control
        Of values of a model that has learned what controls say; None: those of bases whose control
        is an average one.
    """
    asked: Told = told if control is None else "logits"
    strands: AskedStrands = "both" if told == "hidden" else predictor.strands
    windows = windows_of(
        genome, regions, predictor.settings, predictor.context, window_bases, strands
    )
    predicted = predict_windows(
        lambda codes, bases, wanted: predictor(codes, asked, bases, wanted),
        windows,
        batch_bases,
        predictor.takes_any_lengths,
    )
    joined = map(_as_both, predicted) if strands == "one" else _joined(predictor, predicted, asked)
    return joined if control is None else _controlled(predictor, joined, control)


def _controlled(
    predictor: Predictor, joined: Iterable[StrandPredictions], control: Controls
) -> Iterator[StrandPredictions]:
    """Values of logits, with what controls say."""
    for each in joined:
        found = control(each.chrom, each.start, each.end)
        plus, minus = (predictor.controlled(logits, found) for logits in (each.plus, each.minus))
        yield each._replace(plus=plus, minus=minus)


def strand_windows(predictor: Predictor, genome: Genome, region: Region) -> list[StrandWindow]:
    """Windows in which a region is seen on the strands that a predictor reads."""
    settings, context = predictor.settings, predictor.context
    return list(windows_of(genome, [region], settings, context, strands=predictor.strands))


def _as_both(predicted: tuple[StrandWindow, Values]) -> StrandPredictions:
    """What the forward strand says, for both."""
    window, values = predicted
    codes = window.codes[window.window.keep]
    return StrandPredictions(window.chrom, window.start, codes, values, values)


def _joined(
    predictor: Predictor, predicted: Iterable[tuple[StrandWindow, Values]], told: Told
) -> Iterator[StrandPredictions]:
    """Both strands' predictions, wherever both are there."""
    plus: deque[Prediction] = deque()
    minus: deque[Prediction] = deque()
    for window, values in predicted:
        codes = window.codes[window.window.keep]
        if window.strand == "+":
            plus.append(Prediction(window.chrom, window.start, codes, values))
        else:
            mirrored = predictor.mirrored(values, told)
            minus.append(Prediction(window.chrom, window.start, codes, mirrored))
        while plus and minus:
            end = min(plus[0].end, minus[0].end)
            here, there = _taken(plus, end), _taken(minus, end)
            yield StrandPredictions(here.chrom, here.start, here.codes, here.values, there.values)
    assert len(plus) + len(minus) == 0, "both strands cover the same regions"


def aligned(
    streams: Sequence[Iterator[StrandPredictions]],
) -> Iterator[list[StrandPredictions]]:
    """Predictions of the same regions by several models, cut so that each yield is one stretch."""
    held: list[StrandPredictions | None] = [next(stream, None) for stream in streams]
    while held[0] is not None:
        pieces = [piece for piece in held if piece is not None]
        assert len(pieces) == len(streams), "all models cover the same regions"
        end = min(piece.end for piece in pieces)
        yield [_cut(piece, piece.start, end) for piece in pieces]
        held = [
            next(stream, None) if piece.end == end else _cut(piece, end, piece.end)
            for stream, piece in zip(streams, pieces, strict=True)
        ]


def _cut(piece: StrandPredictions, start: int, end: int) -> StrandPredictions:
    """Bases ``start <= i < end`` of a piece."""
    part = slice(start - piece.start, end - piece.start)
    return StrandPredictions(
        piece.chrom, start, piece.codes[part], piece.plus[:, part], piece.minus[:, part]
    )


def _taken(pieces: deque[Prediction], end: int) -> Prediction:
    """The first piece up to a base; the rest of it stays."""
    first = pieces.popleft()
    count = end - first.start
    if count == len(first.codes):
        return first
    pieces.appendleft(Prediction(first.chrom, end, first.codes[count:], first.values[:, count:]))
    return Prediction(first.chrom, first.start, first.codes[:count], first.values[:, :count])
