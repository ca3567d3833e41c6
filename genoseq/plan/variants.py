"""What rules ``variants`` and ``merge_variants`` are asked for, of a plan and its wildcards."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from typing import Protocol

from genoseq.genome.shards import shard_names
from genoseq.plan.label_options import options
from genoseq.plan.patterns import plain_paths, stamps, where_brought
from genoseq.plan.rules import Plan, Wildcards


class VariantFiles(Protocol):
    """The input of rule ``variants``."""

    vcf: Sequence[str]
    annotation: Sequence[str]


class ShardWildcards(Wildcards, Protocol):
    """Wildcards of a rule that is run for each shard."""

    shard: str


def _vcf(plan: Plan, wildcards: Wildcards) -> list[str]:
    return [plan.config.variants.files[wildcards.genome]]


def _annotation(plan: Plan, wildcards: Wildcards) -> list[str]:
    path = plan.genomes[wildcards.genome].annotation
    return [path] if path and plan.config.variants.genes else []


def vcf_inputs(plan: Plan) -> Callable[[Wildcards], list[str]]:
    """The genome's variants, as far as Snakemake can have them as input."""
    return lambda wildcards: plain_paths(_vcf(plan, wildcards))


def gene_inputs(plan: Plan) -> Callable[[Wildcards], list[str]]:
    """The annotation whose genes are named, likewise."""
    return lambda wildcards: plain_paths(_annotation(plan, wildcards))


def variant_stamps(plan: Plan) -> Callable[[Wildcards], list[str]]:
    """Size and time of those that are no inputs."""
    return lambda wildcards: stamps([*_vcf(plan, wildcards), *_annotation(plan, wildcards)])


def vcf_file(plan: Plan) -> Callable[[Wildcards, VariantFiles], str]:
    """Where the variants are, as a word of the shell; Snakemake gives ``input`` by that name."""

    def file(wildcards: Wildcards, input: VariantFiles) -> str:
        return shlex.join(where_brought(_vcf(plan, wildcards), input.vcf))

    return file


def gene_words(plan: Plan) -> Callable[[Wildcards, VariantFiles], str]:
    """The annotation after its option."""

    def words(wildcards: Wildcards, input: VariantFiles) -> str:
        return options(genes=where_brought(_annotation(plan, wildcards), input.annotation))

    return words


def variant_options(plan: Plan) -> Callable[[Wildcards], str]:
    """Distance, and what is told."""
    found = plan.config.variants.model_dump(include={"distance", "masked", "raw"})
    precision = plan.config.score.precision
    return lambda _: options(**found, precision=precision)


def shard_option(plan: Plan) -> Callable[[ShardWildcards], str]:
    """Which part of the records a job scores."""
    count = plan.config.variants.shards
    return lambda wildcards: options(shard=f"{int(wildcards.shard)}/{count}")


def merged_shards(plan: Plan) -> Callable[[Wildcards], list[str]]:
    """Scored parts of a file, in order."""
    names = shard_names(plan.config.variants.shards)

    def shards(wildcards: Wildcards) -> list[str]:
        folder = f"<results>/shard_variants/{wildcards.genome}/{wildcards.model}"
        return [f"{folder}/{name}.vcf" for name in names]

    return shards
