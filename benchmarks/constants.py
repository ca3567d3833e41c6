"""What rules and models cost: the constants of ``genoseq/plan/constants.py``, in its form.

    taskset -c 0 python benchmarks/constants.py rules GENOME.fa ANNOTATION.gff3
    taskset -c 0 python benchmarks/constants.py formats
    taskset -c 0 python benchmarks/constants.py memory [--only lstm-4x1024] [--precision fp32]

rules: every command runs twice, on the first 20 kb of the genome and on all of it; the difference
is the cost of a base, what is left the cost of a start.  Processor time, so that a busy machine
tells the same.  A default model of each family is trained for that, in two lengths.  Take a genome
of some Mb, as the demo's: of a short one the differences drown in noise.

formats: seconds and bytes of a base and channel, of probabilities and of signals of random values,
in which none comes twice.

memory: peaks of scoring one batch, and of three steps and a validation, by models of many sizes;
the operating system's, of finished processes.  What a number and a start take is fitted to them,
where a kind of model has three cases or more.  bf16 is for processors that compute in it.
The largest, of 252 M weights, takes about 10 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.genome.tracks import Channel, Track
from genoseq.plan import constants
from genoseq.plan.costs import cost_of, predicting_memory, training_memory, work_of
from genoseq.readers.fasta import open_fasta, write_fasta
from genoseq.writers.outputs import write_tracks

GENOSEQ = [sys.executable, "-m", "genoseq", "--quiet"]
FORMATS = {
    "classes": ("bigwig", "bedgraph", "bed", "tsv", "scores"),
    "signal": ("bigwig", "bedgraph", "tsv", "scores"),
}
SHORT = 20_000
STEPS = (20, 120)
STATES = 7
TEST = 0.2
"""Part of the genome that is evaluated."""
BASES = 38_000
"""With context about a batch."""


class Cost(NamedTuple):
    """Seconds of the processor, peak of memory in MB, and bytes written."""

    seconds: float
    memory: float
    disk: int


def run(out: Path, *words: str | Path) -> Cost:
    """Cost of a verb that writes ``out``."""
    command = [*GENOSEQ, *map(str, words), "-o", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)}\n{said}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, size(out))


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


def used(folder: Path, genome: Path, models: dict[str, Path]) -> dict[str, Cost]:
    """Cost of what is done to a genome and its store by models."""
    found = {"shards": run(folder / "beds", "shards", genome, "--count", "1")}
    one, beds = ("--threads", "1"), folder / "beds"
    score = ("score", beds / "genome.fa", "--formats", "scores", "--regions", beds / "001.bed")
    for name, model in models.items():
        found[f"score {name}"] = run(folder / "shard", *score, "-m", model, *one)
        words = ("evaluate", model, folder / "store", *one)
        found[f"evaluate {name}"] = run(folder / "evaluation", *words)
    found["merge"] = run(folder / "scores", "merge", folder / "shard")
    tracks = ("tracks", folder / "scores", "--formats", "bigwig,bed")
    return found | {"tracks": run(folder / "tracks", *tracks)}


def head(genome: Path, annotation: Path, folder: Path) -> tuple[Path, Path]:
    """The first contig's first bases, and the GFF3 features on them."""
    with open_fasta(genome) as fasta:
        name = next(iter(fasta.lengths))
        write_fasta(folder / "short.fa", [(name, fasta.fetch(name, 0, SHORT))])
    rows = [line.split("\t") for line in annotation.read_text().splitlines() if line[0] != "#"]
    kept = ["\t".join(row) for row in rows if row[0] == name and int(row[4]) <= SHORT]
    (folder / "short.gff3").write_text("\n".join(["##gff-version 3", *kept]) + "\n")
    return folder / "short.fa", folder / "short.gff3"


def measured(genome: Path, annotation: Path, folder: Path) -> list[dict[str, Cost]]:
    """Costs of all verbs on the beginning of a genome and on all of it, and of trainings on it."""
    parts = folder / "a", folder / "b"
    for part in parts:
        part.mkdir()
    inputs = head(genome, annotation, folder), (genome, annotation)
    costs = [stored(part, *given) for part, given in zip(parts, inputs, strict=True)]
    models = {}
    for family in constants.FAMILIES:
        for steps, found in zip(STEPS, costs, strict=True):
            settings = {"model": encoder(family), "training": {"steps": steps}}
            models[family] = folder / f"{family}.{steps}"
            words = ("train", folder / "b/store", "--settings", json.dumps(settings))
            found[f"train {family}"] = run(models[family], *words)
    for found, part, given in zip(costs, parts, inputs, strict=True):
        found |= used(part, given[0], models)
    return costs


def rules(genome: Path, annotation: Path) -> Iterator[str]:
    """Constants of rules, and speeds of families."""
    with tempfile.TemporaryDirectory() as name:
        first, whole = measured(genome, annotation, Path(name))
    with open_fasta(genome) as fasta:
        bases = sum(fasta.lengths.values()) - SHORT
    seconds = {name: max(whole[name].seconds - first[name].seconds, 1e-9) for name in whole}
    rates = {n: float(f"{bases / seconds[n]:.2g}") for n in constants.BASES_PER_SECOND}
    yield f"BASES_PER_SECOND = {rates}"
    starts = {"torch": first["score lstm"].seconds, "plain": first["merge"].seconds}
    yield f"START_SECONDS = { {name: round(each, 1) for name, each in starts.items()} }"
    yield f"MEGABYTES = { {n: round(whole[n].memory) for n in constants.MEGABYTES if n in whole} }"
    evaluated = [
        (seconds[f"evaluate {family}"] / TEST - seconds[f"score {family}"]) / bases
        for family in constants.FAMILIES
    ]
    yield f"EVALUATED_PER_SECOND = {1 / float(np.median(evaluated)):.2g}"
    for family in constants.FAMILIES:
        run = parse_settings(RunSettings, {"model": encoder(family)})
        scored = (
            2 * bases * work_of(run, STATES, 4 * 768).multiply_adds / seconds[f"score {family}"]
        )
        shown = (STEPS[1] - STEPS[0]) * run.training.batch * run.training.window
        adds = 3 * shown * work_of(run, STATES, run.training.window).multiply_adds
        trained = adds / seconds[f"train {family}"]
        yield f"{family}: scoring={scored:.2g}, training={trained:.2g}"


def formats(bases: int = 2_000_000) -> Iterator[str]:
    """Seconds and bytes of each format, of a base of one channel."""
    random, channels = np.random.default_rng(1), (Channel("x", "."),)
    smooth = np.convolve(random.random(bases), np.ones(99) / 99, "same")[:, None]
    values = {"classes": smooth, "signal": np.expm1(random.normal(2, 1, (bases, 1)))}
    for kind, names in FORMATS.items():
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                tracks = [Track("c", 0, values[kind].astype(np.float32), channels)]
                start, out = time.process_time(), Path(folder) / "out"
                write_tracks(tracks, {"c": bases}, channels, kind, out, (name,))
                seconds = (time.process_time() - start) / bases
                yield f"{kind} {name}: seconds={seconds:.2g}, bytes={size(out) / bases:.2g}"


def encoder(family: str, layers: int = 0, width: int = 0, **others: Any) -> dict[str, Any]:
    """Settings of a model by its encoder; those of no number are the default."""
    sizes = {name: n for name, n in (("layers", layers), ("width", width)) if n}
    outside = {
        name: others.pop(name) for name in ("stem", "tokenizer", "embedding") if name in others
    }
    return {"encoder": {"family": family, **sizes, **others}, **outside}


CASES = {
    "lstm-1x64": encoder("lstm"),
    "lstm-2x128-no-stem": encoder("lstm", 2, 128, stem=None),
    "lstm-4x256": encoder("lstm", 4, 256),
    "lstm-4x1024": encoder("lstm", 4, 1024),
    "gru-2x512": encoder("gru", 2, 512),
    "rnn-2x512": encoder("rnn", 2, 512),
    "transformer-4x96": encoder("transformer"),
    "transformer-4x96-full": encoder("transformer", window=None),
    "transformer-2x256-registers": encoder("transformer", 2, 256, heads=4, registers=4),
    "transformer-2x512-shared": encoder("transformer", 2, 512, heads=8, key_value_heads=1),
    "transformer-4x512-gelu": encoder(
        "transformer", 4, 512, heads=8, feed_forward="gelu", expansion=4
    ),
    "transformer-6x384": encoder("transformer", 6, 384, heads=6),
    "transformer-4x1024": encoder("transformer", 4, 1024, heads=16),
    "transformer-12x768": encoder("transformer", 12, 768, heads=12),
    "transformer-k8": encoder("transformer", tokenizer={"k": 8}, embedding=512),
    "transformer-24x1024": encoder("transformer", 24, 1024, heads=16),
}
BATCHES = {
    "lstm-1x64": 16,
    "lstm-4x256": 16,
    "lstm-4x1024": 2,
    "transformer-4x96": 16,
    "transformer-6x384": 8,
    "transformer-4x1024": 4,
}
"""Windows of a batch of those that are trained."""


def random_store(folder: Path) -> Path:
    """Store of random bases with some genes; beside it ``score.fa``, one batch."""
    for name, bases in (("train", 400_000), ("score", BASES)):
        letters = "".join(random.Random(1).choices("ACGT", k=bases))
        (folder / f"{name}.fa").write_text(f">c\n{letters}\n")
    genes = (f"c\tx\tCDS\t{at}\t{at + 899}\t.\t+\t0\tID=g{at}" for at in range(1, 399_000, 3000))
    (folder / "genes.gff3").write_text("\n".join(["##gff-version 3", *genes]) + "\n")
    stored(folder, folder / "train.fa", folder / "genes.gff3")
    return folder / "store"


def memory(cases: Iterable[str], precision: Literal["bf16", "fp32"]) -> Iterator[str]:
    """Peaks of trainings and predictions, their estimates, and what fits the peaks better."""
    points: dict[tuple[str, str], list[tuple[float, float]]] = {}
    yield f"{'model':<29}{'M weights':>9}{'train':>7}{'told':>7}{'score':>7}{'told':>7}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = random_store(folder)
        for case in cases:
            training = {"steps": 3, "validate_every": 2, "batch": BATCHES.get(case, 4)}
            settings = {"model": CASES[case], "training": training | {"precision": precision}}
            asked, model = parse_settings(RunSettings, settings), folder / case
            trained = run(model, "train", store, "--settings", json.dumps(settings)).memory
            words = ("score", folder / "score.fa", "-m", model, "--formats", "scores")
            scored = run(folder / f"{case}.scores", *words, "--precision", precision).memory
            told = training_memory(asked, STATES), predicting_memory(asked, STATES, precision)
            work, cost = work_of(asked, STATES, 9216), cost_of(asked)
            peaks = f"{trained:>7.0f}{told[0]:>7.0f}{scored:>7.0f}{told[1]:>7.0f}"
            yield f"{case:<29}{work.weights / 1e6:>9.2f}{peaks}"
            kind = "transformer" if case.startswith("transformer") else "recurrent"
            weights = constants.TRAINED_BYTES * work.weights / 1e6
            kept = (told[0] - constants.TRAINING_MEGABYTES - weights) / cost.kept_bytes
            points.setdefault((kind, "kept_bytes"), []).append((kept, trained - weights))
            weights = constants.LOADED_BYTES[precision] * work.weights / 1e6
            held = (told[1] - cost.start - weights) / cost.number_bytes[precision]
            points.setdefault((kind, f"number_bytes {precision}"), []).append(
                (held, scored - weights)
            )
    for (kind, field), found in points.items():
        if len(found) > 2:
            x, y = np.array(found).T
            slope, start = np.polyfit(x, y, 1, w=1 / y)
            yield f"{kind}: {field}={slope:.3g}, start={start:.0f} MB"


def main() -> None:
    """Print the constants of a part."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    of_rules = parts.add_parser("rules")
    for name in ("genome", "annotation"):
        of_rules.add_argument(name, type=Path)
    parts.add_parser("formats")
    of_memory = parts.add_parser("memory")
    of_memory.add_argument("--only", choices=CASES, nargs="+", default=list(CASES))
    of_memory.add_argument("--precision", choices=["bf16", "fp32"], default="bf16")
    asked = parser.parse_args()
    if asked.part == "rules":
        lines = rules(asked.genome, asked.annotation)
    else:
        lines = formats() if asked.part == "formats" else memory(asked.only, asked.precision)
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
