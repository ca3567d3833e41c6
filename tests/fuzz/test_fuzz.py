"""The fuzzing itself: its targets read what is right, and it finds faults that are planted."""

from __future__ import annotations

import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import seeds
from mutations import mutate
from planted_faults import fuzzed
from targets import TARGETS, Target

HAS_WHEEL = (
    sys.platform == "linux" and platform.machine() == "x86_64" and sys.version_info < (3, 14)
)
"""Where atheris can be installed it has to be: only elsewhere may nothing be tried."""


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


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("raises", "KeyError: "),
        ("hangs", "SlowError: more than 0.2 s of CPU"),
        ("dies", "the process ended: SIGKILL"),
        ("refuses", ""),
        ("computes", ""),
    ],
)
@pytest.mark.skipif(not HAS_WHEEL, reason="atheris is for Linux on x86, up to Python 3.13")
def test_fuzz_finds_a_planted_fault(
    tmp_path: Path, run: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # as where people run it
    # As people run it: a fork of a process in which torch has computed may end in atheris.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        count, found = pool.submit(fuzzed, run, tmp_path / "found").result()
    assert count > 0
    assert all(said in what for what, _ in found)
    assert bool(found) == bool(said)
    for _, folder in found:
        assert (folder / "x").read_bytes() != b"right"
        assert (folder / "target.txt").read_text() == "planted"
