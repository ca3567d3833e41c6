"""What ``hostile.py`` runs: each file with the command that fits, and what is due of it.

Stores and scores of an earlier version are refused for that alone; the same harm is done to ones of
this version besides, which are made here.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

GENOME = "hostile/01-annotation-from-pipe/small.fa"
SIGNAL = ["tokenize", GENOME, "--scheme", "signal", "-o", "out", "--signal"]
MADE, SCORES = "hostile/made", "hostile/made/ch253"
STORES = ("codes_oob", "codes_shuffled", "labels_oob", "labels_shuffled")
TITLES = {"title": "E. coli {K-12}", "fasta": "{x}.fa", "fasta of a tag": "<x>.fa"}

Check = Callable[[Path], str]
"""What is wrong in the folder where a command ended with exit status 0; empty: nothing."""


class Case(NamedTuple):
    """A command; a word ``<(FILE)`` is a pipe that FILE comes through.

    ``due`` is ``error`` where nothing else is right, otherwise ``either``.
    """

    file: str
    words: Sequence[str]
    due: str = "error"
    check: Check = lambda _: ""
    files: int | None = None
    folder: str = "."


def hostile(data: Path) -> Iterator[Case]:
    """Every file of ``hostile``, by the commands of its README."""
    piped, bundle = "hostile/01-annotation-from-pipe", "hostile/03-store-bitrot/tm"
    for name, option in (("al.gff3", "--annotation"), ("al.bed", "--regions")):
        file = f"{piped}/{name}"
        words = ["extract", GENOME, option, f"<({file})", "-o", "out"]
        yield Case(file, words, "either", regions_are(400))
    for file in named(data, "hostile/02-inf-settings/*.yaml"):
        store = "hostile/02-inf-settings/store_of_settings"
        yield Case(file, ["train", store, "-o", "out", "--settings", file])
    stores = [f"{MADE}/{name}" for name in STORES]
    for file in (*named(data, "hostile/03-store-bitrot/sx_*"), *stores):
        settings = "hostile/03-store-bitrot/s20.json"
        yield Case(f"{file} train", ["train", file, "-o", "out", "--settings", settings])
        split = ["--split", "train", "--no-baselines"]
        yield Case(f"{file} evaluate", ["evaluate", bundle, file, "-o", "out", *split])
    scores = "hostile/06-segfault-nofile/ch253"
    victim = "hostile/04-manifest-symlink-delete"
    link = data / victim / "m_symlink/link"
    target = link.read_text()
    link.unlink()
    link.symlink_to(target)
    formats = ["--formats", "bedgraph"]
    words = ["tracks", SCORES, "-o", f"{victim}/m_symlink", *formats]
    yield Case(victim, words, "either", lambda folder: is_there(folder / victim / "vdir/x"))
    for file in (scores, SCORES):
        words = ["tracks", file, "-o", "out", *formats]
        yield Case(f"{file} 256 files", words, "either", tracks_are(253), 256)
    for file in named(data, "hostile/07-yaml-bombs/*"):
        yield Case(file, ["config", "check", file])
    for what in TITLES:
        folder = workflow(data, what)
        check = dry_runs if what == "title" else is_refused
        file = f"08 {what} {TITLES[what]}"
        yield Case(file, ["config", "check"], "either", check(folder), folder=folder)
    for file in named(data, "hostile/09-bundle-json/*"):
        yield Case(file, ["score", GENOME, "-m", file, "-o", "out"])
    for file in named(data, "hostile/11-readers/*.gff3"):
        yield Case(file, ["extract", GENOME, "--annotation", file, "-o", "out"])
    for file in (*named(data, "hostile/11-readers/*.bg"), *named(data, "hostile/12-*/*")):
        yield Case(file, [*SIGNAL, f"a={file}"])
    folder = "hostile/13-text-bombs"
    yield Case("13 FASTA", ["extract", f"{folder}/b.fa.gz", "-o", "out"])
    yield Case("13 BED", ["extract", GENOME, "--regions", f"{folder}/b.bed.gz", "-o", "out"])
    for name in ("b", "bn"):
        file = f"{folder}/{name}.gff3.gz"
        yield Case(f"13 GFF3 {name}", ["extract", GENOME, "--annotation", file, "-o", "out"])
    yield Case("13 bedGraph", [*SIGNAL, f"a={folder}/b.bedgraph.gz"])
    file = "hostile/16-genome-size/c.fa"
    yield Case(file, ["extract", file, "-o", "out"], "either")


def adversarial(data: Path) -> Iterator[Case]:
    """Every file of ``adversarial``, by the command that reads its kind."""
    with (data / "adversarial/INVENTORY.tsv").open(newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            file, kind = row["path"], row["kind"]
            commands = {
                "fasta": ["extract", file],
                "bed": ["extract", GENOME, "--on-error", "skip", "--regions", file],
                "gff/gtf": ["extract", GENOME, "--on-error", "skip", "--annotation", file],
                "genbank": ["extract", file, "--annotation", file],
                "?": ["extract", file],
            }
            yield Case(file, [*commands[kind], "-o", "out"], "either")


def make_data(data: Path) -> None:
    """Write what is not there: bombs (50 MB), and stores and scores of this version."""
    folder = data / "hostile/13-text-bombs"
    text = "import gzip, os\n" + (folder / "make.py").read_text()
    subprocess.run([sys.executable, "-c", text], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sys.executable, __file__, data], check=True)


def make_stores(data: Path) -> None:
    """Stores of this version whose bytes are changed as those of the folder were."""
    import genoseq as gs

    regions = data / "regions.bed"
    splits = ((0, "train"), (20_000, "valid"), (40_000, "test"))
    regions.write_text("".join(f"c1\t{at}\t{at + 20_000}\t{name}\n" for at, name in splits))
    annotation = data / "hostile/01-annotation-from-pipe/al.gff3"
    rng = np.random.default_rng(0)
    for name in STORES:
        out = data / MADE / name
        gs.tokenize(data / GENOME, annotation, regions=regions, out=out)
        what, how = name.split("_")
        file = out / f"{what}.bin"
        values = np.fromfile(file, np.uint8)
        if how == "oob":
            values[::97] = 250
        elif how == "shuffled":
            rng.shuffle(values)
        values.tofile(file)


def make_scores(data: Path) -> None:
    """Scores of this version of 253 channels."""
    import genoseq as gs
    from genoseq.genome.tracks import Channel, Track

    channels = tuple(Channel(f"n{number}") for number in range(253))
    values = np.random.default_rng(0).random((3_000, len(channels))).astype(np.float32)
    track = Track("c1", 0, values, channels)
    gs.write_tracks([track], {"c1": 3_000}, channels, "signal", data / SCORES, ["scores"])


def workflow(data: Path, what: str) -> str:
    """The folder of a run in which a name has what Snakemake reads as something else."""
    folder = data / "hostile/08-snakemake-braces" / what
    command = [sys.executable, "-m", "genoseq", "-q", "init", folder]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    name = "small.fa" if what == "title" else TITLES[what]
    shutil.copy(data / GENOME, folder / name)
    annotation = data / "hostile/01-annotation-from-pipe/al.gff3"
    shutil.copy(annotation, folder / "al.gff3")
    rows = ["name fasta annotation split", f"a {name} al.gff3 contigs:valid=c2;test=c3"]
    text = "\n".join("\t".join(row.split(" ")) for row in rows) + "\n"
    (folder / "config/genomes.tsv").write_text(text)
    settings = folder / "config/config.yaml"
    title = f"report: {{title: '{TITLES['title']}'}}\n" if what == "title" else ""
    settings.write_text(re.sub(r"(?ms)^report:.*?\n(?=\S|\Z)", "", settings.read_text()) + title)
    return str(folder.relative_to(data))


def dry_runs(name: str) -> Check:
    """Whether Snakemake plans the run that was found right."""

    def check(data: Path) -> str:
        folder = data / name
        command = [sys.executable, "-m", "genoseq", "run", ".", "-n", "--quiet", "all"]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        shutil.rmtree(folder / ".snakemake", ignore_errors=True)
        return "" if ended.returncode == 0 else f"Snakemake: {ended.stderr.strip()[-200:]!r}"

    return check


is_refused = dry_runs
"""A path may be refused by the check; where it is not, the run must be planned."""


def regions_are(count: int) -> Check:
    """Whether a FASTA has so many records."""

    def check(data: Path) -> str:
        found = (data / "out").read_bytes().count(b">")
        return "" if found == count else f"{found} of {count} regions"

    return check


def tracks_are(count: int) -> Check:
    """Whether a folder has so many tracks."""

    def check(data: Path) -> str:
        found = len(list((data / "out").glob("*.bedgraph.gz")))
        return "" if found == count else f"{found} of {count} tracks"

    return check


def is_there(path: Path) -> str:
    """What is wrong if a file is not there any more."""
    return "" if path.exists() else f"{path.name}, outside of the output, is gone"


def named(data: Path, pattern: str) -> list[str]:
    """Files, relative to the data."""
    return [str(path.relative_to(data)) for path in sorted(data.glob(pattern))]


if __name__ == "__main__":
    make_stores(Path(sys.argv[1]))
    make_scores(Path(sys.argv[1]))
