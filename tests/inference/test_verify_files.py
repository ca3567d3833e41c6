"""Tests of genoseq.inference.verify_files: each kind of folder is found, whole or damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from command import Genoseq
from pairs import toy_store as toy_pairs
from toy_store import make
from track_cases import probabilities, write

from genoseq.errors import ConfigError
from genoseq.inference.verify_files import verify_files
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.training.checkpoint import Progress, open_state

KINDS = ["model", "scores", "store", "store", "tracks", "training state"]


@pytest.fixture
def folder(tmp_path: Path, bundle: Bundle) -> Path:
    """One of each kind, and a file that is of none."""
    made = tmp_path / "all"
    make(made / "store")
    toy_pairs(tmp_path).path.rename(made / "pairs")
    save_bundle(made / "models" / "m", bundle)
    with open_state(made / "models" / "m.state", {}) as state:
        state.save_best(5, {"w": torch.ones(9)})
        state.save(Progress(step=7, best_step=5, best_loss=0.5), {"w": torch.zeros(9)})
    write(made / "scores", {"a": probabilities(100)}, ["scores"])
    write(made / "tracks", {"a": probabilities(100)}, ["bedgraph"])
    (made / "hub").mkdir()
    (made / "hub" / "config.json").write_text("{}")
    return made


def test_verify_files_finds_every_kind_in_a_folder(folder: Path) -> None:
    found = verify_files([folder])
    assert sorted(each.kind for each in found) == KINDS
    assert all(each.size > 50 for each in found)
    assert [each.path for each in verify_files([folder / "store"])] == [folder / "store"]


def test_verify_files_tells_of_everything_that_is_damaged(folder: Path, genoseq: Genoseq) -> None:
    damaged = [
        "models/m/model.safetensors",
        "models/m.state/best-00000005.safetensors",
        "pairs/ends.bin",
        "scores/scores.npy",
        "store/labels.bin",
        "tracks/CDS.plus.bedgraph.gz",
    ]
    for name in damaged:
        data = bytearray((folder / name).read_bytes())
        data[-9] ^= 1
        (folder / name).write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        verify_files([folder, folder / "hub"])
    *found, none = caught.value.problems
    assert [line.split(": ")[0] for line in found] == [str(folder / name) for name in damaged]
    assert none == f"{folder}/hub: no store, model, training state, scores or tracks here"
    run = genoseq("verify", folder / "store")
    assert (run.returncode, run.stdout) == (1, "")
    assert "labels.bin: the store is damaged" in run.stderr


def test_verify_prints_a_line_for_each(folder: Path, genoseq: Genoseq) -> None:
    run = genoseq("verify", folder)
    assert (run.returncode, run.stderr) == (0, "")
    assert sorted(line.split("\t")[1] for line in run.stdout.splitlines()) == KINDS
