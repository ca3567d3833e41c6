"""What settings and sheet of a run lack that learns from pairs of sequences."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from genoseq.config.schema import Config
from genoseq.config.sheet import GenomeRow

_SPLITS = ("pairs", "train", "valid", "test")
_OF_GENOMES = (
    "annotation",
    "mask",
    "evidence",
    "starts",
    "signal",
    "control",
    "shards",
    "code",
    "circular",
)
"""Columns of rows whose bases are learned from or scored."""


def learns_from_pairs(config: Config) -> bool:
    """Whether the models map sequences to sequences; where they are mixed, one does."""
    return any(run.task.learns_from == "pairs" for run in config.models.values())


def mixed_problems(config: Config) -> list[str]:
    """A problem where some models learn from pairs, and others from genomes."""
    kinds: dict[str, list[str]] = {"pairs": [], "genomes": []}
    for name, run in config.models.items():
        kinds[run.task.learns_from].append(name)
    if not all(kinds.values()):
        return []
    return [
        f"models: {', '.join(kinds['pairs'])} learn from pairs of sequences and "
        f"{', '.join(kinds['genomes'])} from genomes: put them into two configurations"
    ]


def pair_problems(config: Config, genomes: Mapping[str, GenomeRow]) -> Iterator[str]:
    """What is wrong with the rows of a run of pairs, whatever is in their files."""
    for name in ("genes", "hub"):
        if getattr(config, name) is not None:
            yield f"{name}: is of models of bases, and these map sequences to sequences: remove it"
    if config.variants.files:
        yield "variants: is of models of bases, and these map sequences to sequences: remove it"
    for name, row in genomes.items():
        if given := [column for column in _OF_GENOMES if getattr(row, column)]:
            yield (
                f"genome {name!r}: models that learn from pairs do not read its "
                f"{', '.join(given)}: write -"
            )
        if row.pairs is None and row.split != "score":
            yield (
                f"genome {name!r}: split {row.split!r} needs pairs, its pairs column is empty; "
                f"give a table, or split score"
            )
        if row.pairs is not None and row.split not in _SPLITS:
            yield (
                f"genome {name!r}: split {row.split!r} is not for pairs: use "
                f"{', '.join(_SPLITS[1:])}, or pairs for what their table says"
            )


def missing_pairs(splits: Collection[str]) -> list[str]:
    """What is missing if all rows together have pairs in ``splits`` alone."""
    return [
        f"no pairs to {what}: give a row the split {split}, or its table a column split with it"
        for split, what in (("train", "train on"), ("test", "test on"))
        if split not in splits
    ]


def unread_pairs(genomes: Mapping[str, GenomeRow]) -> Iterator[str]:
    """A problem for each row of a run of genomes that has pairs."""
    for name, row in genomes.items():
        if row.pairs is not None:
            yield (
                f"genome {name!r}: its pairs are not read, as no model has a task that learns from "
                f"pairs: write -, or give one task: {{name: seq2seq}}"
            )
