"""Settings of a training."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from genoseq.config.augment import AugmentSettings
from genoseq.config.base import (
    Count,
    Fraction,
    Minutes,
    Positive,
    Settings,
    Size,
    TrainedPrecision,
    Weight,
    WindowLength,
)
from genoseq.config.sampling import NearbySettings, NegativesSettings, SamplingSettings

ClassLoss = Literal["cross-entropy", "focal"]
SignalLoss = Literal["mse", "poisson", "negative-binomial", "multinomial"]
Loss = ClassLoss | SignalLoss
LOSSES: dict[str, tuple[str, ...]] = {
    "classes": get_args(ClassLoss),
    "independent": get_args(ClassLoss),
    "signal": get_args(SignalLoss),
}
"""Losses that suit each kind of labels, the default first."""

OUTPUTS: dict[str | None, int] = {"negative-binomial": 2}
"""Outputs for a signal, where there is more than one: its mean, and then its dispersion."""

NOT_WEIGHTS = {"checkpoint_minutes"}
"""Settings of a training that do not decide its weights."""
_LATER = ("augment", "sampling", "nearby", "negatives", "correct", "teacher")
"""Settings that not all releases had: left out where they are off."""
_TAUGHT = "teacher_share"
"""Said where there is a teacher."""


class TrainingSettings(Settings):
    """How a model is trained."""

    window: WindowLength = Field(1536, description="bp; rounded up to the model's stride")
    batch: Size = Field(16, description="windows per step")
    accumulate: Size = Field(1, description="batches added up before an optimizer step")
    steps: Count = Field(3000, description="optimizer steps at most")
    max_minutes: Minutes | None = Field(
        None, description="wall-clock budget; the learning rate reaches 0 with it"
    )
    learning_rate: Annotated[float, Field(gt=0, le=1000)] = 6e-3
    warmup: Fraction = Field(0.05, description="fraction of the run")
    weight_decay: Annotated[float, Field(ge=0, le=1000)] = 0.01
    clip: Positive = Field(1.0, description="largest gradient norm")
    precision: TrainedPrecision = Field(
        "auto", description="auto: bf16 where the processor or GPU computes in it"
    )
    loss: Loss | None = Field(
        None,
        description="default: cross-entropy for classes, mse on log1p for signals; for counts and "
        "coverage poisson, negative-binomial, or multinomial (shape of a window, and its total)",
    )
    focal_gamma: Annotated[float, Field(ge=0, le=100)] = 2.0
    class_weights: Literal["none", "balanced"] | tuple[Weight, ...] = Field(
        "none", description="none, balanced, or one for each state of the labels"
    )
    reverse_complement: bool = Field(True, description="train on both strands at random")
    augment: AugmentSettings | None = Field(
        None, description="damage to training windows: indels, substitutions, N, fragments"
    )
    sampling: SamplingSettings | None = Field(
        None, description="windows around rare classes, more often than they would be drawn"
    )
    nearby: NearbySettings | None = Field(
        None, description="bases near sites: not learned, or learned as the site"
    )
    negatives: NegativesSettings | None = Field(
        None, description="hard negatives: bases that look like a site count, of the others few"
    )
    correct: bool | None = Field(
        None,
        description="probabilities are those of the genome as it is, whatever sampling and "
        "class_weights favour; default: with sampling",
    )
    teacher: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="a bundle, or a model in the box: learn what it tells of both strands of each "
        "training window, rather than labels",
    )
    teacher_share: Fraction = Field(
        1.0, description="with teacher: its part of the loss; the rest is that of labels"
    )
    validate_every: Count = Field(500, description="steps between validations")
    validation_windows: Count = Field(256, description="windows per validation")
    patience: Count | None = Field(
        None, description="stop after this many validations without improvement"
    )
    checkpoint_minutes: Minutes = 5.0
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1

    @property
    def corrects(self) -> bool:
        """Whether probabilities are brought back to the genome as it is."""
        return self.sampling is not None if self.correct is None else self.correct

    @model_validator(mode="after")
    def _favours(self) -> TrainingSettings:
        if self.correct and self.sampling is None and self.class_weights == "none":
            raise ValueError(
                "correct: neither sampling nor class_weights favour a class: leave it out"
            )
        return self

    @model_validator(mode="after")
    def _taught(self) -> TrainingSettings:
        if self.teacher is None:
            if "teacher_share" in self.model_fields_set and self.teacher_share != 1:
                raise ValueError("teacher_share: is for a teacher: name one, or leave it out")
        elif (
            self.corrects
            or self.class_weights != "none"
            or (self.loss is not None and self.loss != "cross-entropy")
        ):
            raise ValueError(
                "teacher: its probabilities are those of the genome as it is: leave class_weights, "
                "correct, sampling that is corrected, and losses but cross-entropy out"
            )
        return self

    def keeps(self, step: int) -> bool:
        """Whether weights of a step may be kept: from when on they know all of the damage."""
        return self.augment is None or step >= self.augment.full * self.steps

    def decisive(self) -> dict[str, Any]:
        """Those that decide a model's weights, in JSON's types."""
        return without_later(self.model_dump(mode="json", exclude=NOT_WEIGHTS))


def without_later(training: dict[str, Any]) -> dict[str, Any]:
    """Settings without those that are off and that earlier releases did not have."""
    kept = {k: v for k, v in training.items() if k not in _LATER or v is not None}
    return {k: v for k, v in kept.items() if k != _TAUGHT or "teacher" in kept}
