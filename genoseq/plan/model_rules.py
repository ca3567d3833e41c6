"""What rules ask of a model's settings: which genomes it learns from, what it begins with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genoseq.config.schema import Config, RunSettings
from genoseq.config.sheet import GenomeRow
from genoseq.files.names import CONFIG, WEIGHTS
from genoseq.pretrained.registry import shipped_models
from genoseq.writers.call_rules import PROBABILITIES, rule_words
from genoseq.writers.formats import format_named

if TYPE_CHECKING:
    from genoseq.genome.tracks import Kind


@cache
def settings_json(run: RunSettings) -> str:
    """A model's settings that decide its weights: JSON, sorted keys, so that equal means equal."""
    return json.dumps(run.decisive(), sort_keys=True, separators=(",", ":"))


def bundle_files(model: str | None) -> list[str]:
    """Files of a model that no rule makes; none where it is in the box, or there is none.

    A folder that is there is taken before a model in the box, as by
    :func:`genoseq.pretrained.registry.model_folder`.
    """
    if model is None or (model in shipped_models() and not Path(model).exists()):
        return []
    return [str(Path(model) / name) for name in (CONFIG, WEIGHTS)]


def teacher_files(run: RunSettings) -> list[str]:
    """Files of the model that another learns from."""
    return bundle_files(run.training.teacher)


def start_files(config: Config, model: str) -> list[str]:
    """What a rule reads of the model that another begins with: the folder that a rule makes, or
    files of a bundle."""
    init = config.models[model].init
    return [f"<results>/models/{init}"] if init in config.models else bundle_files(init)


def start(config: Config, model: str, brought: list[str]) -> list[str]:
    """The model to begin with, if there is one: where its rule's was brought, or as it is named."""
    init = config.models[model].init
    return brought if init is None or init in config.models else [init]


def learned_genomes(
    config: Config, genomes: Mapping[str, GenomeRow], model: str | None = None
) -> Iterator[GenomeRow]:
    """Genomes that a model learns from or is tested on, or any model does.

    One whose task needs labels has no use for a genome without.
    """
    signals = config.labels.scheme == "signal"
    task = None if model is None else config.models[model].task
    bare = task is None or task.learns_from == "pairs" or not task.needs_labels()
    for row in genomes.values():
        if row.split != "score" and (bare or row.labelled(signals)):
            yield row


def kind_of_labels(config: Config) -> Kind:
    """What labels are to writers."""
    return config.labels.kind


def suited_formats(config: Config, model: str) -> list[str]:
    """Formats of tracks that can hold a model's values."""
    kind = config.models[model].task.kind(kind_of_labels(config))
    return [name for name in config.score.formats if kind in format_named(name).kinds]


def score_settings(config: Config, model: str) -> dict[str, Any]:
    """Options of scoring by a model: by phase, and confidence, of those that tell labels alone."""
    labels, score = config.models[model].task.needs_labels(), config.score
    confidence = ",".join(score.confidence) if labels else ""
    return {
        "precision": score.precision,
        "by_phase": score.by_phase and labels,
        "confidence": confidence or None,
        "digits": score.digits
        if config.models[model].task.kind(kind_of_labels(config)) in PROBABILITIES
        else None,
    }


def track_settings(config: Config, model: str) -> dict[str, Any]:
    """Options of tracks: formats that suit a model's values, and what is called of labels."""
    formats: dict[str, Any] = {"formats": ",".join(suited_formats(config, model))}
    if config.score.bin > 1:
        formats |= {"bin": config.score.bin, "bin_by": config.score.bin_by}
    if not config.models[model].task.needs_labels():
        return formats
    found = config.score.model_dump(include={"segments", "peaks"})
    return formats | {name: rule_words(rules) for name, rules in found.items()}
