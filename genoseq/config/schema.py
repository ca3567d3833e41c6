"""The one schema of every setting: the Snakefile, the command line and bundles all read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from genoseq.config.augment import AugmentSettings
from genoseq.config.base import (
    AskedPrecision,
    Basepairs,
    Count,
    Fraction,
    Layers,
    Minutes,
    Positive,
    Settings,
    Size,
    Weight,
    WindowLength,
    parse_settings,
    read_mapping,
    without_causal,
)
from genoseq.config.encoders import Encoder, RecurrentSettings
from genoseq.config.genes import GeneSettings
from genoseq.config.labels import LabelSettings
from genoseq.config.outputs import ScoreSettings, SummarySettings
from genoseq.config.tasks import PerBaseSettings, Task
from genoseq.writers.formats import default_formats

TRAINING_FORMAT = 1
"""Raised when a release trains other weights from the same settings, or keeps a training's state in
another way: then no training goes on from an older state, and the workflow trains its models anew.
"""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
"""Names of genomes and models, which become names of files."""


class RegionSettings(Settings):
    """Which parts of the genomes are learned from."""

    min_length: Basepairs = Field(300, description="bp; shorter pieces are dropped")
    max_n_fraction: Fraction = Field(0.5, description="pieces with more N than this are dropped")
    blacklist: str | None = Field(None, description="BED of regions never to use")


class SplitSettings(Settings):
    """How rows whose split is `blocks` are divided."""

    block: Basepairs = Field(50_000, description="bp per block")
    gap: Annotated[int, Field(ge=0, le=10**12)] = Field(
        2_000, description="bp unused between two splits"
    )
    valid: Fraction = Field(0.1, description="fraction of blocks for validation")
    test: Fraction = Field(0.2, description="fraction of blocks for the test")


class TokenizerSettings(Settings):
    """k-mers: tokens of k bases, one every `stride` bases."""

    k: Annotated[int, Field(ge=1, le=8)] = 3
    stride: Annotated[int, Field(ge=1, le=8)] = 1

    @model_validator(mode="after")
    def _covers(self) -> TokenizerSettings:
        if self.stride > self.k:
            raise ValueError(
                f"stride {self.stride} is larger than k {self.k}: bases would be skipped"
            )
        return self


class StemSettings(Settings):
    """Strided convolution: one step of the encoder for `stride` tokens."""

    stride: Layers = 3
    kernel: Size = 9
    width: Size = 96
    causal: bool = Field(False, description="see no token after the step's own: look back only")

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_causal(handler(self))

    @model_validator(mode="after")
    def _odd(self) -> StemSettings:
        if self.kernel < self.stride or (not self.causal and (self.kernel - self.stride) % 2):
            raise ValueError("kernel must exceed stride by an even number, to be centred")
        return self

    @property
    def margins(self) -> tuple[int, int]:
        """Tokens that a step reads before its own, and after them."""
        beside = self.kernel - self.stride
        return (beside, 0) if self.causal else (beside // 2, beside // 2)


class ModelSettings(Settings):
    """One network, from tokens to logits."""

    tokenizer: TokenizerSettings = TokenizerSettings()
    embedding: Size = 32
    stem: StemSettings | None = StemSettings()
    encoder: Encoder = RecurrentSettings()
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    tied_strands: bool = Field(
        False,
        description="average the logits of a window and its reverse complement, in training too: "
        "twice the work",
    )

    @model_validator(mode="after")
    def _tokens_mirror(self) -> ModelSettings:
        k, stride = self.tokenizer.k, self.tokenizer.stride
        if self.tied_strands and (k - stride) % 2:
            raise ValueError(
                f"tied_strands: k {k} at stride {stride} is not centred on its bases, so strands "
                "cannot mirror one another: use k and stride both odd or both even"
            )
        return self

    @property
    def stride(self) -> int:
        """Bases for one step of the encoder."""
        return self.tokenizer.stride * (1 if self.stem is None else self.stem.stride)

    @property
    def reach(self) -> int | None:
        """bp on either side of a step's bases that can change its outputs, in whole steps.

        None where there is no bound: recurrent encoders, full attention, registers.
        """
        steps = self.encoder.reach()
        if steps is None:
            return None
        k, stride = self.tokenizer.k, self.tokenizer.stride
        margin = 0 if self.stem is None else max(self.stem.margins)
        beside = margin * stride + (k - stride + 1) // 2
        return self.stride * (steps + -(-beside // self.stride))


NOT_WEIGHTS = {"checkpoint_minutes"}
"""Settings of a training that do not decide its weights."""


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
    precision: AskedPrecision = Field(
        "auto", description="auto: bf16 where the processor or GPU computes in it"
    )
    loss: Literal["cross-entropy", "focal", "mse", "poisson"] | None = Field(
        None, description="default: cross-entropy for classes, mse on log1p for signals"
    )
    focal_gamma: Annotated[float, Field(ge=0, le=100)] = 2.0
    class_weights: Literal["none", "balanced"] | tuple[Weight, ...] = Field(
        "none", description="none, balanced, or one for each state of the labels"
    )
    reverse_complement: bool = Field(True, description="train on both strands at random")
    augment: AugmentSettings | None = Field(
        None, description="damage to training windows: indels, substitutions, N, fragments"
    )
    validate_every: Count = Field(500, description="steps between validations")
    validation_windows: Count = Field(256, description="windows per validation")
    patience: Count | None = Field(
        None, description="stop after this many validations without improvement"
    )
    checkpoint_minutes: Minutes = 5.0
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1

    def keeps(self, step: int) -> bool:
        """Whether weights of a step may be kept: from when on they know all of the damage."""
        return self.augment is None or step >= self.augment.full * self.steps

    def decisive(self) -> dict[str, Any]:
        """Those that decide a model's weights, in JSON's types."""
        return _without_augment(self.model_dump(mode="json", exclude=NOT_WEIGHTS))


class RunSettings(Settings):
    """One entry of `models`: a network and how to train it."""

    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
    task: Task = PerBaseSettings()

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Settings of releases without tasks stay what they were, and so do their models.
        dumped: dict[str, Any] = handler(self)
        if self.task == PerBaseSettings():
            dumped.pop("task", None)
        return dumped

    def decisive(self) -> dict[str, Any]:
        """Settings that decide the weights, in JSON's types."""
        dumped = self.model_dump(mode="json", exclude={"training": NOT_WEIGHTS})
        return dumped | {"training": _without_augment(dumped["training"])}


def _without_augment(training: dict[str, Any]) -> dict[str, Any]:
    """Settings without ``augment`` where it is off: those of releases that did not have it."""
    return {k: v for k, v in training.items() if k != "augment" or v is not None}


class Config(Settings):
    """A whole run of the workflow."""

    genomes: str = Field("config/genomes.tsv", description="the sample sheet")
    regions: RegionSettings = RegionSettings()
    split: SplitSettings = SplitSettings()
    labels: LabelSettings = LabelSettings()
    models: dict[str, RunSettings] = Field({"bilstm": RunSettings()}, min_length=1)
    score: ScoreSettings = ScoreSettings()
    genes: GeneSettings | None = Field(
        None, description="genes of bacteria and archaea; {} takes the defaults, null is off"
    )
    summary: SummarySettings = SummarySettings()
    pathvars: dict[str, str] = Field(
        {}, description="Snakemake's own key: where folders are, such as results; changes no result"
    )

    @model_validator(mode="before")
    @classmethod
    def _formats_of_signals(cls, data: Any) -> Any:
        """Segments are of classes, so by default signals have none."""
        match data:
            case {"labels": {"scheme": "signal"}}:
                score = data.get("score", {})
                if isinstance(score, Mapping) and "formats" not in score:
                    return {**data, "score": {**score, "formats": default_formats("signal")}}
        return data

    @model_validator(mode="after")
    def _names(self) -> Config:
        for name in self.models:
            if not NAME.match(name):
                raise ValueError(f"model name {name!r}: use letters, digits, _ and -")
        return self


def load_config(path: str | Path) -> Config:
    """The workflow configuration of a YAML or JSON file."""
    return parse_settings(Config, read_mapping(path), path)
