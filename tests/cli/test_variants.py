"""``genoseq variants``: a VCF with scores, or one line that says why not."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command import Genoseq

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    letters = "".join(np.random.default_rng(4).choice(list("ACGT"), 3_000))
    path = tmp_path / "genome.fa.gz"
    path.write_bytes(gzip.compress(f">chr1\n{letters}\n".encode()))
    base = letters[999]
    others = [other for other in "ACGT" if other != base]
    lines = [
        f"chr1\t1000\trs{number}\t{base}\t{alt}\t.\t.\t.\n" for number, alt in enumerate(others)
    ]
    (tmp_path / "in.vcf").write_text(HEAD + "".join(lines) + "chr1\t5\t.\tN\t<DEL>\t.\t.\t.\n")
    return path


def test_variants_writes_scores_and_reasons(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.vcf"
    run = genoseq("variants", tmp_path / "in.vcf", genome, "-m", model, "-o", out, "--threads", 1)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    last = run.stderr.splitlines()[-1]
    assert last == f"variants: wrote {out}: 4 records, 3 of 4 alleles scored; SYMBOLIC 1"
    records = [line for line in out.read_text().splitlines() if not line.startswith("#")]
    assert [("GS_MAX=" in line, "GS_REASON=" in line) for line in records] == [
        *[(True, False)] * 3, (False, True),
    ]  # fmt: skip


def test_variants_reads_a_pipe_and_writes_one(
    genome: Path, model: Path, tmp_path: Path, genoseq: Genoseq
) -> None:
    text = (tmp_path / "in.vcf").read_bytes()
    program = [sys.executable, "-m", "genoseq"]
    words = [*program, "-q", "variants", "-", str(genome), "-m", str(model), "-o", "/dev/stdout"]
    run = subprocess.run([*words, "--threads", "1"], input=text, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
    out = tmp_path / "out.vcf"
    file = genoseq("variants", tmp_path / "in.vcf", genome, "-m", model, "-o", out, "--threads", 1)
    assert file.returncode == 0
    assert run.stdout == out.read_bytes()


def test_variants_says_in_one_line_what_is_wrong(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.vcf"
    bad.write_text(HEAD + "1\t5\t.\tA\tC\t.\t.\t.\n")
    out = tmp_path / "out.vcf.gz"
    run = genoseq("variants", bad, genome, "-m", model, "-o", out)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith(f"genoseq: error: {bad}: no record is on a contig of the genome")
    assert "did you mean chr1 for 1?" in line
    assert not out.exists()


def test_merge_joins_shards_of_a_vcf(
    genoseq: Genoseq, genome: Path, model: Path, tmp_path: Path
) -> None:
    given = tmp_path / "in.vcf"
    parts = []
    for shard in ("1/2", "2/2"):
        parts.append(tmp_path / f"{shard[0]}.vcf")
        words = ("variants", given, genome, "-m", model, "-o", parts[-1], "--threads", 1)
        assert genoseq(*words, "--shard", shard).returncode == 0
    out = tmp_path / "all.vcf"
    run = genoseq("merge", *parts, "-o", out, "--of", given)
    assert (run.returncode, run.stderr.splitlines()) == (0, [f"merge: wrote {out}: 4 records"])
    whole = tmp_path / "whole.vcf"
    words = ("variants", given, genome, "-m", model, "-o", whole, "--threads", 1)
    assert genoseq(*words).returncode == 0
    assert out.read_bytes() == whole.read_bytes()
