"""Checks of what a model learned: calibration, overfitting, classes, strands, baselines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from genoseq.metrics.ranking import HEADLINES, RARE, class_name, headline, headline_of, never_called
from genoseq.report.model_limits import (
    BASE_RATE,
    BASELINE,
    BASELINE_SHARE,
    CALIBRATION,
    CLASS_CALIBRATION,
    LOSS_GAP,
    NEVER,
    OF_CLASSES,
    RARE_NEVER,
    SHARE,
    STRANDS,
    TEST_GAP,
    is_rare,
    no_classes,
    rate_of,
)
from genoseq.report.results import ModelResult
from genoseq.report.tables import short, shown
from genoseq.report.verdict import Check, judged, judged_between, unmeasured, worst

_AGAIN = "evaluate the model again with this version of genoseq"
_NO_SHARES = (
    "probabilities are not shares: compare scores, do not read them as chances; train less long, "
    "with more data or dropout, and correct what sampling and weights favour (training.correct)"
)
_TOLD = 10
"""Times the base rate from which an AUPRC is not of chance."""
_FEWEST = 50
"""Bases of a class in validation: of fewer, 25 splice sites, an AUPRC moves by a tenth or more."""


def check_model(model: ModelResult) -> list[Check]:
    """All checks of a model."""
    made = (check_calibration, check_loss_gap, check_test_gap, check_never, check_strands,
            check_base_rate, check_baselines)  # fmt: skip
    return [check(model) for check in made]


def check_calibration(model: ModelResult) -> Check:
    """Expected calibration error of the class that is called; and of each class that is rare, or
    that others do not exclude, that of its probability over its prevalence."""
    name = "Calibration"
    if model.kind not in OF_CLASSES:
        return no_classes(name, model, CALIBRATION)
    checks = []
    if model.kind == "classes":
        error = model.metrics["channels"].get("calibration", {}).get("error")
        if error is None:
            why = "its evaluation does not have it"
            return unmeasured(name, model.name, why, _AGAIN, CALIBRATION)
        said = f"expected calibration error {error:.4f}"
        checks = [judged(name, model.name, error, CALIBRATION, said, _NO_SHARES)]
    for row in model.rows:
        if not row["support"] or (model.kind == "classes" and rate_of(row) >= RARE):
            continue
        error, ends = row.get("calibration_error"), row["intervals"].get("calibration_error")
        if error is None:
            why = f"its evaluation does not have that of {row['label']}"
            return unmeasured(name, model.name, why, _AGAIN, CLASS_CALIBRATION)
        said = f"probabilities of {row['label']} are wrong by {error:.0%} of its bases"
        checks.append(
            judged_between(name, model.name, error, ends, CLASS_CALIBRATION, said, _NO_SHARES)
        )
    if not checks:
        why = "no class has bases in the test"
        return unmeasured(name, model.name, why, "test on genomes that have them", CALIBRATION)
    return worst(checks)


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
        why = "training is shown windows with more sites (sampling), validation plain ones"
        how = "compare validation and test: losses of what is shown and what is there do not"
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
    where a class is rare, as a share of that of validation."""
    name, figure = "Overfit: validation to test", headline_of(model.metrics)
    if model.kind not in OF_CLASSES or figure is None:
        return no_classes(name, model, TEST_GAP)
    measured = model.bundle["metrics"].get("valid", {})
    valid, test = headline(measured, figure), headline(model.metrics, figure)
    rare = is_rare(model)
    if math.isnan(valid) or math.isnan(test) or (rare and not valid):
        why = "there was no validation split" if math.isnan(valid) else "no class is in the test"
        how = "give the split valid (or test) some regions with every class"
        return unmeasured(name, model.name, why, how, SHARE if rare else TEST_GAP)
    said = f"{HEADLINES[figure]} {_text(valid)} of validation, {_text(test)} of test"
    advice = (
        "the test is harder than what chose the model: are its genomes further away? Report the "
        "test, not the validation"
    )
    if not rare:
        return judged(name, model.name, valid - test, TEST_GAP, said, advice)
    if few := _few(model, measured):
        why = f"{said}: validation has {few}, and of fewer than {_FEWEST} it says little"
        how = "more training.validation_windows, or a larger split valid"
        return unmeasured(name, model.name, why, how, SHARE)
    told = model.metrics.get("intervals", {}).get(figure)
    ends = None if told is None else [1 - end / valid for end in reversed(told)]
    return judged_between(name, model.name, 1 - test / valid, ends, SHARE, said, advice)


def _few(model: ModelResult, valid: Mapping[str, Any]) -> str:
    """The class of the test that validation has fewest bases of, if these are too few; or ''."""
    rows = valid.get("channels", valid)["classes"]
    there = {(row["name"], row["strand"]): row["support"] for row in rows}
    counts = {
        row["label"]: there.get((row["name"], row["strand"]), 0)
        for row in model.rows
        if row["support"]
    }
    label = min(counts, key=lambda each: counts[each])
    return f"{counts[label]:,} bases of {label}" if counts[label] < _FEWEST else ""


def check_never(model: ModelResult) -> Check:
    """Classes that are in the test and are never called."""
    name = "Class never predicted"
    if model.kind != "classes":
        return no_classes(name, model, NEVER)
    missed = never_called(model.metrics)
    said = f"{', '.join(missed)}: never called" if missed else "every class of the test is called"
    advice = (
        "train longer, or with training.class_weights: balanced or the focal loss; or leave the "
        "class out; call sites by a threshold (score.peaks), which AUPRC and best F1 are of"
    )
    common = [row for row in model.rows if rate_of(row) >= RARE and class_name(row) in missed]
    limits = NEVER if common or not is_rare(model) else RARE_NEVER
    return judged(name, model.name, len(missed), limits, said, advice)


def check_strands(model: ModelResult) -> Check:
    """The largest difference in F1 between the strands of a class; in AUPRC, as a share of the
    larger one, where a class is rare."""
    name = "Strand asymmetry"
    if model.kind not in OF_CLASSES:
        return no_classes(name, model, STRANDS)
    advice = (
        "train with reverse_complement, or model.tied_strands; or the test has few genes of one "
        "strand: add genomes to it"
    )
    figure, checks = _of_class(model), []
    told = model.metrics.get("intervals", {}).get("strands", ())
    ends = {row["name"]: row["auprc"] for row in told}
    for label, plus, minus in _strand_pairs(model.rows):
        one, other = plus[figure], minus[figure]
        if one is None or other is None:
            continue
        if not is_rare(model):
            gap = abs(one - other)
            said = f"{figure.upper()} of {label} differs by {gap:.4f} between strands"
            checks.append(judged(name, model.name, gap, STRANDS, said, advice))
        elif label not in ends:
            why = f"its evaluation has no interval of what the strands of {label} differ by"
            checks.append(unmeasured(name, model.name, why, _AGAIN, SHARE))
        else:
            gap = abs(one - other) / max(one, other)
            said = f"AUPRC of {label}: {_text(one)} of +, {_text(other)} of -, {gap:.0%} less"
            checks.append(
                judged_between(name, model.name, gap, _size(ends[label]), SHARE, said, advice)
            )
    if not checks:
        why = "no class has bases on both strands in the test"
        how = "learn classes of strands (cds-phase, stranded), and test on more bases"
        return unmeasured(name, model.name, why, how, STRANDS)
    return worst(checks)


def _size(ends: Sequence[float] | None) -> list[float] | None:
    """The interval of a difference's size, by that of the difference."""
    if ends is None:
        return None
    sizes = sorted(map(abs, ends))
    return [0.0 if min(ends) <= 0 <= max(ends) else sizes[0], sizes[1]]


def check_base_rate(model: ModelResult) -> Check:
    """How far the worst class is on the way from guessing by its base rate to perfection."""
    name = "Better than the base rate"
    if model.kind not in OF_CLASSES:
        return no_classes(name, model, BASE_RATE)
    ways = {
        row["label"]: ((row["auprc"] - rate) / (1 - rate), row["auprc"], rate)
        for row in model.rows
        if row["auprc"] is not None and 0 < (rate := rate_of(row)) < 1
    }
    if not ways:
        why = "no class has bases in the test"
        return unmeasured(name, model.name, why, "test on genomes that have them", BASE_RATE)
    label, (way, auprc, rate) = min(ways.items(), key=lambda pair: pair[1][0])
    said = f"{label}: AUPRC {_text(auprc)}, base rate {_text(rate)}: {way:.1%} of the way to 1"
    advice = "this class is hardly told from chance: more examples of it, or other labels"
    if auprc > _TOLD * rate:
        advice = (
            f"this class is told from chance ({auprc / rate:,.0f} times), but most of what is "
            f"called is none: more examples of it, and of what looks like it (training.negatives)"
        )
    return judged(name, model.name, way, BASE_RATE, said, advice)


def check_baselines(model: ModelResult) -> Check:
    """By how much the model's F1 is above that of the best baseline, in its worst class; or AUPRC,
    as a share of the baseline's, where a class is rare."""
    name, figure = "Better than baselines", _of_class(model)
    if model.kind not in OF_CLASSES:
        return no_classes(name, model, BASELINE)
    best: dict[str, tuple[float, str]] = {}
    for row in model.baselines:
        own = row.figures.get(figure)
        if row.fair and own is not None and (row.label not in best or own > best[row.label][0]):
            best[row.label] = (own, row.name)
    rare = is_rare(model)
    gains = {
        label: ((row[figure] - other) / (other if rare and other else 1), other, baseline)
        for row in model.rows
        for label, (other, baseline) in best.items()
        if row["label"] == label and row[figure] is not None
    }
    if not gains:
        why = "its evaluation has no baselines that are fair"
        return unmeasured(name, model.name, why, "genoseq evaluate --baselines", BASELINE)
    label, (gain, other, baseline) = min(gains.items(), key=lambda pair: pair[1][0])
    more = f"{gain:+.0%}" if rare else f"{gain:+.4f}"
    said = f"{label}: {figure.upper()} {more} against {baseline} ({_text(other)})"
    advice = "a simpler method does as well: train longer or on more, or use that method"
    limits = BASELINE_SHARE if rare else BASELINE
    return judged(name, model.name, gain, limits, said, advice)


def _strand_pairs(
    rows: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    by_name = {(row["name"], row["strand"]): row for row in rows}
    for name, strand in by_name:
        if strand == "+" and (name, "-") in by_name:
            yield name, by_name[name, "+"], by_name[name, "-"]


def _text(value: float) -> str:
    """Four decimals, or the first digits of what is small."""
    return shown(short(value))


def _of_class(model: ModelResult) -> str:
    """The figure of a class that suits: F1 of the class that is called, or AUPRC."""
    return "auprc" if headline_of(model.metrics) == "macro_auprc" else "f1"
