"""Part of kill_points.py and races.py: the verbs that they run, each on two inputs."""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from command import Started, run_command, start_command

from genoseq.files.journal import complete
from genoseq.readers.fasta import open_fasta
from genoseq.report.shown_tracks import shown_tracks
from genoseq.store.store import open_store
from genoseq.writers.manifest import md5_of, read_manifest

SCRIPT = str(Path(__file__).parents[1] / "tests/killed_command.py")
BASES = 24_000
NEVER = -1


class Verb(NamedTuple):
    """What a verb is given, by the folder of an input and that of its outputs, and who reads it."""

    name: str
    words: Callable[[Path, Path], list[str | Path]]
    read: Callable[[Path], object]


def _read_tracks(out: Path) -> None:
    """What the manifest says is there, or nothing is."""
    complete(out)
    if out.exists() and any(out.iterdir()):
        for file in read_manifest(out / "manifest.tsv"):
            assert md5_of(out / file.path) == file.md5, f"{out / file.path}: another run's"


def _read_genes(out: Path) -> None:
    complete(out)
    if (out / "genes.gff3").exists():
        shown_tracks([out])
        _read_tracks(out / "tracks")


def _read_extracted(out: Path) -> None:
    complete(out)
    complete(out / "beside")
    if (out / "x.fa").exists():
        with open_fasta(out / "x.fa") as fasta:
            rows = (out / "beside/x.bed").read_text().splitlines()
            assert len(fasta.lengths) == len(rows), "regions of one run, rows of another"


VERBS = (
    Verb(
        "score",
        lambda of, out: ["score", of / "g.fa", "-o", out / "o", "--formats", "scores,bigwig,bed"],
        lambda out: _read_tracks(out / "o"),
    ),
    Verb(
        "tracks",
        lambda of, out: [
            *("tracks", of / "scores", "-o", out / "o"),
            *("--formats", "bigwig,tsv,scores" if of.name == "old" else "bigwig,bedgraph,bed"),
        ],
        lambda out: _read_tracks(out / "o"),
    ),
    Verb(
        "tokenize",
        lambda of, out: [
            *("tokenize", of / "g.fa", "-o", out / "o", "--annotation", of / "genes/genes.gff3"),
        ],
        lambda out: open_store(out / "o") if (out / "o").exists() else None,
    ),
    Verb(
        "extract",
        lambda of, out: [
            *("extract", of / "g.fa", "--annotation", of / "genes/genes.gff3"),
            *("-o", out / "x.fa", "--bed", out / "beside/x.bed"),
            *("--provenance", out / "x.json"),
        ],
        _read_extracted,
    ),
    Verb(
        "merge",
        lambda of, out: ["merge", of / "part1", of / "part2", "-o", out / "o"],
        lambda out: _read_tracks(out / "o"),
    ),
    Verb(
        "genes",
        lambda of, out: ["genes", of / "g.fa", "-o", out / "o", "--tracks"],
        lambda out: _read_genes(out / "o"),
    ),
    Verb(
        "report",
        lambda of, out: [
            *("report", of / "scores", of / "genes", of / "store", "-o", out / "report.html"),
        ],
        complete,
    ),
)


class Asked(NamedTuple):
    """What a benchmark is to do: how often, by which seed, in which folder, with which verbs."""

    count: int
    seed: int
    folder: Path
    verbs: list[Verb]


def begun(description: str, counted: str, count: int) -> Asked:
    """The options, with inputs and a temporary folder made; ``--points 200`` or alike counts."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(f"--{counted}", type=int, default=count, dest="count")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbs", nargs="+", default=[verb.name for verb in VERBS])
    given = parser.parse_args()
    folder = given.out.resolve()
    (folder / "tmp").mkdir(parents=True)
    os.environ["TMPDIR"] = str(folder / "tmp")
    make_inputs(given.data, folder / "inputs")
    verbs = [verb for verb in VERBS if verb.name in given.verbs]
    return Asked(given.count, given.seed, folder, verbs)


def make_inputs(data: Path, folder: Path) -> None:
    """Two stretches of a genome, their scores, genes and stores, in ``old`` and ``new``."""
    with open_fasta(data / "ecoli_k12_mg1655.fa.gz") as fasta:
        (contig, *_) = fasta.lengths
        for number, name in enumerate(("old", "new")):
            of = folder / name
            of.mkdir(parents=True)
            start = 400_000 + number * BASES
            letters = fasta.fetch(contig, start, start + BASES).decode()
            (of / "g.fa").write_text(f">{name}\n{letters}\n")
            half = BASES // 2
            (of / "1.bed").write_text(f"{name}\t0\t{half}\n")
            (of / "2.bed").write_text(f"{name}\t{half}\t{BASES}\n")
            run(["score", of / "g.fa", "-o", of / "scores", "--formats", "scores,bigwig,bed"])
            for part in "12":
                words = ["--regions", of / f"{part}.bed", "--formats", "scores"]
                run(["score", of / "g.fa", "-o", of / f"part{part}", *words])
            run(["genes", of / "g.fa", "-o", of / "genes"])
            genes = of / "genes/genes.gff3"
            run(["tokenize", of / "g.fa", "-o", of / "store", "--annotation", genes])


def run(words: list[str | Path]) -> None:
    """Run a verb that must succeed."""
    ended = run_command("genoseq", list(map(str, words)))
    if ended.returncode:
        sys.exit(ended.stderr)


def run_killed(words: list[str | Path], moment: int, told: Path) -> int | None:
    """Run a verb that is killed at a moment; how many changes there were, None of a killed one."""
    given = [str(moment), str(told), *map(str, words)]
    ended = start_command("genoseq", given, script=SCRIPT).wait()
    if ended.returncode == 0:
        return int(told.read_text())
    if ended.returncode != -9:
        sys.exit(f"{' '.join(map(str, words))}: status {ended.returncode}\n{ended.stderr}")
    return None


def run_slowed(words: list[str | Path], share: float, seed: int) -> Started:
    """Start a verb that sleeps before this share of its changes of the file system."""
    given = [str(share), str(seed), *map(str, words)]
    return start_command("genoseq", given, script=str(Path(SCRIPT).with_name("slowed_command.py")))


def seen(out: Path) -> dict[str, bytes]:
    """What people see in a folder: names and bytes."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and ".partial-" not in str(path.relative_to(out))
    }


def leavings(*folders: Path) -> list[Path]:
    """What is there only while something is written."""
    return [
        path
        for folder in folders
        for pattern in (".partial-*", "genoseq-????????")
        for path in folder.rglob(pattern)
    ]


def even_points(changes: int, number: int, draw: random.Random) -> list[int]:
    """Moments of that number, in as many equal parts of all changes one each."""
    edges = [changes * each // number for each in range(number + 1)]
    return [draw.randrange(low, max(high, low + 1)) for low, high in pairwise(edges)]
