"""Which reader a file goes to."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from genoseq.errors import InputFormatError
from genoseq.genome.features import Feature
from genoseq.readers.annotation import annotation_format, read_annotation

GFF = "c\t.\tCDS\t2\t9\t.\t+\t0\tID=x\nc\t.\tgene\t2\t9\t.\t+\t.\t.\n"
GENBANK = """LOCUS       AB000001                   9 bp    DNA     linear   BCT 01-JAN-2000
FEATURES             Location/Qualifiers
     gene            2..4
     CDS             2..9
ORIGIN
        1 acgtacgta
//
"""
RELEASE = """GBBCT1.SEQ          Genetic Sequence Data Bank
                         August 15 2024

                NCBI-GenBank Flat File Release 262.0

"""


def test_read_annotation_goes_by_content(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    expected = {"c", "AB000001"}
    for text in (GFF, GENBANK, "c\t1\t9\tCDS\n"):
        path.write_bytes(gzip.compress(text.encode()))
        (feature,) = read_annotation(path, {"CDS"}).features
        assert (feature.start, feature.end, feature.type) == (1, 9, "CDS")
        assert feature.chrom in expected
    assert read_annotation(path).features == [Feature("c", 1, 9, ".", "CDS")]


def test_read_annotation_takes_all_of_a_bed_as_one_kind(tmp_path: Path) -> None:
    path = tmp_path / "sites.bed"
    path.write_text("c\t1\t2\tsite1\t0\t+\nc\t8\t9\tsite2\t0\t-\n")
    sites = [Feature("c", 1, 2, "+", "TSS"), Feature("c", 8, 9, "-", "TSS")]
    assert read_annotation(path, kind="TSS").features == sites
    path.write_text(GFF)
    with pytest.raises(InputFormatError, match=r"TSS= is for BED: these features have types"):
        read_annotation(path, kind="TSS")


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("x.gff3.gz", "#only a comment\n", "gff"),
        ("x.gtf", "", "gff"),
        ("x.gbk", "", "genbank"),
        ("x.BED", "track name=x\n", "bed"),
        ("x.txt", "##gff-version 3\n", "gff"),
        ("x.bed", GFF, "gff"),
        ("x.gff", "c\t.\tCDS\tx\t9\t.\t+\t0\tID=x\n", "gff"),
    ],
)
def test_annotation_format_goes_by_name_where_content_is_silent(
    tmp_path: Path, name: str, text: str, kind: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert annotation_format(path) == kind


def test_read_annotation_refuses_other_formats(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    wanted = "where GFF3, GTF, GenBank, EMBL or BED is wanted"
    path.write_text("##fileformat=VCFv4.2\nchr1\t10\t.\tA\tC\n")
    with pytest.raises(
        InputFormatError, match=rf"x\.vcf: a VCF file, {wanted}: convert it with vcf2bed"
    ):
        read_annotation(path)
    path.write_text("")
    with pytest.raises(InputFormatError, match=rf"x\.vcf: an empty file, {wanted}: make or"):
        read_annotation(path)
    path.write_text("#\nchr1,10,20\n")
    with pytest.raises(InputFormatError, match=r"x\.vcf:2: not GFF3, GTF, GenBank, EMBL or BED"):
        read_annotation(path)
    path.write_text("c\t1\t9\t0.5\n")
    with pytest.raises(InputFormatError, match=rf"x\.vcf: a bedGraph file, {wanted}: give"):
        read_annotation(path)
    assert len(read_annotation(path, kind="peak").features) == 1


@pytest.mark.parametrize("text", [GFF, GENBANK, RELEASE + GENBANK, "c\t1\t9\tCDS\n"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_read_annotation_goes_by_the_byte_order_mark(
    tmp_path: Path, text: str, encoding: str
) -> None:
    path = tmp_path / "x"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    path.write_text(mark + text, encoding=encoding)
    (feature,) = read_annotation(path, {"CDS"}).features
    assert (feature.start, feature.end, feature.type) == (1, 9, "CDS")


@pytest.mark.parametrize("text", [GFF, GENBANK, "c\t1\t9\tCDS\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_read_annotation_reads_all_of_a_pipe(text: str, pack) -> None:
    comments = "#" * 9_000 + "\n" if "LOCUS" not in text else ""
    source, sink = os.pipe()
    os.write(sink, pack((comments + text).encode()))
    os.close(sink)
    (feature,) = read_annotation(f"/dev/fd/{source}", {"CDS"}).features
    assert (feature.start, feature.end, feature.type) == (1, 9, "CDS")
    os.close(source)


def test_read_annotation_keeps_the_lengths_that_a_file_states(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(GENBANK)
    assert read_annotation(path).lengths == {"AB000001": 9}
    head = "##gff-version 3\n##sequence-region c 1 20\n##sequence-region d 5 9\n"
    path.write_text(head + GFF)
    assert read_annotation(path).lengths == {"c": 20}
