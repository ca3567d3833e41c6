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
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from genoseq.config.base import parse_settings, read_mapping
from genoseq.config.genes import GeneSettings
from genoseq.config.pair_checks import learns_from_pairs
from genoseq.config.schema import Config
from genoseq.config.sheet import PAIRS, GenomeRow, named_file, read_genomes
from genoseq.config.sheet_checks import sheet_problems
from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.shards import shard_names
from genoseq.plan import costs, model_rules
from genoseq.plan.label_options import FileOption, label_files, label_options, options
from genoseq.plan.model_checks import model_problems
from genoseq.plan.patterns import plain_paths, stamps, where_brought


class Wildcards(Protocol):
    """The wildcards of Snakemake's rules; each rule has some of them."""

    genome: str
    model: str


@dataclass(frozen=True)
class Plan:
    """A run of the workflow: configuration and sample sheet, checked against one another."""

    config: Config
    genomes: dict[str, GenomeRow]

    @property
    def signals(self) -> bool:
        """Whether signals are learned, rather than the annotation's classes."""
        return self.config.labels.scheme == "signal"

    @property
    def pairs(self) -> bool:
        """Whether the models map sequences to sequences, and learn from pairs of them."""
        return learns_from_pairs(self.config)

    @cached_property
    def states(self) -> int:
        """Outputs of a model for a base."""
        signals = max(len({named_file(s)[0] or s for s in r.signal}) for r in self.genomes.values())
        return costs.state_count(self.config.labels, signals)

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

    def baseline_stores(self, wildcards: Wildcards) -> list[str]:
        """Stores that the baselines of a model's evaluation learn from; none without baselines."""
        wanted = self.config.evaluate.baselines
        return self.stores("test", wildcards.model) if wanted else []

    def baseline_options(self, _: Wildcards, input: Any) -> str:
        """The same as options."""
        learned = list(input.learned)
        return options(learn_from=learned) if learned else "--no-baselines"

    def init_bundle(self, wildcards: Wildcards) -> list[str]:
        """The model whose weights this one goes on from, if there is one."""
        return model_rules.start_files(self.config, wildcards.model)

    def init_options(self, wildcards: Wildcards, input: Any) -> str:
        """The same as an option."""
        return options(init_from=model_rules.start(self.config, wildcards.model, list(input.init)))

    def freeze_option(self, wildcards: Wildcards) -> str:
        """Whether the head alone is trained."""
        return "--freeze" if self.config.models[wildcards.model].freeze else ""

    def _files(self, kind: str, wildcards: Wildcards) -> list[FileOption]:
        """Files that rules read for a genome: ``fasta``, ``blacklist``, ``weights`` of the decoder
        of genes; ``sources`` of a store, FASTA or pairs; or those of ``labels``: annotation,
        signals, mask, evidence, starts, or the targets of pairs."""
        row, genes = self.genomes[wildcards.genome], self.config.genes or GeneSettings()
        if kind == "labels":
            return label_files(row, self.signals)
        if kind in ("fasta", "sources"):
            return [FileOption("", row.pairs or row.fasta if kind == "sources" else row.fasta)]
        path = {"blacklist": self.config.regions.blacklist, "weights": genes.weights}[kind]
        return [] if path is None else [FileOption(f"--{kind}", path)]

    def inputs(self, kind: str) -> Callable[[Wildcards], list[str]]:
        """Files of a kind, as far as Snakemake can have them as inputs; see :mod:`.patterns`."""
        return lambda wildcards: plain_paths(file.path for file in self._files(kind, wildcards))

    def stamps(self, *kinds: str) -> Callable[[Wildcards], list[str]]:
        """Size and time of files of these kinds that are no inputs."""
        return lambda wildcards: stamps(
            file.path for kind in kinds for file in self._files(kind, wildcards)
        )

    def given(self, kind: str) -> Callable[[Wildcards, object], str]:
        """Files of a kind after their options, where they are: in ``input``, or as they are named.

        Options of a function that takes ``input`` do not make Snakemake run a rule again when they
        change: those that name no file are in functions of their own.
        """

        def words(wildcards: Wildcards, input: object) -> str:
            files = self._files(kind, wildcards)
            paths = where_brought([file.path for file in files], getattr(input, kind))
            found = [file.words(path) for file, path in zip(files, paths, strict=True)]
            return shlex.join(chain.from_iterable(found))

        return words

    def extract_options(self, wildcards: Wildcards) -> str:
        """Split, and filters of regions."""
        row, regions = self.genomes[wildcards.genome], self.config.regions
        filters = regions.model_dump(exclude={"blacklist"})
        return options(split=row.split, **self.config.split.model_dump(), **filters)

    def regions(self, wildcards: Wildcards) -> list[str]:
        """The regions that a store has labels of; of pairs there are none."""
        return [] if self.pairs else [f"<results>/regions/{wildcards.genome}/regions.bed"]

    def regions_option(self, _: Wildcards, input: Any) -> str:
        """The same as an option."""
        return options(bed=list(input.bed))

    def label_names(self, wildcards: Wildcards) -> list[str]:
        """Names that the sheet gives to the files of labels."""
        return [file.name for file in self._files("labels", wildcards)]

    def tokenize_options(self, wildcards: Wildcards) -> str:
        """Name and labels."""
        row = self.genomes[wildcards.genome]
        if row.pairs is not None:
            split = None if row.split == PAIRS else row.split
            return options(name=row.name, scheme="seq2seq", split=split)
        if not row.labelled(self.signals):
            return options(name=row.name)
        return label_options(row, self.config.labels)

    def train_settings(self, wildcards: Wildcards) -> str:
        """Settings that decide the weights, as JSON with sorted keys."""
        return model_rules.settings_json(self.config.models[wildcards.model])

    def checkpoint_minutes(self, wildcards: Wildcards) -> str:
        """Minutes between checkpoints: a resource, because it does not change the model."""
        return str(self.config.models[wildcards.model].training.checkpoint_minutes)

    def train_memory(self, wildcards: Wildcards, attempt: int) -> int:
        """MB for a training, and as much again for each retry."""
        run = self.config.models[wildcards.model]
        return costs.request(costs.training_memory(run, self.states), attempt)

    def evaluate_memory(self, wildcards: Wildcards, attempt: int) -> int:
        """MB for an evaluation, likewise."""
        run = self.config.models[wildcards.model]
        return costs.request(costs.evaluating_memory(run, self.states), attempt)

    def score_memory(self, wildcards: Wildcards, attempt: int) -> int:
        """MB for scoring a shard, likewise."""
        run, precision = self.config.models[wildcards.model], self.config.score.precision
        return costs.request(costs.predicting_memory(run, self.states, precision), attempt)

    def shard_count(self, wildcards: Wildcards) -> int:
        """Shards of the genome: the sheet's word, or that of the settings for all."""
        return self.genomes[wildcards.genome].shards or self.config.score.shards

    def score_options(self, wildcards: Wildcards) -> str:
        """Number format and channels of the scores, which do not depend on the formats of
        tracks."""
        return options(**model_rules.score_settings(self.config, wildcards.model))

    def merge_input(self, wildcards: Wildcards) -> list[str]:
        """Scores of every shard, in order."""
        folder = f"<results>/shard_scores/{wildcards.genome}/{wildcards.model}"
        return [f"{folder}/{name}" for name in shard_names(self.shard_count(wildcards))]

    def tracks_options(self, wildcards: Wildcards) -> str:
        """Formats of the tracks, those that suit the model's values, and what is called."""
        return options(**model_rules.track_settings(self.config, wildcards.model))

    def genes_options(self, wildcards: Wildcards) -> str:
        """Genetic code and circles, the sheet's or else the settings', and what is for all."""
        row = self.genomes[wildcards.genome]
        found = (self.config.genes or GeneSettings()).model_dump(exclude={"weights"})
        own = {"code": row.code, "circular": row.circular}
        return options(**found | {name: value for name, value in own.items() if value})

    def report_input(self) -> list[str]:
        """Every folder that the report reads; of genomes that are only scored shards, for bases."""
        models, stores = list(self.config.models), self.learned()
        pairs = [f"{name}/{model}" for name in self.genomes for model in models]
        kinds = {"models": models, "evaluation": models}
        if not self.pairs:
            kinds |= {"stores": stores, "tracks": pairs}
            kinds["shards"] = [name for name in self.genomes if name not in stores]
        kinds["genes"] = [f"{name}/{model}" for name in self.genomes for model in self.calling()]
        kinds["variants"] = [f"{n}/{m}" for n in self.config.variants.files for m in models]
        return [f"<results>/{kind}/{name}" for kind, names in kinds.items() for name in names]

    def calling(self) -> list[str]:
        """Models whose genes are called, if they are asked for: those that tell labels."""
        models = self.config.models if self.config.genes is not None else {}
        return [name for name, run in models.items() if run.task.needs_labels()]

    def report_options(self, _: Wildcards) -> str:
        """Title and note, by a function: in strings Snakemake would look for wildcards."""
        return options(**self.config.report.model_dump())


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
DEMO_PAIRS = ("resources/demo/pairs.tsv", "resources/demo/reads.fa")
"""Files that the rule ``demo_pairs`` makes."""


def growing(amount: int) -> Callable[[Wildcards, int], int]:
    """Memory (MB) or time (min) of a rule, and as much again for each retry."""
    return lambda _, attempt: amount * attempt
