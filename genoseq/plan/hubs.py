"""What rule ``hub`` is asked for: inputs and options, of a plan and Snakemake's wildcards."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Protocol

from genoseq.config.outputs import HubSettings
from genoseq.plan.patterns import plain_paths, stamps, where_brought
from genoseq.plan.rules import Plan, Wildcards


class HubFiles(Protocol):
    """The input of rule ``hub``."""

    annotation: Sequence[str]


def hubs(plan: Plan) -> list[str]:
    """A hub for each genome, if the settings ask for them."""
    return [] if plan.config.hub is None else [f"<results>/hubs/{name}" for name in plan.genomes]


def hub_folders(plan: Plan) -> Callable[[Wildcards], list[str]]:
    """Folders that a genome's hub shows: the tracks of every model, and the genes of those that
    call some."""
    calling = plan.calling()
    return lambda wildcards: [
        f"<results>/{kind}/{wildcards.genome}/{model}"
        for model in plan.config.models
        for kind in ("tracks", *(["genes"] if model in calling else []))
    ]


def _annotation(plan: Plan, wildcards: Wildcards) -> list[str]:
    path = plan.genomes[wildcards.genome].annotation
    return [path] if path else []


def hub_annotation(plan: Plan) -> Callable[[Wildcards], list[str]]:
    """The genome's annotation, as far as Snakemake can have it as input."""
    return lambda wildcards: plain_paths(_annotation(plan, wildcards))


def hub_stamps(plan: Plan) -> Callable[[Wildcards], list[str]]:
    """Its size and time, where it is no input."""
    return lambda wildcards: stamps(_annotation(plan, wildcards))


def hub_annotation_file(plan: Plan) -> Callable[[Wildcards, HubFiles], str]:
    """Where it is, as a word of the shell; Snakemake gives ``input`` by that name."""

    def file(wildcards: Wildcards, input: HubFiles) -> str:
        return shlex.join(where_brought(_annotation(plan, wildcards), input.annotation))

    return file


def hub_options(plan: Plan) -> Callable[[Wildcards], str]:
    """Title and address for questions.

    Snakemake looks for wildcards in strings, but not in what a function gives.
    """
    hub = plan.config.hub or HubSettings()
    return lambda _: shlex.join(["--title", hub.title, "--email", hub.email])
