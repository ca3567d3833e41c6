"""What a run of pairs will take: what its models take is not known before they run."""

from __future__ import annotations

from math import nan

from genoseq.plan import constants
from genoseq.plan.estimate_row import Estimate, estimate_row
from genoseq.plan.pairs import FoundPairs
from genoseq.plan.processor import REFERENCE, Speed
from genoseq.plan.rules import DEMO_PAIRS, Plan

_BESIDE = 17
"""Bytes of a pair in a store, besides its letters."""


def estimate_pairs(plan: Plan, found: FoundPairs, speed: Speed = REFERENCE) -> list[Estimate]:
    """A row for each rule that has a job, as :func:`genoseq.plan.estimate.estimate`."""
    models = len(plan.config.models)
    files = [path for row in plan.genomes.values() for path in (row.pairs, row.fasta)]
    demo = [0.0] * bool({*files} & {*DEMO_PAIRS})
    counts = list(found.counts.values())
    bases = [nan if each is None else each.bases.total() for each in counts]
    stored = [nan if e is None else e.letters + _BESIDE * e.pairs.total() for e in counts]
    tested = sum(nan if each is None else each.bases["test"] for each in counts)
    reads = [nan if each is None else float(each) for each in found.reads.values()] * models
    trained = [run.training for run in plan.config.models.values()]
    windows = [each.steps * each.accumulate * each.batch for each in trained]
    disk, memory = constants.BYTES, constants.MEGABYTES
    pace = speed.plain() / constants.PAIRED_PER_SECOND
    return [
        row
        for row in (
            estimate_row("demo_pairs", demo, speed, disk=[disk["demo"]], memory=[memory["demo"]]),
            estimate_row(
                "tokenize",
                [pace * each for each in bases],
                speed,
                disk=[one + other for one, other in zip(bases, stored, strict=True)],
                memory=[memory["tokenize"]],
                bases=bases,
            ),
            estimate_row(
                "train",
                [nan] * models,
                speed,
                disk=[constants.BYTES["train"], nan],
                memory=[nan],
                bases=[n * each.window for n, each in zip(windows, trained, strict=True)],
                windows=windows,
            ),
            estimate_row(
                "evaluate",
                [nan] * models,
                speed,
                disk=[disk["evaluate"] * models],
                memory=[nan],
                bases=[tested] * models,
            ),
            estimate_row(
                "translate", [nan] * len(reads), speed, disk=[nan], memory=[nan], bases=reads
            ),
            estimate_row("report", [0.0], speed, disk=[disk["report"]], memory=[memory["report"]]),
        )
        if row.jobs
    ]
