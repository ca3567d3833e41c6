"""Tests of `genoseq train`, in processes of its own."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from command import Genoseq, Started, run_command, start_command
from number_format import REFUSED
from planted import planted_store, store_of_contigs
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from genoseq.files.provenance import read_record

SETTINGS = {
    "model": {"embedding": 4, "stem": {"width": 8}, "encoder": {"width": 8}},
    "training": {
        "steps": 100,
        "window": 300,
        "batch": 4,
        "accumulate": 2,
        "validate_every": 40,
        "validation_windows": 8,
        "checkpoint_minutes": 1e-9,  # a state after every step, so that a kill may hit its writing
    },
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted") / "store"
    return planted_store(folder, ("train", 30_000), ("valid", 6_000)).path


RARELY = ("--checkpoint-minutes", "5")
"""For those that nobody kills: to save a state takes as long as a step."""


def words_of(store: Path, out: Path) -> list[str]:
    words = ["train", store, "-o", out, "--settings", json.dumps(SETTINGS)]
    return [*map(str, words)]


def wait_for_change(file: Path, process: Started) -> None:
    """Until the process has replaced the file a few times."""
    seen = set()
    while len(seen) < 5 and process.poll() is None:
        if file.exists():
            seen.add(file.stat().st_mtime_ns)
        time.sleep(0.01)


def test_train_killed_twice_ends_with_the_same_bytes(store: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "genoseq", *words_of(store, tmp_path / "whole"), *RARELY]
    whole = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    broken = tmp_path / "broken"
    last = tmp_path / "broken.state" / "last.safetensors"
    for stop in (signal.SIGKILL, signal.SIGTERM):
        process = start_command("genoseq", words_of(store, broken))
        wait_for_change(last, process)
        process.send_signal(stop)
        said = process.wait().stderr
        if stop == signal.SIGTERM:
            assert process.returncode == 128 + signal.SIGTERM
            assert "resuming after step" in said
            assert "genoseq: SIGTERM received: state after step " in said
            assert said.endswith("the same command goes on from there\n")
        else:
            assert process.returncode == -signal.SIGKILL
        assert not broken.exists()
    resumed = run_command("genoseq", [*words_of(store, broken), *RARELY])
    assert "resuming after step" in resumed.stderr
    assert resumed.returncode == 0
    assert whole.communicate()[1].startswith("computing in ")
    assert whole.returncode == 0
    for name in ("model.safetensors", "config.json"):
        assert (broken / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    curve = Path("logs/metrics.csv")
    expected = (tmp_path / "whole.state" / curve).read_text()
    assert (tmp_path / "broken.state" / curve).read_text() == expected
    steps = [int(line.split(",")[0]) for line in expected.splitlines()[1:]]
    assert steps == [40, 50, 80, 100]
    board = EventAccumulator(str(tmp_path / "broken.state" / "logs" / "tensorboard"))
    board.Reload()
    assert [event.step for event in board.Scalars("train_loss")] == [50, 100]


def test_train_flags_win_over_settings(store: Path, tmp_path: Path, genoseq: Genoseq) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(
        "model: {embedding: 4, stem: {width: 8}, encoder: {width: 8}}\n"
        "training: {steps: 3, window: 300, batch: 4, seed: 1, precision: fp32}\n"
    )
    words = ["--settings", file, "--seed", 5, "--max-minutes", 60, "--context", 100]
    done = genoseq("-q", "train", store, "-o", tmp_path / "model", *words, "--log", tmp_path / "l")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    record = read_record(tmp_path / "model")
    assert record is not None
    assert record["seed"] == record["settings"]["seed"] == 5
    assert record["settings"]["max_minutes"] == 60
    assert config["context"] == 102
    assert (tmp_path / "l" / "metrics.csv").exists()
    assert not (tmp_path / "model.state" / "logs").exists()


def test_train_takes_the_tokenizer_of_the_settings(tmp_path: Path, genoseq: Genoseq) -> None:
    planted_store(tmp_path / "store", ("train", 3_000))
    settings = (
        '{"model": {"tokenizer": {"k": 2, "stride": 2}, "embedding": 4, "stem": {"width": 8}, '
        '"encoder": {"width": 8}}, '
        '"training": {"steps": 2, "window": 300, "batch": 2}}'
    )
    words = ("-o", tmp_path / "model", "--settings", settings)
    done = genoseq("train", tmp_path / "store", *words)
    assert done.returncode == 0, done.stderr
    assert "nothing of split valid: the weights of the last step will be kept" in done.stderr
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["model"]["tokenizer"] == {"k": 2, "stride": 2}


def test_train_errors_are_one_line(store: Path, tmp_path: Path, genoseq: Genoseq) -> None:
    out = ["-o", tmp_path / "model"]
    wrong = genoseq("train", store, *out, "--settings", '{"training": {"step": 3}}')
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("genoseq: error: training.step: ")
    assert wrong.stderr.count("\n") == 1
    (tmp_path / "run.yaml").write_text("training: {}\ntraining: {steps: 3}\n")
    wrong = genoseq("train", store, *out, "--settings", tmp_path / "run.yaml", "--seed", 2)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "run.yaml: training: this key is given 2 times, in lines 1 and 2: " in wrong.stderr
    (tmp_path / "run.yaml").unlink()
    codes = np.zeros(900, np.uint8)
    bare = store_of_contigs(tmp_path / "s", None, [("c", "train", codes, None)])
    wrong = genoseq("train", bare.path, *out)
    assert wrong.returncode == 1
    assert wrong.stderr == (
        f"genoseq: error: {bare.path}: has no labels: tokenize with an annotation or a signal\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_train_refuses_bf16_where_the_processor_has_none(
    genoseq: Genoseq, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")  # as on a processor without it
    settings = json.dumps({**SETTINGS, "training": {"precision": "bf16"}})
    asked = ("train", store, "-o", tmp_path / "out", "--settings", settings, "--device", "cpu")
    run = genoseq(*asked)
    assert run.returncode == 1
    why = "bf16 would be emulated, and slower; use auto or fp32"
    assert run.stderr == f"genoseq: error: {REFUSED}: {why}\n"
    assert not list(tmp_path.iterdir())
