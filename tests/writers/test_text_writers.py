"""segments.bed, predictions.tsv.gz and bedGraph read back, against plain loops over bases."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st
from track_cases import CDS, Values, golden, pieces, write

from genoseq.genome.tracks import Channel, Track
from genoseq.writers import digits
from genoseq.writers.lattice import SLAB
from genoseq.writers.outputs import write_tracks


def plain_segments(genome: dict[str, Values]) -> list[list[str]]:
    """Base by base: the slow truth."""
    rows = []
    for chrom, values in genome.items():
        last, start, total = None, 0, 0
        for at in range(len(values) + 1):
            winner = None
            if at < len(values) and not np.isnan(values[at, 0]):
                p = [round(1000 * float(value)) for value in values[at]]
                best = max(p)
                winner = p.index(best) if best > 1000 - sum(p) else None
            if winner != last:
                if last is not None:
                    score = (2 * total + at - start) // (2 * (at - start))
                    strand, colour = "+-"[last], ("0,114,178", "213,94,0")[last]
                    span = [str(start), str(at)]
                    rows.append([chrom, *span, "CDS", str(score), strand, *span, colour])
                last, start, total = winner, at, 0
            if winner is not None:
                total += p[winner]
    return rows


def bed(out: Path) -> list[list[str]]:
    return [line.split("\t") for line in (out / "segments.bed").read_text().splitlines()]


@pytest.mark.parametrize("sizes", [(30_000,), (999, 70_001), (1_000_000,)])
def test_segments_golden_cases(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    genome = golden()
    rows = bed(write(tmp_path, genome, ["bed"], sizes=sizes))
    assert rows == plain_segments(genome)
    assert rows[0][0] == "zeta|long.1"
    assert ["edges", "0", "1", "CDS", "1000", "+", "0", "1", "0,114,178"] in rows
    assert ["edges", "4999", "5000", "CDS", "1000", "-", "4999", "5000", "213,94,0"] in rows


def test_segments_none_at_all(tmp_path: Path) -> None:
    out = write(tmp_path, {"a": np.zeros((50, 2), np.float32)}, ["bed"])
    assert (out / "segments.bed").read_bytes() == b""


def test_segments_ties_go_to_the_background_then_the_first(tmp_path: Path) -> None:
    values = np.array([[0.5, 0], [0.4, 0.4], [0, 0.501]], np.float32)
    rows = bed(write(tmp_path, {"a": values}, ["bed"]))
    assert [(row[1], row[4], row[5]) for row in rows] == [("1", "400", "+"), ("2", "501", "-")]


def test_segments_run_through_slabs(tmp_path: Path) -> None:
    values = np.zeros((600_000, 2), np.float32)
    values[10:599_990, 1] = 0.9
    rows = bed(write(tmp_path, {"a": values}, ["bed"]))
    assert [row[1:6] for row in rows] == [["10", "599990", "CDS", "900", "-"]]


def test_segments_hostile_class_name(tmp_path: Path) -> None:
    values = np.ones((5, 1), np.float32)
    out = write(tmp_path, {"a": values}, ["bed", "tsv", "bigwig"], (Channel("5'\tUTR/é", "+"),))
    assert bed(out)[0][3] == "5'%09UTR/%C3%A9"
    assert (out / "5%27%09UTR%2F%C3%A9.plus.bw").exists()
    with gzip.open(out / "predictions.tsv.gz", "rt") as file:
        assert next(file) == "#chrom\tstart\tend\t5'%09UTR/%C3%A9.plus\n"


def tsv(path: Path) -> list[str]:
    with gzip.open(path, "rt") as file:
        return file.read().splitlines()


def test_tsv_golden_cases(tmp_path: Path) -> None:
    genome = golden()
    got = tsv(write(tmp_path, genome, ["tsv"]) / "predictions.tsv.gz")
    expected = ["#chrom\tstart\tend\tCDS.plus\tCDS.minus"]
    for chrom, values in genome.items():
        for at in np.flatnonzero(~np.isnan(values[:, 0])).tolist():
            plus, minus = values[at].tolist()
            expected.append(f"{chrom}\t{at}\t{at + 1}\t{plus:.3f}\t{minus:.3f}")
    assert got == expected


def test_tsv_tabix_finds_bases(tmp_path: Path) -> None:
    write(tmp_path, golden(), ["tsv"])
    with pysam.TabixFile(str(tmp_path / "predictions.tsv.gz")) as file:
        assert file.header == ["#chrom\tstart\tend\tCDS.plus\tCDS.minus"]
        assert list(file.fetch("edges", 4_998, 5_000)) == [
            "edges\t4998\t4999\t0.000\t0.000",
            "edges\t4999\t5000\t0.000\t1.000",
        ]
        assert list(file.fetch("zeta|long.1", 120_000, 130_000)) == []


def test_tsv_signal_is_the_shortest_text_that_reads_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, (500, 2)).astype(np.float32) * np.float32(10) ** rng.integers(
        -8, 9, (500, 2)
    ).astype(np.float32)
    values[7, 1] = np.nan
    values[9] = np.nan
    channels = (Channel("a"), Channel("b"))
    got = tsv(write(tmp_path, {"c": values}, ["tsv"], channels, "signal") / "predictions.tsv.gz")
    rows = [line.split("\t") for line in got[1:]]
    assert [int(row[1]) for row in rows] == [at for at in range(500) if at != 9]
    read = np.array([row[3:] for row in rows]).astype(np.float32)
    np.testing.assert_array_equal(read, np.delete(values, 9, axis=0))
    assert rows[7][4] == "nan"


@pytest.mark.parametrize("sizes", [(30_000,), (1, 4_000, 300_000)])
def test_bedgraph_golden_cases(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    genome = golden()
    write(tmp_path, genome, ["bedgraph"], sizes=sizes)
    seen = {chrom: np.full(len(values), np.nan, np.float32) for chrom, values in genome.items()}
    last = ("", 0, "")
    for line in tsv(tmp_path / "CDS.minus.bedgraph.gz"):
        chrom, start, end, value = line.split("\t")
        assert 0 <= int(start) < int(end)
        assert (chrom, int(start), value) != last, "two runs of one value touch"
        last = chrom, int(end), value
        assert np.isnan(seen[chrom][int(start) : int(end)]).all()
        seen[chrom][int(start) : int(end)] = float(value)
    for chrom, values in genome.items():
        np.testing.assert_array_equal(seen[chrom], values[:, 1])


def test_bedgraph_run_through_slabs_is_one_line(tmp_path: Path) -> None:
    write(tmp_path, {"a": np.full((600_000, 2), 0.5, np.float32)}, ["bedgraph"])
    assert tsv(tmp_path / "CDS.plus.bedgraph.gz") == ["a\t0\t600000\t0.500"]
    with pysam.TabixFile(str(tmp_path / "CDS.plus.bedgraph.gz")) as file:
        assert len(list(file.fetch("a", 599_999, 600_000))) == 1


def test_bedgraph_of_zero_and_minus_zero_is_one_run(tmp_path: Path) -> None:
    values = np.array([[0.0], [-0.0], [1.5], [np.nan], [1.5]], np.float32)
    write(tmp_path, {"a": values}, ["bedgraph"], (Channel("x"),), "signal")
    rows = [line.split("\t")[:3] for line in tsv(tmp_path / "x.both.bedgraph.gz")]
    assert rows == [["a", "0", "2"], ["a", "2", "3"], ["a", "4", "5"]]


def test_bedgraph_runs_end_at_a_gap_between_slabs(tmp_path: Path) -> None:
    values = np.full((SLAB + 9, 2), 0.5, np.float32)
    values[SLAB - 1 : SLAB + 1] = np.nan
    write(tmp_path, {"a": values}, ["bedgraph"])
    assert tsv(tmp_path / "CDS.plus.bedgraph.gz") == [
        f"a\t0\t{SLAB - 1}\t0.500",
        f"a\t{SLAB + 1}\t{SLAB + 9}\t0.500",
    ]


def test_text_of_contigs_beyond_tbi_gets_csi(tmp_path: Path) -> None:
    length = 2**29 + 1_000
    values = np.full((500, 2), 0.5, np.float32)
    tracks = [Track("huge", start, values, CDS) for start in (0, 2**29 + 100)]
    write_tracks(tracks, {"huge": length}, CDS, "classes", tmp_path, ["tsv", "bedgraph"])
    for name in ("predictions.tsv.gz", "CDS.plus.bedgraph.gz"):
        assert (tmp_path / f"{name}.csi").exists()
        assert not (tmp_path / f"{name}.tbi").exists()
        with pysam.TabixFile(str(tmp_path / name), index=str(tmp_path / f"{name}.csi")) as file:
            rows = list(file.fetch("huge", 2**29 + 599, 2**29 + 800))
            assert len(rows) == 1
            assert rows[0].startswith("huge\t5368")


@given(st.lists(st.integers(0, 10**12 - 1), min_size=1, max_size=20))
def test_digits_integers(numbers: list[int]) -> None:
    column = digits.integers(np.array(numbers))
    assert digits.lines([column], len(numbers)).decode().split() == [str(n) for n in numbers]


def test_text_of_every_power_of_ten(tmp_path: Path) -> None:
    genome = {"a": np.zeros((100_002, 2), np.float32)}
    write_tracks(pieces(genome, CDS), {"a": 100_002}, CDS, "classes", tmp_path, ["tsv"])
    rows = [line.split("\t") for line in tsv(tmp_path / "predictions.tsv.gz")[1:]]
    assert [(int(row[1]), int(row[2])) for row in rows] == [(n, n + 1) for n in range(100_002)]
