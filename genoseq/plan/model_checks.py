"""Settings of models that suit neither their task nor the labels, told before anything runs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from genoseq.config.base import parse_settings
from genoseq.config.labels import LabelSettings
from genoseq.config.schema import NO_NETWORK, Config, RunSettings
from genoseq.config.tasks import PerBaseSettings
from genoseq.config.training import LOSSES
from genoseq.errors import GenoseqError, listed
from genoseq.files.names import CONFIG
from genoseq.files.stored import read_json
from genoseq.pretrained.registry import model_folder, shipped_models
from genoseq.writers.call_rules import call_rules, rule_words
from genoseq.writers.formats import format_named

_NAMES = {"signal": "signals", "independent": "classes"}
_FIRST = {"classes": " (background first)", "independent": ""}


def model_problems(config: Config, states: int) -> list[str]:
    """What is wrong with each model for its task and for labels of so many states, whatever is in
    the files."""
    kind = config.labels.kind
    network = [
        f"models.{name}.{problem}"
        for name, run in config.models.items()
        for problem in run.task.problems(run.model, run.training)
    ]
    network += [f"models.{problem}" for problem in _start_problems(config)]
    network += [
        f"models.{name}.task.bin: is for signals, labels.scheme is {config.labels.scheme}: leave "
        f"it out"
        for name, run in config.models.items()
        if isinstance(run.task, PerBaseSettings) and run.task.bin > 1 and kind == "classes"
    ]
    network += [
        f"models.{name}.model.strands one: score.confidence disagreement is of two strands: leave "
        f"one of them out"
        for name, run in config.models.items()
        if run.model.strands == "one" and "disagreement" in config.score.confidence
    ]
    return (
        network
        + call_problems(config)
        + [
            f"models.{name}.training.{problem}"
            for name, run in config.models.items()
            if isinstance(run.task, PerBaseSettings)
            for problem in _problems(run, kind, states, config.labels)
        ]
    )


def _start_problems(config: Config) -> Iterator[str]:
    """What is wrong with models to begin with that no rule makes."""
    for name, run in config.models.items():
        if run.init is None or run.init in config.models:
            continue
        try:
            path = model_folder(run.init) / CONFIG
            settings = {"model": read_json(path)["model"]}
        except (GenoseqError, OSError, ValueError, LookupError, TypeError):
            yield (
                f"{name}.init {run.init!r}: no such model: use {listed(config.models)}, one in the "
                f"box ({listed(shipped_models())}), or the folder of a bundle"
            )
            continue
        network = parse_settings(RunSettings, settings, path).model
        found, asked = (each.model_dump(exclude=NO_NETWORK) for each in (network, run.model))
        if found != asked:
            yield (
                f"{name}.model is not that of {run.init}, whose weights it goes on from: write "
                f"model: {json.dumps(network.model_dump(mode='json', exclude=NO_NETWORK))}"
            )


def call_problems(config: Config) -> list[str]:
    """What is wrong with score.bin, and with score.segments, score.peaks for the labels."""
    score, labels = config.score, config.labels
    found = []
    if score.bin > 1 and not any(format_named(name).binned for name in score.formats):
        found = [f"score.bin: none of {listed(score.formats)} has bins: add bigwig or bedgraph"]
    if labels.scheme == "signal":
        what = "score.segments: segments are of classes, labels.scheme is signal: use score.peaks"
        return found + ([what] if score.segments else [])
    if not score.segments and not score.peaks:
        return found
    from genoseq.labels.classes import build_scheme  # numpy: workflows load none

    asked = score.model_dump(include={"segments", "peaks"})
    rules = call_rules(rule_words(asked["segments"]), rule_words(asked["peaks"]))
    problems = rules.problems(build_scheme(labels).channels, labels.kind, score.digits)
    return found + [f"score.{problem.removeprefix('--')}" for problem in problems]


def _problems(run: RunSettings, kind: str, states: int, labels: LabelSettings) -> Iterator[str]:
    yield from _sampling_problems(run, labels)
    if run.training.teacher is not None and kind == "signal":
        yield "teacher: teaches classes, labels.scheme is signal: leave it out"
    loss, weights = run.training.loss, run.training.class_weights
    if loss is not None and loss not in LOSSES[kind]:
        yield f"loss: {loss} is not for {_NAMES.get(kind, kind)}: use {' or '.join(LOSSES[kind])}"
    if weights == "none":
        return
    if kind == "signal":
        yield "class_weights: are for classes, labels.scheme is signal: leave them out"
    elif weights != "balanced" and len(weights) != states:
        yield (
            f"class_weights: {len(weights)} weights, but labels.scheme {labels.scheme} has "
            f"{states} states{_FIRST[kind]}: give one for each, or balanced"
        )
    elif weights != "balanced" and not any(weights):
        yield "class_weights: all are 0: one must be above 0"


def _sampling_problems(run: RunSettings, labels: LabelSettings) -> Iterator[str]:
    if run.training.negatives is not None and labels.scheme == "signal":
        yield "negatives: are bases of no class, labels.scheme is signal: leave them out"
    asked = {"sampling": run.training.sampling, "nearby": run.training.nearby}
    for name, settings in asked.items():
        if settings is None:
            continue
        if labels.scheme == "signal":
            yield f"{name}: is of classes, labels.scheme is signal: leave it out"
        elif strange := {*settings.classes} - {*labels.labelled}:
            yield (
                f"{name}.classes: {listed(strange)}: the classes of labels.scheme "
                f"{labels.scheme} are {listed(labels.labelled)}"
            )
