"""Where models are wrong: all calls, base by base, against a plain loop over the bases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from error_cases import SCHEME, Labels, Stretch, made_store, made_tracks, probabilities, results_of

from genoseq.errors import InputFormatError
from genoseq.genome.schemes import UNKNOWN_LABEL, ClassScheme, State, unstranded_scheme
from genoseq.genome.tracks import Channel
from genoseq.report import calls as calls_module
from genoseq.report.calls import calls, compared, labels_of
from genoseq.report.loci import Locus, held_out, worst_loci
from genoseq.report.results import Results

LENGTHS = {"b": 3_000, "a|1": 2_000, "empty": 0, "c": 50}
PLUS, MINUS = 1, 4
"""Labels of CDS + and - in the first codon phase."""


def random_labels(rng: np.random.Generator, length: int) -> Labels:
    labels = np.repeat(rng.choice([0, 1, 2, 3, 4, 5, 6, UNKNOWN_LABEL], length // 40 + 1), 40)
    return labels[:length].astype(np.uint8)


@pytest.fixture
def stretches() -> list[Stretch]:
    rng = np.random.default_rng(7)
    wanted = [
        ("a|1", 0, 700, "test"), ("b", 100, 900, "train"), ("a|1", 700, 1_300, "test"),
        ("b", 1_000, 1_500, "test"), ("b", 2_600, 400, "valid"), ("c", 0, 50, "test"),
    ]  # fmt: skip
    return [Stretch(chrom, at, split, random_labels(rng, n)) for chrom, at, n, split in wanted]


def values_for(stretches: list[Stretch]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(8)
    found = {}
    for chrom, length in LENGTHS.items():
        labels = np.full(length, UNKNOWN_LABEL, np.uint8)
        for each in stretches:
            if each.chrom == chrom:
                labels[each.start : each.start + len(each.labels)] = each.labels
        found[chrom] = probabilities(rng, labels, 0.3)
    return found


def by_base(stretches: list[Stretch], values: dict[str, np.ndarray]) -> set[tuple[object, ...]]:
    """Kind, class and strand of every base that counts: the plain way."""
    found = set()
    for each in stretches:
        for offset, label in enumerate(each.labels.tolist()):
            base = each.start + offset
            plus, minus = values[each.chrom][base].tolist()
            if label == UNKNOWN_LABEL or np.isnan(plus):
                continue
            rest = 1 - plus - minus
            best = max(plus, minus)
            called = None if best <= rest + 1e-6 else ("+" if plus >= minus else "-")
            labelled = SCHEME.states[label].strand if label else None
            if called == labelled and called is not None:
                found.add((each.chrom, base, "TP", called))
            if called != labelled and called is not None:
                found.add((each.chrom, base, "FP", called))
            if called != labelled and labelled is not None:
                found.add((each.chrom, base, "FN", labelled))
    return found


@pytest.mark.parametrize("chunk", [1 << 18, 13])
def test_calls_are_those_of_a_plain_loop(
    tmp_path: Path, stretches: list[Stretch], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_module, "_CHUNK", chunk)
    values = values_for(stretches)
    store = made_store(tmp_path, LENGTHS, stretches)
    (of,) = compared(results_of(store, made_tracks(tmp_path, LENGTHS, values)))
    found = list(calls(of))
    seen = [
        (call.chrom, base, call.kind, call.channel.strand)
        for call in found
        for base in range(call.start, call.end)
    ]
    assert len(seen) == len(set(seen)) > 1_000
    assert set(seen) == by_base(stretches, values)
    for call in found:
        column = 0 if call.channel.strand == "+" else 1
        own = values[call.chrom][call.start : call.end, column]
        assert call.mean == pytest.approx(own.mean(), abs=1e-6)
    ends = {(call.chrom, call.start, call.kind, call.channel) for call in found}
    assert not any((c.chrom, c.end, c.kind, c.channel) in ends for c in found)  # none is cut in two


def test_calls_count_each_base_of_overlapping_regions_once(tmp_path: Path) -> None:
    labels = np.full(100, PLUS, np.uint8)
    stretches = [Stretch("b", 0, "test", labels), Stretch("b", 50, "test", labels)]
    values = {
        chrom: np.full((n, 2), 0.9 * (chrom == "b"), np.float32) for chrom, n in LENGTHS.items()
    }
    values["b"][:, 1] = 0
    store = made_store(tmp_path, LENGTHS, stretches)
    (of,) = compared(results_of(store, made_tracks(tmp_path, LENGTHS, values)))
    assert [(call.kind, call.start, call.end) for call in calls(of)] == [("TP", 0, 150)]


def errors(stretches: list[Stretch], values: dict[str, np.ndarray]) -> Iterator[tuple[str, int]]:
    """Contig and base of errors in the test split."""
    tested = [each for each in stretches if each.split == "test"]
    for chrom, base, kind, _ in by_base(tested, values):
        if kind != "TP":
            yield chrom, base  # type: ignore[misc]


def test_worst_loci_are_in_the_test_split_and_ranked(
    tmp_path: Path, stretches: list[Stretch]
) -> None:
    values = values_for(stretches)
    store = made_store(tmp_path, LENGTHS, stretches)
    results = results_of(store, made_tracks(tmp_path, LENGTHS, values))
    every = worst_loci(results, 100_000)
    found = {(x.chrom, base) for x in every for base in range(x.start, x.end)}
    assert found == set(errors(stretches, values))
    weights = [x.bases * (x.mean if x.kind == "FP" else 1 - x.mean) for x in every]
    assert weights == sorted(weights, reverse=True)
    assert worst_loci(results, 7) == every[:7]
    assert all(x.bases == x.end - x.start for x in every)


def test_worst_loci_of_known_errors(tmp_path: Path) -> None:
    labels = np.zeros(3_000, np.uint8)
    labels[200:500] = PLUS  # missed
    labels[900:1_000] = MINUS  # right
    labels[1_500:1_600] = UNKNOWN_LABEL  # called, but nobody knows
    values = {chrom: np.zeros((n, 2), np.float32) for chrom, n in LENGTHS.items()}
    values["b"][200:500, 0] = 0.1
    values["b"][900:1_000, 1] = 0.9
    values["b"][1_400:1_700, 0] = 0.8
    values["b"][2_990:, 1] = 1
    store = made_store(tmp_path, LENGTHS, [Stretch("b", 0, "valid", labels)])
    found = worst_loci(results_of(store, made_tracks(tmp_path, LENGTHS, values)))
    assert [(x.start, x.end, x.kind, x.strand, round(x.mean, 3)) for x in found] == [
        (200, 500, "FN", "+", 0.1),
        (1_400, 1_500, "FP", "+", 0.8),
        (1_600, 1_700, "FP", "+", 0.8),
        (2_990, 3_000, "FP", "-", 1.0),
    ]
    assert found[0] == Locus(
        "made", "tiny", "b", 200, 500, "CDS", "+", "FN", 300, pytest.approx(0.1)
    )


def test_worst_loci_of_each_model(tmp_path: Path, stretches: list[Stretch]) -> None:
    store = made_store(tmp_path, LENGTHS, stretches)
    good = {chrom: values * 0.5 for chrom, values in values_for(stretches).items()}
    folders = [
        made_tracks(tmp_path, LENGTHS, values_for(stretches), name=("made", "one")),
        made_tracks(tmp_path, LENGTHS, good, name=("made", "two")),
        made_tracks(tmp_path, LENGTHS, good, name=("elsewhere", "two")),
    ]
    found = worst_loci(results_of(store, *folders), 5)
    assert sorted(locus.model for locus in found) == ["one"] * 5 + ["two"] * 5
    assert {locus.genome for locus in found} == {"made"}


def test_worst_loci_without_labels_or_bigwigs_are_none(
    tmp_path: Path, stretches: list[Stretch]
) -> None:
    folder = made_tracks(tmp_path, LENGTHS, values_for(stretches))
    assert worst_loci(Results(tracks=(folder,))) == []
    store = made_store(tmp_path, LENGTHS, [x for x in stretches if x.split == "train"])
    assert held_out(results_of(store).stores[0]) == []
    assert worst_loci(results_of(store, folder)) == []


def test_calls_of_another_assembly_are_an_error(tmp_path: Path, stretches: list[Stretch]) -> None:
    other = {**LENGTHS, "b": 3_001}
    values = {chrom: np.full((n, 2), 0.5, np.float32) for chrom, n in other.items()}
    store = made_store(tmp_path, LENGTHS, stretches)
    with pytest.raises(InputFormatError, match=r"'b' has 3001 bp here and 3000"):
        worst_loci(results_of(store, made_tracks(tmp_path, other, values)))


def test_labels_of_phases_and_of_strangers() -> None:
    phases = tuple(Channel(f"CDS_phase{p}", s) for s in ("+", "-") for p in range(3))
    assert labels_of(SCHEME, phases)[:8].tolist() == [-1, 0, 1, 2, 3, 4, 5, -2]  # type: ignore[index]
    assert labels_of(SCHEME, SCHEME.channels)[:8].tolist() == [-1, 0, 0, 0, 1, 1, 1, -2]  # type: ignore[index]
    assert labels_of(SCHEME, (Channel("CDS", "+"),)) is None
    plain = ClassScheme((State("none"), State("exon")))
    assert labels_of(plain, (Channel("intron"), Channel("exon")))[:2].tolist() == [-1, 1]  # type: ignore[index]


def test_worst_loci_of_short_classes_stand_beside_those_of_long_ones(tmp_path: Path) -> None:
    """Sites of two bases that are missed, in the test with long stretches of CDS that are."""
    scheme = unstranded_scheme(["CDS", "site"])
    labels = np.zeros(3_000, np.uint8)
    for at in range(100, 2_500, 400):
        labels[at : at + 200] = 1
    labels[[50, 51, 2_800]] = 2
    values = {chrom: np.full((n, 2), 0.1, np.float32) for chrom, n in LENGTHS.items()}
    store = made_store(tmp_path, LENGTHS, [Stretch("b", 0, "test", labels)], scheme=scheme)
    tracks = made_tracks(tmp_path, LENGTHS, values, scheme.channels)
    found = worst_loci(results_of(store, tracks), 4)
    assert [(x.name, x.start, x.end) for x in found] == [
        ("CDS", 100, 300), ("site", 50, 52), ("CDS", 500, 700), ("site", 2_800, 2_801)
    ]  # fmt: skip
