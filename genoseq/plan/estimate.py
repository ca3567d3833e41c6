"""What a run will take, told before it starts: bases, windows, disk, memory and hours of each rule.

Hours are those of one core of the machine that the constants were measured on, two shared cores of
an AMD EPYC with avx512_bf16, and so are orders of magnitude elsewhere.  Without bf16, training and
scoring take about twice as long; on a GPU, a small part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from genoseq.config.context import core_length, round_up, usual_context
from genoseq.config.schema import RunSettings
from genoseq.config.sheet import GenomeRow, contig_rule
from genoseq.genome.shards import CONTIG_WORK
from genoseq.labels.classes import build_scheme
from genoseq.plan.memory import predicting_memory, training_memory
from genoseq.plan.operations import work_of
from genoseq.plan.rules import DEMO_FILES, Plan
from genoseq.readers.genome_size import GenomeSize
from genoseq.tokenizers.vocabulary import Vocabulary
from genoseq.writers.formats import Kind, format_named

# Measured by benchmarks/rules.py on the demo and its two models, in seconds of the processor.
BASES_A_SECOND = {
    "extract": 50e6, "tokenize": 25e6, "shards": 200e6, "merge": 27e6,
}  # fmt: skip
EVALUATED_A_SECOND = 0.5e6
"""Bases whose metrics are added up, on top of their prediction."""
CONTIG_SECONDS = 4e-5
"""Of any command, for each contig."""
START = {"torch": 2.5, "plain": 0.3}
"""Seconds until a command begins its work."""
MEGABYTES = {
    "demo": 140, "extract": 80, "tokenize": 60, "shards": 45, "merge": 65, "tracks": 75,
    "summary": 90,
}  # fmt: skip
CONTIG_MEGABYTES = 1e-3
"""Memory of a contig: its name, lengths and places."""

# Multiply-adds a second, of all layers as they are written down.  The LSTM's scoring is that of
# benchmarks/scoring.py, 1,220 kb/s on both strands in bf16, and 780 kb/s in fp32, in which GRU and
# RNN are scored; its training that of benchmarks/training_overhead.py, 38 ms a step.  The
# Transformer's: benchmarks/rules.py.
SCORING = {"lstm": 90e9, "gru": 58e9, "rnn": 58e9, "transformer": 36e9}
TRAINING = {"lstm": 72e9, "gru": 72e9, "rnn": 72e9, "transformer": 45e9}
STATE_BYTES = 24
"""On disk for each weight: the bundle, the best so far, and the last with its optimizer's state."""
LOGS_BYTES = 1e6


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
        Whether genomes that are not there yet, or formats whose cost nobody measured, would add to
        it.
    """

    rule: str
    jobs: int
    bases: int | None
    windows: int | None
    disk: float
    memory: float
    hours: float
    longest: float
    unknown: bool = False


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


class TrainingCost(NamedTuple):
    """What one model's training takes; ``disk`` in bytes, ``memory`` in MB."""

    bases: int
    windows: int
    disk: float
    memory: float
    hours: float


def training_cost(run: RunSettings, states: int) -> TrainingCost:
    """All steps of a training, unless its time budget ends it before."""
    model, training = run.model, run.training
    work = work_of(model, states, training.window)
    windows = training.steps * training.accumulate * training.batch
    bases = windows * training.window
    checkpoint = model.encoder.family == "transformer" and model.encoder.checkpoint
    passes = (4 if checkpoint else 3) * (2 if model.tied_strands else 1)
    seconds = passes * bases * work.per_base / TRAINING[model.encoder.family]
    hours, _ = _hours([seconds], "torch")
    if training.max_minutes is not None:
        hours = min(hours, training.max_minutes / 60)
    disk = STATE_BYTES * work.weights + LOGS_BYTES
    return TrainingCost(bases, windows, disk, training_memory(run, states), hours)


def _hours(seconds: Sequence[float], kind: str = "plain") -> tuple[float, float]:
    """Hours of all jobs and of the longest, by the seconds of each without its start."""
    hours = [(START[kind] + each) / 3600 for each in seconds]
    return sum(hours), max(hours, default=0.0)


def estimate(plan: Plan, sizes: Mapping[str, GenomeSize | None]) -> list[Estimate]:
    """A row for each rule of a run, in the order in which they run.

    Parameters
    ----------
    plan
        The run.
    sizes
        Of each genome of the sheet; None where its file is not there yet.
    """
    return _Run(plan, sizes).rows()


def unmeasured_formats(plan: Plan) -> list[str]:
    """Formats of the tracks whose cost is not known."""
    kind: Kind = "signal" if plan.config.labels.scheme == "signal" else "classes"
    return [name for name in plan.config.score.formats if kind not in format_named(name).costs]


class _Run:
    """A plan and the sizes of its genomes."""

    def __init__(self, plan: Plan, sizes: Mapping[str, GenomeSize | None]) -> None:
        self.plan, self.models = plan, plan.config.models
        self.known = {name: size for name, size in sizes.items() if size is not None}
        signals = [(str(n), ".") for n in range(plan.states)]
        scheme = build_scheme(plan.config.labels, signals)  # type: ignore[arg-type]
        self.states = plan.states
        self.kind = scheme.kind
        self.value = 2 if scheme.kind == "classes" else 4
        self.label = 1 if scheme.kind == "classes" else 4 * self.states
        by_phase = plan.config.score.by_phase and scheme.kind == "classes"
        self.channels = self.states - 1 if by_phase else len(scheme.channels)

    def rows(self) -> list[Estimate]:
        """One for each rule that has a job."""
        rows = [self._demo(), self._per_genome("extract", self.plan.learned, 1.02)]
        rows += [self._tokenize(), self._train(), self._evaluate()]
        rows += [self._per_genome("shards", self.plan.genomes, 1.0)]
        rows += [self._score(), self._merge(), self._tracks()]
        rows += [Estimate("summary", 1, None, None, 1e5, MEGABYTES["summary"], *_hours([0.0]))]
        return [row for row in rows if row.jobs]

    def _bases(self, names: Iterable[str]) -> int:
        return sum(self.known[name].bases for name in names if name in self.known)

    def _size(self, name: str) -> GenomeSize:
        """Of a genome, and nothing of one that is not there yet."""
        return self.known.get(name, GenomeSize(0, 0))

    def _missing(self, names: Iterable[str]) -> bool:
        return any(name not in self.known for name in names)

    def _memory(self, base: float) -> float:
        contigs = max((size.contigs for size in self.known.values()), default=0)
        return base + CONTIG_MEGABYTES * contigs

    def _demo(self) -> Estimate:
        used = {row.fasta for row in self.plan.genomes.values()} & {*DEMO_FILES}
        parts = "demo", len(used), None, None, 3e6, MEGABYTES["demo"]
        return Estimate(*parts, *_hours([0.0] * len(used)))

    def _per_genome(self, rule: str, names: Iterable[str], disk: float, jobs: int = 1) -> Estimate:
        """A rule that goes through every base of some genomes, ``jobs`` times."""
        names = list(names) * jobs
        bases = self._bases(names)
        hours = _hours(
            [
                size.bases / BASES_A_SECOND[rule] + CONTIG_SECONDS * size.contigs
                for size in map(self._size, names)
            ]
        )
        memory = self._memory(MEGABYTES[rule])
        parts = rule, len(names), bases, None, disk * bases, memory
        return Estimate(*parts, *hours, self._missing(names))

    def _tokenize(self) -> Estimate:
        tokenizers = {run.model.tokenizer for run in self.models.values()}
        tokens = sum(Vocabulary(t.k).dtype.itemsize / t.stride for t in tokenizers)
        disk = self.label + tokens / len(tokenizers)
        return self._per_genome("tokenize", self.plan.learned, disk, len(tokenizers))

    def _train(self) -> Estimate:
        found = [training_cost(run, self.states) for run in self.models.values()]
        bases, windows = sum(cost.bases for cost in found), sum(cost.windows for cost in found)
        disk, memory = sum(cost.disk for cost in found), max(cost.memory for cost in found)
        hours = [cost.hours for cost in found]
        parts = "train", len(found), bases, windows, disk, memory
        return Estimate(*parts, sum(hours), max(hours))

    def _predicting(self, run: RunSettings) -> float:
        """Seconds for a base, both strands."""
        window = 4 * usual_context(run)
        work = work_of(run.model, self.states, window)
        return 2 * work.per_base / SCORING[run.model.encoder.family]

    def _evaluate(self) -> Estimate:
        fraction, rows = self.plan.config.split.test, self.plan.genomes
        learned = [name for name in self.plan.learned if name in self.known]
        bases = sum(evaluated_bases(rows[name], self.known[name], fraction) for name in learned)
        each = [
            bases * (self._predicting(run) + 1 / EVALUATED_A_SECOND) for run in self.models.values()
        ]
        jobs = len(self.models)
        memory = self._predictor_memory("auto")
        parts = "evaluate", jobs, bases * jobs, None, 5e4 * jobs, memory
        return Estimate(*parts, *_hours(each, "torch"), self._missing(self.plan.learned))

    def _predictor_memory(self, precision: Literal["auto", "bf16", "fp32"]) -> float:
        models = self.models.values()
        return self._memory(max(predicting_memory(run, self.states, precision) for run in models))

    def _score(self) -> Estimate:
        config, runs = self.plan.config, self.models.values()
        shares = [
            (self._size(name), row.shards or config.score.shards)
            for name, row in self.plan.genomes.items()
        ]
        seconds = [
            (size.bases + CONTIG_WORK * size.contigs) / shards * rate
            for rate in map(self._predicting, runs)
            for size, shards in shares
            for _ in range(shards)
        ]
        bases = self._bases(self.plan.genomes) * len(runs)
        windows = sum(windows_of(size, run) for size in self.known.values() for run in runs)
        disk = bases * self.channels * self.value
        memory = self._predictor_memory(config.score.precision)
        parts = "score", len(seconds), bases, windows, disk, memory
        return Estimate(*parts, *_hours(seconds, "torch"), self._missing(self.plan.genomes))

    def _merge(self) -> Estimate:
        disk = self.channels * self.value
        return self._per_genome("merge", self.plan.genomes, disk, len(self.models))

    def _tracks(self) -> Estimate:
        names = list(self.plan.genomes) * len(self.models)
        asked = [format_named(name).costs.get(self.kind) for name in self.plan.config.score.formats]
        costs = [cost for cost in asked if cost is not None]
        a_base = self.channels * sum(cost.seconds for cost in costs)
        seconds = [
            size.bases * a_base + CONTIG_SECONDS * size.contigs for size in map(self._size, names)
        ]
        bases = self._bases(names)
        disk = bases * self.channels * sum(cost.bytes for cost in costs)
        unknown = self._missing(names) or len(costs) < len(asked)
        parts = "tracks", len(names), bases, None, disk, self._memory(MEGABYTES["tracks"])
        return Estimate(*parts, *_hours(seconds), unknown)
