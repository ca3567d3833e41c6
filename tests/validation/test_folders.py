"""Folders that genoseq writes: right ones pass, and one fault in them is found."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pysam
import pytest
from planted_genes import planted_genome
from right_files import TEXTS, checks, found, genome, indexed
from track_cases import golden, write

import genoseq as gs
from genoseq.files.provenance import make_record, write_record
from genoseq.genome.sequences import decode
from genoseq.genome.tracks import Channel
from genoseq.readers.fasta import write_fasta

_VALUES = ("bw", "bedgraph.gz")
FORMATS = ["bigwig", "bedgraph", "bed", "tsv"]


def golden_folder(folder: Path, formats: list[str] = FORMATS) -> Path:
    """Tracks of the golden cases, beside their genome."""
    values = golden()
    letters = ((name, b"A" * len(of)) for name, of in values.items())
    write_fasta(folder / "genome.fa", letters)
    return write(folder / "out", values, formats)


def test_golden_cases_of_tracks_have_no_finding(tmp_path: Path) -> None:
    """TRACKS.md: edges, gaps, true zeros, all N, one base, hostile names, in every format."""
    out = golden_folder(tmp_path)
    done: list[gs.CheckedFile] = []
    assert gs.validate_tracks([out], tmp_path / "genome.fa", done.append) == []
    records = {Path(file.path).name: (file.format, file.records) for file in done}
    assert set(records) == {path.name for path in out.iterdir()}
    assert records["manifest.tsv"] == ("manifest", 9)
    assert records["predictions.tsv.gz"][0] == "TSV"
    assert records["CDS.plus.bedgraph.gz.tbi"] == ("tabix", 6)
    assert all(file.checks and file.records for file in done)
    ranged = {Path(file.path).name for file in done if "range" in file.checks}
    tracks = {f"CDS.{strand}.{end}" for strand in ("plus", "minus") for end in _VALUES}
    assert ranged == tracks | {"predictions.tsv.gz"}


def test_golden_cases_of_negative_signals_and_no_segment_have_no_finding(tmp_path: Path) -> None:
    write_fasta(tmp_path / "genome.fa", [("a", b"A" * 9_000)])
    signal = {"a": -np.ones((9_000, 1), np.float32)}
    write(tmp_path / "signal", signal, ["bigwig", "bedgraph", "tsv"], (Channel("x"),), "signal")
    write(tmp_path / "none", {"a": np.zeros((9_000, 2), np.float32)}, ["bigwig", "bed"])
    assert (tmp_path / "none/segments.bed").read_text() == ""
    write(tmp_path / "scores", {"a": np.zeros((9_000, 2), np.float32)}, ["scores"])
    assert found(tmp_path, "signal", "none", "scores") == []


def stale_index(out: Path) -> None:
    indexed(out / "other.bed.gz", "A\t0\t1\tx\n")
    (out / "other.bed.gz.tbi").replace(out / "predictions.tsv.gz.tbi")
    (out / "other.bed.gz").unlink()


def plain_gzip(out: Path) -> None:
    import gzip

    path = out / "CDS.plus.bedgraph.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())))


def cut_index(out: Path) -> None:
    path = out / "predictions.tsv.gz.tbi"
    with pysam.BGZFile(str(path)) as file:
        data = file.read()
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(data[:60])


def cut_bgzip(out: Path) -> None:
    path = out / "predictions.tsv.gz"
    path.write_bytes(path.read_bytes()[:-28])


def older_index(out: Path) -> None:
    os.utime(out / "predictions.tsv.gz.tbi", (1, 1))


def rewritten(name: str, right: str, wrong: str) -> Callable[[Path], None]:
    def change(out: Path) -> None:
        text = (out / name).read_text()
        assert right in text
        (out / name).write_text(text.replace(right, wrong, 1))

    return change


def other_genome(out: Path) -> None:
    write_record(out, make_record("score", {}, {"genome": {"x.fa": "0" * 64}}))


FAULTS: dict[str, tuple[Callable[[Path], None], str, str, str]] = {
    "missing": (lambda out: (out / "segments.bed").unlink(), "files", "error", "is not there"),
    "changed": (rewritten("segments.bed", "\t0\t", "\t00\t"), "checksums", "error", "segments"),
    "unnamed": (lambda out: (out / "x.bed").write_text(""), "files", "warning", "x.bed is not in"),
    "format": (rewritten("manifest.tsv", "\tbed\t", "\tbigwig\t"), "formats", "error", "no bigwig"),
    "twice": (rewritten("manifest.tsv", "CDS.minus.bw", "CDS.plus.bw"), "files", "error", "twice"),
    "leaves": (rewritten("manifest.tsv", "segments.bed", "../x"), "format", "error", "leaves the"),
    "header": (rewritten("manifest.tsv", "path\t", "name\t"), "format", "error", "not a genoseq"),
    "record": (lambda out: (out / "provenance.json").write_text("{"), "format", "error", "JSON"),
    "genome": (other_genome, "inputs", "warning", "another checksum than the FASTA"),
    "stale index": (stale_index, "fits", "error", "1 lines of A, the file has 5000"),
    "no bgzip": (plain_gzip, "file", "error", "is not compressed by bgzip"),
    "cut index": (cut_index, "format", "error", "an index that is damaged or cut off"),
    "cut bgzip": (cut_bgzip, "format", "error", "without the empty block that ends it"),
    "older index": (older_index, "age", "warning", "older than predictions.tsv.gz"),
    "no file": (lambda out: (out / "predictions.tsv.gz").unlink(), "file", "error", "not beside"),
    "no bigWig": (lambda out: (out / "y.bw").write_text("<html>"), "format", "error", "web page"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_of_a_folder_is_found(tmp_path: Path, name: str) -> None:
    values = {"A": golden()["edges"]}
    write_fasta(tmp_path / "genome.fa", [("A", b"A" * 5_000)])
    out = write(tmp_path / "out", values, FORMATS)
    assert found(tmp_path, "out") == []
    plant, check, level, said = FAULTS[name]
    plant(out)
    findings = found(tmp_path, "out")
    assert check in checks(findings, level)
    assert any(said in str(finding) for finding in findings), findings


def test_planted_fault_of_scores_is_found(tmp_path: Path) -> None:
    write_fasta(tmp_path / "genome.fa", [("A", b"A" * 5_000)])
    out = write(tmp_path / "out", {"A": golden()["edges"]}, ["scores"])
    values = bytearray((out / "scores.npy").read_bytes())
    values[-2:] = b"\x10\x27"
    (out / "scores.npy").write_bytes(values)
    assert checks(found(tmp_path, "out")) >= {"range", "format", "checksums"}
    write_fasta(tmp_path / "genome.fa", [("A", b"A" * 5_001)])
    assert any("is it another assembly?" in str(each) for each in found(tmp_path, "out"))


@pytest.fixture(scope="module")
def genes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a genome and its called genes."""
    folder = tmp_path_factory.mktemp("genes")
    planted = planted_genome(seed=31)
    start, end, _ = planted.genes[len(planted.genes) // 2]
    turned = planted.turned((start + end) // 2)  # a gene lies across the origin
    write_fasta(folder / "genome.fa", [("chr|1", decode(turned.codes))])
    gs.call_genes_files(folder / "genome.fa", None, folder / "out", circular="all", tracks=True)
    return folder


def test_called_genes_have_no_finding(genes: Path) -> None:
    done: list[gs.CheckedFile] = []
    assert gs.validate_tracks([genes / "out"], genes / "genome.fa", done.append) == []
    lines = [line.split("\t")[3] for line in (genes / "out/genes.bed").read_text().splitlines()]
    assert len(set(lines)) == len(lines) - 1
    formats = {file.format for file in done}
    assert formats == {"BED", "GFF3", "GenBank", "genes", "bigWig", "manifest", "provenance"}


@pytest.mark.parametrize(
    ("name", "right", "wrong", "check"),
    [
        ("genes.bed", "chr|1_2\t", "chr|1_2000\t", "ids"),
        ("proteins.faa", ">chr|1_2 ", ">chr|1_2000 ", "ids"),
        ("genes.ffn", ">chr|1_2 ", ">chr|1_2000 ", "ids"),
        ("genes.gbk", '/locus_tag="chr|1_2"\n                     /codon', "/codon", "ids"),
        ("genes.gff3", "ID=chr%7C1_2;", "ID=chr%7C1_2000;", "ids"),
        ("summary.json", '"genes": ', '"genes": 1', "counts"),
        ("summary.json", '"genes": ', '"gene": ', "format"),
    ],
)
def test_planted_fault_of_called_genes_is_found(
    tmp_path: Path, genes: Path, name: str, right: str, wrong: str, check: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for path in (genes / "out").iterdir():
        if path.is_file():
            (out / path.name).write_bytes(path.read_bytes())
    text = (out / name).read_text()
    right = right if right in text else right.replace("%7C", "|")
    assert right in text
    (out / name).write_text(text.replace(right, wrong, 1))
    assert check in checks(gs.validate_tracks([out], genes / "genome.fa"))


def test_genes_elsewhere_in_another_file_are_found(tmp_path: Path, genes: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for path in (genes / "out").iterdir():
        if path.is_file():
            (out / path.name).write_bytes(path.read_bytes())
    fields = (out / "genes.bed").read_text().splitlines()[-1].split("\t")
    moved = fields.copy()
    moved[1] = moved[6] = str(int(fields[1]) + 3)
    moved[10] = str(int(fields[10]) - 3)
    rewritten("genes.bed", "\t".join(fields), "\t".join(moved))(out)
    (out / "genes.ffn").unlink()
    findings = gs.validate_tracks([out], genes / "genome.fa")
    assert checks(findings) == {"positions", "files"}
    assert json.loads((out / "summary.json").read_text())["genes"] > 1


def test_fasta_index_that_does_not_fit_is_found(tmp_path: Path) -> None:
    genome(tmp_path)
    pysam.faidx(str(tmp_path / "genome.fa"))
    assert found(tmp_path, "genome.fa.fai") == []
    text = (tmp_path / "genome.fa.fai").read_text()
    (tmp_path / "genome.fa.fai").write_text(text.replace("\t900\t", "\t901\t"))
    assert checks(found(tmp_path, "genome.fa.fai")) == {"fits"}
    (tmp_path / "genome.fa.fai").write_text("a\t1\n")
    assert checks(found(tmp_path, "genome.fa.fai")) == {"columns"}


def test_folder_is_searched_and_other_files_are_passed_over(tmp_path: Path) -> None:
    genome(tmp_path)
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/notes.txt").write_text("not a track\n")
    (tmp_path / "in/deep/a.bed").write_text(TEXTS["right.bed"])
    (tmp_path / "in/reads.sam").write_text("@HD\tVN:1.6\n")
    done: list[gs.CheckedFile] = []
    assert gs.validate_tracks([tmp_path / "in"], tmp_path / "genome.fa", done.append) == []
    assert [file.path for file in done] == [str(tmp_path / "in/deep/a.bed")]
    (asked,) = found(tmp_path, "in/reads.sam")
    assert (asked.level, asked.check) == ("error", "format")
    assert "a SAM file of alignments, where a track or annotation is wanted" in asked.what


def test_findings_are_counted_when_there_are_too_many_to_list(tmp_path: Path) -> None:
    genome(tmp_path)
    rows = "".join(f"a\t{at}\t{at + 1}\tnan\n" for at in range(2_000))
    (tmp_path / "a.bedgraph").write_text(rows)
    done: list[gs.CheckedFile] = []
    findings = gs.validate_tracks([tmp_path / "a.bedgraph"], tmp_path / "genome.fa", done.append)
    assert [finding.line for finding in findings] == [1, 2, 3, 4, 5]
    assert findings[-1].more == 1_995
    assert done[0].errors == 2_000
