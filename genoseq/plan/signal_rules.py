"""What rule ``evaluate`` is asked for of signals: bins, and genes of the genomes that it tests."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Protocol

from genoseq.config.sheet import named_file
from genoseq.plan.label_options import FileOption, options
from genoseq.plan.patterns import plain_paths, stamps, where_brought
from genoseq.plan.rules import Plan, Wildcards


class EvaluationFiles(Protocol):
    """The input of rule ``evaluate``."""

    genes: Sequence[str]


def _genes(plan: Plan, wildcards: Wildcards) -> list[FileOption]:
    """Annotations of the genomes that a model of signals is tested on."""
    if not plan.signals or not plan.config.models[wildcards.model].task.needs_labels():
        return []
    rows = [plan.genomes[name] for name in plan.learned("train", wildcards.model)]
    named = [(row.name, named_file(row.annotation)[1]) for row in rows if row.annotation]
    return [FileOption("--genes", str(path), name) for name, path in named]


def gene_inputs(plan: Plan) -> Callable[[Wildcards], list[str]]:
    """These files, as far as Snakemake can have them as inputs."""
    return lambda wildcards: plain_paths(file.path for file in _genes(plan, wildcards))


def gene_stamps(plan: Plan) -> Callable[[Wildcards], list[str]]:
    """Size and time of those that are no inputs."""
    return lambda wildcards: stamps(file.path for file in _genes(plan, wildcards))


def gene_options(plan: Plan) -> Callable[[Wildcards, EvaluationFiles], str]:
    """Where they are, as options; Snakemake gives ``input`` by that name."""

    def words(wildcards: Wildcards, input: EvaluationFiles) -> str:
        files = _genes(plan, wildcards)
        paths = where_brought([file.path for file in files], input.genes)
        found = [file.words(path) for file, path in zip(files, paths, strict=True)]
        return shlex.join(chain.from_iterable(found))

    return words


def bin_options(plan: Plan) -> Callable[[Wildcards], str]:
    """Sizes of bins, of signals."""
    bins = ",".join(map(str, plan.config.evaluate.bins)) if plan.signals else ""
    return lambda _: options(bins=bins or None)
