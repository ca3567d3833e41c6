"""Regions and their letters: the bytes that bedtools 2.30 writes for the same intervals."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import ConfigError, InputFormatError, RegionError
from genoseq.extraction import stretches
from genoseq.extraction.extract import (
    ExtractionOptions,
    Tally,
    extract,
    n_share,
    reshaped,
    write_blocks,
    write_extracted,
)
from genoseq.extraction.intervals import (
    Intervals,
    NamedRegion,
    Reshape,
    bed_intervals,
    feature_regions,
    in_chunks,
)
from genoseq.genome.complement import reverse_complement
from genoseq.genome.features import Feature
from genoseq.genome.regions import Region, holes_by_contig, tiles
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta, open_fasta

LETTERS = b"ACGTRYSWKMBDHVNXUuacgtryswkmbdhvnx"


@pytest.fixture
def fasta(tmp_path: Path) -> Iterator[Fasta]:
    path = tmp_path / "toy.fa"
    path.write_bytes(b">c1 words\n" + LETTERS[:20] + b"\n" + LETTERS[20:] + b"\n>c2\nACGT\n")
    with open_fasta(path) as opened:
        yield opened


def written(fasta: Fasta, bed: Path, **options: bool | float) -> tuple[str, str, Tally]:
    out, rows, tally = io.BytesIO(), io.BytesIO(), Tally()
    write_extracted(fasta, bed_intervals(bed), ExtractionOptions(**options), tally, out, rows)  # type: ignore[arg-type]
    return out.getvalue().decode(), rows.getvalue().decode(), tally


def bed_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "regions.bed"
    path.write_text(text)
    return path


def test_write_extracted_gives_the_bytes_of_bedtools_getfasta(tmp_path: Path, fasta: Fasta) -> None:
    bed = bed_of(
        tmp_path, "c1\t0\t34\tx\t0\t-\nc1\t3\t20\tx\t0\t+\nc1\t3\t20\tx\t0\t.\nc2\t0\t4\ty\t0\t-\n"
    )
    assert written(fasta, bed, stranded=True)[0] == (
        ">c1:0-34(-)\nxnbdhvkmwsryacgtaAXNBDHVKMWSRYACGT\n"
        ">c1:3-20(+)\nTRYSWKMBDHVNXUuac\n>c1:3-20(.)\nTRYSWKMBDHVNXUuac\n>c2:0-4(-)\nACGT\n"
    )
    text, rows, tally = written(fasta, bed)
    assert text == (
        f">c1:0-34\n{LETTERS.decode()}\n>c1:3-20\nTRYSWKMBDHVNXUuac\n"
        ">c1:3-20\nTRYSWKMBDHVNXUuac\n>c2:0-4\nACGT\n"
    )
    assert rows == bed.read_text()
    assert (tally.written, tally.bases) == (4, 72)


def test_write_blocks_joins_the_blocks_of_bed12(tmp_path: Path, fasta: Fasta) -> None:
    line = "c1\t2\t30\tx\t0\t{}\t2\t30\t0\t2\t5,4\t0,24\n"
    bed = bed_of(tmp_path, line.format("-") + line.format("+"))
    for stranded, expected in (
        (True, ">c1:2-30(-)\nhvkmSRYAC\n>c1:2-30(+)\nGTRYSkmbd\n"),
        (False, ">c1:2-30\nGTRYSkmbd\n>c1:2-30\nGTRYSkmbd\n"),
    ):
        out, tally = io.BytesIO(), Tally()
        write_blocks(fasta, read_bed(bed), ExtractionOptions(stranded), tally, out)
        assert out.getvalue().decode() == expected
        assert (tally.written, tally.bases) == (2, 18)


@pytest.mark.parametrize(
    ("line", "message", "reason"),
    [
        ("c1\t30\t99", "region c1:31-99 ends past the contig's last base, 34", "past the contig"),
        ("zz\t0\t3", "contig 'zz' of region zz:1-3 is not in the FASTA", "not in the FASTA"),
        ("c1\t5\t5", r"region c1, 0-based \[5, 5\), holds no base", "no base"),
    ],
)
def test_write_extracted_outside_is_an_error_or_counted(
    tmp_path: Path, fasta: Fasta, line: str, message: str, reason: str
) -> None:
    bed = bed_of(tmp_path, f"c2\t0\t2\n{line}\nc2\t2\t4\n")
    with pytest.raises(RegionError, match=message):
        written(fasta, bed)
    text, _, tally = written(fasta, bed, skip_outside=True)
    assert text == ">c2:0-2\nAC\n>c2:2-4\nGT\n"
    assert [(count, reason in why) for why, count in tally.skipped.items()] == [(1, True)]


def test_write_extracted_refuses_bed_rows_that_would_be_comments(tmp_path: Path) -> None:
    (tmp_path / "odd.fa").write_text(">b\nACGT\n>#a\nACGT\n")
    chunks = [Intervals(["b", "#a"], [0, 0], [4, 4], [".", "."], [".", "."])]
    with open_fasta(tmp_path / "odd.fa") as odd:
        out = io.BytesIO()
        write_extracted(odd, chunks, ExtractionOptions(), Tally(), out)
        assert out.getvalue() == b">b:0-4\nACGT\n>#a:0-4\nACGT\n"
        with pytest.raises(RegionError, match="name begins with #, as BED's comments do"):
            write_extracted(odd, chunks, ExtractionOptions(), Tally(), out, io.BytesIO())


def test_write_extracted_drops_regions_rich_in_n(tmp_path: Path, fasta: Fasta) -> None:
    bed = bed_of(tmp_path, "c1\t0\t6\tkept\nc1\t0\t7\tdropped\n")
    text, rows, tally = written(fasta, bed, max_n_fraction=1 / 3)
    assert text == ">c1:0-6\nACGTRY\n"
    assert rows == "c1\t0\t6\tkept\t0\t.\n"
    assert tally.n_rich == 1
    assert n_share("") == 0


@given(st.data())
def test_extract_equals_slicing_however_stretches_fall(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lengths = data.draw(st.lists(st.integers(1, 300), min_size=1, max_size=3))
    contigs = {f"c{i}": (LETTERS * 9)[i : i + n] for i, n in enumerate(lengths)}
    regions = []
    for chrom in data.draw(st.lists(st.sampled_from(list(contigs)), max_size=30)):
        start = data.draw(st.integers(0, len(contigs[chrom]) - 1))
        end = data.draw(st.integers(start + 1, len(contigs[chrom])))
        regions.append(Region(chrom, start, end, data.draw(st.sampled_from("+-."))))
    path = tmp_path_factory.mktemp("slices") / "toy.fa"
    path.write_bytes(b"".join(b">%b\n%b\n" % (c.encode(), s) for c, s in contigs.items()))
    with pytest.MonkeyPatch.context() as patch, open_fasta(path) as fasta:
        for name in ("_NEAR", "_ROUND", "_SPREAD", "STRETCH"):
            patch.setattr(stretches, name, data.draw(st.sampled_from([1, 7, 64, 1 << 20])))
        found = list(extract(fasta, regions, stranded=True))
    for region, (name, letters) in zip(regions, found, strict=True):
        expected = contigs[region.chrom][region.start : region.end]
        assert letters == (reverse_complement(expected) if region.strand == "-" else expected)
        assert name == f"{region.chrom}:{region.start}-{region.end}({region.strand})"


@pytest.mark.parametrize("strand", ["+", "-"])
def test_write_extracted_streams_regions_longer_than_a_stretch(
    fasta: Fasta, monkeypatch: pytest.MonkeyPatch, strand: str
) -> None:
    import genoseq.extraction.extract as module

    monkeypatch.setattr(module, "STRETCH", 7)
    chunk = Intervals(["c1", "c2"], [1, 0], [33, 4], [strand] * 2, ["a", "b"])
    for share, names in ((1.0, "ab"), (0.3, "b")):
        out, rows = io.BytesIO(), io.BytesIO()
        write_extracted(fasta, [chunk], ExtractionOptions(True, share), Tally(), out, rows)
        letters = {"a": LETTERS[1:33], "b": b"ACGT"}
        turned = {n: reverse_complement(x) if strand == "-" else x for n, x in letters.items()}
        assert out.getvalue().splitlines()[1::2] == [turned[name] for name in names]
        assert [row.split(b"\t")[3].decode() for row in rows.getvalue().splitlines()] == list(names)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "c\t1\t5\nd\t0\t2\n",
        "c\t1\t5\tn\t3.5\t-\nd\t0\t2\tm\t.\t+",
        "#c\t1\t5\nc\t1\t5\r\nd\t0\t2\r\n",
        "track name=x\nc\t1\t5\tn\n\nd 0 2 m\n",
        "c\t1\t5\tn\t0\t+\t1\t5\t0\t1\t4\t0\n",
        "",
    ],
)
def test_bed_intervals_agrees_with_read_bed(tmp_path: Path, text: str, packed: bool) -> None:
    path = tmp_path / "x.bed"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    rows = [named for chunk in bed_intervals(path) for named in chunk.regions()]
    assert rows == [NamedRegion(record.region, record.name) for record in read_bed(path)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("c\t5\t1", "start 5 is after end 1"),
        ("c\t-1\t5", "'-1' is not a whole number"),
        ("c\t1_0\t50", "'1_0' is not a whole number"),
        ("c\t1\t5\tn", "4 columns, but the lines before have 3"),
        ("c\t1", "2 columns"),
        ("\t1\t5", "the contig name, column 1, is empty"),
    ],
)
def test_bed_intervals_errors_carry_the_line(tmp_path: Path, line: str, message: str) -> None:
    path = bed_of(tmp_path, f"c\t1\t5\n{line}\n")
    with pytest.raises(InputFormatError, match=message) as error:
        list(bed_intervals(path))
    assert str(error.value).startswith(f"{path}:2: ")


def test_bed_intervals_goes_on_where_a_plain_table_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genoseq.extraction.intervals._CHUNK_TEXT", 10)
    path = bed_of(tmp_path, "c\t1\t5\nc\t2\t5\nc\t3\t5\n#no\nc\t4\t5\n")
    assert [s for chunk in bed_intervals(path) for s in chunk.starts] == [1, 2, 3, 4]


def test_reshape_flanks_cuts_tiles_and_filters_on_the_strand() -> None:
    lengths = {"c": 100}
    holes = holes_by_contig([Region("c", 40, 45), Region("c", 42, 50), Region("d", 0, 9)])
    chunk = Intervals(["c", "c"], [30, 90], [60, 95], ["-", "+"], ["a", "b"])
    reshape = Reshape(upstream=20, downstream=2, holes=holes, tile=8, min_length=5)
    (out,) = reshaped([chunk], reshape, lengths)
    # a: [28, 80) without [40, 50); b: [70, 97). Tiles of 4 and 3 bp are dropped.
    assert out.starts == [28, 50, 58, 66, 74, 70, 78, 86]
    assert out.ends == [36, 58, 66, 74, 80, 78, 86, 94]
    assert out.names == ["a"] * 5 + ["b"] * 3


def test_reshape_refuses_negative_sizes() -> None:
    with pytest.raises(ConfigError, match="cannot be negative"):
        Reshape(upstream=-1)
    with pytest.raises(ConfigError, match="a step needs a tile size"):
        Reshape(step=5)


@given(st.integers(0, 50), st.integers(0, 60), st.integers(1, 20), st.integers(1, 20))
def test_tiles_cover_the_region(start: int, length: int, size: int, step: int) -> None:
    step = min(step, size)
    found = list(tiles(Region("c", start, start + length), size, step))
    assert {i for tile in found for i in range(tile.start, tile.end)} == set(
        range(start, start + length)
    )
    assert all(b.start - a.start == step for a, b in pairwise(found))
    assert all(len(tile) == size for tile in found[:-1])


def test_in_chunks_bounds_bases() -> None:
    regions = [NamedRegion(Region("c", 0, size)) for size in (4, 4, 4, 100, 1)]
    assert [len(chunk.starts) for chunk in in_chunks(regions, 9)] == [2, 1, 1, 1]


def test_feature_regions_names_the_types_there_are() -> None:
    gene = Feature("c", 0, 9, "-", "gene", id="g1")
    exon = Feature("c", 3, 9, "+", "exon")
    assert list(feature_regions([gene, exon], ["gene", "exon"])) == [
        NamedRegion(Region("c", 0, 9, "-"), "g1"),
        NamedRegion(Region("c", 3, 9, "+"), "exon"),
    ]
    with pytest.raises(InputFormatError, match="no feature of type CDS; types there: exon, gene"):
        list(feature_regions([gene, exon], ["CDS"]))


def test_extract_loads_no_numpy_before_it_is_asked_for_splits() -> None:
    code = "import sys, genoseq.extraction.extract_files; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
