"""The one schema of every setting: the Snakefile, the command line and bundles all read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from genoseq.config.base import (
    AskedStrands,
    Layers,
    Settings,
    Size,
    parse_settings,
    read_mapping,
    without_causal,
)
from genoseq.config.encoders import Encoder, RecurrentSettings
from genoseq.config.genes import GeneSettings
from genoseq.config.labels import LabelSettings
from genoseq.config.outputs import (
    EvaluateSettings,
    HubSettings,
    ReportSettings,
    ScoreSettings,
    TranslateSettings,
    VariantSettings,
)
from genoseq.config.splits import RegionSettings, SplitSettings
from genoseq.config.tasks import PerBaseSettings, Task
from genoseq.config.training import NOT_WEIGHTS, TrainingSettings, without_later
from genoseq.writers.formats import default_formats

TRAINING_FORMAT = 1
"""Raised when a release trains other weights from the same settings, or keeps a training's state in
another way: then no training goes on from an older state, and the workflow trains its models anew.
"""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
"""Names of genomes and models, which become names of files."""


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
        description="average the logits of a window and its reverse complement, in training too",
    )
    strands: AskedStrands = Field(
        "both",
        description="passes of a prediction: both (the mean of both strands), or one (the forward "
        "strand tells both: half the work, for models that learned from a teacher)",
    )

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Settings of releases that knew both strands alone stay what they were.
        dumped: dict[str, Any] = handler(self)
        return {k: v for k, v in dumped.items() if k != "strands" or v != "both"}

    @model_validator(mode="after")
    def _tokens_mirror(self) -> ModelSettings:
        if self.tied_strands and self.strands == "one":
            raise ValueError("strands one: tied_strands read both, in training too: leave one out")
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


NO_NETWORK = {"strands", "dropout"}
"""Settings of a model that may differ from those of the one whose weights it begins with."""


class RunSettings(Settings):
    """A network, how to train it, and what it learns."""

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
        return dumped | {"training": without_later(dumped["training"])}


class ModelEntry(RunSettings):
    """One entry of `models`, which may go on from the weights of another."""

    init: str | None = Field(
        None,
        description="another model, one in the box or a bundle: begin with its weights and network",
    )
    freeze: bool = Field(False, description="with init: train the head alone")

    @model_serializer(mode="wrap")
    def _dump(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = super()._dump(handler)
        # An entry is also what `genoseq train --settings` takes, which has options for these.
        return {k: v for k, v in dumped.items() if k not in ("init", "freeze") or v}

    def decisive(self) -> dict[str, Any]:
        """Where the weights come from is not told: that model is an input of the training."""
        dumped = super().decisive()
        return {name: dumped[name] for name in dumped if name not in ("init", "freeze")}


def with_networks(models: Mapping[str, ModelEntry]) -> dict[str, ModelEntry]:
    """The same entries, each that goes on from another with the network of that one.

    Raises
    ------
    ValueError
        If one goes on from itself, by way of others too, or asks for another network; if weights
        are frozen that come from nowhere.
    """
    found: dict[str, ModelEntry] = {}

    def entry(name: str, before: tuple[str, ...]) -> ModelEntry:
        own = models[name]
        if own.freeze and own.init is None:
            raise ValueError(f"{name}.freeze: weights to freeze come from another model: name init")
        if own.init is None or own.init not in models or name in found:
            return found.setdefault(name, own)
        if own.init in (name, *before):
            raise ValueError(f"{name}.init {own.init!r}: goes on from itself")
        network = entry(own.init, (name, *before)).model
        named = own.model.model_fields_set if "model" in own.model_fields_set else set()
        if named:
            free = NO_NETWORK if named - NO_NETWORK else named
            network = network.model_copy(update={each: getattr(own.model, each) for each in free})
        if named - NO_NETWORK and own.model != network:
            raise ValueError(
                f"{name}.model is not that of {own.init}, whose weights it goes on from: leave it "
                f"out, or ask for the same"
            )
        return found.setdefault(name, own.model_copy(update={"model": network}))

    return {name: entry(name, ()) for name in models}


class Config(Settings):
    """A whole run of the workflow."""

    genomes: str = Field("config/genomes.tsv", description="the sample sheet")
    regions: RegionSettings = RegionSettings()
    split: SplitSettings = SplitSettings()
    labels: LabelSettings = LabelSettings()
    models: dict[str, ModelEntry] = Field({"bilstm": ModelEntry()}, min_length=1)
    evaluate: EvaluateSettings = EvaluateSettings()
    score: ScoreSettings = ScoreSettings()
    translate: TranslateSettings = TranslateSettings()
    genes: GeneSettings | None = Field(
        None, description="genes of bacteria and archaea; {} takes the defaults, null is off"
    )
    variants: VariantSettings = VariantSettings()
    hub: HubSettings | None = Field(
        None, description="hubs for genome browsers; {} takes the defaults, null is off"
    )
    report: ReportSettings = ReportSettings()
    pathvars: dict[str, str] = Field(
        {}, description="Snakemake's own key: where folders are, such as results; changes no result"
    )

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, data: Any) -> Any:
        """An older name is not read, and not called a misspelling."""
        if isinstance(data, Mapping) and "summary" in data:
            raise ValueError("summary: is called report now, and writes report.html: rename it")
        return data

    @model_validator(mode="before")
    @classmethod
    def _formats_of_signals(cls, data: Any) -> Any:
        """Segments are of classes that exclude one another, so by default others have none."""
        match data:
            case {"labels": {"scheme": "signal"}} | {"labels": {"exclusive": False}}:
                score = data.get("score", {})
                if isinstance(score, Mapping) and "formats" not in score:
                    return {**data, "score": {**score, "formats": default_formats("signal")}}
        return data

    @field_validator("models")
    @classmethod
    def _networks(cls, models: dict[str, ModelEntry]) -> dict[str, ModelEntry]:
        return with_networks(models)

    @model_validator(mode="after")
    def _names(self) -> Config:
        for name in self.models:
            if not NAME.match(name):
                raise ValueError(f"model name {name!r}: use letters, digits, _ and -")
        return self

    @model_validator(mode="after")
    def _sure(self) -> Config:
        if self.labels.kind != "classes" and {*self.score.confidence} - {"disagreement"}:
            raise ValueError(
                "score.confidence: margin and entropy are of classes that exclude one another"
            )
        return self

    @model_validator(mode="after")
    def _shown(self) -> Config:
        if self.hub is not None and not {"bigwig", "bed"} & {*self.score.formats}:
            raise ValueError("hub: browsers show bigwig and bed: add one to score.formats")
        return self


def load_config(path: str | Path) -> Config:
    """The workflow configuration of a YAML or JSON file."""
    return parse_settings(Config, read_mapping(path), path)
