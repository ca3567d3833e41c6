"""docs/recipes.md: every block runs, in order, on a small genome."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from command import forked_path

PAGE = (Path(__file__).parents[1] / "docs/recipes.md").read_text()
RECIPES = PAGE.split("\n## ")[1:]

RUN = """
import json, subprocess, sys
for language, code in json.loads(sys.argv[1]):
    if language == "python":
        exec(compile(code, "recipe", "exec"), {"__name__": "__main__"})
    else:
        subprocess.run(["bash", "-euc", code], check=True)
"""


def blocks(recipe: str) -> list[tuple[str, str]]:
    """Language and text of each block of code."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", recipe, re.MULTILINE | re.DOTALL)


def write_genome(folder: Path) -> None:
    """Two contigs of noise with genes of a repeated codon on both strands, as FASTA and GFF3."""
    rng = np.random.default_rng(4)
    fasta, rows = "", ["##gff-version 3"]
    for chrom, length in {"chr1": 24_000, "chr2": 6_000}.items():
        letters = np.array(list("ACGT"))[rng.integers(0, 4, length)]
        for start in range(200, length - 400, 400):
            forward = bool(rng.integers(2))
            letters[start : start + 240] = list("GAC" * 80 if forward else "GTC" * 80)
            place = f"{start + 1}\t{start + 240}\t.\t{'+' if forward else '-'}"
            rows += [f"{chrom}\t.\tgene\t{place}\t.\tID={chrom}.{start}"]
            rows += [f"{chrom}\t.\tCDS\t{place}\t0\tParent={chrom}.{start}"]
        fasta += f">{chrom}\n{''.join(letters)}\n"
    (folder / "genome.fa").write_text(fasta)
    (folder / "genes.gff3").write_text("\n".join(rows) + "\n")


def test_recipes_are_ten_and_short() -> None:
    assert [recipe.split(".")[0] for recipe in RECIPES] == [str(n) for n in range(1, 11)]
    for recipe in RECIPES:
        assert blocks(recipe), recipe
        for _, code in blocks(recipe):
            lines = [line for line in code.splitlines() if line and "import" not in line]
            assert len(lines) <= 12, recipe


def test_recipes_run_in_order(tmp_path: Path) -> None:
    write_genome(tmp_path)
    code = [block for recipe in RECIPES for block in blocks(recipe)]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN, json.dumps(code)],
        cwd=tmp_path,
        env={**os.environ, "PATH": forked_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert re.search(r"^tracks: \d files, 30,000 bases(; segments .*)?$", said, re.MULTILINE)
    assert "CDS_phase2.minus" in said
    assert (tmp_path / "tracks/CDS.plus.bw").exists()
    assert (tmp_path / "listed/slabs.txt").read_text().startswith("chr1 0 24000\n")
