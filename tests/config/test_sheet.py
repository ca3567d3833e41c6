"""The sample sheet: what is wrong with it, by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from genoseq.config.sheet import GenomeRow, contig_rule, read_genomes
from genoseq.errors import InputFormatError


def write_sheet(folder: Path, text: str) -> Path:
    path = folder / "genomes.tsv"
    path.write_text(text)
    return path


def test_read_genomes_reads_rows(tmp_path: Path) -> None:
    sheet = write_sheet(
        tmp_path,
        "# comment\nname\tfasta\tannotation\tsignal\tsplit\n"
        "a\ta.fa\t-\tx.bw, y.bw\tblocks\n\nb\tb.fa\tb.gff3\t\tcontigs:test=chrI\n",
    )
    assert read_genomes(sheet) == {
        "a": GenomeRow(name="a", fasta="a.fa", signal=("x.bw", "y.bw"), split="blocks"),
        "b": GenomeRow(name="b", fasta="b.fa", annotation="b.gff3", split="contigs:test=chrI"),
    }


def test_read_genomes_reads_what_excel_writes(tmp_path: Path) -> None:
    path = tmp_path / "genomes.tsv"
    path.write_bytes(b'\xef\xbb\xbfname\tfasta \tsplit\r\na\ta.fa\t"contigs:test=b,c"\r\n')
    row = GenomeRow(name="a", fasta="a.fa", split="contigs:test=b,c")
    assert read_genomes(path) == {"a": row}


SHEET = "name\tfasta\tannotation\tsplit\na\ta.fa\ta.gff3\tblocks\nb\tb.fa\t\t\n"


@pytest.mark.parametrize(
    "data",
    [
        SHEET.encode("utf-8-sig"),
        SHEET.encode("utf-16"),
        b"\xfe\xff" + SHEET.encode("utf-16-be"),
        SHEET.replace("\n", "\r\n").encode(),
        SHEET.replace("\n", "\r").encode(),
        SHEET.replace("\n", "\t\t\t\n").encode(),
        SHEET.replace("\n", " \n").encode() + b"\t\t\t\t\n",
        "\n".join(line.rstrip() for line in SHEET.split("\n")).encode(),
        SHEET.replace("a.fa", '"a.fa"').replace("name", '"name"').encode(),
    ],
    ids=["mark", "utf-16", "utf-16-be", "crlf", "cr", "columns", "blanks", "cut", "quotes"],
)
def test_read_genomes_reads_what_spreadsheets_write(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "genomes.tsv").write_bytes(data)
    assert read_genomes(tmp_path / "genomes.tsv") == {
        "a": GenomeRow(name="a", fasta="a.fa", annotation="a.gff3", split="blocks"),
        "b": GenomeRow(name="b", fasta="b.fa"),
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04xl/workbook", "is a spreadsheet: save it as text, UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"is a spreadsheet or document \(Office\): save"),
        (b"%PDF-1.7", "is a PDF document: save"),
        (b"\x1f\x8b\x08", "is compressed by gzip: save"),
        (SHEET.encode("utf-16-le"), "no text, or UTF-16 without its mark: save it as text, UTF-8"),
        ("name\tfasta\na\tö.fa\n".encode("latin-1"), r"tsv:2: the sample sheet is not utf-8: save"),
    ],
)
def test_read_genomes_says_what_the_file_is(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "genomes.tsv").write_bytes(data)
    with pytest.raises(InputFormatError, match=message):
        read_genomes(tmp_path / "genomes.tsv")


def test_read_genomes_says_every_line_that_does_not_fit(tmp_path: Path) -> None:
    text = "name\tfasta\tsplit\na\ta.fa\tdev\nb\t-\ttest\nc\tc.fa\ttest\nc\td.fa\ttest\n"
    with pytest.raises(InputFormatError) as caught:
        read_genomes(write_sheet(tmp_path, text))
    lines = str(caught.value).splitlines()
    assert [line.split(":")[1] for line in lines] == ["2", "3", "5"]


def test_contig_rule_reads_names_with_separators() -> None:
    rule = r"contigs:valid=HLA\,A=1, b\;c ;test=d\=e\\f,g\h"
    assert contig_rule(rule) == {
        "HLA,A=1": "valid",
        "b;c": "valid",
        r"d=e\f": "test",
        r"g\h": "test",
    }


def test_contig_rule_has_no_eye_for_spaces() -> None:
    rule = "contigs: valid = c1 , c2;test = c3"
    assert contig_rule(rule) == {"c1": "valid", "c2": "valid", "c3": "test"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the sample sheet is empty"),
        ("name\tfasta\na b.fa\n", "tsv:2: 1 columns, the header has 2: separate them by tabs"),
        ("name\tfasta\n../a\tb.fa\n", "tsv:2: .*use letters, digits"),
        ("name\tfasta\na\tb.fa\na\tc.fa\n", "tsv:3: genome 'a' is listed twice"),
        ("name\tfasta\tcolour\na\tb.fa\tred\n", "tsv:1: unknown column 'colour', misspelt"),
        ("name\tfasta\tsplit\na\tb.fa\tdev\n", "tsv:2: .*split 'dev': use train, valid"),
        ("name\tfasta\tfasta\na\tb.fa\tc.fa\n", "tsv:1: a second column 'fasta': remove one"),
        ('name\tfasta\n"a\tb.fa\nb\tc.fa\n', "tsv:2: quotes .* do not fit"),
        ("name,fasta,split\na,b.fa,train\n", "tsv:1: not tab-separated: the header is 'name,fasta"),
        ("name;fasta\na;b.fa\n", r"not tab-separated: .* columns are name, fasta, annotation, .*;"),
        ("name  fasta\na  b.fa\n", "tsv:1: not tab-separated"),
        ("name\tgenome\na\tb.fa\n", "tsv:1: unknown column 'genome'.*; no column fasta: the head"),
        ("name\tfasta\t\tsplit\na\tb.fa\t\tscore\n", "tsv:1: unknown column ''"),
        ("name\tfasta\na\tb.fa\tscore\n", "tsv:2: 3 columns, the header has 2"),
        ("name\tfasta\n", "tsv:1: no genome yet: add a row below"),
        ("name\tfasta\tsplit\na\tb.fa\tcontigs:test=a,\n", "'test=a,' has a contig without a name"),
        ("name\tfasta\tsplit\na\tb.fa\tcontigs:c1\n", "tsv:2: .*'c1' is not such as valid=chrA"),
        ("name\tfasta\na\t-\n", "tsv:2: genome 'a': its fasta column is empty: give a file"),
        ("name\tfasta\tshards\na\tb.fa\t0\n", "tsv:2: shards: .* greater than or equal to 1"),
        ("name\tfasta\tshards\na\tb.fa\t501\n", "tsv:2: shards: .* less than or equal to 500"),
    ],
)
def test_read_genomes_says_line_and_mend(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputFormatError, match=message):
        read_genomes(write_sheet(tmp_path, text))
