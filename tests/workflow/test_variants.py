"""Variants with real Snakemake: shards, merged to the bytes of the one command, in the report."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import Genoseq, forked_path
from small_run import ONE_EACH, TINY, TRAINING, jobs, snakemake, write_config, write_genome

SHEET = """\
name\tfasta\tannotation\tsplit
made\tmade genome.fa\tmade.gff3\tblocks
other\tother.fa.gz\t-\tscore
"""
CONFIG: dict[str, Any] = {
    "split": {"block": 6_000, "gap": 200, "valid": 0.2, "test": 0.2},
    "models": {"one": {"model": TINY, "training": TRAINING}},
    "evaluate": {"baselines": False},
    "score": {"formats": ["bigwig"], "precision": "fp32"},
    "variants": {
        "files": {"made": "{all} calls.vcf", "other": "other.vcf"},
        "shards": 2,
        "distance": 20,
    },
}
VARIANTS = {"variants": 4, "merge_variants": 2}
FULL = {
    "extract": 1, "tokenize": 1, "train": 1, "evaluate": 1, "shards": 2, "score": 2, "merge": 2,
    "tracks": 2, **VARIANTS, **ONE_EACH,
}  # fmt: skip


def write_variants(folder: Path) -> None:
    """SNVs all over c1 of the made genome, one that does not fit, and two of the other."""
    text = (folder / "made genome.fa").read_text().splitlines()[1]
    rng = np.random.default_rng(3)
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    lines = []
    for at in sorted(rng.choice(len(text), 40, replace=False).tolist()):
        alt = "ACGT".replace(text[at], "")[at % 3]
        lines.append(f"c1\t{at + 1}\t.\t{text[at]}\t{alt}\t.\tPASS\tDP=3\n")
    lines.append("c2\t3\tsv\tN\t<DEL>\t.\tPASS\t.\n")
    (folder / "{all} calls.vcf").write_text(head + "".join(lines))
    (folder / "other.vcf").write_text(head + "x\t10\t.\tN\tA,<INS>\t.\t.\t.\n")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("variants")
    write_genome(folder)
    write_variants(folder)
    write_config(folder, CONFIG)
    (folder / "config/genomes.tsv").write_text(SHEET)
    assert jobs(snakemake(folder, path=forked_path())) == FULL
    return folder


@pytest.fixture
def config(finished: Path) -> Iterator[dict[str, Any]]:
    """The configuration, to be edited; the file is as it was afterwards."""
    yield copy.deepcopy(CONFIG)
    write_config(finished, CONFIG)


def planned(folder: Path, config: dict[str, Any]) -> dict[str, int]:
    write_config(folder, config)
    return jobs(snakemake(folder, "--dry-run"))


def test_shards_are_merged_to_the_bytes_of_one_command(finished: Path, genoseq: Genoseq) -> None:
    results, out = finished / "results", finished / "by hand.vcf.gz"
    run = genoseq(
        *("variants", finished / "{all} calls.vcf", finished / "made genome.fa"),
        *("-m", results / "models/one", "-o", out, "--distance", "20", "--precision", "fp32"),
        *("--genes", finished / "made.gff3", "--jobs", "1"),
    )
    assert run.returncode == 0, run.stderr
    merged = results / "variants/made/one/variants.vcf.gz"
    assert merged.read_bytes() == out.read_bytes()
    assert merged.with_name("variants.vcf.gz.tbi").read_bytes() == out.with_name(
        f"{out.name}.tbi"
    ).read_bytes()  # fmt: skip
    assert not (results / "shard_variants").exists() or not [
        path for path in (results / "shard_variants").rglob("*") if path.is_file()
    ]
    page = (results / "report.html").read_text()
    assert "The 40 largest effects of 40 alleles with a score; of 3 without one 3" in page
    assert 'href="variants/made/one/variants.vcf.gz"' in page
    assert "SYMBOLIC" in page


def test_variants_do_again_what_an_edit_asks_for(finished: Path, config: dict[str, Any]) -> None:
    assert "Nothing to be done" in snakemake(finished, "--dry-run")
    config["variants"]["distance"] = 30
    assert planned(finished, config) == {**VARIANTS, **ONE_EACH}
    config["variants"]["distance"] = 20
    del config["variants"]["files"]["other"]
    assert planned(finished, config) == ONE_EACH
    del config["variants"]
    assert planned(finished, config) == ONE_EACH
    config["score"]["formats"] = ["bedgraph"]
    config["variants"] = CONFIG["variants"]
    assert planned(finished, config) == {"tracks": 2, **ONE_EACH}


def test_another_file_of_variants_is_scored_again(finished: Path) -> None:
    """Also one whose name has braces, which is no input."""
    path = finished / "{all} calls.vcf"
    before, times = path.read_text(), path.stat()
    path.write_text(before.replace("DP=3", "DP=4"))
    try:
        asked = jobs(snakemake(finished, "--dry-run"))
    finally:
        path.write_text(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert asked == {"variants": 2, "merge_variants": 1, **ONE_EACH}
