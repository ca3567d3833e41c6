"""BED3 to BED12."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import InputFormatError
from genoseq.genome.features import Feature
from genoseq.genome.regions import Region
from genoseq.readers.bed import BedRecord, bed_features, read_bed

TWELVE = "c\t100\t200\tt1\t0\t{}\t115\t195\t0\t3\t20,30,20,\t0,40,80,\n"


def given_bed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "in.bed"
    path.write_text(text)
    return path


def test_read_bed_skips_what_is_no_record(tmp_path: Path) -> None:
    text = (
        "browser position c:1-5\ntrack name=x\n#c\t1\t2\n\nc\t1\t5\r\ntrack\t2\t2\ntrack\nc 6 7\n"
    )
    expected = [BedRecord("c", 1, 5), BedRecord("track", 2, 2), BedRecord("c", 6, 7)]
    assert read_bed(given_bed(tmp_path, text)) == expected


def test_read_bed_keeps_six_columns_and_ignores_extras(tmp_path: Path) -> None:
    text = "c\t1\t5\tmy name\t3.5e-2\t-\textra\n"
    assert read_bed(given_bed(tmp_path, text)) == [BedRecord("c", 1, 5, "my name", "3.5e-2", "-")]


def test_read_bed_reads_compressed(tmp_path: Path) -> None:
    path = tmp_path / "in.bed.gz"
    path.write_bytes(gzip.compress(b"c\t0\t5\n"))
    assert read_bed(path) == [BedRecord("c", 0, 5)]
    assert read_bed(path)[0].region == Region("c", 0, 5)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_read_bed_drops_a_byte_order_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "in.bed"
    path.write_text("c\t0\t5\n", encoding=encoding)
    assert read_bed(path) == [BedRecord("c", 0, 5)]


def test_read_bed_compares_the_lengths_of_contigs(tmp_path: Path) -> None:
    path = given_bed(tmp_path, "#contig\tc\t9\n#contig\td\t9\nc\t0\t9\n")
    assert len(read_bed(path, {"c": 9})) == 1
    for lengths in ({"c": 8}, {"c": 10}):
        with pytest.raises(InputFormatError, match=r"in\.bed:1: contig 'c' has 9 bp here and"):
            read_bed(path, lengths, inside=False)
    path = given_bed(tmp_path, "c\t0\t9\n")
    assert len(read_bed(path, {"c": 8}, inside=False)) == 1
    with pytest.raises(InputFormatError, match=r"in\.bed:1: region c:1-9 ends past"):
        read_bed(path, {"c": 8})


def test_read_bed_reads_no_records(tmp_path: Path) -> None:
    assert read_bed(given_bed(tmp_path, "")) == []


def test_read_bed_reads_blocks(tmp_path: Path) -> None:
    (record,) = read_bed(given_bed(tmp_path, TWELVE.format("+")))
    assert record.blocks == ((100, 120), (140, 170), (180, 200))
    assert record.thick == (115, 195)


@pytest.mark.parametrize(
    ("first", "line", "message"),
    [
        (
            "#\n",
            "c\t1\n",
            ":2: 2 columns, but BED has at least 3: chrom, start, end, separated by tabs",
        ),
        ("c\t0\t9\n", "c\t1\t5\tx\n", ":2: 4 columns, but the lines before have 3"),
        (
            "c\t0\t9\n",
            "c\t-1\t5\n",
            ":2: start, column 2: '-1' is not a whole number of at least 0",
        ),
        ("c\t0\t9\n", "c\t1\t1e3\n", ":2: end, column 3: '1e3' is not a whole number"),
        ("c\t0\t9\n", "c\t5\t1\n", ":2: start 5 is after end 1"),
        ("c\t0\t9\n", "\t1\t2\n", ":2: the contig name, column 1, is empty"),
    ],
)
def test_read_bed_refuses_with_the_line(
    tmp_path: Path, first: str, line: str, message: str
) -> None:
    path = given_bed(tmp_path, first + line)
    with pytest.raises(InputFormatError) as caught:
        read_bed(path)
    assert str(caught.value).removeprefix(str(path)).startswith(message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("c\t1\t5\tx\t0\t*\n", r"strand, column 6: '\*' is not \+, - or \."),
        (TWELVE.format("+").replace("\t3\t", "\t2\t"), "2 blocks announced, but 3 sizes and 3 st"),
        (TWELVE.format("+").replace("0,40,80", "5,40,80"), "blocks span 105-200, not 100-200"),
        (TWELVE.format("+").replace("20,30,20", "45,30,20"), "blocks overlap or are out of order"),
        (TWELVE.format("+").replace("\t115\t", "\t99\t"), "thick interval 99-195 is not within"),
        (TWELVE.format("+").replace("20,30", "x,30"), "blockSizes, column 11: 'x' is not a whole"),
    ],
)
def test_read_bed_checks_strand_and_blocks(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(InputFormatError, match=message):
        read_bed(given_bed(tmp_path, line))


def test_bed_features_uses_the_name_as_type() -> None:
    records = [BedRecord("c", 1, 5, "promoter", strand="-"), BedRecord("c", 6, 9)]
    assert bed_features(records) == [
        Feature("c", 1, 5, "-", "promoter"),
        Feature("c", 6, 9, ".", "region"),
    ]


@pytest.mark.parametrize(
    ("strand", "coding"),
    [
        ("+", [(115, 120, 0), (140, 170, 1), (180, 195, 1)]),
        ("-", [(180, 195, 0), (140, 170, 0), (115, 120, 0)]),
    ],
)
def test_bed_features_of_bed12_have_exons_and_phased_cds(
    tmp_path: Path, strand: str, coding: list[tuple[int, int, int]]
) -> None:
    features = bed_features(read_bed(given_bed(tmp_path, TWELVE.format(strand))))
    assert [f.type for f in features] == ["transcript", *["exon"] * 3, *["CDS"] * 3]
    assert [(f.start, f.end, f.phase) for f in features if f.type == "CDS"] == coding
    assert {f.parents for f in features[1:]} == {("t1",)}
    assert features[0].id == "t1"


def test_bed_features_tells_transcripts_of_one_name_apart(tmp_path: Path) -> None:
    features = bed_features(read_bed(given_bed(tmp_path, TWELVE.format("+") * 2)))
    assert [f.id for f in features if f.type == "transcript"] == ["t1#1", "t1#2"]


spans = st.tuples(st.integers(0, 10**9), st.integers(0, 10**6))


@given(
    st.lists(
        st.builds(
            lambda chrom, span, name, strand: BedRecord(
                chrom, span[0], span[0] + span[1], name, "0", strand
            ),
            st.from_regex(r"[A-Za-z0-9_.|]{1,9}", fullmatch=True),
            spans,
            st.from_regex(r"[A-Za-z0-9 ;=]{0,5}[a-z]", fullmatch=True),
            st.sampled_from("+-."),
        )
    )
)
def test_read_bed_reads_back_what_was_written(records: list[BedRecord]) -> None:
    rows = [(r.chrom, r.start, r.end, r.name, r.score, r.strand) for r in records]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.bed"
        path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
        assert read_bed(path) == records
