"""Each check of the verdict, on figures that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from measured_models import model

from genoseq.extraction.leaks import Leak
from genoseq.genome.sequences import encode
from genoseq.report.composition import Composition, count_words, divergence
from genoseq.report.curves import Baseline, Curve
from genoseq.report.genome_checks import check_drift, check_leaks, check_masked, check_unknown
from genoseq.report.model_checks import (
    check_base_rate,
    check_baselines,
    check_calibration,
    check_loss_gap,
    check_model,
    check_never,
    check_strands,
    check_test_gap,
)
from genoseq.report.verdict import Check, Limits, overall, unmeasured, worst_first


def test_limits_are_beyond_at_the_number_itself() -> None:
    limits = Limits(0.1, 0.5, "")
    found = [limits.grade(value) for value in (0, 0.0999, 0.1, 0.4999, 0.5, 2)]
    assert found == ["pass", "pass", "warn", "warn", "fail", "fail"]
    falling = Limits(0.25, 0.05, "", rising=False)
    assert [falling.grade(value) for value in (0.3, 0.25, 0.05)] == ["pass", "warn", "fail"]


def test_verdict_is_the_worst_and_what_is_not_measured_never_passes() -> None:
    made = [Check(grade, "", grade, 0.0, "", "", "") for grade in ("pass", "fail", "warn")]  # type: ignore[arg-type]
    missing = unmeasured("x", "", "why", "how")
    assert missing.grade == "not measured"
    assert [check.grade for check in worst_first([missing, *made])] == [
        "fail", "warn", "pass", "not measured",
    ]  # fmt: skip
    assert overall([made[0], missing]) == "pass"
    assert overall([missing]) == overall([]) == "not measured"


@pytest.mark.parametrize(("shared", "grade"), [(0, "pass"), (20, "warn"), (300, "fail")])
def test_leaks(shared: int, grade: str) -> None:
    (found,) = check_leaks([Leak("train", "test", shared, 1_000)])
    assert (found.grade, found.value, found.of) == (grade, shared / 1_000, "test in train")
    assert bool(found.advice) == (grade != "pass")
    assert check_leaks([])[0].grade == "not measured"
    assert check_leaks([Leak("train", "test", 0, 0)])[0].grade == "not measured"


@pytest.mark.parametrize(("error", "grade"), [(0.049, "pass"), (0.05, "warn"), (0.15, "fail")])
def test_calibration(error: float, grade: str) -> None:
    of = model()
    of.metrics["channels"]["calibration"]["error"] = error
    assert (check_calibration(of).grade, check_calibration(of).value) == (grade, error)
    del of.metrics["channels"]["calibration"]
    found = check_calibration(of)
    assert (found.grade, found.value) == ("not measured", None)
    assert "evaluate" in found.advice


@pytest.mark.parametrize(("loss", "grade"), [(0.9, "pass"), (1.3, "warn"), (2.0, "fail")])
def test_loss_gap_is_that_near_the_best_step(loss: float, grade: str) -> None:
    train = tuple((step, 1.0 if step > 500 else 5.0) for step in range(50, 1_001, 50))
    columns = {"train_loss": train, "valid_loss": ((500, loss + 1), (1_000, loss))}
    found = check_loss_gap(replace(model(), learning=Curve(columns)))
    assert (found.grade, found.value) == (grade, pytest.approx(loss - 1))
    assert check_loss_gap(model()).grade == "not measured"
    zero = Curve({"train_loss": ((1, 0.0),), "valid_loss": ((1, 1.0),)})
    assert check_loss_gap(replace(model(), learning=zero)).grade == "not measured"


@pytest.mark.parametrize(("macro", "grade"), [(0.89, "pass"), (0.8, "warn"), (0.5, "fail")])
def test_test_gap(macro: float, grade: str) -> None:
    found = check_test_gap(model(macro=macro))
    assert (found.grade, found.value) == (grade, pytest.approx(0.9 - macro))
    assert check_test_gap(model(macro=None)).grade == "not measured"


def test_never_predicted_names_the_class() -> None:
    of = model()
    assert check_never(of).grade == "pass"
    of.metrics["channels"]["confusion"] = [[590, 10, 0], [30, 270, 0], [90, 10, 0]]
    found = check_never(of)
    assert (found.grade, found.value, found.found) == ("fail", 1, "CDS-: never called")


@pytest.mark.parametrize(("minus", "grade"), [(0.88, "pass"), (0.8, "warn"), (0.7, "fail")])
def test_strands(minus: float, grade: str) -> None:
    found = check_strands(model(minus=minus))
    assert (found.grade, found.value) == (grade, pytest.approx(0.9 - minus))
    of = model()
    del of.metrics["channels"]["classes"][2]
    assert check_strands(of).grade == "not measured"


@pytest.mark.parametrize(("auprc", "grade"), [(0.95, "pass"), (0.4, "warn"), (0.31, "fail")])
def test_base_rate_is_of_the_worst_class(auprc: float, grade: str) -> None:
    found = check_base_rate(model(auprc=auprc))
    assert (found.grade, found.value) == (grade, pytest.approx((auprc - 0.3) / 0.7))
    assert found.found.startswith("CDS.plus")


@pytest.mark.parametrize(("f1", "grade"), [(0.5, "pass"), (0.92, "warn"), (0.99, "fail")])
def test_baselines_are_compared_with_the_best_that_is_fair(f1: float, grade: str) -> None:
    rows = (
        Baseline("majority", "CDS.plus", {"f1": None}),
        Baseline("k-mers", "CDS.plus", {"f1": 0.4}),
        Baseline("frames", "CDS.plus", {"f1": f1}),
        Baseline("prodigal", "CDS.plus", {"f1": 1.0}, "its own", fair=False),
    )
    found = check_baselines(replace(model(), baselines=rows))
    assert (found.grade, found.value) == (grade, pytest.approx(0.9 - f1))
    assert "frames" in found.found
    assert check_baselines(replace(model(), baselines=rows[3:])).grade == "not measured"
    assert check_baselines(model()).grade == "not measured"


def test_models_without_classes_are_not_measured_by_them() -> None:
    of = replace(model(), metrics={"kind": "bases", "bases": 5, "bits_per_base": 1.9})
    assert {check.grade for check in check_model(of)} == {"not measured"}


def part(split: str, letters: str, unlabelled: int | None = 0, name: str = "g") -> Composition:
    codes = encode(letters.encode())
    unknown = letters.count("N")
    return Composition(
        name, split, len(codes), unknown, unlabelled, count_words([codes], len(codes))
    )


def test_unknown_and_masked_bases_are_of_the_worst_split() -> None:
    parts = [part("train", "ACGT" * 20, 8), part("test", "ACGT" * 10 + "N" * 10, 20)]
    (unknown,) = check_unknown(parts)
    assert (unknown.grade, unknown.value, unknown.of) == ("warn", 0.2, "g")
    assert "split test" in unknown.found
    (masked,) = check_masked(parts)
    assert (masked.grade, masked.value) == ("warn", 0.4)
    bare = [part("test", "ACGT", None)]
    assert check_masked(bare)[0].grade == check_unknown([])[0].grade == "not measured"


def test_drift_tells_like_from_unlike() -> None:
    rng = np.random.default_rng(1)

    def letters(gc: float) -> str:
        p = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
        return "".join(rng.choice([*"ACGT"], 100_000, p=p))

    parts = [part("train", letters(0.5)), part("test", letters(0.5)), part("", letters(0.68))]
    alike, unlike = check_drift(parts)
    assert (alike.grade, unlike.grade) == ("pass", "warn")
    assert alike.value is not None
    assert alike.value < 0.001
    assert "GC 67.9%" in unlike.found
    assert check_drift(parts[:1])[0].grade == check_drift(parts[1:])[0].grade == "not measured"
    only_n = part("test", "N" * 50)
    assert check_drift([parts[0], only_n])[0].grade == "not measured"


def test_words_are_alike_on_both_strands_and_divergence_is_bounded() -> None:
    codes = encode(b"ACGGTNACCGTTTA")
    mirrored = encode(b"TAAACGGTNACCGT")
    assert np.array_equal(count_words([codes], 14), count_words([mirrored], 14))
    assert count_words([codes], 14).sum() == 2 * (2 + 5)
    left, right = count_words([encode(b"AAAAA")], 5), count_words([encode(b"CCCCC")], 5)
    assert divergence(left, right) == pytest.approx(1)
    assert divergence(left, left) == 0
    assert divergence(left, 0 * left) is None
    assert part("", "GGCCNAATT").gc == pytest.approx(0.5)


def test_words_of_long_stretches_are_sampled_evenly() -> None:
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 4, 1 << 19).astype(np.uint8)
    whole = count_words([codes], len(codes))
    sampled = count_words([codes], 128 << 18)  # as if it were a part of what is twice too long
    assert 0.45 < sampled.sum() / whole.sum() < 0.55
