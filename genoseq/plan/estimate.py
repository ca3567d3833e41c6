"""What a run will take, told before it starts: bases, windows, disk, memory and hours of each rule.

Hours are those of one core of the machine that the constants were measured on, and so are orders of
magnitude elsewhere.  Without bf16, training and scoring take about twice as long; on a GPU, a small
part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from genoseq.config.context import core_length, round_up, usual_context
from genoseq.config.schema import RunSettings
from genoseq.config.sheet import GenomeRow, contig_rule
from genoseq.genome.shards import CONTIG_WORK
from genoseq.labels.classes import build_scheme
from genoseq.plan import constants as c
from genoseq.plan.memory import predicting_memory, training_memory
from genoseq.plan.operations import predicting_seconds, training_seconds, work_of
from genoseq.plan.rules import DEMO_FILES, Plan
from genoseq.readers.genome_size import GenomeSize
from genoseq.writers.formats import Kind, format_named

Precision = Literal["auto", "bf16", "fp32"]
GENOMES = frozenset({"bases", "windows", "disk", "hours", "longest"})
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
        by encoders, tasks and formats that do not tell.
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


def unmeasured_formats(plan: Plan) -> list[str]:
    """Formats of the tracks whose cost is not known."""
    kind: Kind = "signal" if plan.config.labels.scheme == "signal" else "classes"
    return [name for name in plan.config.score.formats if kind not in format_named(name).costs]


class _Run:
    """A plan and the sizes of its genomes.

    Seconds, bytes and MB are None where an encoder or a task does not tell.
    """

    def __init__(self, plan: Plan, sizes: Mapping[str, GenomeSize | None]) -> None:
        self.plan, self.runs = plan, list(plan.config.models.values())
        self.known = {name: size for name, size in sizes.items() if size is not None}
        signals = [(str(n), ".") for n in range(plan.states)]
        scheme = build_scheme(plan.config.labels, signals)  # type: ignore[arg-type]
        self.kind = scheme.kind
        self.value = 2 if scheme.kind == "classes" else 4
        self.label = 1 if scheme.kind == "classes" else 4 * plan.states
        by_phase = plan.config.score.by_phase and scheme.kind == "classes"
        channels = plan.states - 1 if by_phase else len(scheme.channels)
        self.columns = [run.task.columns(channels) for run in self.runs]

    def rows(self) -> list[Estimate]:
        """One for each rule."""
        learned, genomes = self.plan.learned, list(self.plan.genomes)
        demo = {row.fasta for row in self.plan.genomes.values()} & {*DEMO_FILES}
        return [
            self._row("demo", [0.0] * len(demo), disk=[3e6]),
            self._through("extract", learned, [1.02]),
            # A byte for the code of each base, and its labels.
            self._through("tokenize", learned, [1 + self.label]),
            self._train(),
            self._evaluate(),
            self._through("shards", genomes, [1.0]),
            self._score(),
            self._through("merge", genomes, [_times(n, self.value) for n in self.columns]),
            self._tracks(),
            self._row("summary", [0.0], disk=[1e5]),
        ]

    def _row(
        self,
        rule: str,
        seconds: Sequence[float | None],
        names: Iterable[str] = (),
        *,
        disk: Sequence[float | None],
        bases: int | None = None,
        windows: int | None = None,
        memory: Sequence[float | None] = (),
    ) -> Estimate:
        """A row.

        Parameters
        ----------
        seconds
            Of each job, without its start.
        names
            Genomes that it goes through.
        disk
            Bytes, in any number of parts.
        memory
            MB for each model, of a rule that loads torch.
        """
        start = c.START_SECONDS["torch" if memory else "plain"]
        hours = [(start + each) / 3600 for each in seconds if each is not None]
        megabytes = max(map(_or_zero, memory), default=c.MEGABYTES.get(rule, 0.0))
        if names and megabytes:
            contigs = max((size.contigs for size in self.known.values()), default=0)
            megabytes += c.CONTIG_MEGABYTES * contigs
        unknown = set(GENOMES) if set(names) - self.known.keys() else set()
        unknown |= {"hours", "longest"} if None in seconds else set()
        unknown |= {"disk"} if None in disk else set()
        unknown |= {"memory"} if None in memory else set()
        return Estimate(
            rule,
            len(seconds),
            bases,
            windows,
            sum(map(_or_zero, disk)),
            megabytes,
            sum(hours),
            max(hours, default=0.0),
            frozenset(unknown),
        )

    def _sizes(self, names: Iterable[str]) -> list[GenomeSize]:
        """Of genomes, and nothing of one that is not there yet."""
        return [self.known.get(name, GenomeSize(0, 0)) for name in names]

    def _through(self, rule: str, names: list[str], a_base: Sequence[float | None]) -> Estimate:
        """A rule that goes through some genomes, once for each number of bytes a base."""
        sizes, times = self._sizes(names), len(a_base)
        bases, rate = sum(size.bases for size in sizes), c.BASES_A_SECOND[rule]
        seconds = [size.bases / rate + c.CONTIG_SECONDS * size.contigs for size in sizes]
        disk = [_times(each, bases) for each in a_base]
        return self._row(rule, seconds * times, names, disk=disk, bases=bases * times)

    def _train(self) -> Estimate:
        states, trainings = self.plan.states, [run.training for run in self.runs]
        windows = [each.steps * each.accumulate * each.batch for each in trainings]
        works = [work_of(run, states, run.training.window) for run in self.runs]
        return self._row(
            "train",
            [training_seconds(run, states) for run in self.runs],
            disk=[None if w is None else c.SAVED_BYTES * w.weights for w in works]
            + [c.LOGS_BYTES * len(works)],
            bases=sum(n * each.window for n, each in zip(windows, trainings, strict=True)),
            windows=sum(windows),
            memory=[training_memory(run, states) for run in self.runs],
        )

    def _evaluate(self) -> Estimate:
        rows, fraction = self.plan.genomes, self.plan.config.split.test
        names, jobs = self.plan.learned, len(self.runs)
        sizes = zip(names, self._sizes(names), strict=True)
        bases = sum(evaluated_bases(rows[name], size, fraction) for name, size in sizes)
        rates = [predicting_seconds(run, self.plan.states) for run in self.runs]
        return self._row(
            "evaluate",
            [_times(rate and rate + 1 / c.EVALUATED_A_SECOND, bases) for rate in rates],
            names,
            disk=[c.EVALUATION_BYTES] * jobs,
            bases=bases * jobs,
            memory=self._predicting_memory("auto"),
        )

    def _predicting_memory(self, precision: Precision) -> list[float | None]:
        return [predicting_memory(run, self.plan.states, precision) for run in self.runs]

    def _score(self) -> Estimate:
        score, names = self.plan.config.score, list(self.plan.genomes)
        shards = [row.shards or score.shards for row in self.plan.genomes.values()]
        works = [size.bases + CONTIG_WORK * size.contigs for size in self._sizes(names)]
        shares = [work / n for work, n in zip(works, shards, strict=True) for _ in range(n)]
        rates = [predicting_seconds(run, self.plan.states) for run in self.runs]
        bases = sum(size.bases for size in self.known.values())
        return self._row(
            "score",
            [_times(rate, share) for rate in rates for share in shares],
            names,
            disk=[_times(columns, bases * self.value) for columns in self.columns],
            bases=bases * len(self.runs),
            windows=sum(windows_of(size, run) for size in self.known.values() for run in self.runs),
            memory=self._predicting_memory(score.precision),
        )

    def _tracks(self) -> Estimate:
        names = list(self.plan.genomes)
        sizes = self._sizes(names)
        bases = sum(size.bases for size in sizes)
        costs = [format_named(name).costs.get(self.kind) for name in self.plan.config.score.formats]
        seconds = sum(cost.seconds for cost in costs if cost is not None)
        written = sum(cost.bytes for cost in costs if cost is not None)
        unknown = ("disk", "hours", "longest") if None in costs else ()
        row = self._row(
            "tracks",
            [
                columns and columns * size.bases * seconds + c.CONTIG_SECONDS * size.contigs
                for columns in self.columns
                for size in sizes
            ],
            names,
            disk=[_times(columns, bases * written) for columns in self.columns],
            bases=bases * len(self.runs),
        )
        return replace(row, unknown=row.unknown | {*unknown})


def _times(number: float | None, factor: float) -> float | None:
    return None if number is None else number * factor


def _or_zero(number: float | None) -> float:
    return number or 0.0
