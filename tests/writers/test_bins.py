"""Values of bins: what is told of them, and that neither pieces nor shards change a byte."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, Literal

import bbi
import numpy as np
import pybigtools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from track_cases import CDS, Values, golden, pieces

from genoseq.errors import ConfigError
from genoseq.genome.tracks import Channel
from genoseq.readers.signal import open_signal
from genoseq.writers.bins import Bins, bins_of
from genoseq.writers.convert import convert_scores
from genoseq.writers.lattice import SLAB
from genoseq.writers.outputs import write_tracks

By = Literal["mean", "max"]
RNA = (Channel("RNA", "+"),)


def written(
    out: Path, genome: dict[str, Values], bins: Bins | None, size: int = 30_000, **more: Any
) -> Path:
    """The genome as bigWig and bedGraph, unless other formats are asked for."""
    lengths = {name: len(values) for name, values in genome.items()}
    channels, kind = (RNA, "signal") if genome["x"].shape[1] == 1 else (CDS, "classes")
    formats = more.pop("formats", ["bigwig", "bedgraph"])
    tracks = pieces(genome, channels, (size,))
    write_tracks(tracks, lengths, channels, kind, out, formats, bins=bins, **more)  # type: ignore[arg-type]
    return out


def expected(values: Values, size: int, by: By) -> Values:
    """One bin after the other."""
    told = np.full_like(values, np.nan)
    for at in range(0, len(values), size):
        own = values[at : at + size]
        known = ~np.isnan(own)
        if known.any():
            wide = own[known].astype(np.float64)
            told[at : at + size][known] = wide.mean() if by == "mean" else wide.max()
    return told


def values_of(path: Path, chrom: str, length: int) -> Values:
    with open_signal(path) as file:
        return file.values(chrom, 0, length)


@settings(max_examples=30)
@given(
    st.one_of(st.integers(2, 70), st.integers(500, 1 << 16)),
    st.sampled_from(["mean", "max"]),
    st.lists(st.tuples(st.integers(0, 280_000), st.integers(1, 4_000)), max_size=5),
    st.integers(1, 290_000),
    st.integers(0, 9),
)
def test_bins_tell_the_mean_or_the_largest_of_what_is_known(
    tmp_path_factory: pytest.TempPathFactory,
    size: int,
    by: By,
    gaps: list[tuple[int, int]],
    length: int,
    seed: int,
) -> None:
    values = np.random.default_rng(seed).normal(0, 9, (length, 1)).astype(np.float32)
    for start, count in gaps:
        values[start : start + count] = np.nan
    values[-1] = 3.5
    folder = written(tmp_path_factory.mktemp("bins"), {"x": values}, Bins(size, by))
    wanted = expected(values[:, 0], size, by)
    found = values_of(folder / "RNA.plus.bw", "x", length)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    with bbi.open(str(folder / "RNA.plus.bw")) as file:  # UCSC's reader
        np.testing.assert_array_equal(file.fetch("x", 0, length, missing=np.nan), found)
    with pybigtools.open(str(folder / "RNA.plus.bw")) as file:
        np.testing.assert_array_equal(file.values("x", fillna=None), found)


def test_bins_of_probabilities_are_in_their_steps_and_gaps_stay(tmp_path: Path) -> None:
    genome = {"x": golden()["zeta|long.1"], "one": np.array([[0.25, 0.5]], np.float32)}
    folder = written(tmp_path, genome, Bins(25))
    for channel, name in enumerate(("CDS.plus", "CDS.minus")):
        truth = genome["x"][:, channel]
        found = values_of(folder / f"{name}.bw", "x", len(truth))
        np.testing.assert_array_equal(np.isnan(found), np.isnan(truth))
        np.testing.assert_allclose(found, expected(truth, 25, "mean"), atol=0.00051)
        known = found[~np.isnan(found)] * 1000
        np.testing.assert_allclose(known, np.rint(known), atol=1e-3)
        with gzip.open(folder / f"{name}.bedgraph.gz", "rt") as lines:
            rows = [line.split() for line in lines]
        for chrom, start, end, value in rows[:: max(1, len(rows) // 500)]:
            if chrom == "x":
                assert (found[int(start) : int(end)] == np.float32(value)).all()


@pytest.mark.parametrize("by", ["mean", "max"])
def test_bins_of_scores_are_those_of_scoring_at_once(tmp_path: Path, by: By) -> None:
    genome = {"x": golden()["zeta|long.1"], "A": golden()["A"]}
    one = written(tmp_path / "one", genome, Bins(77, by))
    other = written(tmp_path / "other", genome, Bins(77, by), size=SLAB + 5)
    scores = written(tmp_path / "scores", genome, None, formats=["scores"])
    convert_scores(scores, tmp_path / "late", "bigwig,bedgraph", bin=77, bin_by=by)
    for folder in (other, tmp_path / "late"):
        for path in one.iterdir():
            assert (folder / path.name).read_bytes() == path.read_bytes(), path.name


def test_bins_leave_calls_and_rows_of_bases_as_they_are(tmp_path: Path) -> None:
    genome = {"x": golden()["zeta|long.1"]}
    formats = ["bed", "peaks", "scores", "bigwig"]
    plain = written(tmp_path / "plain", genome, None, formats=formats)
    binned = written(tmp_path / "binned", genome, Bins(25), formats=formats)
    for name in ("segments.bed", "peaks.bed", "scores.npy", "scores.json"):
        assert (plain / name).read_bytes() == (binned / name).read_bytes()


def test_bins_take_less_room_than_bases(tmp_path: Path) -> None:
    values = np.random.default_rng(1).gamma(0.5, 20, (1_000_000, 1)).astype(np.float32)
    plain = written(tmp_path / "plain", {"x": values}, None, formats=["bigwig"])
    binned = written(tmp_path / "binned", {"x": values}, Bins(25), formats=["bigwig"])
    sizes = [(folder / "RNA.plus.bw").stat().st_size for folder in (plain, binned)]
    assert sizes[1] < sizes[0] / 12  # a twentyfifth, and zoom levels


def test_bins_are_in_the_record(tmp_path: Path) -> None:
    import json

    record = {"command": "score", "settings": {"by_phase": False}}
    folder = written(tmp_path, {"x": golden()["A"]}, Bins(5, "max"), record=record)
    told = json.loads((folder / "provenance.json").read_text())
    assert told["settings"] == {"by_phase": False, "bin": 5, "bin_by": "max"}


def test_bins_that_cannot_be_are_refused(tmp_path: Path) -> None:
    for size in (0, (1 << 16) + 1):
        with pytest.raises(ConfigError, match=f"bin {size}: use 1 to 65536 bp"):
            Bins(size)
    with pytest.raises(ConfigError, match="--bin-by max is of bins: add --bin BP"):
        bins_of(None, "max")
    assert bins_of(1, "mean") is None
    with pytest.raises(ConfigError, match="none of scores, tsv has bins: add bedgraph, bigwig"):
        written(tmp_path, {"x": golden()["A"]}, Bins(5), formats=["tsv", "scores"])
