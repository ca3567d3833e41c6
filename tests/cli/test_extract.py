"""genoseq extract: sources of regions, shapes, splits, errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command import Genoseq

from genoseq.files.provenance import file_sha256, read_record
from genoseq.genome.sequences import decode

GFF = "##gff-version 3\na\t.\tgene\t3\t8\t.\t-\t.\tID=g\na\t.\tCDS\t3\t8\t.\t-\t0\tID=p;Parent=g\n"


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    path = tmp_path / "genome.fa"
    path.write_text(">a\nACGTNNGTAA\n>b\nCCCCC\n")
    return path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ">a:0-10\nACGTNNGTAA\n>b:0-5\nCCCCC\n"),
        (("--region", "a:2-4", "--region", "b"), ">a:1-4\nCGT\n>b:0-5\nCCCCC\n"),
        (("--region", "a:2-4(-)"), ">a:1-4(-)\nACG\n"),
        (("--annotation", "GFF", "--strand"), ">a:2-8(-)\nACNNAC\n"),
        (
            ("--annotation", "GFF", "--features", "gene,CDS", "--flank-up", "1"),
            ">a:2-9\nGTNNGTA\n" * 2,
        ),
        (
            ("--tile", "4", "--step", "3", "--region", "a"),
            ">a:0-4\nACGT\n>a:3-7\nTNNG\n>a:6-10\nGTAA\n",
        ),
        (
            ("--tile", "4", "--max-n-fraction", "0.4", "--min-length", "2"),
            ">a:0-4\nACGT\n>a:8-10\nAA\n>b:0-4\nCCCC\n",
        ),
        (("--blacklist", "HOLES"), ">a:0-4\nACGT\n>a:6-10\nGTAA\n>b:0-5\nCCCCC\n"),
        (("--regions", "BED12", "--split-blocks", "--strand"), ">a:0-10(-)\nTTGT\n"),
        (("--regions", "BED12"), ">a:0-10\nACGTNNGTAA\n"),
    ],
)  # fmt: skip
def test_extract_sources_and_shapes(
    tmp_path: Path, genome: Path, genoseq: Genoseq, words: tuple[str, ...], expected: str
) -> None:
    texts = {"GFF": GFF, "HOLES": "a\t4\t6\n", "BED12": "a\t0\t10\tx\t0\t-\t0\t0\t0\t2\t2,2\t0,8\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    named = [str(tmp_path / word) if word in texts else word for word in words]
    out, bed = tmp_path / "out.fa", tmp_path / "out.bed"
    run = genoseq("extract", genome, "-o", out, "--bed", bed, *named)
    assert run.returncode == 0, run.stderr
    assert out.read_text() == expected
    assert len(bed.read_text().splitlines()) == expected.count(">")
    count = expected.count(">")
    said = f"extract: wrote {out}, {bed}: {count} region{'s' if count > 1 else ''}, "
    assert run.stderr.startswith(said)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--region", "a:5-11"), "ends past the contig's last base, 10"),
        (("--region", "z:5-11"), "the FASTA has no contig 'z' but "),
        (("--region", "a", "--split", "train"), "give one of --regions, --region"),
        (("--split", "train", "--tile", "5"), "--split and --split-blocks take no flanks"),
        (("--split-blocks",), "--split-blocks needs --regions"),
        (("--min-length", "50"), "no region is left to write"),
        (("--flank-up", "-1"), "cannot be negative"),
        (("--split", "train"), "no region is left (min_length 300 bp, max_n_fraction 0.5"),
        (("--split", "blocks", "--valid", "2"), "valid: Input should be less than or equal to 1"),
    ],
)
def test_extract_errors_are_one_line_and_leave_nothing(
    tmp_path: Path, genome: Path, genoseq: Genoseq, words: tuple[str, ...], message: str
) -> None:
    out = tmp_path / "out"
    run = genoseq("extract", genome, "-o", out / "r.fa", "--bed", out / "r.bed", *words)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert message in run.stderr
    assert not out.exists() or not list(out.iterdir())


def test_extract_skips_on_demand_and_counts(tmp_path: Path, genome: Path, genoseq: Genoseq) -> None:
    bed, out = tmp_path / "r.bed", tmp_path / "r.fa"
    bed.write_text("a\t0\t3\na\t0\t30\nz\t0\t3\nz\t0\t4\n")
    words = ("extract", genome, "--regions", bed, "-o", out)
    failed = genoseq(*words)
    assert failed.returncode == 1
    assert "region a:1-30 ends past the contig's last base, 10" in failed.stderr
    for more in ((), ("--min-length", "1")):
        run = genoseq(*words, "--on-error", "skip", *more)
        assert out.read_text() == ">a:0-3\nACG\n"
        assert "1 skipped: past the contig's end; 2 skipped: contig not in the FASTA" in run.stderr


def test_extract_refuses_a_blacklist_of_other_contigs(
    tmp_path: Path, genome: Path, genoseq: Genoseq
) -> None:
    (tmp_path / "holes.bed").write_text("chrA\t0\t3\n")
    for more in ((), ("--split", "train")):
        words = ("-o", tmp_path / "r.fa", "--blacklist", tmp_path / "holes.bed", *more)
        run = genoseq("extract", genome, *words)
        assert run.returncode == 1
        assert f"blacklist: its contigs are chrA, but {genome} has a, b" in run.stderr


def test_extract_by_blocks_says_splits_and_leaks(tmp_path: Path, genoseq: Genoseq) -> None:
    codes = np.random.default_rng(0).integers(0, 4, 20_000).astype(np.uint8)
    codes[15_000:] = codes[:5_000]
    path, out, bed = tmp_path / "g.fa", tmp_path / "r.fa", tmp_path / "r.bed"
    path.write_bytes(b">chr one\n" + decode(codes) + b"\n")
    words = ("--split", "blocks", "--block", 1_000, "--gap", 100)
    run = genoseq("extract", path, "-o", out, "--bed", bed, *words)
    assert run.returncode == 0, run.stderr
    lines = bed.read_text().splitlines()
    assert lines[0] == "#contig\tchr\t20000"
    rows = [line.split("\t") for line in lines[1:]]
    assert {row[3] for row in rows} == {"train", "valid", "test"}
    names = [line[1:] for line in out.read_text().splitlines()[::2]]
    assert names == [f"{chrom}:{start}-{end}" for chrom, start, end, *_ in rows]
    assert "split test: " in run.stderr
    assert "% of the 31-mers of test are in train" in run.stderr
    again = genoseq("-q", "extract", path, "-o", tmp_path / "s.fa", *words, "--seed", 5)
    assert (again.returncode, again.stderr) == (0, "")
    assert (tmp_path / "s.fa").read_bytes() != out.read_bytes()


def test_extract_notes_what_made_its_outputs(
    tmp_path: Path, genome: Path, genoseq: Genoseq
) -> None:
    holes = tmp_path / "holes.bed"
    holes.write_text("a\t4\t6\n")
    out, notes = tmp_path / "regions/a.fa", tmp_path / "regions/provenance.json"
    words = ("--blacklist", holes, "--tile", 4, "--provenance", notes)
    run = genoseq("extract", genome, "-o", out, *words)
    assert run.returncode == 0, run.stderr
    record = read_record(out.parent)
    assert record is not None
    assert record["command"] == "extract"
    assert record["inputs"] == {
        "fasta": {"genome.fa": file_sha256(genome)},
        "blacklist": {"holes.bed": file_sha256(holes)},
    }
    assert (record["settings"]["tile"], record["settings"]["split"]) == (4, None)
    run = genoseq("extract", genome, "-o", out, "--region", "a:3-9999", "--provenance", notes)
    assert run.returncode == 1
    assert read_record(out.parent) == record


@pytest.mark.parametrize("stated", ["##sequence-region a 1 9\n", "a\t.\tregion\t1\t11\t.\t+\t.\t"])
def test_extract_wants_an_annotation_of_this_genome(
    tmp_path: Path, genome: Path, genoseq: Genoseq, stated: str
) -> None:
    text = GFF + stated + ("Is_circular=true\n" if "region\t" in stated else "")
    (tmp_path / "x.gff").write_text(text)
    run = genoseq("extract", genome, "-o", tmp_path / "x.fa", "--annotation", tmp_path / "x.gff")
    assert run.returncode == 1
    assert "x.gff: contig 'a' has " in run.stderr
    assert " bp here and 10 in the FASTA: is it another assembly?" in run.stderr
