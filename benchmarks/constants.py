"""What rules and models cost: the constants of ``genoseq/plan/constants.py``, in its form.

    taskset -c 0 python benchmarks/constants.py rules GENOME.fa ANNOTATION.gff3
    taskset -c 0 python benchmarks/constants.py contigs
    taskset -c 0 python benchmarks/constants.py formats
    taskset -c 0 python benchmarks/constants.py memory [--only lstm-4x1024] [--precision fp32]
    python benchmarks/constants.py speed

Every constant is printed by one part, but for FLOOR and MARGIN, which are chosen.  FAMILIES is of
two parts, rules (speeds) and memory: each prints what it does not measure as it is, so paste what
one has printed before another is run.

rules: every command runs twice, on the first 20 kb of the genome and on all of it; the difference
is the cost of a base, what is left the cost of a start.  Processor time, so that a busy machine
tells the same.  A default model of each family is trained for that, in two lengths.  Take a genome
of some Mb, as the demo's: of a short one the differences drown in noise.

contigs: two commands on as many bases in many contigs and in one.

formats: seconds and bytes of a base and channel, of probabilities and of signals of random values,
in which none comes twice; they stand in ``genoseq/writers/formats.py``.

memory: peaks of scoring one batch, and of three steps and a validation, by models of many sizes;
the operating system's, of finished processes.  The constants are fitted to all of them together;
with few cases they are printed as they are.  Numbers are bf16 where the processor computes in it:
those of the other format need another machine, or ``--precision fp32``.  The largest, of 252 M
weights, takes about 10 GB.

speed: what ``genoseq config check`` measures of a processor, by two processes at once.  Run it
where the part rules ran, and as busy as it was then: other processors are compared with it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from constants_memory import CASES, memory
from constants_runs import STATES, TEST, Cost, encoder, families, paired, run, run_as, size, stored

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.genome.tracks import Channel, Track
from genoseq.models.device import choose_precision
from genoseq.plan import constants
from genoseq.plan.constants import FamilyCost
from genoseq.plan.costs import work_of
from genoseq.plan.processor import measured_seconds
from genoseq.readers.fasta import open_fasta, write_fasta
from genoseq.writers.formats import FORMATS
from genoseq.writers.outputs import write_tracks

SHORT = 20_000
STEPS = (20, 120)
CONTIGS, CONTIG_BASES = 50_000, 400
CHANNELS = 2
"""Of the tracks: coding sequence on either strand."""


def used(folder: Path, genome: Path, models: dict[str, Path]) -> dict[str, Cost]:
    """Cost of what is done to a genome and its store by models."""
    found = {"shards": run(folder / "beds", "shards", genome, "--count", "1")}
    one, beds = ("--threads", "1"), folder / "beds"
    score = ("score", beds / "genome.fa", "--formats", "scores", "--regions", beds / "001.bed")
    for name, model in models.items():
        found[f"score {name}"] = run(folder / "shard", *score, "-m", model, *one)
        words = ("evaluate", model, folder / "store", "--no-baselines", *one)
        found[f"evaluate {name}"] = run(folder / "evaluations" / model.name, *words)
    words = ("evaluate", models["lstm"], folder / "store", "--baselines", *one)
    found["baselines"] = run(folder / "baselines", *words)
    found["genes"] = run(folder / "genes", "genes", genome, "-m", models["lstm"], *one)
    found["merge"] = run(folder / "scores", "merge", folder / "shard")
    tracks = ("tracks", folder / "scores", "--formats", "bigwig,bed")
    found["tracks"] = run(folder / "tracks", *tracks)
    shown = (folder / "tracks", folder / "genes", "--fasta", genome)
    return found | {"hub": run(folder / "hub", "hub", *shown)}


def once(folder: Path, models: dict[str, Path]) -> dict[str, Cost]:
    """Cost of what does not go through a genome."""
    demo, part = folder / "demo", folder / "b"
    made = [part / "store", part / "tracks", *(part / "evaluations").iterdir()]
    demo.mkdir()
    files = [("--fasta", "a.fa"), ("--annotation", "a.gff3"), ("--mask", "a.bed")]
    words = [word for option, name in files for word in (option, demo / name)]
    page = run(folder / "report.html", "report", *models.values(), *made)
    return {"demo": run_as(demo, "demo", *words), "report": page}


def head(genome: Path, annotation: Path, folder: Path) -> tuple[Path, Path]:
    """The first contig's first bases, and the GFF3 features on them."""
    with open_fasta(genome) as fasta:
        name = next(iter(fasta.lengths))
        write_fasta(folder / "short.fa", [(name, fasta.fetch(name, 0, SHORT))])
    rows = [line.split("\t") for line in annotation.read_text().splitlines() if line[0] != "#"]
    kept = ["\t".join(row) for row in rows if row[0] == name and int(row[4]) <= SHORT]
    (folder / "short.gff3").write_text("\n".join(["##gff-version 3", *kept]) + "\n")
    return folder / "short.fa", folder / "short.gff3"


def measured(
    genome: Path, annotation: Path, folder: Path
) -> tuple[dict[str, Cost], dict[str, Cost], list[Path]]:
    """Costs of all verbs on the beginning of a genome and on all of it, and of trainings on it;
    the models."""
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
    return costs[0], costs[1] | once(folder, models), list(models.values())


def rules(genome: Path, annotation: Path) -> Iterator[str]:
    """Constants of rules, and speeds of families."""
    with tempfile.TemporaryDirectory() as name:
        first, whole, models = measured(genome, annotation, Path(name))
        weights, others = zip(*map(saved, models), strict=True)
    with open_fasta(genome) as fasta:
        bases = sum(fasta.lengths.values()) - SHORT
    seconds = {name: max(whole[name].seconds - first[name].seconds, 1e-9) for name in first}
    disk = {name: (whole[name].disk - first[name].disk) / bases for name in first}
    files = {
        "train": max(others),
        "evaluate": max(whole[f"evaluate {f}"].disk for f in constants.FAMILIES),
    }
    files |= {name: whole[name].disk for name in ("demo", "report")}
    rates = {name: bases / seconds[name] for name in constants.BASES_PER_SECOND}
    evaluated = [
        (seconds[f"evaluate {family}"] / TEST - seconds[f"score {family}"]) / bases
        for family in constants.FAMILIES
    ]
    starts = {"torch": first["score lstm"].seconds, "plain": first["merge"].seconds}
    yield f"BASES_PER_SECOND = {short(rates)}"
    yield from paired()
    yield f"EVALUATED_PER_SECOND = {1 / float(np.median(evaluated)):.2g}"
    beside = (seconds["baselines"] - seconds["evaluate lstm"]) / (TEST * bases)
    yield f"BASELINES_PER_SECOND = {1 / beside:.2g}"
    yield f"BASELINE_SECONDS = {first['baselines'].seconds - first['evaluate lstm'].seconds:.2g}"
    calling = (seconds["genes"] - seconds["score lstm"]) / bases
    yield f"CALLED_PER_SECOND = {1 / calling:.2g}"
    yield f"HUB_PER_SECOND = {CHANNELS * bases / seconds['hub']:.2g}"
    yield f"HUB_BYTES = {disk['hub'] / CHANNELS:.2g}"
    yield f"HUB_MEGABYTES = {whole['hub'].memory:.0f}"
    yield f"START_SECONDS = {short(starts)}"
    yield f"MEGABYTES = {short({name: whole[name].memory for name in constants.MEGABYTES})}"
    yield f"BYTES = {short({name: files[name] for name in constants.BYTES})}"
    yield f"BYTES_PER_BASE = {short({name: disk[name] for name in constants.BYTES_PER_BASE})}"
    held = [each["genes"].memory - each["score lstm"].memory for each in (first, whole)]
    yield f"CALLING_BYTES = {1e6 * (held[1] - held[0]) / bases:.2g}"
    yield f"SAVED_BYTES = {np.median(weights):.2g}"
    yield from families(speeds(bases, seconds))


def saved(model: Path) -> tuple[float, int]:
    """Bytes of a training's tensors for each weight, and of its other files."""
    state = model.with_name(f"{model.name}.state")
    settings = {"model": json.loads((model / "config.json").read_text())["model"]}
    weights = work_of(parse_settings(RunSettings, settings), STATES, 4 * 768).weights
    tensors = sum(size(path) for part in (model, state) for path in part.rglob("*.safetensors"))
    return tensors / weights, size(model) + size(state) - tensors


def speeds(bases: int, seconds: dict[str, float]) -> dict[str, FamilyCost]:
    """Families with the multiply-adds a second of their default models."""
    costs = dict(constants.FAMILIES)
    for family, cost in costs.items():
        run = parse_settings(RunSettings, {"model": encoder(family)})
        adds = 2 * bases * work_of(run, STATES, 4 * 768).multiply_adds
        shown = (STEPS[1] - STEPS[0]) * run.training.batch * run.training.window
        trained = 3 * shown * work_of(run, STATES, run.training.window).multiply_adds
        scoring, training = adds / seconds[f"score {family}"], trained / seconds[f"train {family}"]
        costs[family] = cost._replace(scoring=scoring, training=training)
    return costs


def short(found: dict[str, float]) -> str:
    """Numbers of two digits, in their form."""
    return json.dumps({name: float(f"{each:.2g}") for name, each in found.items()})


def contigs() -> Iterator[str]:
    """Constants of contigs: of the command that takes most for them."""
    letters = np.random.default_rng(1).choice(list(b"ACGT"), CONTIGS * CONTIG_BASES)
    text = letters.astype(np.uint8).tobytes()
    found: list[dict[str, Cost]] = []
    for length in (len(text), CONTIG_BASES):
        with tempfile.TemporaryDirectory() as name:
            fasta, starts = Path(name) / "genome.fa", range(0, len(text), length)
            write_fasta(fasta, ((f"c{at}", text[at : at + length]) for at in starts))
            shards = run(Path(name) / "beds", "shards", fasta, "--count", "1")
            bed = ("--bed", Path(name) / "regions.bed")
            extract = run(Path(name) / "regions.fa", "extract", fasta, "--split", "train", *bed)
            found.append({"shards": shards, "extract": extract})
    one, many = found
    seconds = max(many[verb].seconds - one[verb].seconds for verb in one)
    memory = max(many[verb].memory - one[verb].memory for verb in one)
    yield f"CONTIG_SECONDS = {seconds / CONTIGS:.2g}"
    yield f"CONTIG_MEGABYTES = {memory / CONTIGS:.2g}"


def formats(bases: int = 2_000_000) -> Iterator[str]:
    """Costs of each format, of a base of one channel."""
    random, channels = np.random.default_rng(1), (Channel("x", "."),)
    smooth = np.convolve(random.random(bases), np.ones(99) / 99, "same")[:, None]
    values = {"classes": smooth, "signal": np.expm1(random.normal(2, 1, (bases, 1)))}
    for name, row in FORMATS.items():
        found = []
        for kind in row.costs:
            with tempfile.TemporaryDirectory() as folder:
                tracks = [Track("c", 0, values[kind].astype(np.float32), channels)]
                start, out = time.process_time(), Path(folder) / "out"
                write_tracks(tracks, {"c": bases}, channels, kind, out, (name,))
                rate = bases / (time.process_time() - start)
                found.append(f'"{kind}": Cost(1 / {rate:.2g}, {size(out) / bases:.2g})')
        yield f"{name}: {{{', '.join(found)}}}"


def speed() -> Iterator[str]:
    """Constants of the processor's speed."""
    found = measured_seconds(timeout=900)
    yield f"SPEED_SECONDS = {short({name: found[name] for name in constants.SPEED_SECONDS})}"


def main() -> None:
    """Print the constants of a part."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    of_rules = parts.add_parser("rules")
    for name in ("genome", "annotation"):
        of_rules.add_argument(name, type=Path)
    parts.add_parser("contigs")
    parts.add_parser("formats")
    parts.add_parser("speed")
    of_memory = parts.add_parser("memory")
    of_memory.add_argument("--only", choices=CASES, nargs="+", default=list(CASES))
    usual = choose_precision("cpu").precision
    of_memory.add_argument("--precision", choices=["bf16", "fp32"], default=usual)
    asked = parser.parse_args()
    if asked.part == "rules":
        lines = rules(asked.genome, asked.annotation)
    elif asked.part == "memory":
        lines = memory(asked.only, asked.precision)
    else:
        lines = {"contigs": contigs, "formats": formats, "speed": speed}[asked.part]()
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
