"""GFF3 and GTF."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from genoseq.errors import InputFormatError
from genoseq.genome.features import Feature
from genoseq.readers.gff import read_gff

GFF3 = """##gff-version 3
##sequence-region chr1 1 100
chr1\t.\tgene\t1\t90\t.\t-\t.\tID=g%3B1;Name=x

chr1\t.\tmRNA\t1\t90\t.\t-\t.\tID=m1;Parent=g%3B1
chr1\t.\tCDS\t10\t20\t0.5\t-\t2\tID=c1;Parent=m1,m2;Note=a "b"
chr%201\t.\tregion\t5\t5\t.\t?\t.\t.
##FASTA
>chr1
ACGT
"""
GTF = (
    'c\tx\tgene\t1\t50\t.\t+\t.\tgene_id "G 1"; gene_name "a=b";\n'
    'c\tx\ttranscript\t1\t50\t.\t+\t.\tgene_id "G 1"; transcript_id "T1";\n'
    'c\tx\tCDS\t4\t9\t.\t+\t0\t gene_id "G 1"; transcript_id "T1"; exon_number 1\n'
    'c\tx\tintergenic\t4\t9\t.\t+\t.\tgene_id "G 1"; transcript_id "";\n'
)
LINE = "c\t.\tCDS\t1\t9\t.\t+\t0\tID=x\n"


def features_of(path: Path, types: set[str] | None = None) -> list[Feature]:
    return list(read_gff(path, types).features)


def given_gff(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "in.gff"
    path.write_bytes(text.encode())
    return path


def test_read_gff_reads_gff3(tmp_path: Path) -> None:
    assert features_of(given_gff(tmp_path, GFF3)) == [
        Feature("chr1", 0, 90, "-", "gene", None, "g;1"),
        Feature("chr1", 0, 90, "-", "mRNA", None, "m1", ("g;1",)),
        Feature("chr1", 9, 20, "-", "CDS", 2, "c1", ("m1", "m2")),
        Feature("chr 1", 4, 5, ".", "region"),
    ]


def test_read_gff_reads_gtf(tmp_path: Path) -> None:
    assert features_of(given_gff(tmp_path, GTF)) == [
        Feature("c", 0, 50, "+", "gene", None, "G 1"),
        Feature("c", 0, 50, "+", "transcript", None, "T1", ("G 1",)),
        Feature("c", 3, 9, "+", "CDS", 0, None, ("T1",), exon_number=1),
        Feature("c", 3, 9, "+", "intergenic", None, None, ("G 1",)),
    ]


def test_read_gff_reads_crlf_and_gzip_alike(tmp_path: Path) -> None:
    plain = features_of(given_gff(tmp_path, GFF3))
    assert features_of(given_gff(tmp_path, GFF3.replace("\n", "\r\n"))) == plain
    path = tmp_path / "in.gff.gz"
    path.write_bytes(gzip.compress(GFF3.encode()))
    assert features_of(path) == plain


def test_read_gff_reads_gff2_without_groups(tmp_path: Path) -> None:
    text = "track name=x\nchr22\tT\tenhancer\t10\t20\t500\t+\t.\ttouch1\n"
    assert features_of(given_gff(tmp_path, text)) == [Feature("chr22", 9, 20, "+", "enhancer")]


def test_read_gff_keeps_the_types_asked_for_but_checks_all(tmp_path: Path) -> None:
    assert [f.type for f in features_of(given_gff(tmp_path, GFF3), {"CDS"})] == ["CDS"]
    with pytest.raises(InputFormatError, match="strand, column 7: 'x' is not"):
        features_of(given_gff(tmp_path, LINE.replace("+", "x")), {"gene"})


def test_read_gff_reads_latin1_notes(tmp_path: Path) -> None:
    path = tmp_path / "in.gff"
    path.write_bytes(LINE.encode().replace(b"ID=x", b"ID=x;Note=caf\xe9"))
    assert features_of(path)[0].id == "x"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "c\t.\tCDS\t1\t9\t.\t+\t0\n",
            "8 columns separated by tabs, but GFF3 and GTF have 9: seqid",
        ),
        (LINE.replace("\t", " "), "1 columns separated by tabs"),
        (LINE.replace("\t1\t", "\t0\t"), "start 0, end 9: bases are counted from 1"),
        (LINE.replace("\t1\t", "\t10\t"), "start 10, end 9: bases are counted from 1 and start is"),
        (LINE.replace("\t1\t", "\t1.5\t"), "start, column 4: '1.5' is not a whole number"),
        (LINE.replace("+", "x"), "strand, column 7: 'x' is not +, -, . or ?"),
        (LINE.replace("\t0\t", "\t3\t"), "phase, column 8: '3' is not 0, 1, 2 or ."),
        (LINE.replace("CDS", ""), "the seqid (column 1) or type (column 3) is empty"),
    ],
)
def test_read_gff_refuses_with_the_line(tmp_path: Path, line: str, message: str) -> None:
    path = given_gff(tmp_path, "#\n" + line)
    with pytest.raises(InputFormatError) as caught:
        read_gff(path)
    assert str(caught.value).removeprefix(f"{path}:2: ").startswith(message)


def test_read_gff_refuses_binary_data(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match="binary data where text was expected"):
        features_of(given_gff(tmp_path, "\0\1\n"))


def test_read_gff_reads_on_after_sequences(tmp_path: Path) -> None:
    part = "##gff-version 3\nc{n}\t.\tCDS\t1\t9\t.\t+\t0\tID=x{n}\n"
    sequence = "##FASTA\n>c{n} a\tb\tc\td\te\nACGT\n\nACGTACGT\n"
    text = "".join((part + sequence).format(n=n) for n in range(3))
    headless = LINE.replace("ID=x", "ID=y") + "###\n" + LINE.replace("ID=x", "ID=z")
    found = features_of(given_gff(tmp_path, text + headless + ">c9\nACGT\n"))
    assert [feature.id for feature in found] == ["x0", "x1", "x2", "y", "z"]


def test_read_gff_says_which_contigs_are_circles(tmp_path: Path) -> None:
    line = "{}\t.\tregion\t1\t{}\t.\t+\t.\tID={};Is_circular={}\n"
    text = line.format("c", 90, "a", "true") + line.format("d", 70, "b", "false") + LINE
    assert read_gff(given_gff(tmp_path, "##gff-version 3\n" + text)).circles == {"c": 90}


def test_read_gff_opens_cds_of_a_gtf_without_their_codons(tmp_path: Path) -> None:
    row = 'c\t.\t{}\t{}\t{}\t.\t{}\t0\tgene_id "g"; transcript_id "{}";\n'
    text = row.format("CDS", 1, 9, "+", "a") + row.format("CDS", 21, 29, "-", "b")
    assert not any(f.open_start or f.open_end for f in features_of(given_gff(tmp_path, text)))
    text += row.format("stop_codon", 10, 12, "+", "a")
    ends = [(f.open_start, f.open_end) for f in features_of(given_gff(tmp_path, text))]
    assert ends == [(False, False), (True, False), (False, False)]
