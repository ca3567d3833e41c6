"""The fuzzing itself: its targets read what is right, and it finds faults that are planted."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import seeds
from mutations import mutate
from targets import TARGETS, Target

from genoseq.errors import InputFormatError


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_target_reads_its_seeds(tmp_path: Path, target: Target) -> None:
    seeds.copied(target.make, tmp_path)
    for name in target.files:
        assert (tmp_path / name).is_file()
    target.run(tmp_path)


@pytest.mark.parametrize("name", ["x.json", "x.safetensors", "x.gff3", "x.bw"])
def test_mutate_draws_changes_by_a_seed(name: str) -> None:
    whole = {"x.json": b'{"a": [1, {"b": 2}]}', "x.gff3": b"a\tb\t1\t2\nc\td\t3\t4\n"}
    data = whole.get(name, b"\x08\0\0\0\0\0\0\0" + b'{"a": 1}' + bytes(99))
    made = [mutate(data, name, seed, bytes.upper) for seed in range(300)]
    assert made == [mutate(data, name, seed, bytes.upper) for seed in range(300)]
    assert len(set(made)) > 100


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


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (raises, "KeyError: "),
        (hangs, "SlowError: more than 0.2 s of CPU"),
        (dies, "the process ended: SIGKILL"),
        (refuses, ""),
    ],
)
def test_fuzz_finds_a_planted_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[[Path], None], said: str
) -> None:
    pytest.importorskip("atheris")
    import fuzz

    monkeypatch.setattr(fuzz, "SECONDS", 0.2)
    target = Target("planted", lambda folder: folder.joinpath("x").write_text("right"), ("x",), run)
    count, found = fuzz.fuzz(target, 1.0, tmp_path / "found", seed=1)
    assert count > 0
    assert all(said in fault.what for fault in found)
    assert bool(found) == bool(said)
    for fault in found:
        assert (fault.folder / "x").read_bytes() != b"right"
        assert (fault.folder / fuzz.NAME).read_text() == "planted"
