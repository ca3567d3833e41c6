"""Peak memory of ``genoseq score`` on a small and a large genome.

    python benchmarks/memory.py GENOME.fa[.gz] BUNDLE [--small 5] [--large 200]

Both are one contig of real sequence: the genome's contigs in a row, over and over, to the size
asked for in Mb.  The peak resident memory is the operating system's, of the finished process.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from itertools import cycle
from pathlib import Path

from genoseq.readers.fasta import open_fasta, write_fasta


def repeat(genome: Path, bases: int, out: Path) -> None:
    """Write one contig of ``bases`` bases."""
    with open_fasta(genome) as fasta:
        contigs = [fasta.fetch(name, 0, length) for name, length in fasta.lengths.items()]
    pieces, left = [], bases
    for contig in cycle(contigs):
        pieces.append(contig[:left])
        left -= len(pieces[-1])
        if left == 0:
            break
    write_fasta(out, [("contig", b"".join(pieces))])


def peak_megabytes(command: list[str | Path]) -> tuple[float, float]:
    """Peak resident megabytes and wall seconds of a command that must succeed."""
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))} failed")
    return usage.ru_maxrss / 1024, time.perf_counter() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--small", type=int, default=5, help="Mb")
    parser.add_argument("--large", type=int, default=200, help="Mb")
    asked = parser.parse_args()
    print(f"{'Mb':>6}{'peak MB':>10}{'seconds':>10}{'ratio':>8}")
    first = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for size in (asked.small, asked.large):
            genome = Path(folder, "genome.fa")
            repeat(asked.genome, size * 1_000_000, genome)
            words = [sys.executable, "-m", "genoseq", "-q", "score", genome, "-m", asked.bundle]
            peak, seconds = peak_megabytes([*words, "-o", Path(folder, "out"), "--threads", "1"])
            first = first or peak
            print(f"{size:6}{peak:10.0f}{seconds:10.1f}{peak / first:8.3f}", flush=True)


if __name__ == "__main__":
    main()
