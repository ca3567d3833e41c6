"""Files that once did harm, small: each is one line of error by the command line, and no more."""

from __future__ import annotations

import gzip
import json
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import seeds
from command import Genoseq
from patched import exchange_bytes

from genoseq.readers.bbi import BbiFile

Harm = Callable[[Path], None]
GFF = "##gff-version 3\na\tx\tCDS\t1\t{end}\t.\t+\t0\tID=x\n"
TOKENIZE = ["tokenize", "genome.fa", "-o", "out"]
SIGNAL = [*TOKENIZE, "--scheme", "signal", "--signal"]
TRAIN = ["train", "store", "-o", "out", "--settings"]
SCORE = ["score", "genome.fa", "-m", "model", "-o", "out"]


def text(name: str, content: str) -> Harm:
    return lambda folder: (folder / name).write_text(content) and None


def bomb(name: str, head: str, letter: str = "N") -> Harm:
    """Five MB in one line, or of one letter a line, compressed."""
    data = gzip.compress(head.encode() + letter.encode() * 5_000_000)
    return lambda folder: (folder / name).write_bytes(data) and None


def settings(**changed: object) -> Harm:
    def write(folder: Path) -> None:
        run = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps({**run, **changed}))

    return write


def bundle(**encoder: object) -> Harm:
    def write(folder: Path) -> None:
        path = folder / "model/config.json"
        config = json.loads(path.read_text())
        del config["seal"]
        config["model"]["encoder"] |= encoder
        path.write_text(json.dumps(config))

    return write


def bits(name: str, value: int) -> Harm:
    def write(folder: Path) -> None:
        data = np.fromfile(folder / name, np.uint8)
        data[::7] = value
        data.tofile(folder / name)

    return write


def terabyte(folder: Path) -> None:
    with BbiFile(folder / "x.bw") as file:
        at = file.header.index + 52 + 24
    exchange_bytes(folder / "x.bw", at, "Q", 1 << 40)


def nested(folder: Path) -> None:
    (folder / "model/config.json").write_text("[" * 100_000)


def header_of_an_exabyte(folder: Path) -> None:
    path = folder / "model/model.safetensors"
    path.write_bytes(struct.pack("<Q", 1 << 60) + path.read_bytes()[8:])


def everything(folder: Path) -> None:
    """A genome, a signal, settings, a store, a model."""
    seeds.copied(seeds.signals, folder)
    seeds.copied(seeds.settings, folder)
    seeds.copied(seeds.trained, folder)


HOSTILE: dict[str, tuple[Harm, list[str], str]] = {
    "clip of infinity": (settings(training={"clip": float("inf")}), [*TRAIN, "run.json"], "clip"),
    "bases that are none": (bits("store/codes.bin", 250), [*TRAIN, "run.json"], "store"),
    "labels that are none": (bits("store/labels.bin", 250), [*TRAIN, "run.json"], "store"),
    "labels exchanged": (bits("store/labels.bin", 1), [*TRAIN, "run.json"], "store"),
    "layers": (bundle(layers=10**9), SCORE, "layers"),
    "width": (bundle(width=1 << 70), SCORE, "width"),
    "nested": (nested, SCORE, "nested too deep"),
    "header": (header_of_an_exabyte, SCORE, "model.safetensors"),
    "digits": (text("x.gff3", GFF.format(end="9" * 5_000)), [*TOKENIZE, "--annotation", "x.gff3"],
               "x.gff3:2: end, column 5"),
    "far": (text("x.gff3", GFF.format(end="9" * 20)), [*TOKENIZE, "--annotation", "x.gff3"],
            "x.gff3:2: end, column 5"),
    "far bedGraph": (text("x.bg", f"a\t0\t{10**20}\t1\n"), [*SIGNAL, "x.bg"], "x.bg:1: "),
    "far mask": (text("mask.bed", f"a\t0\t{10**20}\n"),
                 [*TOKENIZE, "--annotation", "x.gff3", "--mask", "mask.bed"], "mask.bed:1: "),
    "terabyte of bigWig": (terabyte, [*SIGNAL, "x.bw"], "larger than the file"),
    "line of GFF3": (bomb("x.gz", GFF.format(end=9)[:-1]),
                     [*TOKENIZE, "--annotation", "x.gz"], "x.gz:2: a line of more than"),
    "line of bedGraph": (bomb("x.gz", "a\t0\t10\t1", "1"), [*SIGNAL, "s=x.gz"],
                         "x.gz:1: a line of more than"),
    "YAML of layers": (text("c.yaml", "models: {a: {model: {encoder: {layers: 1000000000}}}}"),
                       ["config", "check", "c.yaml"], "layers"),
    "YAML of a truth": (text("c.yaml", "genomes: !!bool x"),
                        ["config", "check", "c.yaml"], "c.yaml"),
    "YAML of a date": (text("c.yaml", "genomes: 2020-99-99"),
                       ["config", "check", "c.yaml"], "c.yaml"),
    "YAML that is deep": (text("c.yaml", "[" * 100_000), ["config", "check", "c.yaml"], "c.yaml"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genoseq: Genoseq, name: str
) -> None:
    everything(tmp_path)
    monkeypatch.chdir(tmp_path)
    harm, words, said = HOSTILE[name]
    harm(tmp_path)
    ended = genoseq("-q", *words)
    (line,) = ended.stderr.splitlines()
    assert line.startswith("genoseq: error: ")
    assert said in line
    assert len(line) < 2_000
    assert ended.returncode == 1
    assert not Path("out").exists()
    assert not list(tmp_path.rglob("*partial*"))


@pytest.mark.parametrize("option", ["--annotation", "--regions"])
def test_extract_reads_all_of_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genoseq: Genoseq, option: str
) -> None:
    """The first bytes that tell the format are not lost."""
    seeds.copied(seeds.annotations, tmp_path)
    monkeypatch.chdir(tmp_path)
    rows = [
        f"a\tx\tCDS\t{at}\t{at + 5}\t.\t+\t0\tID=c{at}\n"
        if option == "--annotation"
        else f"a\t{at}\t{at + 5}\n"
        for at in range(1, 2_990)
    ]
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_text, args=["".join(rows)])
    writer.start()
    ended = genoseq("extract", "genome.fa", option, "pipe", "-o", "out")
    writer.join()
    assert ended.returncode == 0, ended.stderr
    assert Path("out").read_text().count(">") == len(rows)
