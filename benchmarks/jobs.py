"""What ``--jobs`` gains: seconds, CPU seconds and memory of scoring by 1, 2, 4, 8 processes.

    python benchmarks/jobs.py GENOME.fa.gz OUT [--jobs 2 4 8 16] [--turns 3] [--verb score]
        [--formats bigwig,bedgraph,bed,tsv,scores] [--precision int8]
    python benchmarks/jobs.py GENOME.fa.gz OUT --verb genes --tracks --peers --jobs 2

Whole commands, in turns, of which the fastest counts, beside one job of one thread of torch and of
two, and beside two commands of one job side by side, each of half the genome, which share nothing:
what the machine itself gains by two.  Memory is the largest sum of what processes take, shared
pages divided among them (Pss).

With more jobs than processors the rows are of overcommitted processors: their seconds do not say
what more processors would gain, but their CPU seconds say what the process that orders and writes
bears.  ``keeps busy`` is how many jobs it can keep busy before it is the neck: CPU seconds
of all others, by its own without those of the start; beside it are both for each Mb of the genome.

A machine that is busy with other things makes seconds worthless, and its CPU seconds stay.  So the
table ends with what is not shared, the CPU seconds of the same command for a contig of 1 kb (the
start of Python and torch, the model) and of `import torch` alone, and has how many times as fast as
one the jobs could be: the first row's CPU seconds, by the start and the row's other CPU seconds
divided by jobs.  The last column is the seconds that whole commands would take on as many idle
processors as there are jobs, were nothing of the process that writes done beside the jobs: its CPU
seconds, its start included, and those of all others divided by jobs.

``--peers``: Prodigal (pyrodigal) and Orphos (``pip install orphos``), which is Prodigal again in
Rust, trained on the same genome.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from gene_costs import PEER
from genes import ORPHOS

import genoseq as gs
from genoseq.readers.fasta import write_fasta

EVERY = 1.0
"""Seconds between two looks at the memory: one takes 20 ms of a processor."""
ONE, SIDE = "1, a thread", "two commands of half the genome, side by side"
START, TORCH = "1 kb, a thread", "`import torch`"


def family(pid: int) -> list[int]:
    """A process and its children."""
    with suppress(OSError):
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, found)]
    return [pid]


def memory(pids: list[int]) -> float:
    """MB that processes take together."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


class Took(NamedTuple):
    """What commands side by side took: seconds, CPU seconds of processes that were started and of
    their own processes, and peak MB together."""

    wall: float
    parents: float
    workers: float
    memory: float

    @property
    def cpu(self) -> float:
        """CPU seconds of all."""
        return self.parents + self.workers


def measured(commands: list[list[str]]) -> Took:
    """What commands side by side take that must succeed."""
    start, peak, looked = time.monotonic(), 0.0, 0.0
    processes = [subprocess.Popen(words, stderr=subprocess.DEVNULL) for words in commands]
    # Ended processes are not waited for yet: their times stay in /proc until then.
    while not all(map(ended, processes)):
        if time.monotonic() - looked > EVERY:
            peak = max(peak, memory([pid for one in processes for pid in family(one.pid)]))
            looked = time.monotonic()
        time.sleep(0.02)
    wall = time.monotonic() - start
    own, waited = (sum(times) for times in zip(*(spent(p.pid) for p in processes), strict=True))
    for process, words in zip(processes, commands, strict=True):
        if process.wait():
            raise SystemExit(f"{' '.join(words)}: exit status {process.returncode}")
    return Took(wall, own, waited, peak)


def ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has ended; it stays to be waited for."""
    asked = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, asked) is not None


def spent(pid: int) -> tuple[float, float]:
    """CPU seconds of a process, and of those that it has waited for."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    times = [int(word) / os.sysconf("SC_CLK_TCK") for word in words[11:15]]
    return sum(times[:2]), sum(times[2:])


def halves(genome: Path, out: Path) -> list[Path]:
    """Two FASTAs of half the bases each."""
    paths = [out / "first.fa", out / "second.fa"]
    with gs.open_fasta(genome) as fasta:
        half, begin = sum(fasta.lengths.values()) // 2, 0
        records: list[list[tuple[str, bytes]]] = [[], []]
        for name, length in fasta.lengths.items():
            cut = min(max(half - begin, 0), length)
            for part, start, end in zip(records, (0, cut), (cut, length), strict=True):
                if start < end:
                    part.append((name, fasta.fetch(name, start, end)))
            begin += length
    for path, part in zip(paths, records, strict=True):
        write_fasta(path, part)
    return paths


def ways_of(
    genome: Path, out: Path, verb: str, jobs: list[int], more: list[str]
) -> dict[str, list[list[str]]]:
    """Commands of each row, which run side by side."""
    genoseq = str(Path(sys.executable).parent / "genoseq")

    def command(file: Path, *options: object) -> list[str]:
        folder = out / f"{file.name.split('.')[0]}{''.join(map(str, options))}"
        return [genoseq, verb, str(file), "-o", str(folder), *map(str, options), *more]

    alone = "--jobs", 1, "--threads", 1
    (small := out / "small.fa").write_text(">small\n" + "ACGTTGCATC" * 100 + "\n")
    return {
        ONE: [command(genome, *alone)],
        "1, 2 threads": [command(genome, "--jobs", 1, "--threads", 2)],
        **{str(count): [command(genome, "--jobs", count)] for count in jobs},
        SIDE: [command(half, *alone) for half in halves(genome, out)],
        START: [command(small, *alone)],
        TORCH: [[sys.executable, "-c", "import torch"]],
    }


def peers(genome: Path, out: Path) -> dict[str, list[list[str]]]:
    """Commands of other gene finders, of one thread each."""
    plain, packed = out / "whole.fa", out / "whole.fa.gz"
    with gs.open_fasta(genome) as fasta:
        write_fasta(plain, [(name, fasta.fetch(name, 0, n)) for name, n in fasta.lengths.items()])
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    python = [sys.executable, "-c"]
    return {
        "Prodigal": [[*python, PEER, str(plain), "single"]],
        "Orphos": [[*python, ORPHOS, str(packed), str(out / "orphos.gff"), "11"]],
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--jobs", type=int, nargs="+", default=[2, 4, 8, 16])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--verb", choices=["score", "genes"], default="score")
    parser.add_argument("--formats", help="of score; by default bigWig and BED")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--tracks", action="store_true", help="of genes: per-base tracks as well")
    parser.add_argument("--peers", action="store_true", help="other gene finders beside")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    more = ["--precision", asked.precision, *(["--tracks"] if asked.tracks else [])]
    more += [] if asked.formats is None else ["--formats", asked.formats]
    ways = ways_of(asked.genome, asked.out, asked.verb, asked.jobs, more)
    ways |= peers(asked.genome, asked.out) if asked.peers else {}
    with gs.open_fasta(asked.genome) as fasta:
        mb = sum(fasta.lengths.values()) / 1e6
    found: dict[str, list[Took]] = {way: [] for way in ways}
    for _ in range(asked.turns):
        for way, commands in ways.items():
            found[way].append(measured(commands))
    wall = {way: min(took.wall for took in rows) for way, rows in found.items()}
    least = {way: min(rows, key=lambda took: took.cpu) for way, rows in found.items()}
    cpu = {way: took.cpu for way, took in least.items()}
    start = cpu[START]
    # Of commands side by side each has a start of its own, and all of them at once.
    could = {way: start + (cpu[way] - start) / int(way) for way in map(str, asked.jobs)}
    could |= {ONE: cpu[ONE], SIDE: cpu[SIDE] / 2}
    load = Path("/proc/loadavg").read_text().split()[0]
    count = len(os.sched_getaffinity(0))
    print(f"{asked.verb}, {mb:.1f} Mb, {' '.join(more)}, {count} processors, load {load}")
    print(
        "| jobs | seconds | times as fast | CPU seconds | of which who writes | peak MB | could be "
        "| keeps busy | who writes, CPU s per Mb | others, CPU s per Mb | on idle processors |"
    )
    print("|---" * 11 + "|")
    for way, rows in found.items():
        took = least[way]
        counted = way in map(str, asked.jobs)
        writes, others = max(took.parents - start, 0.01) / mb, took.workers / mb
        shared = " | | | "
        if counted:
            idle = took.parents + took.workers / int(way)
            shared = f"{others / writes:.0f} | {writes:.4f} | {others:.3f} | {idle:.1f}"
        print(
            f"| {way} | {wall[way]:.1f} | {wall[ONE] / wall[way]:.2f} | {took.cpu:.2f} | "
            f"{took.parents:.2f} | {max(each.memory for each in rows):.0f} | "
            f"{f'{cpu[ONE] / could[way]:.2f}' if way in could else ''} | "
            f"{shared} |"
        )


if __name__ == "__main__":
    main()
