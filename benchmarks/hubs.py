"""Hubs and figures by size of genome: CPU seconds, peak memory, bytes; what is read back.

    python benchmarks/hubs.py 2.5 12 200

Genomes are made up: contigs of 20 Mb at most, two classes by strand that change every 500 bases or
so, a gene every 1,000.  Of each contig the first 2 Mb and all segments are read back, by pyBigWig.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyBigWig

from genoseq.genome.tracks import Channel, Track
from genoseq.writers.outputs import write_tracks

CDS = (Channel("CDS", "+"), Channel("CDS", "-"))
LARGEST = 20_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("sizes", type=float, nargs="+", help="of genomes, Mb")
    words = parser.parse_args()
    print("| genome | what | CPU seconds | peak MB | MB on disk | read back |")
    print("|---|---|---|---|---|---|")
    for size in words.sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), int(size * 1e6))


def contigs(bases: int) -> dict[str, int]:
    sizes = [LARGEST] * (bases // LARGEST) + [bases % LARGEST]
    return {f"c{number}": size for number, size in enumerate(sizes, 1) if size}


def values_of(chrom: str, length: int) -> np.ndarray:
    """Probabilities of two strands, shape (L, 2), in steps of 0.001."""
    rng = np.random.default_rng(int(chrom[1:]))
    strand = np.repeat(rng.integers(0, 3, length // 500 + 1), 500)[:length]
    noise = rng.integers(0, 20, length) / 1000
    values = np.stack([(strand == 0) * 0.95, (strand == 1) * 0.95], axis=1) + noise[:, None] / 2
    return (np.rint(values * 1000) / 1000).astype(np.float32)


def make(folder: Path, lengths: dict[str, int]) -> None:
    with (folder / "g.fa").open("wb") as file:
        for chrom, length in lengths.items():
            codes = np.random.default_rng(int(chrom[1:])).integers(0, 4, length)
            file.write(b">" + chrom.encode() + b"\n")
            file.write(np.frombuffer(b"ACGT", np.uint8)[codes].tobytes() + b"\n")
    with (folder / "genes.gff3").open("w") as file:
        file.write("##gff-version 3\n")
        for chrom, length in lengths.items():
            for number, at in enumerate(range(1, length - 900, 1000)):
                strand = "+-"[number % 2]
                file.write(
                    f"{chrom}\tx\tCDS\t{at}\t{at + 899}\t.\t{strand}\t0\tID={chrom}_{number}\n"
                )

    def tracks() -> Iterator[Track]:
        for chrom, length in lengths.items():
            yield Track(chrom, 0, values_of(chrom, length), CDS)

    write_tracks(tracks(), lengths, CDS, "classes", folder / "model", ("bigwig", "bed"))


def measure(folder: Path, bases: int) -> None:
    lengths = contigs(bases)
    make(folder, lengths)
    given = [str(folder / "model"), str(folder / "genes.gff3"), "--fasta", str(folder / "g.fa")]
    name = f"{bases / 1e6:g} Mb"
    seconds, peak = run("hub", *given, "-o", str(folder / "hub"))
    row(name, "genoseq hub", seconds, peak, folder / "hub", read_back(folder, lengths))
    for file, region in (
        ("close.pdf", "c1:1001-1100"),
        ("far.png", f"c1:1-{min(1_000_000, bases)}"),
    ):
        words = ("--region", region, "-o", str(folder / file))
        seconds, peak = run("plot", *given, *words)
        row(name, f"genoseq plot {region}", seconds, peak, folder / file, "-")


def row(genome: str, what: str, seconds: float, peak: float, path: Path, said: str) -> None:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    size = sum(each.stat().st_size for each in files) / 1e6
    print(
        f"| {genome} | {what} | {seconds:.1f} | {peak or 0:.0f} | {size:.1f} | {said} |", flush=True
    )


def run(verb: str, *words: str) -> tuple[float, float]:
    """CPU seconds and peak MB of a command."""
    code = (
        "import resource, sys, subprocess;"
        "subprocess.run([sys.executable, '-m', 'genoseq', '-q', *sys.argv[1:]], check=True);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)"
    )
    command = [sys.executable, "-c", code, verb, *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def read_back(folder: Path, lengths: dict[str, int]) -> str:
    """Whether pyBigWig finds what was written."""
    (hub,) = [each for each in (folder / "hub").iterdir() if each.is_dir()]
    same = True
    for channel, strand in enumerate(("plus", "minus")):
        with pyBigWig.open(str(hub / f"model_CDS_{strand}.bw")) as file:
            for chrom, length in lengths.items():
                end = min(length, 2_000_000)
                seen = file.values(chrom, 0, end, numpy=True)
                same &= np.allclose(seen, values_of(chrom, length)[:end, channel], atol=1e-6)
    lines = sum(1 for _ in (folder / "model/segments.bed").open())
    with pyBigWig.open(str(hub / "model_segments.bb")) as file:
        found = sum(len(file.entries(chrom, 0, length)) for chrom, length in lengths.items())
    return f"values {'equal' if same else 'DIFFER'}, {found:,} of {lines:,} segments"


if __name__ == "__main__":
    main()
