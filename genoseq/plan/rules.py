"""What the Snakefile asks of Python: the plan of a run, and each rule's inputs and options.

The rules hold no logic: they take their inputs and options from a :class:`Plan`, whose methods are
Snakemake input functions, pure functions of the configuration, the sample sheet and the wildcards.
No torch here: Snakemake reads this file again for every job.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from genoseq.config.base import parse_settings, read_mapping
from genoseq.config.schema import Config
from genoseq.config.sheet import GenomeRow, read_genomes
from genoseq.config.sheet_checks import sheet_problems
from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.shards import shard_names
from genoseq.plan import model_rules
from genoseq.plan.costs import predicting_memory, request, state_count, training_memory
from genoseq.plan.label_options import file_options, files_beside, label_options, label_sources
from genoseq.plan.model_checks import model_problems
from genoseq.plan.patterns import plain_paths, stamps, where_brought


class Wildcards(Protocol):
    """The wildcards of Snakemake's rules; each rule has some of them."""

    genome: str
    model: str


class Files(Protocol):
    """The input of Snakemake's rules, where it has them; each rule has some of them."""

    fasta: Sequence[str]
    blacklist: Sequence[str]
    labels: Sequence[str]
    init: Sequence[str]


@dataclass(frozen=True)
class Plan:
    """A run of the workflow: configuration and sample sheet, checked against one another."""

    config: Config
    genomes: dict[str, GenomeRow]

    @property
    def signals(self) -> bool:
        """Whether signals are learned, rather than the annotation's classes."""
        return self.config.labels.scheme == "signal"

    @cached_property
    def states(self) -> int:
        """Outputs of a model for a base."""
        signals = max(len(row.signal) for row in self.genomes.values())
        return state_count(self.config.labels, signals)

    def learned(self, unused: str = "", model: str | None = None) -> list[str]:
        """Genomes that a model, or any, learns from or is tested on, in the sheet's order, but for
        those whose split is ``unused``."""
        rows = model_rules.learned_genomes(self.config, self.genomes, model)
        return [row.name for row in rows if row.split != unused]

    def stores(self, unused: str = "", model: str | None = None) -> list[str]:
        """Their stores: training has no use for ``test``, evaluation none for ``train``."""
        return [f"<results>/stores/{name}" for name in self.learned(unused, model)]

    def stores_of(self, unused: str) -> Callable[[Wildcards], list[str]]:
        """Those of a rule's model."""
        return lambda wildcards: self.stores(unused, wildcards.model)

    def init_bundle(self, wildcards: Wildcards) -> list[str]:
        """The model whose weights this one goes on from, if there is one."""
        init = self.config.models[wildcards.model].init
        return [] if init is None else [f"<results>/models/{init}"]

    def init_options(self, _: Wildcards, input: Files) -> str:
        """The same as an option."""
        return shlex.join([word for path in input.init for word in ("--init-from", path)])

    def freeze_option(self, wildcards: Wildcards) -> str:
        """Whether the head alone is trained."""
        return "--freeze" if self.config.models[wildcards.model].freeze else ""

    def _files(self, kind: str, wildcards: Wildcards) -> list[str]:
        """Files that rules read for a genome: ``fasta``, ``blacklist``, or those of ``labels``:
        annotation, signals, mask, evidence, starts."""
        row, blacklist = self.genomes[wildcards.genome], self.config.regions.blacklist
        if kind == "fasta":
            return [row.fasta]
        if kind == "blacklist":
            return [blacklist] if blacklist else []
        sources = label_sources(row, self.signals)
        return [str(path) for _, path in sources] + [*files_beside(row).values()]

    def inputs(self, kind: str) -> Callable[[Wildcards], list[str]]:
        """Files of a kind, as far as Snakemake can have them as inputs; see :mod:`.patterns`."""
        return lambda wildcards: plain_paths(self._files(kind, wildcards))

    def stamps(self, *kinds: str) -> Callable[[Wildcards], list[str]]:
        """Size and time of files of these kinds that are no inputs."""
        return lambda wildcards: stamps(
            path for kind in kinds for path in self._files(kind, wildcards)
        )

    def _brought(self, kind: str, wildcards: Wildcards, input: Files) -> list[str]:
        """Where files of a kind are."""
        return where_brought(self._files(kind, wildcards), getattr(input, kind))

    def fasta_file(self, wildcards: Wildcards, input: Files) -> str:
        """The genome's file, where it is."""
        return shlex.join(self._brought("fasta", wildcards, input))

    def extract_options(self, wildcards: Wildcards) -> str:
        """Split, and filters of regions.

        Options of a function that takes ``input`` do not make Snakemake run a rule again when they
        change: those that name files are in :meth:`extract_files`.
        """
        split, regions = self.config.split, self.config.regions
        words = ["--split", self.genomes[wildcards.genome].split]
        words += ["--block", f"{split.block}", "--gap", f"{split.gap}"]
        words += ["--valid", f"{split.valid}", "--test", f"{split.test}"]
        words += ["--min-length", f"{regions.min_length}"]
        words += ["--max-n-fraction", f"{regions.max_n_fraction}"]
        return shlex.join(words)

    def extract_files(self, wildcards: Wildcards, input: Files) -> str:
        """Blacklist, where it is."""
        found = self._brought("blacklist", wildcards, input)
        return shlex.join([word for path in found for word in ("--blacklist", path)])

    def label_names(self, wildcards: Wildcards) -> list[str]:
        """Names that the sheet gives to the files of labels."""
        sources = label_sources(self.genomes[wildcards.genome], self.signals)
        return [name or "" for name, _ in sources]

    def tokenize_options(self, wildcards: Wildcards) -> str:
        """Name and labels."""
        row = self.genomes[wildcards.genome]
        labelled = row.labelled(self.signals)
        words = label_options(row, self.config.labels) if labelled else []
        return shlex.join(["--name", row.name, *words])

    def tokenize_files(self, wildcards: Wildcards, input: Files) -> str:
        """Files of labels, mask, evidence and starts, where they are."""
        files = self._brought("labels", wildcards, input)
        return shlex.join(file_options(self.genomes[wildcards.genome], self.signals, files))

    def train_settings(self, wildcards: Wildcards) -> str:
        """Settings that decide the weights, as JSON with sorted keys."""
        return model_rules.settings_json(self.config.models[wildcards.model])

    def checkpoint_minutes(self, wildcards: Wildcards) -> str:
        """Minutes between checkpoints: a resource, because it does not change the model."""
        return str(self.config.models[wildcards.model].training.checkpoint_minutes)

    def train_memory(self, wildcards: Wildcards, attempt: int) -> int:
        """MB for a training, and as much again for each retry."""
        return request(training_memory(self.config.models[wildcards.model], self.states), attempt)

    def evaluate_memory(self, wildcards: Wildcards, attempt: int) -> int:
        """MB for an evaluation, likewise."""
        return request(predicting_memory(self.config.models[wildcards.model], self.states), attempt)

    def score_memory(self, wildcards: Wildcards, attempt: int) -> int:
        """MB for scoring a shard, likewise."""
        run, precision = self.config.models[wildcards.model], self.config.score.precision
        return request(predicting_memory(run, self.states, precision), attempt)

    def shard_count(self, wildcards: Wildcards) -> int:
        """Shards of the genome: the sheet's word, or that of the settings for all."""
        return self.genomes[wildcards.genome].shards or self.config.score.shards

    def score_options(self, wildcards: Wildcards) -> str:
        """Number format and channels of the scores, which do not depend on the formats of
        tracks."""
        return model_rules.score_words(self.config, wildcards.model)

    def merge_input(self, wildcards: Wildcards) -> list[str]:
        """Scores of every shard, in order."""
        folder = f"<results>/shard_scores/{wildcards.genome}/{wildcards.model}"
        return [f"{folder}/{name}" for name in shard_names(self.shard_count(wildcards))]

    def tracks_options(self, wildcards: Wildcards) -> str:
        """Formats of the tracks, those that suit the model's values."""
        return model_rules.tracks_words(self.config, wildcards.model)

    def genes_options(self, wildcards: Wildcards) -> str:
        """Genetic code and circles, the sheet's or else the settings', and what is for all."""
        return model_rules.genes_words(self.config, self.genomes[wildcards.genome])

    def decoder(self, _: Wildcards) -> list[str]:
        """The file of the gene decoder's weights, if the settings name one."""
        genes = self.config.genes
        return [] if genes is None or genes.weights is None else [genes.weights]

    def decoder_option(self, wildcards: Wildcards) -> str:
        """The same as an option."""
        return shlex.join(
            [word for path in self.decoder(wildcards) for word in ("--weights", path)]
        )

    def summary_input(self) -> list[str]:
        """Every folder that the summary reads: bundles, evaluations, stores, tracks and genes."""
        models = list(self.config.models)
        found = [f"<results>/models/{model}" for model in models]
        found += [f"<results>/evaluation/{model}" for model in models]
        found += self.stores()
        pairs = [f"{name}/{model}" for name in self.genomes for model in models]
        found += [f"<results>/tracks/{pair}" for pair in pairs]
        tell_genes = [] if self.config.genes is None else self.of_labels()
        found += [f"<results>/genes/{n}/{model}" for n in self.genomes for model in tell_genes]
        return found

    def of_labels(self) -> list[str]:
        """Models that tell labels, and not bases."""
        return [name for name, run in self.config.models.items() if run.task.needs_labels()]

    def summary_options(self, _: Wildcards) -> str:
        """Title and note, of which either may be empty.

        Snakemake looks for wildcards in strings, but not in what a function gives.
        """
        summary = self.config.summary
        return shlex.join(["--title", summary.title, "--note", summary.note])


def make_plan(config: Mapping[str, Any], files: Sequence[str | Path] = ()) -> Plan:
    """The plan of a configuration as Snakemake or a YAML reader gives it.

    Parameters
    ----------
    files
        Files that Snakemake has read it from: it takes the last of equal keys.

    Raises
    ------
    ConfigError
        If one of the files has a key twice; with every problem of the settings, or of settings and
        sheet against one another.
    InputFormatError
        If the sample sheet is damaged, or has no row.
    """
    for file in map(Path, files):
        if file.is_file():
            read_mapping(file)
    plan = read_plan(config)
    if problems := plan_problems(plan):
        raise ConfigError(problems, plan.config.genomes)
    return plan


def read_plan(config: Mapping[str, Any], path: str | Path | None = None) -> Plan:
    """Settings and sheet, not checked against one another; errors as of :func:`make_plan`.

    They name ``path``, the configuration's file, where it is known.
    """
    try:
        checked = parse_settings(Config, config, path)
    except ConfigError as error:
        raise ConfigError([*str(error).splitlines(), *_sheet_problems(config)]) from None
    return Plan(checked, read_genomes(checked.genomes))


def plan_problems(plan: Plan) -> list[str]:
    """What is wrong with settings and sheet against one another, whatever is in the files."""
    sheet = sheet_problems(plan.config, plan.genomes)
    return sheet + model_problems(plan.config, plan.states)


def _sheet_problems(config: Mapping[str, Any]) -> list[str]:
    """What is wrong with the sheet alone, where the settings do not hold."""
    named = config.get("genomes", Config.model_fields["genomes"].default)
    if not isinstance(named, str) or not Path(named).is_file():
        return []
    try:
        read_genomes(named)
    except InputFormatError as error:
        return str(error).splitlines()
    return []


DEMO_FILES = ("resources/demo/genome.fa", "resources/demo/genes.gff3", "resources/demo/mask.bed")
"""Files that the rule ``demo`` makes."""


def growing(amount: int) -> Callable[[Wildcards, int], int]:
    """Memory (MB) or time (min) of a rule, and as much again for each retry."""
    return lambda _, attempt: amount * attempt
