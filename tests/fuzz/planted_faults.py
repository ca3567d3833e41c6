"""Readers with a fault each, and what fuzzing finds of it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import torch
from seeds import seeded
from targets import Target

from genoseq.errors import InputFormatError


def raises(folder: Path) -> None:
    data = (folder / "x").read_bytes()
    if data != b"right":
        raise KeyError(len(data))


def refuses(folder: Path) -> None:
    if (folder / "x").read_bytes() != b"right":
        raise InputFormatError("wrong", folder / "x")


def hangs(folder: Path) -> None:
    while (folder / "x").read_bytes() != b"right":
        pass


def dies(folder: Path) -> None:
    if (folder / "x").read_bytes() != b"right":
        os.kill(os.getpid(), signal.SIGKILL)


def computes(folder: Path) -> None:
    """As where a model is read: on several threads, if torch has them."""
    values = torch.ones(512, 512)
    assert float((values @ values).sum()) == 512**3
    refuses(folder)


def right(folder: Path) -> None:
    (folder / "x").write_text("right")
    computes(folder)


RUNS = {each.__name__: each for each in (raises, refuses, hangs, dies, computes)}


def fuzzed(name: str, out: Path) -> tuple[int, list[tuple[str, Path]]]:
    """Inputs that one of these got in a second, and what was found of it: words and folder."""
    import fuzz

    fuzz.SECONDS = 0.2
    run = RUNS[name]
    target = Target("planted", right, ("x",), run)
    seeded(target.make)
    count, found = fuzz.fuzz(target, 1.0, out, seed=1)
    return count, [(fault.what, fault.folder) for fault in found]
