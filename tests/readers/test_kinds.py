"""What a file is, by its content, and what is said where another kind is wanted."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from genoseq.errors import InputFormatError
from genoseq.readers import kinds
from genoseq.readers.annotation import read_annotation
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import open_fasta
from genoseq.readers.genome_size import genome_size
from genoseq.readers.kinds import Kind, kind_of, not_wanted
from genoseq.readers.signal import open_signal


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b">a\nACGT\n")
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("genome.fa")
        member.size = 8
        archive.addfile(member, io.BytesIO(b">a\nACGT\n"))
    return out.getvalue()


RELEASE = """GBBCT1.SEQ          Genetic Sequence Data Bank
                         August 15 2024

                NCBI-GenBank Flat File Release 262.0

LOCUS       AB000001                   9 bp    DNA     linear   BCT 01-JAN-2000
"""
TEXTS: list[tuple[str, Kind | None]] = [
    ("", kinds.EMPTY),
    ("\n \n", kinds.EMPTY),
    (">a\nACGTNRY\n", kinds.FASTA),
    ("\n;comment\n>a\nACGT\n", kinds.FASTA),
    (">a 1 100\nACGT\n", kinds.FASTA),
    (">a\nMKVLQ*\n", kinds.PROTEINS),
    ("@r\nACGT\n+\nIIII\n", kinds.FASTQ),
    ("LOCUS       AB000001                   9 bp    DNA\n", kinds.GENBANK),
    ("LOCUS       12 9 bp    DNA\n", kinds.GENBANK),
    (RELEASE, kinds.GENBANK),
    ("ID   X56734; SV 1; linear; mRNA; STD; PLN; 1859 BP.\n", kinds.EMBL),
    ("ID   001R_FRG3G              Reviewed;         256 AA.\n", kinds.SWISS_PROT),
    ("##gff-version 3\n", kinds.GFF),
    ("c\t.\tCDS\t2\t9\t.\t+\t0\tID=x\n", kinds.GFF),
    ('#!genome-build x\nc\t.\tCDS\t2\t9\t.\t+\t0\tgene_id "x";\n', kinds.GTF),
    ("c\t1\t9\n", kinds.BED),
    ("track name=x\nbrowser position c:1-5\nc 1 9 x\n", kinds.BED),
    ("track\t1\t9\n", kinds.BED),
    ("c\t1\t9\t7\t100\t+\t1\t9\t0\n", kinds.BED),
    ("c\t1\t9\t7\n", kinds.BED),
    ("c\t1\t9\t0.5\n", kinds.BEDGRAPH),
    ("c 1 9 -2e-3\n", kinds.BEDGRAPH),
    ('track type="bedGraph" name=x\nc\t1\t9\t7\n', kinds.BEDGRAPH),
    ("fixedStep chrom=c start=1 step=1\n1\n", kinds.WIGGLE),
    ("track type=wiggle_0\n#\nvariableStep chrom=c\n1 2\n", kinds.WIGGLE),
    ("track type=wiggle_0\nc\t1\t9\t0.5\n", kinds.BEDGRAPH),
    ("##fileformat=VCFv4.2\n", kinds.VCF),
    ("#CHROM\tPOS\tID\tREF\n", kinds.VCF),
    ("@HD\tVN:1.6\n", kinds.SAM),
    ("CLUSTAL W\n", kinds.CLUSTAL),
    ("<!DOCTYPE html>\n", kinds.WEB_PAGE),
    ("\n  <HTML><body>404\n", kinds.WEB_PAGE),
    ('<?xml version="1.0"?>\n', kinds.XML),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:1\n", kinds.LFS),
    ("#" * 99 + "\n" + "# long\n" * 19_999 + "c\t1\t9\n", kinds.BED),
    ("#caf\u00e9 \u0085 \u2028 x\nc\t1\t9\n", kinds.BED),
    ('{"message": "Not Found"}\n', Kind("a JSON file")),
    ("../../.git/annex/objects/Xx/Yy/SHA256E-s9--1\n", kinds.ANNEX),
    ("# STOCKHOLM 1.0\n", Kind("a Stockholm alignment")),
    ("chrom,start,end\n", None),
    ("# only a comment\n", None),
]


@pytest.mark.parametrize(("text", "kind"), TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_kind_of_text(
    tmp_path: Path,
    text: str,
    kind: Kind | None,
    encoding: str,
    pack: Callable[[bytes], bytes],
) -> None:
    path = tmp_path / "x.bin"
    for line_end in ("\n", "\r\n", "\r"):
        path.write_bytes(pack(text.replace("\n", line_end).encode(encoding)))
        assert kind_of(path) == kind


BINARY: list[tuple[bytes, str]] = [
    (b"\x26\xfc\x8f\x88", "a bigWig file"),
    (b"\x87\x89\xf2\xeb", "a bigBed file"),
    (b"\x43\x27\x41\x1a", "a 2bit file"),
    (b"BAM\1", "a BAM file of alignments"),
    (b"CRAM\3\0", "a CRAM file of alignments"),
    (b"BCF\2\2", "a BCF file of variants"),
    (b"TBI\1", "an index of tabix"),
    (b"\0\1\2\3", "a file of binary data"),
    (b"\0", "a file of zeros"),
    ("c\t1\t9\n".encode("utf-32"), "text in UTF-32"),
    (zipped("genome.fa"), "a zip archive"),
    (zipped("[Content_Types].xml", "xl/workbook.xml"), "a spreadsheet"),
    (tarred(), "a tar archive"),
    (gzip.compress(b">a\nACGT\n"), "compressed twice"),
]
WANTED: list[tuple[Callable[[Path], object], str]] = [
    (read_annotation, "GFF3, GTF, GenBank, EMBL or BED"),
    (read_bed, "BED"),
    (open_fasta, "FASTA, GenBank or EMBL"),
    (genome_size, "FASTA, GenBank or EMBL"),
    (open_signal, "bigWig or bedGraph"),
]


@pytest.mark.parametrize(("data", "said"), BINARY, ids=[said for _, said in BINARY])
@pytest.mark.parametrize(("reader", "wanted"), WANTED, ids=lambda one: getattr(one, "__name__", ""))
def test_readers_refuse_binary_files_by_what_they_are(
    tmp_path: Path, data: bytes, said: str, reader: Callable[[Path], object], wanted: str
) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(data + b"\0" * 600))
    if said == "a bigWig file" and reader == open_signal:
        said, wanted = "a bigWig that is compressed: decompress it first", ""
    with pytest.raises(InputFormatError) as caught:
        reader(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert not wanted or f", where {wanted} is wanted: " in str(caught.value)
    assert "\n" not in str(caught.value)


READ = {
    read_annotation: (kinds.GENBANK, kinds.EMBL, kinds.GFF, kinds.GTF, kinds.BED),
    read_bed: (kinds.BED, kinds.BEDGRAPH, kinds.EMPTY),
    open_fasta: (kinds.FASTA, kinds.PROTEINS, kinds.GENBANK, kinds.EMBL, kinds.EMPTY),
    genome_size: (kinds.FASTA, kinds.PROTEINS, kinds.GENBANK, kinds.EMBL, kinds.EMPTY),
    open_signal: (kinds.BED, kinds.BEDGRAPH),
}


@pytest.mark.parametrize(("text", "kind"), TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize(("reader", "wanted"), WANTED, ids=lambda one: getattr(one, "__name__", ""))
def test_readers_refuse_text_by_what_it_is(
    tmp_path: Path,
    text: str,
    kind: Kind | None,
    reader: Callable[[Path], object],
    wanted: str,
) -> None:
    path = tmp_path / "x"
    path.write_text(text)
    if kind is None or kind in READ[reader]:
        return
    with pytest.raises(InputFormatError) as caught:
        reader(path)
    assert str(caught.value) == str(not_wanted(kind, wanted, path))


def test_not_wanted_says_how_to_mend() -> None:
    assert str(not_wanted(kinds.WIGGLE, "bigWig or bedGraph", "x.bw")) == (
        "x.bw: a wiggle file, where bigWig or bedGraph is wanted: convert it with wigToBigWig"
    )
    assert str(not_wanted(kinds.WIGGLE, "BED", "x.bed")) == (
        "x.bed: a wiggle file, where BED is wanted: give another file"
    )
