"""What a run will take, told before it starts: bases, windows, disk, memory and hours of each rule.

Hours are those of one core of the machine that the constants were measured on, unless the speed of
another is given.  On a GPU training and scoring take a small part of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan, prod

from genoseq.config.base import AskedPrecision
from genoseq.config.context import longest_window, usual_context
from genoseq.config.schema import RunSettings
from genoseq.config.sheet import GenomeRow, contig_rule
from genoseq.genome.shards import CONTIG_WORK
from genoseq.genome.tracks import Kind
from genoseq.genome.windows import round_up, tile
from genoseq.labels.classes import build_scheme
from genoseq.plan import constants, costs
from genoseq.plan.estimate_row import Estimate, estimate_row
from genoseq.plan.model_rules import suited_formats
from genoseq.plan.processor import REFERENCE, Speed
from genoseq.plan.rules import DEMO_FILES, Plan
from genoseq.readers.genome_size import GenomeSize
from genoseq.writers.formats import Cost, format_named


def windows_of(size: GenomeSize, settings: RunSettings) -> int:
    """Windows in which a genome is scored, of all strands that are read."""
    model = settings.model
    context = round_up(usual_context(settings), model.stride)
    longest = longest_window(model, context)

    def count(length: int) -> int:
        return (1 if model.strands == "one" else 2) * tile(
            length, longest, context, model.stride
        ).count

    if size.lengths is None:
        return size.contigs * count(max(1, size.bases // size.contigs))
    return sum(count(length) for length in size.lengths.values() if length)


def evaluated_bases(row: GenomeRow, size: GenomeSize, fraction: float) -> float:
    """Bases of a genome in its test split; NaN where they are of contigs that were not counted.

    ``fraction`` is that of ``split: blocks``.
    """
    if row.split in ("test", "blocks"):
        return size.bases if row.split == "test" else round(fraction * size.bases)
    rule = contig_rule(row.split) if row.split.startswith("contigs:") else {}
    tested = [name for name, split in rule.items() if split == "test"]
    if size.lengths is None:
        return nan if tested else 0
    return sum(size.lengths.get(name, 0) for name in tested)


def estimate(
    plan: Plan, sizes: Mapping[str, GenomeSize | None], speed: Speed = REFERENCE
) -> list[Estimate]:
    """A row for each rule of a run that has a job, in the order in which they run.

    Parameters
    ----------
    plan
        The run.
    sizes
        Of each genome of the sheet; None where its file is not there yet.
    speed
        Of the processor whose hours are wanted.
    """
    rows = _Run(plan, sizes, speed).rows()
    return [row for row in rows if row.jobs]


class _Run:
    """A plan and the sizes of its genomes.

    NaN is what is unknown: bases of a genome that is not there yet, or of test contigs that were
    not counted; seconds, bytes and MB of models whose encoder or task does not tell; and what
    follows from them.
    """

    def __init__(self, plan: Plan, sizes: Mapping[str, GenomeSize | None], speed: Speed) -> None:
        self.plan, self.states, self.sizes, self.speed = plan, plan.states, sizes, speed
        self.runs = list(plan.config.models.values())
        self.bases = {name: size.bases if size else nan for name, size in sizes.items()}
        self.contigs = {name: size.contigs if size else 0 for name, size in sizes.items()}
        self.contig_memory = constants.CONTIG_MEGABYTES * max(self.contigs.values(), default=0)
        signals = [(str(n), ".") for n in range(plan.states)]
        scheme = build_scheme(plan.config.labels, signals)  # type: ignore[arg-type]
        self.kinds = [run.task.kind(scheme.kind) for run in self.runs]
        self.label = prod(scheme.label_shape(1)) * scheme.dtype.itemsize
        if plan.config.labels.signals.control == "learn":
            self.label *= 2  # a control is kept beside each signal
        by_phase = plan.config.score.by_phase and scheme.kind == "classes"
        channels = plan.states - 1 if by_phase else len(scheme.channels)
        confidence = len(plan.config.score.confidence)
        channels += confidence * (1 if scheme.kind == "classes" else len(scheme.channels))
        columns = [run.task.columns(channels) for run in self.runs]
        self.columns = [nan if each is None else each for each in columns]
        self.scored = [
            (2 if kind == "classes" and plan.config.score.digits is None else 4) * each
            for kind, each in zip(self.kinds, self.columns, strict=True)
        ]

    def rows(self) -> list[Estimate]:
        """One for each rule."""
        learned, genomes = self.plan.learned(), list(self.plan.genomes)
        demo = {row.fasta for row in self.plan.genomes.values()} & {*DEMO_FILES}
        pace = {rule: 1 / rate for rule, rate in constants.BASES_PER_SECOND.items()}
        stored = 1 + self.label  # a byte for the code of each base, and its labels
        merged = [(pace["merge"], each) for each in self.scored]
        tracks = list(map(self._tracks, self.plan.config.models, self.kinds, self.columns))
        per_base, files, memory = constants.BYTES_PER_BASE, constants.BYTES, constants.MEGABYTES
        return [
            self._row("demo", [0.0] * len(demo), disk=[files["demo"]], memory=[memory["demo"]]),
            self._through("extract", learned, [(pace["extract"], per_base["extract"])]),
            self._through("tokenize", learned, [(pace["tokenize"], stored)]),
            self._train(),
            self._evaluate(),
            self._through("shards", genomes, [(pace["shards"], per_base["shards"])]),
            self._score(),
            self._through("merge", genomes, merged),
            self._through("tracks", genomes, tracks),
            *([] if self.plan.config.genes is None else [self._genes()]),
            *self._variants(),
            *([] if self.plan.config.hub is None else [self._hub()]),
            self._row("report", [0.0], disk=[files["report"]], memory=[memory["report"]]),
        ]

    def _tracks(self, model: str, kind: Kind, columns: float) -> tuple[float, float]:
        """Seconds and bytes of a base in the tracks of a model, in all formats that suit it."""
        rows = [*map(format_named, dict.fromkeys(suited_formats(self.plan.config, model)))]
        if kind == "classes" and self.plan.config.score.digits is not None:
            kind = "independent"  # values that are as seldom equal
        written = [each.costs.get(kind, Cost(nan, nan)) for each in rows]
        bins = [self.plan.config.score.bin if each.binned else 1 for each in rows]
        seconds = sum(each.seconds for each in written)
        disk = sum(each.bytes / bin for each, bin in zip(written, bins, strict=True))
        return seconds * columns, disk * columns

    def _row(self, rule: str, seconds: Sequence[float], **parts: Sequence[float]) -> Estimate:
        return estimate_row(rule, seconds, self.speed, **parts)

    def _rates(self, precision: AskedPrecision, runs: Sequence[RunSettings]) -> list[float]:
        """Seconds of predicting a base, by each model."""
        return [costs.predicting_seconds(run, self.states, self.speed, precision) for run in runs]

    def _through(
        self, rule: str, names: Sequence[str], passes: Sequence[tuple[float, float]]
    ) -> Estimate:
        """A rule that goes through some genomes, once for each pair of seconds and bytes per
        base."""
        opened = {n: constants.CONTIG_SECONDS * self.contigs[n] for n in names}
        slower = self.speed.plain()
        return self._row(
            rule,
            [slower * (pace * self.bases[n] + opened[n]) for pace, _ in passes for n in names],
            disk=[each * self.bases[n] for _, each in passes for n in names],
            memory=[constants.MEGABYTES[rule] + self.contig_memory],
            bases=[self.bases[n] for _ in passes for n in names],
        )

    def _train(self) -> Estimate:
        trainings = [run.training for run in self.runs]
        windows = [each.steps * each.accumulate * each.batch for each in trainings]
        works = [costs.work_of(run, self.states, run.training.window) for run in self.runs]
        return self._row(
            "train",
            [costs.training_seconds(run, self.states, self.speed) for run in self.runs],
            disk=[constants.SAVED_BYTES * w.weights + constants.BYTES["train"] for w in works],
            memory=[costs.training_memory(run, self.states) for run in self.runs],
            bases=[n * each.window for n, each in zip(windows, trainings, strict=True)],
            windows=windows,
        )

    def _memory(self, precision: AskedPrecision, runs: Sequence[RunSettings]) -> list[float]:
        models = [costs.predicting_memory(run, self.states, precision) for run in runs]
        return [each + self.contig_memory for each in models]

    def _evaluate(self) -> Estimate:
        fraction, rows = self.plan.config.split.test, self.plan.genomes
        tested = [
            [
                evaluated_bases(rows[name], size, fraction) if (size := self.sizes[name]) else nan
                for name in self.plan.learned(model=model)
            ]
            for model in self.plan.config.models
        ]
        bases = [each for of_model in tested for each in of_model]
        adding, once = 1 / constants.EVALUATED_PER_SECOND, 0.0
        if self.plan.config.evaluate.baselines:
            adding += 1 / constants.BASELINES_PER_SECOND
            once = constants.BASELINE_SECONDS
        slower = self.speed.plain()
        rates = self._rates("auto", self.runs)
        return self._row(
            "evaluate",
            [
                slower * once + sum(each) * (rate + slower * adding)
                for each, rate in zip(tested, rates, strict=True)
            ],
            # Not known where its bases are not.
            disk=[constants.BYTES["evaluate"] * len(self.runs), 0 * sum(bases)],
            memory=[
                costs.evaluating_memory(run, self.states) + self.contig_memory for run in self.runs
            ],
            bases=bases,
        )

    def _score(self) -> Estimate:
        score, rows, bases = self.plan.config.score, self.plan.genomes, self.bases
        shards = {name: row.shards or score.shards for name, row in rows.items()}
        works = {name: bases[name] + CONTIG_WORK * self.contigs[name] for name in rows}
        shares = [works[name] / n for name, n in shards.items() for _ in range(n)]
        sizes = self.sizes.values()
        return self._row(
            "score",
            [rate * share for rate in self._rates(score.precision, self.runs) for share in shares],
            disk=[bases[name] * each for each in self.scored for name in rows],
            memory=self._memory(score.precision, self.runs),
            bases=[bases[name] for _ in self.runs for name in rows],
            windows=[windows_of(size, run) if size else nan for run in self.runs for size in sizes],
        )

    def _genes(self) -> Estimate:
        precision, bases = self.plan.config.score.precision, list(self.bases.values())
        runs = [run for run in self.runs if run.task.needs_labels()]
        calling = self.speed.plain() / constants.CALLED_PER_SECOND
        computed: AskedPrecision = "int8" if precision == "auto" else precision  # as genes are
        held = [constants.CALLING_BYTES * each / 1e6 for each in bases]
        settings = self.plan.config.genes
        adapted = settings is not None and settings.adapt != "off"
        rates = [(1 + adapted) * (rate + calling) for rate in self._rates(computed, runs)]
        trained = [adapted * costs.adapting_seconds(r, self.states, self.speed) for r in runs]
        return self._row(
            "genes",
            [t + rate * each for t, rate in zip(trained, rates, strict=True) for each in bases],
            disk=[constants.BYTES_PER_BASE["genes"] * each for _ in runs for each in bases],
            memory=[most + each for most in self._memory(precision, runs) for each in held],
            bases=bases * len(runs),
        )

    def _variants(self) -> list[Estimate]:
        """How many variants files have is not known before they are read."""
        settings = self.plan.config.variants
        files = len(settings.files) * len(self.runs)
        memory = self._memory(self.plan.config.score.precision, self.runs)
        unknown = [nan] * files
        return [
            self._row("variants", unknown * settings.shards, disk=unknown, memory=memory),
            self._row(
                "merge_variants", unknown, disk=unknown, memory=[constants.MEGABYTES["merge"]]
            ),
        ]

    def _hub(self) -> Estimate:
        channels, bases = sum(self.columns), list(self.bases.values())
        pace = self.speed.plain() * channels / constants.HUB_PER_SECOND
        return self._row(
            "hub",
            [pace * each for each in bases],
            disk=[constants.HUB_BYTES * channels * each for each in bases],
            memory=[constants.HUB_MEGABYTES + self.contig_memory],
            bases=bases,
        )
