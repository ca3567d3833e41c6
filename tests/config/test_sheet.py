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
        ("name\tfasta\tcolour\na\tb.fa\tred\n", "tsv:2: colour: unknown name, misspelt"),
        ("name\tfasta\tsplit\na\tb.fa\tdev\n", "tsv:2: .*split 'dev': use train, valid"),
        ("name\tfasta\tfasta\na\tb.fa\tc.fa\n", "tsv:1: a second column 'fasta': remove one"),
        ('name\tfasta\n"a\tb.fa\nb\tc.fa\n', "tsv:2: 1 columns, the header has 2"),
        ("name\tfasta\tsplit\na\tb.fa\tcontigs:c1\n", "tsv:2: .*'c1' is not such as valid=chrA"),
        ("name\tfasta\na\t-\n", "tsv:2: fasta: Field required"),
        ("name\tfasta\tshards\na\tb.fa\t0\n", "tsv:2: shards: .* greater than or equal to 1"),
        ("name\tfasta\tshards\na\tb.fa\t501\n", "tsv:2: shards: .* less than or equal to 500"),
    ],
)
def test_read_genomes_says_line_and_mend(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputFormatError, match=message):
        read_genomes(write_sheet(tmp_path, text))
