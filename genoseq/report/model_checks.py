"""Checks of what a model learned: calibration, overfitting, classes, strands, baselines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from genoseq.metrics.ranking import HEADLINES, headline, headline_of, never_called
from genoseq.report.results import ModelResult
from genoseq.report.verdict import GRADES, Check, Limits, judged, unmeasured

CALIBRATION = Limits(0.05, 0.15, "warn from 0.05, fail from 0.15")
LOSS_GAP = Limits(0.25, 1.0, "warn from 25%, fail from 100% more loss")
TEST_GAP = Limits(0.05, 0.15, "warn from 0.05, fail from 0.15 less")
NEVER = Limits(1, 1, "fail from one class")
BY_THRESHOLD = Limits(1, math.inf, "warn from one class that a threshold calls")
TOLD = 0.1
"""Best F1 from which a threshold calls a class that is never the most probable one."""
STRANDS = Limits(0.05, 0.15, "warn from 0.05, fail from 0.15 between strands")
UNSURE_STRANDS = Limits(0.05, math.inf, "warn from 0.05; no more where intervals overlap")
BASE_RATE = Limits(0.25, 0.05, "warn up to 25%, fail up to 5% of the way to 1", rising=False)
BASELINE = Limits(0.0, -0.05, "warn up to 0, fail up to -0.05", rising=False)
_CLASSES = ("classes", "independent")
_AGAIN = "evaluate the model again with this version of genoseq"


def check_model(model: ModelResult) -> list[Check]:
    """All checks of a model."""
    made = (check_calibration, check_loss_gap, check_test_gap, check_never, check_strands,
            check_base_rate, check_baselines)  # fmt: skip
    return [check(model) for check in made]


def check_calibration(model: ModelResult) -> Check:
    """Expected calibration error of the class that is called."""
    name = "Calibration"
    if model.kind != "classes":
        return _no_classes(name, model, CALIBRATION)
    error = model.metrics["channels"].get("calibration", {}).get("error")
    if error is None:
        why = "its evaluation does not have it"
        return unmeasured(name, model.name, why, _AGAIN, CALIBRATION)
    advice = (
        "probabilities are not shares: compare scores, do not read them as chances; train less "
        "long, with more data, dropout or no class weights"
    )
    said = f"expected calibration error {error:.4f}"
    return judged(name, model.name, error, CALIBRATION, said, advice)


def check_loss_gap(model: ModelResult) -> Check:
    """How much more loss validation has than training, at the step that was kept."""
    name = "Overfit: training to validation"
    columns = {} if model.learning is None else model.learning.columns
    valid, train = columns.get("valid_loss", ()), columns.get("train_loss", ())
    if not valid or not train:
        why = "no learning curve with both losses lies beside the bundle"
        how = "keep MODEL.state beside it: give the folder that genoseq train wrote to"
        return unmeasured(name, model.name, why, how, LOSS_GAP)
    if model.origin.get("settings", {}).get("sampling"):
        why = "training saw windows around rare classes, validation those of the genome as it is"
        how = "see that the loss of validation falls; compare validation and test"
        return unmeasured(name, model.name, why, how, LOSS_GAP)
    step, loss = min(valid, key=lambda point: point[1])
    near = sorted(train, key=lambda point: abs(point[0] - step))[:5]
    trained = sum(value for _, value in near) / len(near)
    if not trained > 0:
        why = f"training loss {trained:.4g} at step {step:,} is not above 0"
        return unmeasured(name, model.name, why, "look at the learning curve", LOSS_GAP)
    gap = loss / trained - 1
    said = (
        f"loss {loss:.4f} of validation, {trained:.4f} of training near step {step:,}: {gap:+.0%}"
    )
    advice = "it learns its training by heart: more genomes, dropout, a smaller network, patience"
    return judged(name, model.name, gap, LOSS_GAP, said, advice)


def check_test_gap(model: ModelResult) -> Check:
    """How much worse the test is than the validation that chose the step: macro F1, or macro AUPRC
    where a class is rare."""
    name, figure = "Overfit: validation to test", headline_of(model.metrics)
    if model.kind not in _CLASSES or figure is None:
        return _no_classes(name, model, TEST_GAP)
    valid = headline(model.bundle["metrics"].get("valid", {}), figure)
    test = headline(model.metrics, figure)
    if math.isnan(valid) or math.isnan(test):
        why = "there was no validation split" if math.isnan(valid) else "no class is in the test"
        how = "give the split valid (or test) some regions with every class"
        return unmeasured(name, model.name, why, how, TEST_GAP)
    said = f"{HEADLINES[figure]} {valid:.4f} of validation, {test:.4f} of test"
    advice = (
        "the test is harder than what chose the model: are its genomes further away? Report the "
        "test, not the validation"
    )
    return judged(name, model.name, valid - test, TEST_GAP, said, advice)


def check_never(model: ModelResult) -> Check:
    """Classes that are in the test and are never called; at worst a warning where all of them are
    well called by a threshold, as rare classes are."""
    name = "Class never predicted"
    if model.kind != "classes":
        return _no_classes(name, model, NEVER)
    missed = never_called(model.metrics)
    best = {f"{row['name']}{row['strand'].strip('.')}": row.get("best_f1") for row in model.rows}
    told = [label for label in missed if (best[label] or 0) >= TOLD]
    if missed and told == missed:
        figures = ", ".join(f"{label} (best F1 {best[label]:.2f})" for label in missed)
        said = f"never the most probable class of a base: {figures}"
        advice = "call them by a threshold (score.peaks, score.segments), and look at their AUPRC"
        return judged(name, model.name, len(missed), BY_THRESHOLD, said, advice)
    said = f"{', '.join(missed)}: never called" if missed else "every class of the test is called"
    advice = (
        "train longer, or with training.class_weights: balanced or the focal loss; or leave the "
        "class out; call sites by a threshold (score.peaks), which AUPRC and best F1 are of"
    )
    return judged(name, model.name, len(missed), NEVER, said, advice)


def check_strands(model: ModelResult) -> Check:
    """The largest difference in F1 between the strands of a class; in AUPRC, where one is rare.  At
    worst a warning where 95% intervals of both strands overlap: then the test may be too small."""
    name, figure = "Strand asymmetry", _of_class(model)
    if model.kind not in _CLASSES:
        return _no_classes(name, model, STRANDS)
    gaps = {
        label: (not _overlap(plus, minus, figure), abs(plus[figure] - minus[figure]))
        for label, plus, minus in _strand_pairs(model.rows)
        if plus[figure] is not None and minus[figure] is not None
    }
    if not gaps:
        why = "no class has bases on both strands in the test"
        how = "learn classes of strands (cds-phase, stranded), and test on more bases"
        return unmeasured(name, model.name, why, how, STRANDS)
    label, (sure, gap) = max(gaps.items(), key=lambda pair: _graver(*pair[1]))
    said = f"{figure.upper()} of {label} differs by {gap:.4f} between strands"
    if not sure:
        said += ", whose 95% intervals overlap"
    advice = (
        "train with reverse_complement, or model.tied_strands; or the test has few genes of one "
        "strand: add genomes to it"
    )
    limits = STRANDS if sure else UNSURE_STRANDS
    return judged(name, model.name, gap, limits, said, advice)


def _graver(sure: bool, gap: float) -> tuple[int, float]:
    """What the worst of differences between strands is chosen by: grade, then size."""
    grade = (STRANDS if sure else UNSURE_STRANDS).grade(gap)
    return -GRADES.index(grade), gap


def _overlap(plus: Mapping[str, Any], minus: Mapping[str, Any], figure: str) -> bool:
    """Whether intervals of both strands share a number; not where one has none."""
    one, other = (row.get("intervals", {}).get(figure) for row in (plus, minus))
    return bool(one and other) and max(one[0], other[0]) <= min(one[1], other[1])


def check_base_rate(model: ModelResult) -> Check:
    """How far the worst class is on the way from guessing by its base rate to perfection."""
    name = "Better than the base rate"
    if model.kind not in _CLASSES:
        return _no_classes(name, model, BASE_RATE)
    rates = "prevalence" if model.kind == "independent" else "base_rate"
    ways = {
        row["label"]: ((row["auprc"] - rate) / (1 - rate), row["auprc"], rate)
        for row in model.rows
        if row["auprc"] is not None and 0 < (rate := row[rates]) < 1
    }
    if not ways:
        why = "no class has bases in the test"
        return unmeasured(name, model.name, why, "test on genomes that have them", BASE_RATE)
    label, (way, auprc, rate) = min(ways.items(), key=lambda pair: pair[1][0])
    shown = ".4f" if rate >= 0.001 else ".2g"
    said = f"{label}: AUPRC {auprc:.4f}, base rate {rate:{shown}}: {way:.1%} of the way to 1"
    advice = "this class is hardly told from chance: more examples of it, or other labels"
    return judged(name, model.name, way, BASE_RATE, said, advice)


def check_baselines(model: ModelResult) -> Check:
    """By how much the model's F1 is above that of the best baseline, in its worst class; or AUPRC,
    where a class is rare."""
    name, figure = "Better than baselines", _of_class(model)
    if model.kind not in _CLASSES:
        return _no_classes(name, model, BASELINE)
    best: dict[str, tuple[float, str]] = {}
    for row in model.baselines:
        own = row.figures.get(figure)
        if row.fair and own is not None and (row.label not in best or own > best[row.label][0]):
            best[row.label] = (own, row.name)
    gains = {
        row["label"]: (row[figure] - best[row["label"]][0], *best[row["label"]])
        for row in model.rows
        if row["label"] in best and row[figure] is not None
    }
    if not gains:
        why = "its evaluation has no baselines that are fair"
        return unmeasured(name, model.name, why, "genoseq evaluate --baselines", BASELINE)
    label, (gain, other, baseline) = min(gains.items(), key=lambda pair: pair[1][0])
    said = f"{label}: {figure.upper()} {gain:+.4f} against {baseline} ({other:.4f})"
    advice = "a simpler method does as well: train longer or on more, or use that method"
    return judged(name, model.name, gain, BASELINE, said, advice)


def _strand_pairs(
    rows: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    by_name = {(row["name"], row["strand"]): row for row in rows}
    for name, strand in by_name:
        if strand == "+" and (name, "-") in by_name:
            yield name, by_name[name, "+"], by_name[name, "-"]


def _of_class(model: ModelResult) -> str:
    """The figure of a class that suits: F1 of the class that is called, or AUPRC."""
    return "auprc" if headline_of(model.metrics) == "macro_auprc" else "f1"


def _no_classes(name: str, model: ModelResult, limits: Limits) -> Check:
    why = f"it is of classes, and this model was measured by {model.kind}"
    if model.kind == "independent":
        why = "it is of the most probable class, and here a base may have several"
    return unmeasured(name, model.name, why, "nothing to do", limits)
