"""Part of `constants.py`: commands of genoseq, and what each of them cost."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from genoseq.plan.constants import FamilyCost

GENOSEQ = [sys.executable, "-m", "genoseq", "--quiet"]
# A small process starts each command: the system counts the starter's memory as the command's.
MEASURING = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(status)
"""
STATES = 7
TEST = 0.2
"""Part of the genome that is evaluated."""


class Cost(NamedTuple):
    """Seconds of the processor, peak of memory in MB, and bytes written."""

    seconds: float
    memory: float
    disk: int


def run(out: Path, *words: str | Path) -> Cost:
    """Cost of a verb that writes ``out``."""
    return run_as(out, *words, "-o", out)


def run_as(made: Path, *words: str | Path) -> Cost:
    """Cost of a command, with the bytes of what it has made."""
    command = [*GENOSEQ, *map(str, words)]
    measuring = [sys.executable, "-c", MEASURING, *command]
    done = subprocess.run(measuring, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    seconds, kilobytes = map(float, done.stdout.split())
    return Cost(seconds, kilobytes * 1024 / 1e6, size(made))


def size(path: Path) -> int:
    """Bytes of a file or of a folder's files."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def stored(folder: Path, genome: Path, annotation: Path) -> dict[str, Cost]:
    """Cost of making ``store`` of a genome."""
    bed, fasta = folder / "regions.bed", folder / "regions.fa"
    split = ("--split", "blocks", "--block", "5000", "--gap", "500", "--test", f"{TEST}")
    labels = ("--bed", bed, "--annotation", annotation)
    return {
        "extract": run(fasta, "extract", genome, "--bed", bed, *split),
        "tokenize": run(folder / "store", "tokenize", genome, *labels),
    }


def paired() -> Iterator[str]:
    """The constant of stores of pairs: of the demo's, and of the first of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, head = folder / "pairs.tsv", folder / "head.tsv"
        run_as(table, "demo", "--pairs", table, "--reads", folder / "reads.fa")
        rows = table.read_text().splitlines(keepends=True)
        head.write_text("".join(rows[:100]))
        words = ("--scheme", "seq2seq")
        first = run(folder / "a", "tokenize", head, *words).seconds
        whole = run(folder / "b", "tokenize", table, *words).seconds
    bases = sum(len(row.split("\t")[0]) for row in rows[100:])
    yield f"PAIRED_PER_SECOND = {bases / max(whole - first, 1e-9):.2g}"


def encoder(family: str, layers: int = 0, width: int = 0, **others: Any) -> dict[str, Any]:
    """Settings of a model by its encoder; those of no number are the default."""
    sizes = {name: n for name, n in (("layers", layers), ("width", width)) if n}
    outside = {
        name: others.pop(name) for name in ("stem", "tokenizer", "embedding") if name in others
    }
    return {"encoder": {"family": family, **sizes, **others}, **outside}


def families(costs: Mapping[str, FamilyCost]) -> Iterator[str]:
    """FAMILIES in its form."""
    yield "FAMILIES = {"
    for family, cost in costs.items():
        speeds = f"{cost.scoring:.2g}, {cost.training:.2g}"
        memory = f"{cost.start:.0f}, {json.dumps(cost.number_bytes)}, {cost.kept_bytes:g}"
        yield f'    "{family}": FamilyCost({speeds}, {memory}, "{cost.like}"),'
    yield "}"
