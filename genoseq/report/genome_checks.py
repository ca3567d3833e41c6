"""Checks of what a run learned from and was tested on: leaks, N, labels, drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from genoseq.extraction.leaks import K, Leak
from genoseq.report.composition import Composition, divergence
from genoseq.report.verdict import Check, Limits, judged, unmeasured

LEAKS = Limits(0.01, 0.1, f"warn from 1%, fail from 10% of distinct {K}-mers")
MANY_N = Limits(0.1, 0.5, "warn from 10%, fail from 50% of bases")
MANY_MASKED = Limits(0.25, 0.75, "warn from 25%, fail from 75% of bases")
DRIFT = Limits(0.01, 0.1, "warn from 0.01, fail from 0.1 bit")
# Of nine genomes (benchmarks/drift.py) tenths are 0.0001 to 0.006 bit from the rest, strains of
# Escherichia coli 0.0002 from one another, genera 0.02 to 0.09 or, of another GC, up to 0.39.


def check_leaks(leaks: Sequence[Leak]) -> list[Check]:
    """Of each pair of splits, how much of the held-out one is also in the other."""
    name = "Leaks between splits"
    if not leaks:
        why = "all regions are of one split, or no store was given"
        return [unmeasured(name, "", why, "give the stores that were learned from", LEAKS)]
    advice = (
        "what is tested was partly seen in training: divide by contig or genome (column split), "
        "or take strains that are nearly alike out of the test"
    )
    return [
        judged(
            name, f"{leak.held_out} in {leak.other}", leak.fraction, LEAKS,
            f"{leak.fraction:.2%} of {leak.held_out}'s {K}-mers are also in {leak.other} "
            f"({leak.shared:,} of {leak.total:,})",
            advice,
        )
        if leak.total
        else unmeasured(
            name, f"{leak.held_out} in {leak.other}", f"it has no {K}-mer without N",
            "look at its bases", LEAKS,
        )
        for leak in leaks
    ]  # fmt: skip


def check_unknown(parts: Sequence[Composition]) -> list[Check]:
    """Of each genome, the share of N in the split that has most of them."""
    name = "Share of N"
    if not parts:
        how = "give the stores that were learned from"
        return [unmeasured(name, "", "no store was given", how, MANY_N)]
    advice = "N teach and test nothing: lower regions.max_n_fraction, or take a better assembly"
    return [
        judged(name, part.name, share, MANY_N, f"{share:.2%} of {_where(part)} are N", advice)
        for part, share in _most(parts, {id(part): part.unknown for part in parts})
    ]


def check_masked(parts: Sequence[Composition]) -> list[Check]:
    """Of each genome, the share of bases without a known label in the split that has most."""
    name = "Masked bases"
    counts = {id(part): part.unlabelled for part in parts if part.unlabelled is not None}
    labelled = [part for part in parts if id(part) in counts]
    if not labelled:
        why = "no store with labels was given"
        return [unmeasured(name, "", why, "give the stores that were learned from", MANY_MASKED)]
    advice = (
        "figures are of the other bases alone: look at the mask, the tiers of evidence and "
        "labels.overlap"
    )
    return [
        judged(
            name, part.name, share, MANY_MASKED,
            f"{share:.2%} of {_where(part)} have no known label: masked, cut off or not trusted",
            advice,
        )
        for part, share in _most(labelled, counts)
    ]  # fmt: skip


def _most(
    parts: Sequence[Composition], counts: Mapping[int, int | None]
) -> list[tuple[Composition, float]]:
    """Of each genome the split with the largest share of counted bases, and that share."""
    found: dict[str, tuple[Composition, float]] = {}
    for part in parts:
        share = (counts[id(part)] or 0) / max(part.bases, 1)
        if part.name not in found or share > found[part.name][1]:
            found[part.name] = (part, share)
    return list(found.values())


def _where(part: Composition) -> str:
    return f"its split {part.split}" if part.split else "it"


def check_drift(parts: Sequence[Composition]) -> list[Check]:
    """Of each genome that is tested or scored, how far its words are from those of training."""
    name = "Drift from training"
    trained = [part for part in parts if part.split == "train" and part.bases]
    others = [part for part in parts if part.split != "train" and part.bases]
    if not trained or not others:
        why = "there is no split train to compare with" if not trained else "no other split"
        how = "give the stores that were learned from, and those of tested or scored genomes"
        return [unmeasured(name, "", why, how, DRIFT)]
    words = np.sum([part.words for part in trained], axis=0)
    whole = Composition("", "train", 0, 0, None, words)
    return [_drifted(name, part, whole) for part in others]


def _drifted(name: str, part: Composition, trained: Composition) -> Check:
    of = f"{part.name} ({part.split})" if part.split else part.name
    found = divergence(part.words, trained.words)
    if found is None:
        return unmeasured(name, of, "it has no words without N", "look at its bases", DRIFT)
    said = (
        f"{found:.4f} bit between its 4-mers and those of training; "
        f"GC {part.gc:.1%}, in training {trained.gc:.1%}"
    )
    advice = (
        "the model reads bases unlike those it learned from: add a genome like this one to "
        "training, and trust scores there less"
    )
    return judged(name, of, found, DRIFT, said, advice)
