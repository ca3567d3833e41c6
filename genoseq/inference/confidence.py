"""How sure values are: margin, entropy, disagreement of strands, spread of several models.

``margin``
    the probability of the most probable class less that of the second, background included.
``entropy``
    of the classes, as a share of the largest: 0 for one certain class, 1 where all are alike.
``disagreement``
    how far the two strands' passes are apart, of which values are the mean: the largest difference
    of any class; of signals a column for each, in its unit.  0 of a model with tied strands, whose
    passes make one answer.
``spread``
    the standard deviation of several models (divided by how many there are), a column for each
    class and strand or signal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError
from genoseq.genome.sequences import Codes
from genoseq.genome.tracks import Channel, Kind, Measure
from genoseq.inference.predict import Predictor, Values
from genoseq.inference.strands import StrandPredictions, aligned
from genoseq.tasks.outputs import Output, ValueKind
from genoseq.tasks.task import Task

ASKED: tuple[Measure, ...] = ("margin", "entropy", "disagreement")
"""What can be asked for; the spread is there wherever there are several models."""
_Shares = NDArray[np.float64]


@dataclass(frozen=True)
class SureOutput:
    """What scoring writes for models, and how sure it is.

    Attributes
    ----------
    kind, channels, decimals
        As of :class:`genoseq.tasks.outputs.Output`.
    output
        That of values alone.
    classes
        To probabilities of classes (C, L), codon phases together.
    asked
        What is told beside values.
    models
        How many there are.
    """

    kind: Kind
    channels: tuple[Channel, ...]
    decimals: int | None
    output: Output
    classes: Callable[[Values], Values]
    asked: tuple[Measure, ...]
    models: int

    def values(self, means: Sequence[Values], strands: Sequence[tuple[Values, Values]]) -> Values:
        """Values of all channels, (C, L), of what each model predicts.

        Parameters
        ----------
        means
            Predictions of each model (S, L), both strands joined.
        strands
            What each says on either strand, (S, L) each, in the forward strand's order and names.
        """
        mean = _mean(means)
        rows: list[NDArray[np.floating]] = [self.output.values(mean)]
        for measure in self.asked:
            if measure == "disagreement":
                plus, minus = (_mean([pair[strand] for pair in strands]) for strand in (0, 1))
                rows.append(self._disagreement(plus, minus))
            else:
                shares = _shares(self.classes(mean))
                rows.append((_margin if measure == "margin" else _entropy)(shares)[None])
        if self.models > 1:
            rows.append(_spread([self.output.values(one) for one in means]))
        return np.concatenate(rows).astype(np.float32, copy=False)

    def _disagreement(self, plus: Values, minus: Values) -> NDArray[np.float64]:
        if self.kind != "classes":
            own: _Shares = self.output.values(plus).astype(np.float64)
            return cast(_Shares, np.abs(own - self.output.values(minus)))
        difference: _Shares = np.abs(_shares(self.classes(plus)) - _shares(self.classes(minus)))
        return cast(_Shares, difference.max(0, keepdims=True))


def sure_output(
    tasks: Sequence[tuple[str, Task]],
    values: ValueKind,
    by_phase: bool,
    asked: Sequence[str],
) -> SureOutput | None:
    """What is written for models of a task; None where it is values of one model alone.

    Parameters
    ----------
    tasks
        Name and task of each model.

    Raises
    ------
    ConfigError
        If models differ in what they say; if there is no such measure, or none of these values.
    """
    (first, task), *others = tasks
    for name, other in others:
        if _said(other) != _said(task):
            raise ConfigError(
                f"{name} tells {_said(other)[1]}, and {first} {_said(task)[1]}: only models that "
                f"tell the same are joined; score them apart"
            )
    output = task.output(values, by_phase)
    wanted = _checked(asked, output, task)
    if not wanted and not others:
        return None
    told: list[Channel] = []
    for measure in wanted:
        each = measure == "disagreement" and output.kind != "classes"
        told += _of_each(output, measure) if each else [Channel("", measure=measure)]
    if others:
        told += _of_each(output, "spread")
    classes = task.output().values
    channels = (*output.channels, *told)
    return SureOutput(output.kind, channels, output.decimals, output, classes, wanted, len(tasks))


def _of_each(output: Output, measure: Measure) -> list[Channel]:
    return [replace(channel, measure=measure) for channel in output.channels]


def _said(task: Task) -> tuple[object, str]:
    """What a model tells: to compare, and for people."""
    channels = task.output(by_phase=False).channels
    data = task.to_json()
    told = [data.get("scheme", [task.name, task.outputs]), data.get("unit")]
    unit = f" (in units of {told[1]})" if told[1] else ""
    return told, ", ".join(channel.label for channel in channels) + unit


def _checked(asked: Sequence[str], output: Output, task: Task) -> tuple[Measure, ...]:
    """What was asked for, once each and in order."""
    for name in asked:
        if name not in ASKED:
            raise ConfigError(f"confidence {name!r}: use {', '.join(ASKED)}")
        if task.reads_bases:
            raise ConfigError(
                f"confidence {name}: a {task.name} tells bits of each strand, and no classes: "
                f"leave it out"
            )
        if output.kind == "log-odds":
            raise ConfigError(f"confidence {name}: of probabilities, not log-odds: leave one out")
        if output.kind == "signal" and name != "disagreement":
            raise ConfigError(f"confidence {name}: of classes, and this model predicts signals")
        if output.kind == "independent" and name != "disagreement":
            raise ConfigError(
                f"confidence {name}: of classes that exclude one another, and these do not"
            )
    return tuple(measure for measure in ASKED if measure in asked)


def check_strands(asked: Sequence[str], predictors: Sequence[Predictor]) -> None:
    """ConfigError if strands are to be compared, and one alone is read."""
    if "disagreement" in asked and any(one.strands == "one" for one in predictors):
        raise ConfigError(
            "confidence disagreement: of the two strands, and one alone is read: ask for strands "
            "both, or leave it out"
        )


def sure_pieces(
    predictors: Sequence[Predictor],
    streams: Sequence[Iterator[StrandPredictions]],
    output: SureOutput,
) -> Iterator[tuple[str, int, Codes, Values]]:
    """Contig, first base, codes and values (C, L) of stretches that all models have predicted."""
    for pieces in aligned(streams):
        means, strands = [], []
        for predictor, piece in zip(predictors, pieces, strict=True):
            mean = predictor.mean(piece.plus, piece.minus)
            means.append(mean)
            strands.append((mean, mean) if predictor.tied else (piece.plus, piece.minus))
        first = pieces[0]
        yield first.chrom, first.start, first.codes, output.values(means, strands)


def _mean(values: Sequence[Values]) -> Values:
    """Their mean; that of one is itself, to the last bit, and so is that of equal ones."""
    if len(values) == 1:
        return values[0]
    # Sums of float32 numbers are exact in double precision, or next to it.
    total = np.sum(np.stack(values), axis=0, dtype=np.float64)
    return cast(Values, (total / len(values)).astype(np.float32))


def _spread(values: Sequence[Values]) -> _Shares:
    stacked = np.stack(values).astype(np.float64)
    deviations: _Shares = stacked - stacked.sum(0) / len(values)
    return cast(_Shares, np.sqrt(np.square(deviations).sum(0) / len(values)))


def _shares(classes: Values) -> _Shares:
    """Probabilities of the background and of classes, (1 + C, L).

    In double precision the order of the sum, in which classes swap strands, does not show.
    """
    own = classes.astype(np.float64)
    return np.concatenate([np.maximum(1 - own.sum(0, keepdims=True), 0), own])


def _margin(shares: _Shares) -> _Shares:
    ordered = np.sort(shares, axis=0)
    margin: _Shares = ordered[-1] - ordered[-2]
    return margin


def _entropy(shares: _Shares) -> _Shares:
    ordered = np.sort(shares, axis=0)
    logs = np.log(ordered, out=np.zeros_like(ordered), where=ordered > 0)
    entropy: _Shares = -(ordered * logs).sum(0) / np.log(len(ordered))
    return entropy.clip(0, 1)
