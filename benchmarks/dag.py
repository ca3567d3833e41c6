"""Scale of the workflow: dry-runs of many contigs and genomes, and a scoring run of many contigs.

    python benchmarks/dag.py                             # all of it, about 5 minutes on one core
    python benchmarks/dag.py --only dry-run
    python benchmarks/dag.py --only scoring --bundle results/models/bilstm --formats bigwig,tsv
    python benchmarks/dag.py --only contigs              # genoseq.genome.shards.CONTIG_WORK

A dry-run is `snakemake -n` on a genome of 100,000 contigs in 200 shards, and on a sheet of 1,000
genomes, as processes of their own; jobs, and the most files and folders that one folder would get
from outputs, logs and benchmarks, are counted from what Snakemake says.  The scoring run is what
the rules run, one after the other: shards, score of each shard, merge, tracks.  Contigs are 200 to
600 random bases; without ``--bundle`` the model is a default network without training, which costs
what a trained one does.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

REPOSITORY = Path(__file__).parents[1]
CONFIG = """\
genomes: config/genomes.tsv
models: {{{models}}}
score: {{formats: [bigwig, bed], shards: {shards}}}
"""
FILES = (".log", ".tsv", ".fa", ".bed", ".html")
HEADER = "name\tfasta\tannotation\tsplit\tshards\n"


class Cost(NamedTuple):
    """Seconds of the clock and of the processor, and the peak of memory in MB."""

    clock: float
    processor: float
    memory: float

    def __str__(self) -> str:
        return f"{self.clock:.1f} s (processor {self.processor:.1f} s), {self.memory:,.0f} MB"


def measured(words: list[str], folder: Path) -> tuple[str, Cost]:
    """What a command says, and what it took."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(words, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        said.seek(0)
        text = said.read()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(words)}: exit status {process.returncode}\n{text}")
    return text, Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def write_contigs(path: Path, count: int, bases: int = 400) -> None:
    """A FASTA of ``count`` random contigs of ``bases`` on average, from half as long."""
    random = np.random.default_rng(1)
    letters = np.frombuffer(b"ACGT", np.uint8)
    sizes = random.integers(bases // 2, bases * 3 // 2, count, endpoint=True)
    with path.open("wb") as out:
        for number, size in enumerate(sizes.tolist()):
            sequence = letters[random.integers(0, 4, size)].tobytes()
            out.write(b">contig_%06d\n%s\n" % (number, sequence))


def largest_folder(said: str) -> str:
    """Which folder would get most files, and which most folders, by the words of a dry-run."""
    files: dict[Path, set[Path]] = defaultdict(set)
    folders: dict[Path, set[Path]] = defaultdict(set)
    for line in re.findall(r"^    (?:output|log|benchmark): (.*)$", said, re.MULTILINE):
        for path in map(Path, line.split(" (")[0].split(", ")):
            (files if path.suffix in FILES else folders)[path.parent].add(path)
            for parent in list(path.parents)[:-1]:
                folders[parent.parent].add(parent)
    return f"files in a folder: {_most(files)} at most; folders: {_most(folders)}"


def _most(found: dict[Path, set[Path]]) -> str:
    folder = max(found, key=lambda folder: len(found[folder]))
    return f"{len(found[folder]):,} ({folder})"


def dry_run(title: str, folder: Path, sheet: str, models: int, shards: int) -> None:
    """Print jobs, time and memory of a dry-run."""
    (folder / "config").mkdir(parents=True)
    names = ", ".join(f"model{number}: {{}}" for number in range(models))
    (folder / "config/config.yaml").write_text(CONFIG.format(models=names, shards=shards))
    (folder / "config/genomes.tsv").write_text(HEADER + sheet)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
    command += ["--directory", str(folder), "--cores", "2", "--dry-run"]
    said, cost = measured(command, folder)
    jobs = int(re.findall(r"^total +(\d+)$", said, re.MULTILINE)[0])
    print(f"{title}: {jobs:,} jobs, {cost}; {largest_folder(said)}")


def dry_runs(folder: Path, contigs: int, genomes: int) -> None:
    """One genome of many contigs, many genomes of one, and both with more models."""
    write_contigs(folder / "many.fa", contigs)
    (folder / "one.fa").write_text(">c\nACGT\n")
    (folder / "one.gff3").write_text("##gff-version 3\n")
    learned = f"learned\t{folder}/one.fa\t{folder}/one.gff3\tblocks\t-\n"
    many = f"many\t{folder}/many.fa\t-\tscore\t200\n"
    sheet = "".join(f"g{n:04}\t{folder}/one.fa\t-\tscore\t-\n" for n in range(genomes))
    labelled = "".join(
        f"g{n:04}\t{folder}/one.fa\t{folder}/one.gff3\tblocks\t-\n" for n in range(genomes)
    )
    dry_run(f"{contigs:,} contigs in 200 shards", folder / "1", learned + many, 1, 1)
    dry_run(f"{genomes:,} genomes", folder / "2", learned + sheet, 1, 1)
    dry_run(f"{genomes:,} genomes, all with labels, 2 models", folder / "3", labelled, 2, 1)
    dry_run(f"{genomes:,} genomes in 8 shards each", folder / "4", learned + sheet, 1, 8)


def untrained(folder: Path) -> None:
    """A bundle of the default network with random weights."""
    import torch

    from genoseq.config.schema import ModelSettings
    from genoseq.genome.schemes import cds_phase_scheme
    from genoseq.models.build import build_model
    from genoseq.models.bundle import Bundle, save_bundle

    torch.manual_seed(1)
    settings, scheme = ModelSettings(), cds_phase_scheme()
    save_bundle(folder, Bundle(build_model(settings, scheme), settings, scheme, 192))


def steps(bundle: Path, shards: int, formats: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of the rules on ``many.fa``."""
    genoseq = [sys.executable, "-m", "genoseq", "--quiet"]
    yield "shards", [*genoseq, "shards", "many.fa", "-o", "shards", "--count", f"{shards}"]
    scores = [f"scores.{number:03}" for number in range(1, shards + 1)]
    for number, out in enumerate(scores, 1):
        words = ["score", "shards/genome.fa", "--regions", f"shards/{number:03}.bed"]
        options = ["-m", str(bundle), "-o", out, "--formats", "scores", "--threads", "1"]
        yield "score", [*genoseq, *words, *options]
    yield "merge", [*genoseq, "merge", *scores, "-o", "scores"]
    yield "tracks", [*genoseq, "tracks", "scores", "-o", "tracks", "--formats", formats]


def scoring(folder: Path, bundle: Path | None, contigs: int, shards: int, formats: str) -> None:
    """Print time and memory of each step of scoring many contigs, and of all."""
    write_contigs(folder / "many.fa", contigs)
    model = folder / "model" if bundle is None else bundle.resolve()
    if bundle is None:  # in a process of its own: a child's memory counts from its parent's
        maker = get_context("spawn").Process(target=untrained, args=(model,))
        maker.start()
        maker.join()
    costs: dict[str, list[Cost]] = {}
    for name, words in steps(model, shards, formats):
        costs.setdefault(name, []).append(measured(words, folder)[1])
    size = (folder / "many.fa").stat().st_size / 1e6
    print(f"{contigs:,} contigs, {size:,.0f} MB, {shards} shards, {formats}:")
    for name, found in costs.items():
        print(f"  {name:7} {total(found)}")
    print(f"  {'all':7} {total([cost for found in costs.values() for cost in found])}")


def total(costs: list[Cost]) -> Cost:
    """Times added up, and the largest memory."""
    clock, processor, memory = zip(*costs, strict=True)
    return Cost(sum(clock), sum(processor), max(memory))


def contig_work(folder: Path) -> None:
    """Print what a contig costs beside its bases, in bases of a long contig."""
    import torch

    from genoseq.inference.score import score
    from genoseq.models.allocator import keep_freed_memory
    from genoseq.models.bundle import load_bundle
    from genoseq.readers.fasta import open_fasta
    from genoseq.writers.outputs import write_tracks

    keep_freed_memory()
    torch.set_num_threads(1)
    untrained(folder / "model")
    bundle = load_bundle(folder / "model")
    rate = 0.0
    for count, bases in ((3, 1_000_000), (3_000, 1_000), (6_000, 500), (15_000, 200)):
        write_contigs(folder / "g.fa", count, bases)
        with open_fasta(folder / "g.fa") as genome:
            size, channels = sum(genome.lengths.values()), bundle.task.output().channels
            start = time.process_time()
            tracks = score(genome, bundle)
            write_tracks(tracks, genome.lengths, channels, "classes", folder / "out", ["scores"])
            took = time.process_time() - start
        rate = rate or size / took
        print(
            f"contigs of {bases:,} bases: {size / took / 1e6:.2f} Mb/s, a contig costs "
            f"{(took * rate - size) / count:.0f} bases more"
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["dry-run", "scoring", "contigs"])
    parser.add_argument("--contigs", type=int, default=100_000)
    parser.add_argument("--genomes", type=int, default=1_000)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--formats", default="bigwig,bed")
    parser.add_argument("--bundle", type=Path, help="model folder; by default random weights")
    options = parser.parse_args()
    if options.only == "contigs":
        with tempfile.TemporaryDirectory() as name:
            contig_work(Path(name))
        return
    if options.only != "scoring":
        with tempfile.TemporaryDirectory() as name:
            dry_runs(Path(name), options.contigs, options.genomes)
    if options.only != "dry-run":
        with tempfile.TemporaryDirectory() as name:
            chosen = options.contigs, options.shards, options.formats
            scoring(Path(name), options.bundle, *chosen)


if __name__ == "__main__":
    main()
