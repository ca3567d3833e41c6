"""A VCF comes as the lines that it is, or one error says what is wrong with it and where."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest

from genoseq.errors import InputFormatError
from genoseq.readers.vcf import LONGEST_VCF_LINE, open_vcf

HEADER = (
    b"##fileformat=VCFv4.2\n##contig=<ID=a,length=100>\n##contig=<ID=b>\n"
    b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts 1\n"
)
RECORDS = (
    b"a\t5\trs1\tA\tC,<DEL>\t.\tPASS\tDP=3;X\tGT\t0|1\n",
    b"a\t0\t.\tN\t.\t3\t.\t.\tGT\t.\n",
    b"odd \xe9name\t2\t.\tac\t*\t.\t.\tA=\xff\tGT\t1\n",
)


def read(path: Path) -> list[tuple[bytes, str, int, str, tuple[str, ...]]]:
    with open_vcf(path) as vcf:
        return [(one.line, one.chrom, one.start, one.ref, one.alts) for one in vcf.records]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_open_vcf_gives_lines_byte_for_byte(pack: type[bytes], tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    path.write_bytes(pack(HEADER + b"".join(RECORDS)))
    found = read(path)
    assert [one[0] + b"\n" for one in found] == list(RECORDS)
    assert [one[2:] for one in found] == [
        (4, "A", ("C", "<DEL>")), (-1, "N", ()), (1, "ac", ("*",)),
    ]  # fmt: skip
    assert found[2][1].encode("utf-8", "surrogateescape") == b"odd \xe9name"
    with open_vcf(path) as vcf:
        assert vcf.header.contigs == {"a": 100, "b": None}
        assert vcf.header.columns.endswith(b"\ts 1")
        assert [one.number for one in vcf.records] == [0, 1, 2]


def test_open_vcf_takes_windows_line_ends_a_byte_order_mark_and_blank_lines(tmp_path: Path) -> None:
    text = (b"\xef\xbb\xbf" + HEADER + b"\n" + b"".join(RECORDS)).replace(b"\n", b"\r\n")
    (tmp_path / "x.vcf").write_bytes(text)
    assert [one[0] + b"\n" for one in read(tmp_path / "x.vcf")] == list(RECORDS)


def test_open_vcf_reads_bcf_as_the_same_lines(tmp_path: Path) -> None:
    from pysam import bcftools

    text = HEADER.replace(b"#CHROM", b"##FORMAT=<ID=GT,Number=1,Type=String,Description=\"x\">\n"
        b"##INFO=<ID=DP,Number=1,Type=Integer,Description=\"x\">\n#CHROM")  # fmt: skip
    line = b"a\t5\trs1\tA\tC,<DEL>\t.\tPASS\tDP=3\tGT\t0|1\n"
    (tmp_path / "x.vcf").write_bytes(text + line)
    words = ("-Ob", "-o", str(tmp_path / "x.bcf"), str(tmp_path / "x.vcf"))
    bcftools.view(*words, catch_stdout=False)
    assert [one[0] + b"\n" for one in read(tmp_path / "x.bcf")] == [line]
    whole = (tmp_path / "x.bcf").read_bytes()
    (tmp_path / "cut.bcf").write_bytes(whole[:-40])
    with pytest.raises(InputFormatError, match="cut off"):
        read(tmp_path / "cut.bcf")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "an empty file"),
        (HEADER[:40], "no line that begins with #CHROM: cut off"),
        (b"a\t5\trs1\tA\tC\t.\tPASS\t.\n", "a record before the line #CHROM: give it one, .printf"),
        (b">a\nACGT\n", "a FASTA file"),
        (b"##fileformat=VCFv4.2\nsome words\n", "not a VCF"),
        (HEADER.replace(b"POS\tID", b"ID\tPOS"), "must begin with #CHROM POS"),
        (HEADER + b"a\t5\trs1\tA\tC\t.\tPASS\t.\n", "x.vcf:5: 8 columns, but the header"),
        (HEADER + b"a\tx\trs1\tA\tC\t.\tPASS\t.\tGT\t.\n", "'x' is no position"),
        (HEADER + b"a\t-1\trs1\tA\tC\t.\tPASS\t.\tGT\t.\n", "'-1' is no position"),
        (HEADER + RECORDS[0] * 9_000 + b"\0\0", "x.vcf:9005: binary data"),
        (HEADER.decode().encode("utf-16"), "UTF-16"),
        (gzip.compress(HEADER + b"".join(RECORDS))[:-12], "damaged or cut off gzip"),
        (HEADER + b"a" * (LONGEST_VCF_LINE + 2), "x.vcf:5: a line of more than 64 MB"),
    ],
)  # fmt: skip
def test_open_vcf_says_what_is_wrong_in_one_error(text: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.vcf").write_bytes(text)
    with pytest.raises(InputFormatError, match=said):
        read(tmp_path / "x.vcf")
