"""Tests of a training by several processes: two of them, as srun and torchrun start them."""

import csv
import json
import logging
import math
import os
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from command import Started, start_command
from pairs import toy_settings, toy_store
from planted import planted_contig, store_of_contigs
from safetensors.torch import load_file

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.errors import ConfigError
from genoseq.genome.schemes import UNKNOWN_LABEL, cds_phase_scheme, signal_scheme
from genoseq.models.bundle import load_bundle
from genoseq.store.store import Store, open_store
from genoseq.training.fit import check_training, fit

SMALL = {"embedding": 4, "stem": {"width": 8}, "encoder": {"width": 8}, "dropout": 0.0}
TRANSFORMER = {"family": "transformer", "layers": 1, "width": 16, "heads": 2, "window": 16}
# 5 windows for two processes, and a last batch of a validation with 1: shares are not even.
USUAL = {"window": 300, "batch": 5, "validation_windows": 6, "precision": "fp32"}
LONG = {"steps": 100, "validate_every": 40, "checkpoint_minutes": 1e-9}

MODELS: dict[str, dict[str, Any]] = {
    "classes": {"training": {"accumulate": 2}},
    "focal": {"training": {"loss": "focal", "class_weights": "balanced"}},
    "sampling": {"training": {"sampling": {"share": 0.6, "classes": ["CDS"]}}},
    "signal": {},
    "transformer": {
        "model": {"encoder": TRANSFORMER | {"registers": 1, "checkpoint": True}},
        "training": {"window": 90},
    },
    "pairs": toy_settings(),
    "dropout": {"model": {"dropout": 0.2}, "training": LONG},
    "interrupted": {"training": LONG},
}


def settings_of(name: str) -> dict[str, Any]:
    changes = MODELS[name]
    few = {"steps": 20, "validate_every": 10}
    if name == "pairs":
        return changes | {"training": changes["training"] | few}
    training = {**few, **USUAL, **changes.get("training", {})}
    return {"model": SMALL | changes.get("model", {}), "training": training}


def masked_store(folder: Path) -> Store:
    """Labels of which most are unknown at one end: windows differ in how many they have."""
    rows = []
    for split, length in (("train", 30_000), ("valid", 6_000)):
        chrom, _, codes, labels = planted_contig(split, split, length)
        labels[: length // 3] = UNKNOWN_LABEL
        labels[length // 2 :: 3] = UNKNOWN_LABEL
        rows.append((chrom, split, codes, labels))
    return store_of_contigs(folder, cds_phase_scheme(), rows)


def signal_store(folder: Path) -> Store:
    """Coverage where a gene is; none is known for a third."""
    rows = []
    for split, length in (("train", 30_000), ("valid", 6_000)):
        chrom, _, codes, labels = planted_contig(split, split, length)
        values = np.where(labels > 0, 9.0, 0.5).astype(np.float32)[:, None]
        values[: length // 3] = np.nan
        rows.append((chrom, split, codes, values))
    return store_of_contigs(folder, signal_scheme([("coverage", ".")]), rows)


def free_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


def environments() -> list[dict[str, str]]:
    """Of the two processes of a group."""
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    return [os.environ | group | {"RANK": rank, "LOCAL_RANK": rank} for rank in "01"]


def start_two(*words: str) -> list[Started]:
    """A group of two processes of the command line."""
    return [start_command("genoseq", words, environment) for environment in environments()]


def ends(processes: Sequence[Started]) -> list[tuple[int, str]]:
    """Exit status of each, and what it said."""
    done = [process.wait() for process in processes]
    return [(each.returncode, each.stderr) for each in done]


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stores, and in ``two`` what two processes made of each of MODELS."""
    made = tmp_path_factory.mktemp("distributed")
    masked_store(made / "masked")
    signal_store(made / "signal")
    toy_store(made)
    runs = [(store_of(made, name), settings_of(name), str(made / "two" / name)) for name in MODELS]
    script, words = str(Path(__file__).with_name("member.py")), [json.dumps(runs)]
    members = [
        start_command("genoseq", words, environment, script=script)
        for environment in environments()
    ]
    for member in members:
        done = member.wait()
        assert done.returncode == 0, done.stderr
    return made


def store_of(folder: Path, name: str) -> str:
    return str(folder / (name if name in ("signal", "pairs") else "masked"))


def train_alone(folder: Path, name: str, out: Path) -> None:
    settings = parse_settings(RunSettings, settings_of(name))
    fit([store_of(folder, name)], settings, out)


def curve_of(bundle: Path) -> list[dict[str, float]]:
    with Path(f"{bundle}.state/logs/metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: float(text or "nan") for name, text in row.items()} for row in rows]


def assert_alike(left: Path, right: Path) -> None:
    """Curves and weights are the same but for rounding: float32 has 7 digits, of which 4 stay."""
    pairs = list(zip(curve_of(left), curve_of(right), strict=True))
    assert len(pairs) > 1
    for one, other in pairs:
        assert one.keys() == other.keys()
        for name in ("step", "train_loss", "valid_loss", "learning_rate"):
            same = math.isclose(one[name], other[name], rel_tol=1e-4)
            assert same or (math.isnan(one[name]) and math.isnan(other[name])), (one, other)
    weights, others = (load_file(path / "model.safetensors") for path in (left, right))
    for name, value in weights.items():
        if name.endswith(("attention.entry.bias", "head.keys.bias")):
            continue  # that of the keys changes no output: AdamW makes whole steps of its rounding
        assert torch.allclose(value, others[name], rtol=1e-3, atol=1e-4), name


@pytest.mark.parametrize("name", ["classes", "focal", "signal", "transformer", "pairs"])
def test_two_processes_learn_what_one_does(folder: Path, tmp_path: Path, name: str) -> None:
    train_alone(folder, name, tmp_path / "one")
    assert_alike(tmp_path / "one", folder / "two" / name)


def test_signal_to_one_stops_both_and_one_process_goes_on(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = folder / "two" / "interrupted"
    assert not out.exists()
    with caplog.at_level(logging.INFO, "genoseq"):
        train_alone(folder, "interrupted", out)
    assert "resuming after step 51, 1 process instead of 2: the same run but" in caplog.text
    train_alone(folder, "interrupted", tmp_path / "one")
    assert_alike(tmp_path / "one", out)


def test_killed_groups_end_with_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    out, whole = tmp_path / "dropout", folder / "two" / "dropout"
    words = ["train", store_of(folder, "dropout"), "-o", str(out), "--device", "cpu"]
    words = [*words, "--settings", json.dumps(settings_of("dropout"))]
    last = tmp_path / "dropout.state" / "last.safetensors"
    for number in (signal.SIGTERM, signal.SIGKILL):
        processes = start_two(*words)
        wait_for_changes(last, processes)
        processes[1].send_signal(number)
        first, second = ends(processes)
        assert not out.exists()
        if number == signal.SIGTERM:
            assert (first[0], second) == (128 + number, (128 + number, ""))
            assert "genoseq: SIGTERM received: state after step" in first[1]
        else:
            assert (first[0], second[0]) == (1, -number)
            assert "genoseq: error: process 0 of 2 lost another process" in first[1]
    first, second = ends(start_two(*words))
    assert (first[0], second) == (0, (0, ""))
    assert "resuming after step" in first[1]
    assert "2 processes share each batch" in first[1]
    for name in ("model.safetensors", "config.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    assert load_bundle(out).provenance["processes"] == 2
    curve = Path("logs/metrics.csv")
    states = (Path(f"{path}.state") for path in (out, whole))
    assert len({(state / curve).read_text() for state in states}) == 1


def wait_for_changes(file: Path, processes: Sequence[Started]) -> None:
    """Until the processes have replaced the file a few times."""
    seen = set()
    while len(seen) < 5 and all(process.poll() is None for process in processes):
        if file.exists():
            seen.add(file.stat().st_mtime_ns)
        time.sleep(0.01)


def test_more_processes_than_windows_are_refused(folder: Path, tmp_path: Path) -> None:
    settings = parse_settings(RunSettings, {"training": {"batch": 2}})
    stores = [open_store(folder / "masked")]
    assert check_training(stores, settings, tmp_path / "out", 2, {})
    with pytest.raises(ConfigError, match=r"^training.batch 2: 3 processes divide it"):
        check_training(stores, settings, tmp_path / "out", 3, {})
