"""What a run will take, told before it starts: bases, windows, disk, memory and hours of each rule.

Hours are those of one core of the machine that the constants were measured on, and so are orders of
magnitude elsewhere.  Without bf16, training and scoring take about twice as long; on a GPU, a small
part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan

from genoseq.config.base import AskedPrecision
from genoseq.config.context import core_length, round_up, usual_context
from genoseq.config.schema import RunSettings
from genoseq.config.sheet import GenomeRow, contig_rule
from genoseq.genome.shards import CONTIG_WORK
from genoseq.labels.classes import build_scheme
from genoseq.plan import constants
from genoseq.plan.costs import (
    predicting_memory,
    predicting_seconds,
    training_memory,
    training_seconds,
    work_of,
)
from genoseq.plan.rules import DEMO_FILES, Plan
from genoseq.readers.genome_size import GenomeSize
from genoseq.tokenizers.vocabulary import Vocabulary

# Of each format of tracks: bases of two channels a second, and bytes of a base and a channel.
# Signals are those in which no value comes twice; smooth ones take half to two thirds on disk, and
# a TSV of many channels half.
PAIRS_A_SECOND = {
    "classes": {"bigwig": 15e6, "bedgraph": 4e6, "bed": 27e6, "tsv": 2.9e6, "scores": 27e6},
    "signal": {"bigwig": 15e6, "bedgraph": 0.75e6, "tsv": 0.9e6, "scores": 27e6},
}
BYTES_A_CHANNEL = {
    "classes": {"bigwig": 1.2, "bedgraph": 2.7, "bed": 0.07, "tsv": 3.6, "scores": 2.0},
    "signal": {"bigwig": 4.2, "bedgraph": 11.0, "tsv": 11.0, "scores": 4.0},
}


def format_cost(name: str, kind: str) -> tuple[float, float]:
    """Seconds and bytes that a base of one channel takes in a format of tracks."""
    return 0.5 / PAIRS_A_SECOND[kind][name], BYTES_A_CHANNEL[kind][name]


OF_GENOMES = frozenset({"bases", "windows", "disk", "hours", "longest"})
"""What of a row a genome adds to."""


@dataclass(frozen=True)
class Estimate:
    """A row of the table.

    Attributes
    ----------
    bases, windows
        Of all jobs; None where there are none.
    disk
        Bytes of all outputs.
    memory
        MB of the largest job.
    hours, longest
        Of all jobs, and of the one that takes longest; one core each.
    unknown
        Attributes to which something unknown is to be added: by genomes that are not there yet, or
        by encoders and tasks that do not tell.
    """

    rule: str
    jobs: int
    bases: int | None
    windows: int | None
    disk: float
    memory: float
    hours: float
    longest: float
    unknown: frozenset[str] = frozenset()


def windows_of(size: GenomeSize, settings: RunSettings) -> int:
    """Windows in which a genome is scored."""
    model = settings.model
    context = round_up(usual_context(settings), model.stride)
    if size.lengths is None:
        core = core_length(model, context, max(1, size.bases // size.contigs))
        return size.contigs + size.bases // core
    cores = ((n, core_length(model, context, n)) for n in size.lengths.values() if n)
    return sum(-(-length // core) for length, core in cores)


def evaluated_bases(row: GenomeRow, size: GenomeSize, fraction: float) -> int:
    """Bases of a genome in its test split; ``fraction`` is that of ``split: blocks``."""
    if row.split in ("test", "blocks"):
        return size.bases if row.split == "test" else round(fraction * size.bases)
    if not row.split.startswith("contigs:"):
        return 0
    tested = [name for name, split in contig_rule(row.split).items() if split == "test"]
    if size.lengths is None:
        return size.bases if tested else 0
    return sum(size.lengths.get(name, 0) for name in tested)


def estimate(plan: Plan, sizes: Mapping[str, GenomeSize | None]) -> list[Estimate]:
    """A row for each rule of a run that has a job, in the order in which they run.

    Parameters
    ----------
    plan
        The run.
    sizes
        Of each genome of the sheet; None where its file is not there yet.
    """
    rows = _Run(plan, sizes).rows()
    return [row for row in rows if row.jobs]


class _Run:
    """A plan and the sizes of its genomes.

    A job whose seconds, bytes or MB are unknown has NaN: its encoder or its task does not tell.
    """

    def __init__(self, plan: Plan, sizes: Mapping[str, GenomeSize | None]) -> None:
        self.plan, self.states = plan, plan.states
        self.runs = list(plan.config.models.values())
        self.known = {name: size for name, size in sizes.items() if size is not None}
        signals = [(str(n), ".") for n in range(plan.states)]
        scheme = build_scheme(plan.config.labels, signals)  # type: ignore[arg-type]
        self.kind = scheme.kind
        self.value = 2 if scheme.kind == "classes" else 4
        self.label = 1 if scheme.kind == "classes" else 4 * plan.states
        by_phase = plan.config.score.by_phase and scheme.kind == "classes"
        channels = plan.states - 1 if by_phase else len(scheme.channels)
        columns = [run.task.columns(channels) for run in self.runs]
        self.columns = [nan if each is None else each for each in columns]

    def rows(self) -> list[Estimate]:
        """One for each rule."""
        learned, genomes = self.plan.learned, list(self.plan.genomes)
        demo = {row.fasta for row in self.plan.genomes.values()} & {*DEMO_FILES}
        tokenizers = {run.model.tokenizer for run in self.runs}
        tokens = [Vocabulary(t.k).dtype.itemsize / t.stride for t in tokenizers]
        pace = {rule: 1 / rate for rule, rate in constants.BASES_A_SECOND.items()}
        tokenized = [(pace["tokenize"], self.label + each) for each in tokens]
        merged = [(pace["merge"], self.value * each) for each in self.columns]
        formats = [format_cost(name, self.kind) for name in self.plan.config.score.formats]
        seconds, disk = (sum(cost[n] for cost in formats) for n in (0, 1))
        tracks = [(seconds * each, disk * each) for each in self.columns]
        return [
            self._row("demo", [0.0] * len(demo), [3e6]),
            self._through("extract", learned, [(pace["extract"], 1.02)]),
            self._through("tokenize", learned, tokenized),
            self._train(),
            self._evaluate(),
            self._through("shards", genomes, [(pace["shards"], 1.0)]),
            self._score(),
            self._through("merge", genomes, merged),
            self._through("tracks", genomes, tracks),
            self._row("summary", [0.0], [1e5]),
        ]

    def _row(
        self,
        rule: str,
        seconds: Sequence[float],
        disk: Sequence[float],
        names: Sequence[str] = (),
        memory: Sequence[float] = (),
        **counts: int,
    ) -> Estimate:
        """A row of the seconds of each job without its start, and the bytes of any parts.

        ``names`` are genomes that it goes through, ``memory`` is MB for each model of a rule that
        loads torch, ``counts`` are bases and windows.
        """
        start = constants.START_SECONDS["torch" if memory else "plain"]
        hours = [(start + each) / 3600 for each in seconds]
        numbers = {"hours": hours, "longest": hours, "disk": disk}
        numbers["memory"] = memory or [constants.MEGABYTES[rule]]
        unknown = {name for name, each in numbers.items() if any(map(isnan, each))}
        if not self.known.keys() >= set(names):
            unknown |= OF_GENOMES
        found = {name: [n for n in each if not isnan(n)] for name, each in numbers.items()}
        megabytes = max(found["memory"], default=0.0)
        if names and megabytes:
            contigs = max((size.contigs for size in self.known.values()), default=0)
            megabytes += constants.CONTIG_MEGABYTES * contigs
        return Estimate(
            rule,
            jobs=len(seconds),
            bases=counts.get("bases"),
            windows=counts.get("windows"),
            disk=sum(found["disk"]),
            memory=megabytes,
            hours=sum(found["hours"]),
            longest=max(found["longest"], default=0.0),
            unknown=frozenset(unknown),
        )

    def _sizes(self, names: Sequence[str]) -> list[GenomeSize]:
        """Of genomes, and nothing of one that is not there yet."""
        return [self.known.get(name, GenomeSize(0, 0)) for name in names]

    def _through(
        self, rule: str, names: Sequence[str], costs: Sequence[tuple[float, float]]
    ) -> Estimate:
        """A rule that goes through some genomes, once for each pair of seconds and bytes a base."""
        sizes, per_contig = self._sizes(names), constants.CONTIG_SECONDS
        bases = sum(size.bases for size in sizes)
        seconds = [
            size.bases * pace + size.contigs * per_contig for pace, _ in costs for size in sizes
        ]
        disk = [bases * each for _, each in costs]
        return self._row(rule, seconds, disk, names, bases=bases * len(costs))

    def _train(self) -> Estimate:
        trainings = [run.training for run in self.runs]
        windows = [each.steps * each.accumulate * each.batch for each in trainings]
        works = [work_of(run, self.states, run.training.window) for run in self.runs]
        return self._row(
            "train",
            [training_seconds(run, self.states) for run in self.runs],
            [constants.SAVED_BYTES * work.weights + constants.LOGS_BYTES for work in works],
            memory=[training_memory(run, self.states) for run in self.runs],
            bases=sum(n * each.window for n, each in zip(windows, trainings, strict=True)),
            windows=sum(windows),
        )

    def _predictors(self, precision: AskedPrecision) -> tuple[list[float], list[float]]:
        """Seconds a base, and MB, of each model."""
        memory = [predicting_memory(run, self.states, precision) for run in self.runs]
        return [predicting_seconds(run, self.states) for run in self.runs], memory

    def _evaluate(self) -> Estimate:
        names, fraction = self.plan.learned, self.plan.config.split.test
        rows = [self.plan.genomes[name] for name in names]
        sizes = zip(rows, self._sizes(names), strict=True)
        bases = sum(evaluated_bases(row, size, fraction) for row, size in sizes)
        rates, memory = self._predictors("auto")
        seconds = [bases * (rate + 1 / constants.EVALUATED_A_SECOND) for rate in rates]
        disk = [constants.EVALUATION_BYTES] * len(rates)
        return self._row("evaluate", seconds, disk, names, memory, bases=bases * len(rates))

    def _score(self) -> Estimate:
        score, genomes = self.plan.config.score, self.plan.genomes
        shares = [
            (size.bases + CONTIG_WORK * size.contigs) / shards
            for row, size in zip(genomes.values(), self._sizes([*genomes]), strict=True)
            for shards in [row.shards or score.shards]
            for _ in range(shards)
        ]
        rates, memory = self._predictors(score.precision)
        seconds = [rate * share for rate in rates for share in shares]
        sizes = list(self.known.values())
        bases = sum(size.bases for size in sizes)
        disk = [bases * self.value * each for each in self.columns]
        counts = {
            "bases": bases * len(rates),
            "windows": sum(windows_of(size, run) for size in sizes for run in self.runs),
        }
        return self._row("score", seconds, disk, [*genomes], memory, **counts)
