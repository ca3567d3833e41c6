"""bigBed, read back by UCSC's own reader (pybbi) and by pyBigWig."""

from __future__ import annotations

import struct
from pathlib import Path

import bbi
import numpy as np
import pyBigWig

from genoseq.writers.bigbed import GENES_SQL, SEGMENTS_SQL, BigBedRow, write_bigbed

LENGTHS = {"zeta|1": 900_000, "empty": 10, "A.b": 50_000, "chr10": 5_000, "chr2": 5_000}


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
    given: dict[str, list[tuple[int, int, str]]] = {}
    for row in rows():
        given.setdefault(row.chrom, []).append((row.start, row.end, row.rest))
    with pyBigWig.open(str(path)) as found:
        assert found.chroms() == {chrom: LENGTHS[chrom] for chrom in sorted(given)}
        assert found.SQL().decode() == SEGMENTS_SQL
        for chrom, items in given.items():
            assert sorted(found.entries(chrom, 0, LENGTHS[chrom])) == sorted(items)
    assert bbi.open(str(path)).schema["columns"][3:] == [
        "name", "score", "strand", "thickStart", "thickEnd", "itemRgb",
    ]  # fmt: skip
    for chrom, items in given.items():
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
    assert bbi.info(str(path))["zoomLevels"] >= 2
    for size in (100_000, 300_000, 900_000):
        seen = bbi.fetch(str(path), "zeta|1", 0, len(depth), bins=len(depth) // size)
        # A mean is over the bases that items cover; levels share no borders with these bins.
        sums, covered = (of.reshape(-1, size).sum(axis=1) for of in (depth, depth > 0))
        np.testing.assert_allclose(seen, sums / covered, rtol=0.03)


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
