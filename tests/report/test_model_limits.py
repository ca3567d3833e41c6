"""Checks of models of rare classes: differences count as shares, and intervals bear them out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from measured_models import model, rare, row

from genoseq.report.curves import Baseline, Curve
from genoseq.report.model_checks import (
    check_base_rate,
    check_baselines,
    check_calibration,
    check_loss_gap,
    check_never,
    check_strands,
    check_test_gap,
)


@pytest.mark.parametrize(
    ("error", "grade"),
    [
        ((0.2, 0.1, 0.4), "pass"),
        ((0.6, 0.3, 1.9), "warn"),  # the number, where the ends are but one grade apart
        ((21.6, 15.0, 30.0), "fail"),
        ((1.1, 0.1, 3.0), "not measured"),
        (21.6, "not measured"),  # without an interval
    ],
)
def test_calibration_of_what_is_rare_is_by_its_own_bases(error: Any, grade: str) -> None:
    """Not by an error over all bases, which is next to nothing of any model."""
    of = rare({"+": {"calibration_error": 0.1}, "-": {"calibration_error": error}})
    if not isinstance(error, tuple):
        of.metrics["intervals"]["classes"][1]["calibration_error"] = None
    found = check_calibration(of)
    assert found.grade == grade
    assert "site.minus are wrong by" in found.found or grade == "pass"
    assert "200%" in found.limit or grade == "pass"
    del of.metrics["channels"]["classes"][2]["calibration_error"]
    assert check_calibration(of).grade == "not measured"


def test_calibration_of_classes_that_share_bases_is_of_each() -> None:
    classes = [
        row("a", "+", 300, 0, 0.5) | {"prevalence": 0.3, "calibration_error": 3.0},
        row("b", "+", 300, 0, 0.5) | {"prevalence": 0.3, "calibration_error": 0.1},
    ]
    ends = [
        {"name": "a+", "calibration_error": [2.5, 4]},
        {"name": "b+", "calibration_error": [0, 1]},
    ]
    metrics = {"kind": "independent", "classes": classes, "intervals": {"classes": ends}}
    found = check_calibration(replace(model(), metrics=metrics))
    assert (found.grade, found.value) == ("fail", 3.0)


@pytest.mark.parametrize(
    ("test", "ends", "grade"),
    [
        (0.018, [0.016, 0.02], "pass"),
        (0.012, [0.011, 0.014], "warn"),
        (0.002, [0.001, 0.004], "fail"),  # a tenth, and .018 less
        (0.012, [0.004, 0.02], "not measured"),
        (0.002, None, "not measured"),
    ],
)
def test_test_gap_of_what_is_rare_is_a_share(test: float, ends: Any, grade: str) -> None:
    of = rare({"+": {"auprc": test}, "-": {"auprc": test}}, macro_auprc=ends)
    assert check_test_gap(of).grade == grade
    few = rare({"+": {"auprc": test}, "-": {"auprc": test}}, valid=(6, 0.02), macro_auprc=ends)
    found = check_test_gap(few)
    assert found.grade == "not measured"
    assert "validation has 6 bases of site.plus" in found.found


@pytest.mark.parametrize(
    ("minus", "ends", "grade"),
    [
        (0.019, [-0.1, 0.2], "pass"),
        (0.013, [0.3, 0.4], "warn"),
        (0.001, [0.9, 0.97], "fail"),  # a twentieth, and .019 less
        (0.05, [-0.65, -0.55], "fail"),
        (0.03, [-0.6, 0.2], "not measured"),
        (0.001, None, "not measured"),
    ],
)
def test_strands_of_what_is_rare_differ_by_a_share(minus: float, ends: Any, grade: str) -> None:
    told = {"+": {"auprc": 0.02}, "-": {"auprc": minus}}
    found = check_strands(rare(told, strands=[{"name": "site", "auprc": ends}]))
    assert found.grade == grade
    assert "AUPRC of site: 0.0200 of +" in found.found
    again = check_strands(rare(told))
    assert (again.grade, "evaluate" in again.advice) == ("not measured", True)


def test_checks_of_classes_that_share_bases_are_by_auprc() -> None:
    """As shares where they are rare, as differences where they are not."""
    rows = [
        row("TSS", way, 5, 0.0, auprc) | {"prevalence": 0.2, "calibration_error": 0.1}
        for way, auprc in (("+", 0.4), ("-", 0.2))
    ]
    bundle = {"metrics": {"valid": {"classes": [row("TSS", "+", 9, 0, 0.38)]}}}
    metrics = {"kind": "independent", "classes": rows}
    of = replace(model(), metrics=metrics, bundle=bundle)
    assert check_test_gap(of).value == pytest.approx(0.08)
    assert check_strands(of).value == pytest.approx(0.2)
    kmers = tuple(Baseline("kmers", f"TSS.{way}", {"auprc": 0.1}) for way in ("plus", "minus"))
    of = replace(of, baselines=kmers)
    assert check_baselines(of).value == pytest.approx(0.1)
    assert check_never(of).grade == "not measured"
    for each in rows:
        each["prevalence"] = 2e-4
    assert check_baselines(of).value == pytest.approx(1)
    assert [check(of).grade for check in (check_test_gap, check_strands)] == ["not measured"] * 2
    assert check_base_rate(of).found == (
        "TSS.minus: AUPRC 0.2000, base rate 0.0002: 20.0% of the way to 1"
    )


def test_rare_classes_that_are_never_called_are_no_failure() -> None:
    of = rare({"+": {}, "-": {}})
    assert (check_never(of).grade, check_never(of).value) == ("warn", 2)
    common = row("CDS", "+", 500_000, 0, 0.9)
    of.metrics["channels"]["classes"].append(common)
    of.metrics["channels"]["confusion"] = [[*each, 0] for each in [*[[9, 0, 0]] * 3, [5, 0, 0]]]
    assert (check_never(of).grade, check_never(of).value) == ("fail", 3)


def test_a_rare_class_that_is_told_from_chance_is_said_to_be() -> None:
    found = check_base_rate(rare({"+": {"auprc": 0.017}, "-": {"auprc": 0.1}}))
    assert found.grade == "fail"
    assert "told from chance (340 times)" in found.advice
    chance = check_base_rate(rare({"+": {"auprc": 6e-5}, "-": {"auprc": 0.1}}))
    assert chance.advice.startswith("this class is hardly told from chance")


@pytest.mark.parametrize(("other", "grade"), [(0.01, "pass"), (0.021, "warn"), (0.04, "fail")])
def test_baselines_of_what_is_rare_are_beaten_by_a_share(other: float, grade: str) -> None:
    rows = (Baseline("kmers", "site.plus", {"auprc": other}),)
    found = check_baselines(replace(rare({"+": {"auprc": 0.02}, "-": {}}), baselines=rows))
    assert (found.grade, found.value) == (grade, pytest.approx(0.02 / other - 1))


def test_losses_of_sampled_windows_are_not_compared() -> None:
    columns = {"train_loss": ((1, 0.11),), "valid_loss": ((1, 0.0009),)}
    of = replace(model(), learning=Curve(columns))
    assert check_loss_gap(of).grade == "pass"
    sampled = replace(of, origin={"settings": {"sampling": {"share": 0.8}}})
    assert check_loss_gap(sampled).grade == "not measured"
