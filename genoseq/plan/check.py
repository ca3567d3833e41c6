"""What ``genoseq config check`` says: whether a run can start, what it would do, and take."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isnan
from pathlib import Path
from textwrap import wrap

from genoseq.config.base import read_mapping
from genoseq.errors import ConfigError, listed
from genoseq.plan.constants import FLOOR
from genoseq.plan.costs import training_memory
from genoseq.plan.estimate import estimate, evaluated_bases
from genoseq.plan.estimate_pairs import estimate_pairs
from genoseq.plan.estimate_row import Estimate
from genoseq.plan.genomes import check_genomes, missing_files
from genoseq.plan.pairs import check_pairs
from genoseq.plan.processor import speed_here
from genoseq.plan.rules import Plan, plan_problems, read_plan
from genoseq.readers.genome_size import GenomeSize
from genoseq.writers.formats import format_named

_HERE = (
    "of this processor, whose speed was measured once ({name}), right within a factor of two "
    "(other work on it makes them more)"
)
_ELSEWHERE = (
    "of an AMD EPYC with AVX2 and without bf16, as the speed of this processor could not be "
    "measured (most take fewer, down to a fifth)"
)
_SHOWN = 20
"""Genomes with a line of their own."""
_HEADS = ("rule", "jobs", "bases", "windows", "disk", "RAM", "hours", "longest")
_MEANING = (
    "Estimates for a run from the beginning. Hours are core hours {processor}, of all jobs "
    "together, and of the longest, which the time limit must allow. On a GPU train, evaluate and "
    "score take a small part of them, and the RAM of train is the GPU's. RAM is for one job, "
    "without annotations; these three rules ask a cluster for half as much again, but at least "
    "4 GB. The disk space of score is free again after merge."
)


@dataclass(frozen=True)
class Check:
    """A plan that can start, and what it would take.

    Attributes
    ----------
    sizes
        Of each genome; None where a rule makes its file.
    rows
        The estimates, a row for each rule.
    notes
        What was not looked at, or is strange.
    processor
        Whose hours they are; empty for that of :mod:`genoseq.plan.constants`.
    """

    plan: Plan
    sizes: dict[str, GenomeSize | None]
    rows: list[Estimate]
    notes: tuple[str, ...] = ()
    processor: str = ""

    def lines(self) -> Iterator[str]:
        """All of it as text: genomes and models, the table, and what the table cannot say."""
        yield from _summary(self.plan)
        yield ""
        yield from table(self.rows)
        yield from _notes(self)
        yield from self.notes


def check_config(path: str | Path) -> Check:
    """Check settings, sample sheet and files: what ``genoseq config check`` does.

    Parameters
    ----------
    path
        YAML or JSON configuration of the workflow.

    Raises
    ------
    ConfigError, InputFormatError
        With every problem, see :func:`genoseq.plan.rules.read_plan` and :func:`check_plan`.
    """
    return check_plan(read_plan(read_mapping(path), path))


def check_plan(plan: Plan) -> Check:
    """Read what a plan names, as far as it is there, and estimate a run of it.

    Raises
    ------
    ConfigError
        With all that is wrong with settings and sheet, every file that is missing, every genome
        that cannot be read, learned from as its split says, or scored, and all labels that cannot
        be made; or if no genome has anything to train or to test on.
    """
    if plan.pairs:
        pairs = check_pairs(plan)
        _refuse(plan, pairs.problems)
        speed = speed_here()
        rows = estimate_pairs(plan, pairs, speed)
        return Check(plan, {}, rows, tuple(pairs.notes), speed.name)
    found = check_genomes(plan)
    _refuse(plan, found.problems)
    speed = speed_here()
    rows = estimate(plan, found.sizes, speed)
    return Check(plan, found.sizes, rows, tuple(found.notes), speed.name)


def _refuse(plan: Plan, found: Sequence[str]) -> None:
    """ConfigError with all that is wrong, if anything is."""
    missing = [
        f"no such file: {path} (paths are relative to {Path.cwd()})" for path in missing_files(plan)
    ]
    if problems := dict.fromkeys([*plan_problems(plan), *missing, *found]):
        raise ConfigError(list(problems), plan.config.genomes)


def _summary(plan: Plan) -> Iterator[str]:
    yield f"sheet: {Path(plan.config.genomes).resolve()}"
    for name, genome in islice(plan.genomes.items(), _SHOWN):
        files = ", ".join(path for path in (genome.pairs, genome.targets, genome.fasta) if path)
        yield f"genome {name}: split {genome.split}, {files}"
    if len(plan.genomes) > _SHOWN:
        yield f"and {len(plan.genomes) - _SHOWN:,} genomes more"
    for name in plan.config.models:
        init = plan.config.models[name].init
        after = "" if init is None else f", from the weights of {init}"
        teacher = plan.config.models[name].training.teacher
        after += "" if teacher is None else f", taught by {teacher}"
        yield f"model {name}: trains on {listed(plan.learned('test', name))}{after}"
        yield f"model {name}: is tested on {listed(plan.learned('train', name))}"
        if plan.pairs:
            told = [genome for genome, row in plan.genomes.items() if row.fasta]
            yield f"model {name}: translates {listed(told) if told else 'nothing'}"
        else:
            yield f"model {name}: scores {listed(plan.genomes)}"
    if not plan.pairs:
        yield f"tracks: {', '.join(plan.config.score.formats)}"


def table(rows: Sequence[Estimate]) -> Iterator[str]:
    """The estimates in aligned columns, with a line for all of them; ``?`` is what is unknown."""
    lines = [_HEADS, *map(_texts, rows), _texts(_all(rows))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for first, *rest in lines:
        numbers = (text.rjust(width) for text, width in zip(rest, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *numbers]).rstrip()


def _all(rows: Sequence[Estimate]) -> Estimate:
    return Estimate(
        "all",
        jobs=sum(row.jobs for row in rows),
        bases=None,
        windows=None,
        disk=sum(row.disk for row in rows),
        memory=max(row.memory for row in rows),
        hours=sum(row.hours for row in rows),
        longest=max(row.longest for row in rows),
        unknown=frozenset().union(*(row.unknown for row in rows)),
    )


def _texts(row: Estimate) -> tuple[str, ...]:
    """A line of the table: what is unknown is to be added to a number, or all there is."""
    texts = {
        "bases": "" if row.bases is None else f"{row.bases:,}",
        "windows": "" if row.windows is None else f"{row.windows:,}",
        "disk": _bytes(row.disk),
        "memory": _bytes(1e6 * row.memory),
        "hours": _hours(row.hours),
        "longest": _hours(row.longest),
    }
    for name in row.unknown:
        if texts[name]:
            nothing = row.bases == 0 or not getattr(row, name)
            texts[name] = "?" if nothing else f"{texts[name]}+?"
    return (row.rule, f"{row.jobs:,}", *texts.values())


def _hours(hours: float) -> str:
    return f"{hours:,.2f}" if hours >= 0.01 else "<0.01"


def _bytes(number: float) -> str:
    units = ("kB", "MB", "GB", "TB")
    power = next((n for n in range(3) if number < 999.5e3 * 1000**n), 3)
    return f"{number / 1000 ** (power + 1):.3g} {units[power]}"


def _notes(check: Check) -> Iterator[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if large := [row.rule for row in check.rows if 1e6 * row.memory > memory]:
        yield f"More RAM than this machine has, {_bytes(memory)}: {', '.join(large)}"
    processor = _HERE.format(name=check.processor) if check.processor else _ELSEWHERE
    yield from wrap(_MEANING.format(processor=processor), 88)
    models, states = check.plan.config.models.items(), check.plan.states
    if untold := [name for name, run in models if isnan(training_memory(run, states))]:
        asked = f"rules ask for {_bytes(1e6 * FLOOR)}, or the profile's mem_mb"
        yield f"?: unknown for this encoder or task; {asked}: {listed(untold)}"
    if not check.plan.pairs:
        yield from _notes_of_genomes(check)


def _notes_of_genomes(check: Check) -> Iterator[str]:
    rows, fraction = check.plan.genomes, check.plan.config.split.test
    sizes = {name: size for name, size in check.sizes.items() if size is not None}
    if about := [name for name, size in sizes.items() if size.lengths is None]:
        yield f"Bases from the size of the file, as it has no index (.fai): {listed(about)}"
    tested = {name: evaluated_bases(rows[name], size, fraction) for name, size in sizes.items()}
    if uncounted := [name for name, bases in tested.items() if isnan(bases)]:
        yield f"?: the bases of its test contigs are not known without it: {listed(uncounted)}"
    if missing := rows.keys() - sizes.keys():
        yield f"?: not known before its files are made (snakemake demo): {listed(missing)}"
    kind = check.plan.config.labels.kind
    formats = check.plan.config.score.formats
    if unmeasured := [name for name in formats if kind not in format_named(name).costs]:
        yield f"?: not measured for these formats: {listed(unmeasured)}"
