"""Settings of tasks: what is learned.

A new task is a class of settings here or in another package, and what it does in ``tasks``::

    @TASKS.register
    class MySettings(TaskSettings):
        name: Literal["mine"] = "mine"
"""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from genoseq.config.base import Settings, Size
from genoseq.config.decoders import Decoder, LstmDecoderSettings
from genoseq.config.registry import Registry

if TYPE_CHECKING:
    from genoseq.config.schema import ModelSettings
    from genoseq.config.training import TrainingSettings
    from genoseq.genome.tracks import Kind  # numpy: Snakemake reads this file for every job


class TaskSettings(Settings):
    """What a model learns; each class answers what it knows before there is a model."""

    name: str
    learns_from: ClassVar[Literal["genomes", "pairs"]] = "genomes"
    """What its stores are of."""

    def needs_labels(self) -> bool:
        """Whether genomes are learned from by their labels: others have none to give."""
        return True

    def problems(self, model: ModelSettings, training: TrainingSettings) -> list[str]:
        """Why this cannot be learned by a network in such a training, and what to write instead.

        Each begins with the setting, ``model.`` or ``training.`` and so on; none where nothing is
        wrong by settings alone, as by default.
        """
        del model, training
        return []

    def kind(self, labels: Kind) -> Kind:
        """What the values of tracks are, by what the labels are."""
        return labels

    def outputs(self, states: int) -> int | None:
        """Outputs of a model for a base; None where unknown: estimates then say ``?``.

        Parameters
        ----------
        states
            Classes or signals of the labels.
        """
        del states
        return None

    def work(self, step: int, states: int) -> tuple[float, float] | None:
        """Numbers that the head gives out for a step, and passes through a network to predict.

        None where unknown, as by default where outputs are.

        Parameters
        ----------
        step
            Bases of a step.
        """
        outputs = self.outputs(states)
        return None if outputs is None else (step * outputs, 1)

    def columns(self, channels: int) -> int | None:
        """Numbers of a base in scores and tracks; None likewise.

        Parameters
        ----------
        channels
            Those that the labels have.
        """
        del channels
        return None

    def describe(self) -> str:
        """One line for people."""
        return self.name


LONGEST_WORD = 6
"""Bases of a step of a causal language model at most: 4,096 words."""

LONGEST_TARGET = 1 << 16
"""Letters of a target at most."""

TASKS = Registry(TaskSettings, "name", default="per-base", group="genoseq.tasks")
Task = Annotated[TaskSettings, TASKS]
"""Field of a run's settings, told apart by `name`."""


@TASKS.register
class PerBaseSettings(TaskSettings):
    """The class or the signals of each base."""

    name: Literal["per-base"] = "per-base"
    bin: Size = Field(
        1, description="of signals: bp that share one value, the mean; divides the model's step"
    )

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Settings of releases without bins stay what they were.
        dumped: dict[str, Any] = handler(self)
        return {name: value for name, value in dumped.items() if name != "bin" or value != 1}

    def problems(self, model: ModelSettings, training: TrainingSettings) -> list[str]:
        """Bins that are no whole parts of a step."""
        del training
        if model.stride % self.bin:
            return [
                f"task.bin {self.bin}: a step of the model has {model.stride} bp (strides of "
                f"tokenizer and stem): take a bin that divides it"
            ]
        return []

    def outputs(self, states: int) -> int:
        """One for each class or signal."""
        return states

    def columns(self, channels: int) -> int:
        """All channels of the labels."""
        return channels


class LanguageSettings(TaskSettings):
    """Of language models: what is told is the bases themselves."""

    def problems(self, model: ModelSettings, training: TrainingSettings) -> list[str]:
        """Tied strands, and settings of labels."""
        problems = _of_labels(self.name, training)
        if model.strands == "one":
            problems.append(f"model.strands one: bits of a {self.name} are of either strand")
        if model.tied_strands:
            problems.append(
                f"model.tied_strands: a {self.name} reads one strand at a time: leave it out "
                f"(training.reverse_complement shows it both)"
            )
        return problems

    def needs_labels(self) -> bool:
        """Bases alone."""
        return False

    def kind(self, labels: Kind) -> Kind:
        """Bits."""
        del labels
        return "signal"

    def columns(self, channels: int) -> int:
        """Bits of either strand, and of both."""
        del channels
        return 3


@TASKS.register
class CausalLmSettings(LanguageSettings):
    """The next bases, by those before them: the chance of every sequence."""

    name: Literal["causal-lm"] = "causal-lm"

    def problems(self, model: ModelSettings, training: TrainingSettings) -> list[str]:
        """Whatever would let a network see the bases that it has to tell, besides."""
        problems = super().problems(model, training)
        tokenizer, stem, stride = model.tokenizer, model.stem, model.stride
        if tokenizer.k != tokenizer.stride:
            problems.append(
                f"model.tokenizer: k {tokenizer.k} at stride {tokenizer.stride} gives the next "
                f"base away: write k: {tokenizer.k}, stride: {tokenizer.k}"
            )
        if stem is not None and not stem.causal:
            problems.append("model.stem sees what comes next: write causal: true, or stem: null")
        if model.encoder.sees_ahead():
            problems.append(
                f"model.encoder sees what comes next ({model.encoder.describe()}): write "
                f"bidirectional: false (rnn, gru, lstm) or causal: true (transformer)"
            )
        if stride > LONGEST_WORD:
            problems.append(
                f"model: a step of {stride} bases has 4^{stride} words: write a tokenizer's and "
                f"stem's stride whose product is {LONGEST_WORD} at most"
            )
        return problems

    def work(self, step: int, states: int) -> tuple[float, float]:
        """Chances of all words of a step."""
        del states
        return 4**step, 1


@TASKS.register
class MaskedLmSettings(LanguageSettings):
    """Hidden bases, by those on either side."""

    name: Literal["masked-lm"] = "masked-lm"
    share: Annotated[float, Field(ge=0.001, le=0.5)] = Field(
        0.15, description="of the bases, hidden; predicting takes one pass for each such share"
    )
    span: Size = Field(6, description="mean bases of a hidden span")

    def outputs(self, states: int) -> int:
        """A, C, G, T."""
        del states
        return 4

    def work(self, step: int, states: int) -> tuple[float, float]:
        """Chances of four letters, in a pass for each share of the bases."""
        return step * self.outputs(states), hiding_passes(self.share)


def _of_labels(task: str, training: TrainingSettings) -> list[str]:
    """Problems for settings of a training that only labels of bases have."""
    asked = {
        f"loss {training.loss}": training.loss is not None,
        "class_weights": training.class_weights != "none",
        "sampling": training.sampling is not None,
        "nearby": training.nearby is not None,
        "negatives": training.negatives is not None,
        "teacher": training.teacher is not None,
    }
    return [
        f"training.{setting}: is for labels of bases, which a {task} has none of: leave it out"
        for setting, given in asked.items()
        if given
    ]


def hiding_passes(share: float) -> int:
    """In how many passes each base is hidden once: a power of two about 1 / share, so that patterns
    begin where most windows do."""
    return int(2 ** max(1, round(-log2(share))))


@TASKS.register
class Seq2SeqSettings(TaskSettings):
    """The sequence that each source is mapped to, letter by letter."""

    name: Literal["seq2seq"] = "seq2seq"
    learns_from: ClassVar[Literal["genomes", "pairs"]] = "pairs"
    decoder: Decoder = LstmDecoderSettings()
    longest: Annotated[int, Field(ge=1, le=LONGEST_TARGET)] = Field(
        512, description="letters of a target at most"
    )
    either_strand: bool = Field(
        False,
        description="what is translated may be of either strand: it is read on both, and the more "
        "probable output is kept; pairs are of the strand that is to be read",
    )
    smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="label smoothing: probability that is spread over all letters"
    )

    def problems(self, model: ModelSettings, training: TrainingSettings) -> list[str]:
        """Tied strands, settings of labels, and sources cut into fragments."""
        problems = _of_labels(self.name, training)
        if model.strands == "one":
            problems.append(
                f"model.strands one: is of tasks that say something of each base, {self.name} does "
                f"not: leave it out"
            )
        if model.tied_strands:
            problems.append(
                f"model.tied_strands: is of tasks that say something of each base, {self.name} "
                f"does not: leave it out"
            )
        if training.augment is not None and training.augment.shortest is not None:
            problems.append(
                "training.augment.shortest: sources of pairs are not cut into fragments: set it to "
                "null"
            )
        return problems

    def describe(self) -> str:
        """Task and decoder."""
        return f"{self.name}, {self.decoder.describe()}"
