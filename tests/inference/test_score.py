"""Scores of a genome do not depend on how they were computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from number_format import computed_or_refused

from genoseq.errors import RegionError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.genome.sequences import reverse_complement, reverse_complement_codes
from genoseq.genome.tracks import Channel
from genoseq.inference.predict import Predictor
from genoseq.inference.score import score
from genoseq.models.bundle import Bundle
from genoseq.readers.fasta import open_fasta

pytestmark = pytest.mark.usefixtures("one_thread", "short_windows")
CONTIGS = {"long": 5_001, "short": 50, "one": 1, "empty": 0, "gaps": 900, "odd.|name": 2_000}
Scores = dict[str, np.ndarray[Any, np.dtype[np.float32]]]


@pytest.fixture(scope="module")
def letters() -> dict[str, bytes]:
    rng = np.random.default_rng(5)
    drawn = {name: rng.choice(list(b"ACGT"), n).astype(np.uint8) for name, n in CONTIGS.items()}
    drawn["gaps"][:] = ord("N")
    drawn["long"][[0, 700, 701, 5_000]] = ord("R")
    return {name: codes.tobytes() for name, codes in drawn.items()}


@pytest.fixture
def genome(tmp_path: Path, letters: dict[str, bytes]) -> Path:
    path = tmp_path / "genome.fa"
    path.write_bytes(b"".join(b">%s\n%s\n" % (n.encode(), s) for n, s in letters.items()))
    return path


def scores(path: Path, bundle: Bundle, **options: Any) -> Scores:
    """All scores by contig, NaN where nothing was said; also checks the order of the tracks."""
    options = {"device": "cpu", "precision": "fp32"} | options
    with open_fasta(path) as genome:
        tracks = list(score(genome, bundle, **options))
        found = {
            name: np.full((n, len(tracks[0].channels)), np.nan, np.float32)
            for name, n in genome.lengths.items()
        }
    order = [list(found).index(track.chrom) for track in tracks]
    assert order == sorted(order)
    for track in tracks:
        found[track.chrom][track.start : track.end] = track.values
    return found


def assert_same(left: Scores, right: Scores, tolerance: float = 0.0) -> None:
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_allclose(left[name], right[name], atol=tolerance, rtol=0)


def test_score_leaves_gaps_exactly_where_bases_are_unknown(
    genome: Path, bundle: Bundle, letters: dict[str, bytes]
) -> None:
    for name, values in scores(genome, bundle).items():
        known = np.isin(np.frombuffer(letters[name], np.uint8), list(b"ACGT"))
        assert np.array_equal(~np.isnan(values), np.repeat(known[:, None], 2, axis=1))


def test_score_gives_probabilities_in_thousandths(genome: Path, bundle: Bundle) -> None:
    values = scores(genome, bundle)["long"]
    values = values[~np.isnan(values[:, 0])]
    assert values.min() >= 0
    assert values.sum(1).max() <= 1.001
    np.testing.assert_array_equal(values, values.round(3))
    assert values.std() > 0.02


@pytest.mark.parametrize("batch_bases", [1, 2_000, 100_000])
def test_score_does_not_depend_on_the_batch(genome: Path, bundle: Bundle, batch_bases: int) -> None:
    assert_same(scores(genome, bundle), scores(genome, bundle, batch_bases=batch_bases), 0.0011)


def test_score_does_not_depend_on_threads(genome: Path, bundle: Bundle) -> None:
    one = scores(genome, bundle)
    torch.set_num_threads(2)
    assert_same(one, scores(genome, bundle), 0.0011)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_score_of_regions_is_the_score_of_the_whole(
    genome: Path, bundle: Bundle, precision: str
) -> None:
    regions = [Region("odd.|name", 3, 1_999), Region("long", 777, 778), Region("long", 790, 3_333)]
    with computed_or_refused(precision):
        whole = scores(genome, bundle, precision=precision)
        parts = scores(genome, bundle, precision=precision, regions=regions)
        expected = {name: np.full_like(values, np.nan) for name, values in whole.items()}
        for r in regions:
            expected[r.chrom][r.start : r.end] = whole[r.chrom][r.start : r.end]
        assert_same(parts, expected)


def test_score_does_not_depend_on_other_contigs(
    genome: Path, bundle: Bundle, tmp_path: Path, letters: dict[str, bytes]
) -> None:
    alone = tmp_path / "alone.fa"
    alone.write_bytes(b">short\n%s\n>odd.|name\n%s\n" % (letters["short"], letters["odd.|name"]))
    whole = scores(genome, bundle)
    assert_same(scores(alone, bundle), {name: whole[name] for name in ("short", "odd.|name")})


def test_score_depends_on_no_window_that_is_asked_for(genome: Path, bundle: Bundle) -> None:
    assert_same(scores(genome, bundle), scores(genome, bundle, window_bases=3_000))


def test_score_depends_on_the_model_s_window_only_beyond_the_context(
    genome: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A random LSTM forgets within its 96 bases of context; trained ones are measured in
    # benchmarks/invariance.py.
    before = scores(genome, bundle)
    monkeypatch.setattr("genoseq.config.context.WINDOW_BASES", 3_000)
    assert_same(before, scores(genome, bundle), 0.0011)


@pytest.mark.parametrize("length", [1, 2, 3, 226, 2_001, 2_002, 2_003])
def test_score_swaps_strands_on_the_reverse_complement(
    bundle: Bundle, tmp_path: Path, letters: dict[str, bytes], length: int
) -> None:
    sequence = letters["long"][:length]
    (tmp_path / "f.fa").write_bytes(b">c\n" + sequence + b"\n")
    (tmp_path / "r.fa").write_bytes(b">c\n" + reverse_complement(sequence) + b"\n")
    forward = scores(tmp_path / "f.fa", bundle)["c"]
    reverse = scores(tmp_path / "r.fa", bundle)["c"]
    np.testing.assert_array_equal(forward, reverse[::-1, ::-1])
    odds = scores(tmp_path / "f.fa", bundle, values="log-odds")["c"]
    other = scores(tmp_path / "r.fa", bundle, values="log-odds")["c"]
    mirror = bundle.task.mirror
    np.testing.assert_array_equal(odds, other[::-1][:, mirror])


def test_score_by_phase_adds_up_to_the_classes(genome: Path, bundle: Bundle) -> None:
    classes = scores(genome, bundle)["long"]
    phases = scores(genome, bundle, by_phase=True)["long"]
    assert phases.shape[1] == 6
    summed = np.stack([phases[:, :3].sum(1), phases[:, 3:].sum(1)], axis=1)
    np.testing.assert_allclose(summed, classes, atol=0.0021)


def test_score_refuses_regions_off_the_genome(genome: Path, bundle: Bundle) -> None:
    with pytest.raises(RegionError, match="contig 'chr9' of region chr9:1-5 is not in the FASTA"):
        scores(genome, bundle, regions=[Region("chr9", 0, 5)])


def test_score_tells_log_odds_of_every_state(
    genome: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genoseq.config.context.WINDOW_BASES", 3_000)
    with open_fasta(genome) as opened:
        codes = opened.codes("odd.|name", 0, 2_000)
        options: Any = {"device": "cpu", "precision": "fp32"}
        tracks = list(score(opened, bundle, values="log-odds", **options))
    states = cds_phase_scheme().states
    expected = tuple(Channel(state.name, state.strand, state.phase) for state in states)
    assert {track.channels for track in tracks} == {expected}
    found = np.concatenate([track.values for track in tracks if track.chrom == "odd.|name"])
    assert found.dtype == np.float32
    # The same window by hand: 24 N before the contig, and behind it to a multiple of 8 steps.
    window = np.pad(codes, (24, 2_064 - 2_024), constant_values=4)
    predictor = Predictor(bundle, "cpu", "fp32")
    forward = predictor(window[None])[:, 0, 24:2_024]
    window = np.pad(reverse_complement_codes(codes), (24, 2_064 - 2_024), constant_values=4)
    reverse = predictor(window[None])[:, 0, 24:2_024]
    predicted = predictor.mean(forward, predictor.mirrored(reverse))
    p = predicted.astype(np.float64)
    exact = np.log(p / (p.sum(0) - p)).T
    np.testing.assert_allclose(found, exact.clip(-16, 16), atol=2e-3)
    assert np.ptp(exact) > 2
