"""A whole run of the workflow that is small: a made-up genome, a tiny network, Snakemake."""

from __future__ import annotations

import gzip
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from command import run_command

REPOSITORY = Path(__file__).parents[2]
SNAKEFILE = REPOSITORY / "Snakefile"
BARE_PATH = "/usr/bin:/bin"
TINY = {"embedding": 4, "stem": {"stride": 3, "kernel": 3, "width": 8}, "encoder": {"width": 8}}
TRAINING = {"window": 300, "batch": 4, "steps": 30, "validate_every": 15, "validation_windows": 8}
SHEET = """\
name\tfasta\tannotation\tmask\tsplit\tshards
made\tmade genome.fa\tmade.gff3\t-\tblocks\t-
other\tother.fa.gz\t-\t-\tscore\t1
"""
CONFIG: dict[str, Any] = {
    "split": {"block": 6_000, "gap": 200, "valid": 0.2, "test": 0.2},
    "models": {
        "one": {"model": TINY, "training": TRAINING},
        "two": {"model": TINY, "training": {**TRAINING, "seed": 2}},
    },
    "evaluate": {"baselines": False},  # seconds for each of many evaluations
    "score": {"formats": ["bigwig", "bed"], "shards": 2, "confidence": ["margin"]},
    "report": {"title": "A small run", "note": "Made-up <labels>."},
}
ONE_EACH = {"report": 1, "all": 1}
FULL = {
    "extract": 1, "tokenize": 1, "train": 2, "evaluate": 2,
    "shards": 2, "score": 6, "merge": 4, "tracks": 4, **ONE_EACH,
}  # fmt: skip


def write_genome(folder: Path) -> None:
    """60 kb in two contigs with a CDS of 300 bp in each 600 bp, rich in G and C."""
    random = np.random.default_rng(1)
    genes, records = [], []
    for chrom, count in (("c1", 60), ("c2", 40)):
        parts = []
        for number in range(count):
            inside = random.choice(list("ACGT"), 300, p=[0.1, 0.4, 0.4, 0.1])
            parts += ["".join(random.choice(list("ACGT"), 300)), "".join(inside)]
            first = number * 600 + 301
            genes.append(
                f"{chrom}\tmade\tCDS\t{first}\t{first + 299}\t.\t+\t0\tID={chrom}.{number}"
            )
        records.append(f">{chrom} made\n" + "".join(parts) + "\n")
    (folder / "made genome.fa").write_text("".join(records))
    (folder / "made.gff3").write_text("##gff-version 3\n" + "\n".join(genes) + "\n")
    other = ">x\n" + "".join(random.choice(list("ACGT"), 2_000)) + "\n"
    # Without its time, gzip writes the same bytes into every folder.
    (folder / "other.fa.gz").write_bytes(gzip.compress(other.encode(), mtime=0))


def write_config(folder: Path, config: Mapping[str, Any]) -> None:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config/config.yaml").write_text(yaml.safe_dump(dict(config)))


def options(folder: Path, *words: str, snakefile: Path) -> list[str]:
    return ["--snakefile", str(snakefile), "--directory", str(folder), "--cores", "2", *words]


def command_line(folder: Path, *words: str, snakefile: Path) -> list[str]:
    return [sys.executable, "-m", "snakemake", *options(folder, *words, snakefile=snakefile)]


def snakemake(folder: Path, *words: str, snakefile: Path = SNAKEFILE, path: str = BARE_PATH) -> str:
    """What Snakemake says; the test fails with it if it fails.

    By default no environment is activated: the rules have to find ``genoseq`` themselves.
    """
    asked = options(folder, *words, snakefile=snakefile)
    found = run_command("snakemake", asked, {**os.environ, "PATH": path}, True)
    logs = "".join(f"\n{p}:\n{p.read_text()}" for p in (folder / "results").rglob("logs/**/*.log"))
    assert found.returncode == 0, found.stdout + logs
    return found.stdout


def jobs(said: str) -> dict[str, int]:
    """Jobs by rule, from the first table of job counts; none if there is none."""
    table = re.search(r"^job +count\n[- ]+\n(.*?)^total ", said, re.MULTILINE | re.DOTALL)
    rows = (line.split() for line in table[1].splitlines()) if table else iter(())
    return {name: int(count) for name, count in rows}
