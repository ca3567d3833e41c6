"""What each rule costs: the constants of ``genoseq config check`` (``genoseq/plan/estimate.py``;
of formats ``genoseq/writers/formats.py``).

    taskset -c 0 python benchmarks/rules.py RESULTS GENOME.fa ANNOTATION.gff3

RESULTS is the folder of a finished run (the demo's), whose models are used.  Every command runs
twice, on the first 20 kb of the genome and on all of it; the difference is the cost of a base,
what is left the cost of a start.  Processor time, so that a busy machine tells the same.  Of the
training the run itself has a benchmark: processor time, validations included, and peak of memory.
Of signals only the writers differ: they get one of random values, in which none comes twice.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.tracks import Channel, Track
from genoseq.plan.operations import Work, work_of
from genoseq.readers.fasta import open_fasta, write_fasta
from genoseq.writers.formats import FORMATS
from genoseq.writers.outputs import write_tracks

TRACKS = ("bigwig", "bedgraph", "bed", "tsv")
SIGNAL_FORMATS = tuple(row.name for row in FORMATS.values() if "signal" in row.kinds)
SHORT = 20_000


class Cost(NamedTuple):
    """Seconds of the processor, peak of memory in MB, and bytes written."""

    seconds: float
    memory: float
    disk: int


def run(out: Path, *words: str | Path) -> Cost:
    """Cost of a command that writes ``out``."""
    command = [sys.executable, "-m", "genoseq", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)}\n{said}")
    seconds = usage.ru_utime + usage.ru_stime
    return Cost(seconds, usage.ru_maxrss / 1024, size(out))


def size(path: Path) -> int:
    """Bytes of a file or of a folder's files."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def costs(folder: Path, genome: Path, annotation: Path, models: list[Path]) -> dict[str, Cost]:
    """Cost of each command on a genome."""
    found = {}

    def did(name: str, out: str, *words: str | Path) -> Path:
        path = folder / out
        found[name] = run(path, *words)
        return path

    fasta, bed = folder / "regions.fa", folder / "regions.bed"
    split = ("--split", "blocks", "--block", "5000", "--gap", "500", "--bed", bed)
    did("extract", "regions.fa", "extract", genome, "-o", fasta, *split)
    labels = ("--bed", bed, "--annotation", annotation)
    store = did("tokenize", "store", "tokenize", fasta, "-o", folder / "store", *labels)
    beds = did("shards", "beds", "shards", genome, "-o", folder / "beds", "--count", "1")
    for model in models:
        words = (
            "-m",
            model,
            "--formats",
            "scores",
            "--threads",
            "1",
            "--regions",
            beds / "001.bed",
        )
        shard = folder / "shard"
        did(f"score {model.name}", "shard", "score", beds / "genome.fa", *words, "-o", shard)
        words = (model, store, "--threads", "1", "--split", "test", "-o", folder / "evaluation")
        did(f"evaluate {model.name}", "evaluation", "evaluate", *words)
    scores = did("merge", "scores", "merge", folder / "shard", "-o", folder / "scores")
    for name in TRACKS:
        did(f"tracks {name}", name, "tracks", scores, "-o", folder / name, "--formats", name)
    return found


def head(genome: Path, annotation: Path, folder: Path) -> tuple[Path, Path]:
    """The first contig's first bases, and the GFF3 features on them."""
    with open_fasta(genome) as fasta:
        name = next(iter(fasta.lengths))
        write_fasta(folder / "short.fa", [(name, fasta.fetch(name, 0, SHORT))])
    rows = [line.split("\t") for line in annotation.read_text().splitlines() if line[0] != "#"]
    kept = ["\t".join(row) for row in rows if row[0] == name and int(row[4]) <= SHORT]
    (folder / "short.gff3").write_text("\n".join(["##gff-version 3", *kept]) + "\n")
    return folder / "short.fa", folder / "short.gff3"


def model_work(model: Path) -> Work:
    """What a bundle's network computes for a base."""
    config = json.loads((model / "config.json").read_text())
    settings = parse_settings(ModelSettings, config["model"])
    return work_of(settings, len(config["scheme"]["states"]), 4 * config["context"])


def training(results: Path, model: Path) -> str:
    """Multiply-adds a second of a model's training, and its memory."""
    with (results / "benchmarks/train" / f"{model.name}.tsv").open() as file:
        row = next(csv.DictReader(file, delimiter="\t"))
    settings = json.loads((model / "provenance.json").read_text())["settings"]
    bases = settings["steps"] * settings["accumulate"] * settings["batch"] * settings["window"]
    rate = 3 * bases * model_work(model).per_base / float(row["cpu_time"])
    per_step = 1e3 * float(row["cpu_time"]) / settings["steps"]
    return f"{per_step:.1f} ms a step, {rate / 1e9:.1f} G multiply-adds/s, {row['max_rss']} MB"


def signal_formats(folder: Path, bases: int = 2_000_000) -> Iterator[str]:
    """Bytes and speed of each format of tracks, of one channel of a signal."""
    random, channels = np.random.default_rng(1), (Channel("x", "."),)
    values = np.expm1(random.normal(2, 1, (bases, 1))).astype(np.float32)
    for name in SIGNAL_FORMATS:
        tracks = [Track("c", 0, values, channels)]
        start = time.process_time()
        write_tracks(tracks, {"c": bases}, channels, "signal", folder / name, (name,))
        rate = bases / (time.process_time() - start) / 1e6
        yield f"signal {name:<15}{rate:>15.2f}{'':7}{size(folder / name) / bases:>10.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name in ("results", "genome", "annotation"):
        parser.add_argument(name, type=Path)
    asked = parser.parse_args()
    models = sorted(path.parent for path in (asked.results / "models").glob("*/config.json"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = costs(folder / "a", *head(asked.genome, asked.annotation, folder), models)
        large = costs(folder / "b", asked.genome, asked.annotation, models)
        signals = list(signal_formats(folder / "signals"))
    with open_fasta(asked.genome) as fasta:
        bases = sum(fasta.lengths.values()) - SHORT
    print("command               start s    Mb/s     MB   bytes/base")
    for name, cost in large.items():
        seconds = max(cost.seconds - small[name].seconds, 1e-9)
        rate, disk = bases / seconds / 1e6, (cost.disk - small[name].disk) / bases
        print(f"{name:<22}{small[name].seconds:>7.2f}{rate:>8.2f}{cost.memory:>7.0f}{disk:>10.3f}")
    print("\n".join(signals))
    for model in models:
        work = model_work(model)
        seconds = large[f"score {model.name}"].seconds - small[f"score {model.name}"].seconds
        rate = 2 * work.per_base * bases / seconds / 1e9
        print(f"score {model.name}: {work.per_base:,.0f} multiply-adds a base, {rate:.1f} G/s")
        print(f"train {model.name}: {training(asked.results, model)}")


if __name__ == "__main__":
    main()
