"""What ``genoseq genes`` costs: CPU seconds and peak memory, of one thread, by size and by pieces.

    python benchmarks/gene_costs.py DATA [BUNDLE] [--megabases 1 4.6 20] [--reads 20000] [--tracks]

DATA holds ``NAME.fa.gz`` of ``config/examples/bacteria/accessions.tsv``; BUNDLE is by default the
model in the box.  Rows: E. coli K-12, without and with ``--adapt auto``; the first bases of all
genomes, one after another; and reads of 150 to 300 bp, cut from E. coli.  Each is a command of its
own, its start and its files included; Prodigal (pyrodigal, trained on the file, or ``meta`` of
reads) is run on the same file.  Then what the decoder alone takes of E. coli, with what the model
says of its bases in memory: candidates, rounds, choice and calls, no files; the median of three.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from genoseq.genome.sequences import decode
from genoseq.readers.fasta import open_fasta, write_fasta

ECOLI = "ecoli_k12_mg1655"
ACCESSIONS = Path(__file__).parents[1] / "config/examples/bacteria/accessions.tsv"
PEER = """
import sys, pyrodigal
from Bio import SeqIO
records = [bytes(r.seq) for r in SeqIO.parse(sys.argv[1], "fasta")]
meta = sys.argv[2] == "meta"
finder = pyrodigal.GeneFinder(meta=meta)
if not meta:
    finder.train(*records)
print(sum(len(finder.find_genes(record)) for record in records))
"""
DECODER = """
import sys, time
from genoseq.genes.bacteria_files import decoder_path
from genoseq.genes.call import call_genes
from genoseq.genes.genome_files import read_contigs
from genoseq.genes.state_values import model_scorer
from genoseq.genes.weights import load_weights
from genoseq.models.bundle import load_bundle
from genoseq.pretrained.registry import model_folder
from genoseq.readers.fasta import open_fasta
folder = model_folder(sys.argv[2])
with open_fasta(sys.argv[1]) as genome:
    whole = read_contigs(genome)
values = list(model_scorer(load_bundle(folder))(whole))
weights = load_weights(decoder_path(folder, None)[0])
for _ in range(3):
    begun = time.process_time()
    call_genes(whole, lambda _: iter(values), weights)
    print(time.process_time() - begun)
"""

Records = Sequence[tuple[str, bytes]]


def spent(words: Sequence[object]) -> tuple[float, float]:
    """CPU seconds and peak MB of a command that must succeed."""
    process = subprocess.Popen(
        [str(word) for word in words], stdout=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{words}: exit status {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def contigs(data: Path, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Contigs of genomes, one genome after another."""
    for name in names:
        with open_fasta(data / f"{name}.fa.gz") as genome:
            for chrom, length in genome.lengths.items():
                yield f"{name}.{chrom}", decode(genome.codes(chrom, 0, length))


def first_bases(data: Path, names: Sequence[str], bases: int) -> Records:
    """Contigs of so many bases, the last one cut; genomes again if there are too few."""
    found: list[tuple[str, bytes]] = []
    left, again = bases, 0
    while left > 0:
        for name, text in contigs(data, names):
            if left > 0:
                found.append((f"{name}.{again}", text[:left]))
                left -= len(text)
        again += 1
    return found


def reads(data: Path, number: int) -> Records:
    """Pieces of E. coli."""
    rng = random.Random(1)
    ((_, text),) = contigs(data, [ECOLI])
    found = []
    for index in range(number):
        length = rng.randint(150, 300)
        start = rng.randrange(len(text) - length)
        found.append((f"read{index}", text[start : start + length]))
    return found


def decoding(data: Path, bundle: str) -> float:
    """CPU seconds of the decoder alone, of E. coli: the code inferred, as by the command."""
    words = [sys.executable, "-c", DECODER, str(data / f"{ECOLI}.fa.gz"), bundle]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    told = subprocess.run(words, check=True, capture_output=True, env=os.environ | threads)
    return statistics.median(map(float, told.stdout.split()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("bundle", nargs="?", default="bacteria")
    parser.add_argument("--megabases", type=float, nargs="*", default=[1, 4.6, 20])
    parser.add_argument("--reads", type=int, default=20000)
    parser.add_argument("--tracks", action="store_true", help="per-base tracks as well")
    asked = parser.parse_args()
    with ACCESSIONS.open(newline="") as file:
        names = [row["name"] for row in csv.DictReader(file, delimiter="\t")]
    whole = list(contigs(asked.data, [ECOLI]))
    rows: list[tuple[str, Records, list[str], bool]] = [
        ("E. coli K-12", whole, [], False),
        ("E. coli K-12, --adapt auto", whole, ["--adapt", "auto"], False),
        *((f"{each:g} Mb", first_bases(asked.data, names, int(each * 1e6)), [], False)
          for each in asked.megabases),
        (f"{asked.reads:,} reads", reads(asked.data, asked.reads), [], True),
    ]  # fmt: skip
    print("input", "Mb", "contigs", "CPU s", "CPU s/Mb", "MB", "Prodigal, CPU s", sep="\t")
    for title, records, options, meta in rows:
        with tempfile.TemporaryDirectory() as temporary:
            fasta, out = Path(temporary) / "genome.fa", Path(temporary) / "out"
            write_fasta(fasta, records)
            words = [sys.executable, "-m", "genoseq", "-q", "genes", fasta, "-m", asked.bundle]
            words += ["-o", out, "--threads", 1, *options, *(["--tracks"] if asked.tracks else [])]
            seconds, peak = spent(words)
            peer, _ = spent([sys.executable, "-c", PEER, fasta, "meta" if meta else "single"])
        bases = sum(len(text) for _, text in records) / 1e6
        print(
            title, f"{bases:.2f}", len(records), f"{seconds:.1f}", f"{seconds / bases:.2f}",
            f"{peak:.0f}", f"{peer:.1f}", sep="\t", flush=True,
        )  # fmt: skip
    bases, seconds = sum(len(text) for _, text in whole) / 1e6, decoding(asked.data, asked.bundle)
    title = "E. coli K-12, decoder alone"
    print(title, f"{bases:.2f}", len(whole), f"{seconds:.1f}", f"{seconds / bases:.2f}", sep="\t")


if __name__ == "__main__":
    main()
