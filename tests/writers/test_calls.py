"""Segments by threshold and peaks, against plain loops over bases; digits; rules."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from track_cases import CDS, Values, golden, pieces, probabilities, write

from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.tracks import Channel
from genoseq.writers.call_rules import PeakRule, call_rules, rule_words
from genoseq.writers.convert import convert_scores
from genoseq.writers.lattice import significant
from genoseq.writers.outputs import write_tracks
from genoseq.writers.peaks import PeakFinder
from genoseq.writers.scores import read_scores

TSS = (Channel("TSS", "+"), Channel("TSS", "-"))


def plain_segments(values: Values, threshold: float, least: int, gap: int) -> list[tuple[int, int]]:
    """One channel, base by base."""
    found: list[tuple[int, int]] = []
    for at, value in enumerate(values.tolist()):
        if not value >= threshold:
            continue
        between = values[found[-1][1] : at] if found else values[:0]
        if found and len(between) <= gap and not np.isnan(between).any():
            found[-1] = found[-1][0], at + 1
        else:
            found.append((at, at + 1))
    return [(start, end) for start, end in found if end - start >= least]


def rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


@pytest.mark.parametrize("digits", [None, 4])
def test_segments_by_threshold(tmp_path: Path, digits: int | None) -> None:
    genome = golden()
    lengths = {chrom: len(values) for chrom, values in genome.items()}
    for name, sizes in (("a", (30_000,)), ("b", (999, 70_001))):
        write_tracks(
            pieces(genome, CDS, sizes), lengths, CDS, "classes", tmp_path / name, ["scores"],
            rules=call_rules(["CDS:threshold=0.07,min=30,gap=12"]), digits=digits,
        )  # fmt: skip
    found = rows(tmp_path / "a" / "segments.bed")
    assert (tmp_path / "a/segments.bed").read_bytes() == (tmp_path / "b/segments.bed").read_bytes()
    order = list(genome)
    assert found == sorted(found, key=lambda row: (order.index(row[0]), int(row[1])))
    for chrom, values in genome.items():
        for channel, strand in enumerate("+-"):
            spans = plain_segments(np.round(values[:, channel], 3), np.float32(0.07), 30, 12)
            here = [row for row in found if (row[0], row[5]) == (chrom, strand)]
            assert [(int(row[1]), int(row[2])) for row in here] == spans


def test_segments_of_defaults_spelled_out_are_the_same_bytes(tmp_path: Path) -> None:
    genome = golden()
    write(tmp_path / "plain", genome, ["bed", "scores"])
    convert_scores(tmp_path / "plain", tmp_path / "out", "bed", segments=["CDS:min=1,gap=0"])
    plain, ruled = (tmp_path / name / "segments.bed" for name in ("plain", "out"))
    assert plain.read_bytes() == ruled.read_bytes()
    write_tracks(
        pieces(genome, CDS), {c: len(v) for c, v in genome.items()}, CDS, "classes",
        tmp_path / "digits", ["bed"], digits=4,
    )  # fmt: skip
    assert (tmp_path / "digits/segments.bed").read_bytes() == plain.read_bytes()


def test_segments_of_classes_that_share_bases(tmp_path: Path) -> None:
    values = np.array([[0.9, 0.9], [0.9, 0.2], [0.1, 0.9]], np.float32)
    channels = (Channel("a", "+"), Channel("b", "."))
    write_tracks(
        pieces({"c": values}, channels), {"c": 3}, channels, "independent", tmp_path, [],
        rules=call_rules(["a:threshold=0.5"]),
    )  # fmt: skip
    assert [row[:6] for row in rows(tmp_path / "segments.bed")] == [
        ["c", "0", "2", "a", "900", "+"]
    ]


def plain_peaks(values: Values, threshold: float, distance: int) -> list[int]:
    """One channel: maxima, and then the highest first."""
    levels = [-np.inf, *np.where(np.isnan(values), -np.inf, values).tolist(), -np.inf]
    maxima, at = [], 1
    while at < len(levels) - 1:
        end = at
        while levels[end + 1] == levels[at] and end + 1 < len(levels) - 1:
            end += 1
        if levels[at] >= threshold and levels[at] > max(levels[at - 1], levels[end + 1]):
            maxima.append(((at + end) // 2 - 1, levels[at]))
        at = end + 1
    kept: list[int] = []
    for at, _ in sorted(maxima, key=lambda each: (-each[1], each[0])):
        if all(abs(at - other) >= distance for other in kept):
            kept.append(at)
    return sorted(kept)


LEVELS = st.sampled_from([0.0, 0.25, 0.5, 0.75, float("nan")])


@given(st.lists(LEVELS, min_size=1, max_size=60), st.integers(1, 60), st.integers(1, 9))
def test_peaks_are_those_of_a_plain_loop(levels: list[float], cut: int, distance: int) -> None:
    values = np.array(levels, np.float32)
    finder = PeakFinder(PeakRule(0.25, distance))
    found = []
    for start in range(0, len(values), cut):
        found += finder.add(start, values[start : start + cut])
    found += finder.finish()
    assert [peak.at for peak in found] == plain_peaks(values, 0.25, distance)


def test_peaks_of_a_folder_are_in_order_and_the_same_from_scores(tmp_path: Path) -> None:
    genome = golden()
    out = write(tmp_path / "direct", genome, ["scores", "peaks"])
    found = rows(out / "peaks.bed")
    for chrom, values in genome.items():
        for channel, strand in enumerate("+-"):
            here = [int(row[1]) for row in found if (row[0], row[5]) == (chrom, strand)]
            assert here == plain_peaks(np.round(values[:, channel], 3), 0.5, 10)
    places = [(list(genome).index(row[0]), int(row[1])) for row in found]
    assert places == sorted(places)
    assert all(float(row[9]) * 1000 == pytest.approx(int(row[4])) for row in found)
    convert_scores(out, tmp_path / "late", "peaks")
    assert (tmp_path / "late/peaks.bed").read_bytes() == (out / "peaks.bed").read_bytes()


def rare(length: int = 5_000) -> Values:
    """Probabilities of some ten-thousandths."""
    return np.random.default_rng(0).uniform(1e-6, 4e-4, (length, 2)).astype(np.float32)


def test_tracks_of_a_rare_class_are_told_to_be_flat(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "genoseq"):
        write(tmp_path / "flat", {"a": rare()}, ["bigwig"], TSS)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("every value of TSS.minus (in steps of 0.001), TSS.plus (in ")
    assert "--digits 2" in line
    caplog.clear()
    with caplog.at_level(logging.WARNING, "genoseq"):
        write(tmp_path / "fine", {"a": probabilities(5_000)}, ["bigwig"])
        digits(tmp_path / "digits", 2)
    assert not caplog.records


def digits(out: Path, number: int) -> Path:
    write_tracks(
        pieces({"a": rare()}, TSS), {"a": 5_000}, TSS, "classes", out, ["scores", "bigwig", "tsv"],
        digits=number,
    )  # fmt: skip
    return out


def test_digits_are_kept_and_shortened_from_scores(tmp_path: Path) -> None:
    source = digits(tmp_path / "four", 4)
    scores = read_scores(source)
    assert scores.digits == 4
    values = scores.values("a", 0, 5_000)
    np.testing.assert_allclose(values, rare(), rtol=5.1e-4)
    assert {len(f"{value:.6g}".strip("0.").split("e")[0].lstrip("0.")) for value in
            values[:, 0].tolist()} <= {1, 2, 3, 4, 5}  # fmt: skip
    convert_scores(source, tmp_path / "same", "tsv")
    name = "predictions.tsv.gz"
    assert (tmp_path / "same" / name).read_bytes() == (source / name).read_bytes()
    convert_scores(source, tmp_path / "two", "tsv", digits=2)
    direct = digits(tmp_path / "direct", 2)
    assert (tmp_path / "two" / name).stat().st_size < (source / name).stat().st_size
    assert read_scores(direct).digits == 2
    with pytest.raises(ConfigError, match="keeps 2 digits; score again with --digits 4"):
        convert_scores(direct, tmp_path / "no", digits=4)
    flat = write(tmp_path / "flat", {"a": probabilities(50)}, ["scores"])
    with pytest.raises(ConfigError, match=r"keeps steps of 0\.001; score again"):
        convert_scores(flat, tmp_path / "no", digits=2)


def with_decimals(out: Path, genome: dict[str, Values], formats: list[str]) -> Path:
    """A common class, and one of 6 decimals."""
    lengths = {chrom: len(values) for chrom, values in genome.items()}
    write_tracks(
        pieces(genome, CDS), lengths, CDS, "classes", out, formats, decimals=(3, 6)
    )  # fmt: skip
    return out


def test_decimals_of_a_rare_class_leave_tracks_of_the_others_as_they_are(tmp_path: Path) -> None:
    values = np.stack([probabilities(5_000)[:, 0], rare()[:, 1]], axis=1)
    values[7] = np.nan
    source = with_decimals(tmp_path / "own", {"a": values}, ["scores", "bigwig"])
    plain = write(tmp_path / "plain", {"a": values}, ["bigwig"])
    for name, same in (("CDS.plus.bw", True), ("CDS.minus.bw", False)):
        assert ((source / name).read_bytes() == (plain / name).read_bytes()) is same
    scores = read_scores(source)
    assert scores.decimals == (3, 6)
    found = scores.values("a", 0, 5_000)
    assert np.isnan(found[7]).all()
    np.testing.assert_allclose(found[:, 1], values[:, 1], atol=5.1e-7)
    assert len(np.unique(found[:, 1])) > 300
    convert_scores(source, tmp_path / "late", "bigwig", peaks=["CDS:threshold=0.0001"])
    for name in ("CDS.plus.bw", "CDS.minus.bw"):
        assert (tmp_path / "late" / name).read_bytes() == (source / name).read_bytes()
    assert {row[5] for row in rows(tmp_path / "late/peaks.bed")} == {"+", "-"}
    with pytest.raises(ConfigError, match="keeps decimals 3, 6; score again with --digits 4"):
        convert_scores(source, tmp_path / "no", digits=4)
    index = source / "scores.json"
    index.write_text(index.read_text().replace('"decimals": [3, 6]', '"decimals": [3, 99]'))
    with pytest.raises(InputFormatError, match="not an index of scores"):
        read_scores(source)


def test_scores_with_another_number_of_digits_are_damaged(tmp_path: Path) -> None:
    source = digits(tmp_path / "four", 4)
    index = source / "scores.json"
    index.write_text(index.read_text().replace('"digits": 4', '"digits": 40'))
    with pytest.raises(InputFormatError, match="not an index of scores"):
        read_scores(source)


@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20),
    st.integers(1, 6),
)
def test_significant_digits_are_those_of_text(numbers: list[float], count: int) -> None:
    values = np.array(numbers, np.float32)
    found = significant(values, count)
    np.testing.assert_array_equal(significant(found, count), found)
    wanted = np.array([f"{value:.{count}g}" for value in values.tolist()]).astype(np.float32)
    np.testing.assert_allclose(found, wanted, rtol=10.0**-count * 1.01)


def test_rules_of_words_and_back() -> None:
    plain = {"a:b": {"threshold": 0.2, "min": 3, "gap": 0}}
    rules = call_rules(rule_words(plain), ["x:distance=4"])
    assert rules.segments["a:b"].min == 3
    assert rules.peaks["x"] == PeakRule(0.5, 4)


@pytest.mark.parametrize(
    ("segments", "peaks", "message"),
    [
        (["CDS"], [], "--segments 'CDS': no class; write CLASS:threshold=0.2,min=30,gap=10"),
        (["CDS:min=0"], [], "'min=0' is too small"),
        (["CDS:min=3", "CDS:gap=3"], [], "twice the same class"),
        (["CDS:min=x"], [], "'min=x' is no number of that kind"),
        (["CDS:threshold=nan"], [], "'threshold=nan' is too small, or no number"),
        (["CDS:distance=3"], [], "'distance=3' is none of gap, min, threshold"),
        ([], ["CDS:gap=3"], "--peaks 'CDS:gap=3': 'gap=3' is none of distance, threshold"),
        (["TSS:min=3"], [], "--segments TSS: no such class; there are CDS"),
        (["CDS:threshold=1.5"], [], "threshold 1.5 is no probability"),
        ([], ["CDS:threshold=0.0002"], "kept in steps of 0.001; score with --digits 2"),
    ],
)
def test_rules_that_do_not_fit_are_told(
    tmp_path: Path, segments: list[str], peaks: list[str], message: str
) -> None:
    source = write(tmp_path / "scores", {"a": probabilities(50)}, ["scores"])
    with pytest.raises(ConfigError) as caught:
        convert_scores(source, tmp_path / "out", segments=segments, peaks=peaks)
    assert message in str(caught.value)
    assert not (tmp_path / "out").exists()
