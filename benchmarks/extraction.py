"""Extraction of many short regions: ``genoseq extract`` beside ``bedtools getfasta``.

Whole process against whole process, start-up included, each with the genome's index in place, the
best of several runs taken in turn.  The bytes of both must be identical.

    python benchmarks/extraction.py genome.fa.gz
"""

from __future__ import annotations

import argparse
import filecmp
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from genoseq.readers.fasta import open_fasta, write_fasta


def main() -> None:
    """Print the table; exit 1 if any output differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genome", type=Path, help="FASTA, plain or compressed")
    parser.add_argument("--intervals", type=int, default=100_000)
    parser.add_argument("--length", type=int, default=500, help="bp")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        genome, random_bed = Path(folder, "genome.fa"), Path(folder, "random.bed")
        sorted_bed = Path(folder, "sorted.bed")
        _write_inputs(options.genome, genome, random_bed, sorted_bed, options)
        subprocess.run(["bedtools", "--version"], check=True)
        print(f"{options.intervals:,} intervals of {options.length} bp, best of {options.runs}")
        print("order\tstrand\ttool\twall_s\tcpu_s\tsame_bytes")
        same = True
        for bed in (random_bed, sorted_bed):
            for stranded in (True, False):
                same &= _compare(genome, bed, stranded, options.runs)
    sys.exit(not same)


def _write_inputs(
    source: Path, genome: Path, bed: Path, in_order: Path, options: argparse.Namespace
) -> None:
    with open_fasta(source) as fasta:
        write_fasta(genome, ((c, fasta.fetch(c, 0, n)) for c, n in fasta.lengths.items()))
        lengths = {c: n for c, n in fasta.lengths.items() if n > options.length}
    draw = random.Random(1)
    chroms = draw.choices(list(lengths), list(lengths.values()), k=options.intervals)
    rows = []
    for number, chrom in enumerate(chroms):
        start = draw.randrange(lengths[chrom] - options.length)
        rows.append((chrom, start, start + options.length, f"r{number}", 0, draw.choice("+-")))
    for path, ordered in ((bed, rows), (in_order, sorted(rows))):
        path.write_text("".join("\t".join(map(str, row)) + "\n" for row in ordered))
    subprocess.run(
        ["bedtools", "getfasta", "-fi", genome, "-bed", bed, "-fo", os.devnull], check=True
    )


def _compare(genome: Path, bed: Path, stranded: bool, runs: int) -> bool:
    ours, theirs = genome.with_name("ours.fa"), genome.with_name("theirs.fa")
    program = Path(sys.executable).with_name("genoseq")
    commands = {
        "bedtools": ["bedtools", "getfasta", "-fi", genome, "-bed", bed, "-fo", theirs]
        + ["-s"] * stranded,
        "genoseq": [program, "-q", "extract", genome, "--regions", bed, "-o", ours]
        + ["--strand"] * stranded,
    }
    figures: dict[str, list[tuple[float, float]]] = {tool: [] for tool in commands}
    for _ in range(runs):
        for tool, command in commands.items():
            # Replacing a file makes some file systems wait for the disk.
            (ours if tool == "genoseq" else theirs).unlink(missing_ok=True)
            figures[tool].append(_timed(command))
    same = filecmp.cmp(ours, theirs, shallow=False)
    for tool, measured in figures.items():
        wall, cpu = (min(column) for column in zip(*measured, strict=True))
        order, sign = bed.stem, "yes" if stranded else "no"
        print(f"{order}\t{sign}\t{tool}\t{wall:.3f}\t{cpu:.3f}\t{'yes' if same else 'NO'}")
    return same


def _timed(command: list[str | Path]) -> tuple[float, float]:
    """Wall and CPU seconds of a process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
