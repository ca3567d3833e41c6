"""CPU seconds of ``genoseq tokenize`` by what they are of, and what processes can share of them.

    python benchmarks/tokenizing.py GENOME.fa.gz ANNOTATION.gff3.gz [--copies 1] [--rounds 3]
        [--jobs 2 4 8]

``start``: of Python and of what it imports.  ``annotation``: reading it and planning labels, of the
whole genome at once.  ``sequence`` and ``regions``: bases and labels of one region after another,
with writing and checksums.  The processes of ``--jobs`` share the labels; reading lines of GFF by
them was tried and gained nothing, since a feature takes two thirds of the time of its line to
unpickle.

Reading the annotation is measured again with Python's searches for garbage, which tokenize leaves
out there.

By jobs: CPU seconds of the process that writes while regions are labelled, and of the others; how
many times as fast as one the whole command could be with as many processors as jobs.  Seconds of
the clock are worthless on a busy machine.  With copies contigs and annotation come as often, by
other names.
"""

from __future__ import annotations

import argparse
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from genoseq.store import build, labelling, write

PARTS = {
    "annotation": (build, "class_labels"),
    "sequence": (write, "write_codes"),
    "regions": (write, "write_regions"),
}
"""Where the store's page calls each part."""


def timed(part: str, spent: dict[str, float], function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, whose CPU seconds are added to those of a part."""

    def same(*given: Any, **named: Any) -> Any:
        start = time.process_time()
        try:
            return function(*given, **named)
        finally:
            spent[part] += time.process_time() - start

    return same


def copied(path: Path, copies: int, folder: Path, fasta: bool) -> Path:
    """A file whose contigs come so many times, by names of their own."""
    target = folder / path.name.removesuffix(".gz")
    with gzip.open(path, "rt") as file:
        lines = file.readlines()
    with target.open("w") as out:
        for number in range(copies):
            for line in lines:
                if fasta and line[0] == ">":
                    first, _, rest = line[1:].partition(" ")
                    out.write(f">{first.strip()}.{number} {rest.strip()}\n")
                elif fasta or line.startswith("#"):
                    out.write(line if number == 0 or fasta else "")
                else:
                    chrom, _, rest = line.partition("\t")
                    out.write(f"{chrom}.{number}\t{rest}".replace("ID=", f"ID={number}."))
    return target


def start() -> float:
    """CPU seconds of a process that imports what tokenizing needs, and ends."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", "import genoseq.cli.app, genoseq.store.build"], check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measured(fasta: Path, annotation: Path, out: Path, jobs: int) -> dict[str, float]:
    """CPU seconds of this process by part, and of others."""
    spent = dict.fromkeys(["start", "index", *PARTS], 0.0)
    spent["start"] = start()
    kept = {part: getattr(*of) for part, of in PARTS.items()}
    for part, (module, name) in PARTS.items():
        setattr(module, name, timed(part, spent, kept[part]))
    before, others = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    build.tokenize(fasta, annotation, out=out, jobs=jobs)
    spent["index"] = time.process_time() - before - sum(spent[part] for part in PARTS)
    for part, (module, name) in PARTS.items():
        setattr(module, name, kept[part])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    others_took = after.ru_utime - others.ru_utime + after.ru_stime - others.ru_stime
    return spent | {"others": others_took}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("annotation", type=Path)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, nargs="+", default=[2, 4, 8])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, files = Path(name), (asked.genome, asked.annotation)
        if asked.copies > 1:
            files = (
                copied(asked.genome, asked.copies, folder, fasta=True),
                copied(asked.annotation, asked.copies, folder, fasta=False),
            )
        found = {
            jobs: min(
                (measured(*files, folder / "store", jobs) for _ in range(asked.rounds)),
                key=lambda row: sum(row.values()),
            )
            for jobs in (1, *asked.jobs)
        }
        size = (folder / "store/codes.bin").stat().st_size / 1e6
        # In turns: a busy machine moves both.
        reads: dict[Any, list[float]] = {labelling._no_search_for_garbage: [], nullcontext: []}
        for _ in range(asked.rounds):
            for search, spent in reads.items():
                labelling._no_search_for_garbage = search
                spent.append(measured(*files, folder / "store", 1)["annotation"])
        without, searched = map(min, reads.values())
    one = found[1]
    whole = sum(one.values())
    print(f"{size:.1f} Mb, CPU seconds, least of {asked.rounds}")
    for part, seconds in one.items():
        if part != "others":
            print(f"{part:12}{seconds:7.2f}{seconds / whole:7.0%}")
    print(f"{'all':12}{whole:7.2f}")
    print(f"annotation, with searches for garbage and without: {searched:.2f}, {without:.2f}")
    print("\njobs  regions  others  times as fast at most")
    for jobs in asked.jobs:
        regions, others = found[jobs]["regions"], found[jobs]["others"]
        could = whole - one["regions"] + max(regions, (regions + others) / jobs)
        print(f"{jobs:4}{regions:9.2f}{others:8.2f}{whole / could:9.2f}")


if __name__ == "__main__":
    main()
