"""bigBed, read back by UCSC's own reader (pybbi) and by pyBigWig."""

from __future__ import annotations

import struct
from pathlib import Path
from tempfile import TemporaryDirectory

import bbi
import numpy as np
import pyBigWig
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.writers import bbi as container
from genoseq.writers import bigbed
from genoseq.writers.bigbed import GENES_SQL, SEGMENTS_SQL, BigBedRow, write_bigbed

LENGTHS = {"zeta|1": 900_000, "unused": 10, "A.b": 50_000, "chr10": 5_000, "chr2": 5_000}


def segment(chrom: str, start: int, end: int, name: str = "CDS") -> BigBedRow:
    return BigBedRow(chrom, start, end, f"{name}\t700\t-\t{start}\t{end}\t213,94,0")


def rows() -> list[BigBedRow]:
    """Many on one contig, at both ends of it, out of order, touching and overlapping."""
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 890_000, 3_000)
    many = [segment("zeta|1", int(s), int(s) + int(rng.integers(1, 900))) for s in starts]
    return [
        *many, segment("zeta|1", 0, 1), segment("zeta|1", 899_999, 900_000),
        segment("chr2", 5, 10), segment("chr2", 10, 12, "a b <c>"), segment("A.b", 0, 50_000),
        segment("chr10", 1, 4),
    ]  # fmt: skip


def test_write_bigbed_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "a.bb"
    write_bigbed(path, rows(), LENGTHS, SEGMENTS_SQL, 9)
    written: dict[str, list[tuple[int, int, str]]] = {}
    for row in rows():
        written.setdefault(row.chrom, []).append((row.start, row.end, row.rest))
    with pyBigWig.open(str(path)) as found:
        assert found.chroms() == LENGTHS
        assert found.SQL().decode() == SEGMENTS_SQL
        for chrom, items in written.items():
            assert sorted(found.entries(chrom, 0, LENGTHS[chrom])) == sorted(items)
    assert bbi.open(str(path)).schema["columns"][3:] == [
        "name", "score", "strand", "thickStart", "thickEnd", "itemRgb",
    ]  # fmt: skip
    for chrom, items in written.items():
        found_by_ucsc = bbi.fetch_intervals(str(path), chrom, 0, LENGTHS[chrom], iterator=True)
        seen = [(start, end, "\t".join(map(str, rest))) for _, start, end, *rest in found_by_ucsc]
        assert sorted(seen) == sorted(items)


def test_write_bigbed_has_zoom_levels_that_agree_with_the_items(tmp_path: Path) -> None:
    path = tmp_path / "a.bb"
    write_bigbed(path, rows(), LENGTHS, SEGMENTS_SQL, 9)
    depth = np.zeros(LENGTHS["zeta|1"])
    for row in rows():
        if row.chrom == "zeta|1":
            depth[row.start : row.end] += 1
    assert bbi.info(str(path))["zoomLevels"] >= 6
    for size in (1_024, 16_384, 262_144):  # each read from another level
        parts = depth[: len(depth) // size * size].reshape(-1, size)
        seen = bbi.fetch(str(path), "zeta|1", 0, parts.size, bins=len(parts), missing=0)
        covered = (parts > 0).sum(axis=1)  # a mean is over the bases that intervals cover
        np.testing.assert_allclose(seen, parts.sum(axis=1) / np.maximum(covered, 1), rtol=1e-6)
    total = bbi.info(str(path))["summary"]
    whole = sum(row.end - row.start for row in rows())
    assert (total["sum"], total["max"]) == (whole, depth.max())


SPANS = st.lists(
    st.tuples(st.sampled_from("xyz"), st.integers(0, 600), st.integers(0, 600)), min_size=1
)


@given(SPANS)
def test_write_bigbed_any_intervals_are_read_back(spans: list[tuple[str, int, int]]) -> None:
    made = [
        segment(chrom, min(a, b), max(a, b), f"n{number}")
        for number, (chrom, a, b) in enumerate(spans)
    ]
    made.append(segment("y", 0, 600, "long"))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(container, "_BLOCK", 2)  # trees of many levels
        patch.setattr(bigbed, "_ITEMS", 3)
        path = str(Path(folder) / "a.bb")
        write_bigbed(Path(path), made, {"z": 600, "no": 0, "y": 600, "x": 600}, SEGMENTS_SQL, 9)
        for chrom, start, end in (("x", 0, 600), ("y", 599, 600), ("z", 100, 101)):
            # Points are found by nobody's rules alike, so only intervals with bases are asked for.
            within = [
                (row.start, row.end, row.rest)
                for row in made
                if row.chrom == chrom and max(row.start, start) < min(row.end, end)
            ]
            with pyBigWig.open(path) as found:
                seen = [
                    each for each in found.entries(chrom, start, end) or () if each[0] < each[1]
                ]
            assert sorted(seen) == sorted(within)
            by_ucsc = bbi.fetch_intervals(path, chrom, start, end, iterator=True)
            assert sum(each[1] < each[2] for each in by_ucsc) == len(within)


def test_write_bigbed_says_how_many_fields_are_those_of_bed(tmp_path: Path) -> None:
    rest = "g\t1000\t+\t5\t50\t0,114,178\t1\t45,\t0,\tg\tcmpl\tcmpl\t0,\tcoding\tg\tg\tcoding"
    for sql, defined, row in (
        (SEGMENTS_SQL, 9, segment("chr2", 5, 50)),
        (GENES_SQL, 12, BigBedRow("chr2", 5, 50, rest)),
    ):
        write_bigbed(tmp_path / "a.bb", [row], LENGTHS, sql, defined)
        head = (tmp_path / "a.bb").read_bytes()[:36]
        fields = 3 + row.rest.count("\t") + 1
        assert struct.unpack("<HH", head[32:]) == (fields, defined)
        assert sql.count(";") == fields


def test_write_bigbed_is_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("a.bb", "b.bb"):
        write_bigbed(tmp_path / name, rows(), LENGTHS, SEGMENTS_SQL, 9)
    assert (tmp_path / "a.bb").read_bytes() == (tmp_path / "b.bb").read_bytes()
