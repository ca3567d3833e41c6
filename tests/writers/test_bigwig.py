"""bigWig read back by UCSC's own reader (pybbi) and by bigtools (pybigtools)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import bbi
import numpy as np
import pybigtools
import pyBigWig
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from track_cases import CDS, Values, golden, probabilities, write

from genoseq.errors import RegionError
from genoseq.genome.tracks import Channel
from genoseq.writers import bbi as container
from genoseq.writers.bbi_bins import zoom_levels
from genoseq.writers.lattice import PAGE


def ucsc(path: Path, chrom: str, length: int) -> Values:
    """Values of a contig by UCSC's reader, NaN for gaps."""
    with bbi.open(str(path)) as file:
        return np.asarray(file.fetch(chrom, 0, length, missing=np.nan), np.float32)


def bigtools(path: Path, chrom: str) -> Values:
    with pybigtools.open(str(path)) as file:
        return np.asarray(file.values(chrom, fillna=None), np.float32)


def check(path: Path, genome: Mapping[str, Values], channel: int) -> None:
    """Names, sizes and every value are right for both readers."""
    sizes = {chrom: len(values) for chrom, values in genome.items() if len(values)}
    with bbi.open(str(path)) as file:
        assert dict(file.chromsizes) == sizes
    with pybigtools.open(str(path)) as file:
        assert file.chroms() == sizes
    for chrom, length in sizes.items():
        expected = genome[chrom][:, channel]
        np.testing.assert_array_equal(ucsc(path, chrom, length), expected, chrom)
        np.testing.assert_array_equal(bigtools(path, chrom), expected, chrom)


@pytest.mark.parametrize("sizes", [(30_000,), (1, 5_000, 300_000), (1_000_000,)])
def test_bigwig_golden_cases_read_back(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    genome = golden()
    write(tmp_path, genome, ["bigwig"], sizes=sizes)
    check(tmp_path / "CDS.plus.bw", genome, 0)
    check(tmp_path / "CDS.minus.bw", genome, 1)


def test_bigwig_is_read_by_libbigwig(tmp_path: Path) -> None:
    """Which takes ids for positions in a list: contigs without bases have none."""
    out = write(tmp_path, golden(), ["bigwig"])
    with pyBigWig.open(str(out / "CDS.minus.bw")) as found:
        assert found.chroms() == {name: len(of) for name, of in golden().items() if len(of)}
        for name, length in found.chroms().items():
            seen = found.values(name, 0, length, numpy=True)
            np.testing.assert_array_equal(seen, golden()[name][:, 1], name)


def test_bigwig_signal_keeps_every_float(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    values = (rng.normal(0, 1e3, (20_000, 1))).astype(np.float32)
    values[5_000:9_000] = -3.25
    values[12_000:12_500] = np.nan
    genome = {"b": values, "a": -np.abs(values[:3_000])}
    write(tmp_path, genome, ["bigwig"], (Channel("rna.seq"),), "signal")
    check(tmp_path / "rna.seq.both.bw", genome, 0)


def test_bigwig_gaps_between_noisy_pages_are_in_no_section(tmp_path: Path) -> None:
    values = np.random.default_rng(6).normal(0, 1, (3 * PAGE, 1)).astype(np.float32)
    values[PAGE - 5 : PAGE + 5] = np.nan
    write(tmp_path, {"a": values}, ["bigwig"], (Channel("x"),), "signal")
    with pybigtools.open(str(tmp_path / "x.both.bw")) as file:
        records = list(file.records("a"))
    assert sum(end - start for start, end, _ in records) == len(values) - 10
    assert not any(np.isnan(value) for _, _, value in records)


def summaries(values: Values, size: int) -> list[tuple[int, int, int, float, float, float]]:
    """Start, end, covered bases, min, max and sum of every bin with a value."""
    found = []
    for start in range(0, len(values), size):
        part = values[start : start + size]
        known = part[~np.isnan(part)].astype(np.float64)
        if len(known):
            span = start, start + len(part)
            found.append((*span, len(known), known.min(), known.max(), known.sum()))
    return found


def test_bigwig_zoom_records_are_exact(tmp_path: Path) -> None:
    genome = golden()
    write(tmp_path, genome, ["bigwig"])
    with pybigtools.open(str(tmp_path / "CDS.plus.bw")) as file:
        levels = zoom_levels(600_001)
        assert file.zooms() == levels == [64, 256, 1024, 4096, 16384, 65536, 262144]
        for size in levels:
            for chrom, values in genome.items():
                if not len(values):
                    continue
                records = list(file.zoom_records(size, chrom))
                expected = summaries(values[:, 0], size)
                spans = [(start, end, s["bases_covered"]) for start, end, s in records]
                assert spans == [row[:3] for row in expected], (chrom, size)
                got = [(s["min_val"], s["max_val"], s["sum"]) for _, _, s in records]
                np.testing.assert_allclose(
                    np.reshape(got, (-1, 3)), np.reshape([row[3:] for row in expected], (-1, 3)),
                    rtol=1e-6,
                )  # fmt: skip


@pytest.mark.parametrize("bins", [1, 8, 64, 2_048])
def test_bigwig_summaries_of_ucsc_reader(tmp_path: Path, bins: int) -> None:
    genome = golden()
    write(tmp_path, genome, ["bigwig"])
    chrom = "zeta|long.1"
    # Bins are whole zoom records: others would be interpolated by the reader.
    end = 1 << 19
    parts = genome[chrom][:end, 0].reshape(bins, -1)
    known = ~np.isnan(parts).all(axis=1)
    with bbi.open(str(tmp_path / "CDS.plus.bw")) as file:
        for name, truth in (("mean", np.nanmean), ("max", np.nanmax), ("min", np.nanmin)):
            got = file.fetch(chrom, 0, end, bins=bins, summary=name, missing=np.nan)
            assert (np.isnan(got) == ~known).all()
            np.testing.assert_allclose(got[known], truth(parts[known], axis=1), atol=1e-6)


def test_bigwig_total_summary(tmp_path: Path) -> None:
    genome = golden()
    write(tmp_path, genome, ["bigwig"])
    values = np.concatenate([part[:, 0] for part in genome.values()]).astype(np.float64)
    values = values[~np.isnan(values)]
    with bbi.open(str(tmp_path / "CDS.plus.bw")) as file:
        summary = file.info["summary"]
    assert summary["basesCovered"] == len(values)
    assert (summary["min"], summary["max"]) == (0, 1)
    assert summary["sum"] == pytest.approx(values.sum(), rel=1e-9)
    assert summary["std"] == pytest.approx(values.std(), rel=1e-4)


def test_bigwig_two_thousand_contigs_in_fasta_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    genome = {}
    for number in rng.permutation(2_000):
        values = probabilities(int(rng.integers(1, 700)), int(number))
        if number % 3 == 0:
            values[:] = np.nan
        genome[f"contig_{number}.{'x' * (number % 7)}"] = values
    write(tmp_path, genome, ["bigwig"])
    check(tmp_path / "CDS.plus.bw", genome, 0)
    path = str(tmp_path / "CDS.plus.bw")
    with bbi.open(path) as ucsc_file, pybigtools.open(path) as bigtools_file:
        for chrom, values in list(genome.items())[::37]:
            column = values[:, 0]
            total = np.nansum(column)
            got = ucsc_file.fetch(chrom, 0, len(column), bins=1, summary="sum", missing=0)
            np.testing.assert_allclose(got, [total], rtol=1e-5, atol=1e-6)
            sums = [s["sum"] for _, _, s in bigtools_file.zoom_records(64, chrom)]
            assert sum(sums) == pytest.approx(total, rel=1e-5, abs=1e-6)


def test_bigwig_deep_trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # With two children a node, few contigs need as many levels as millions with 256.
    monkeypatch.setattr(container, "_BLOCK", 2)
    genome = {f"c{number * 7919 % 1000}": probabilities(300, number) for number in range(37)}
    genome["long"] = probabilities(300_000, 99)
    write(tmp_path, genome, ["bigwig"])
    check(tmp_path / "CDS.minus.bw", genome, 1)


@settings(max_examples=60)
@given(data=st.data())
def test_bigwig_any_values_read_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lengths = data.draw(st.lists(st.integers(1, 9_000), min_size=1, max_size=4))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    genome = {}
    for number, length in enumerate(lengths):
        run = data.draw(st.sampled_from([1, 2, 50, 5_000]))
        steps = rng.choice([np.nan, 0, 0.5, 0.125, 1], (length // run + 1, 2))
        genome[f"c{-number}"] = np.repeat(steps, run, axis=0)[:length].astype(np.float32)
        genome[f"c{-number}"][rng.integers(length)] = 0.75
    out = write(tmp_path_factory.mktemp("any"), genome, ["bigwig"])
    check(out / "CDS.plus.bw", genome, 0)


def test_bigwig_channel_without_any_value(tmp_path: Path) -> None:
    values = np.full((100, 2), np.nan, np.float32)
    values[:, 0] = 1.5
    with pytest.raises(RegionError, match=r"CDS\.minus has no value on any base"):
        write(tmp_path / "out", {"a": values}, ["bigwig"], CDS, "signal")
    assert not (tmp_path / "out").exists()
