"""A task that is neither classes nor signals, added from this file: every verb takes it as it is.

The task is to say which bases of a window were hidden: a masked language model in its smallest
form.  Run as a script this file is the command line with the task in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from verbs import TRAINING, estimate_of_training, killed_and_resumed, run, train

import genoseq as gs
from genoseq.cli.app import main
from genoseq.config.schema import RunSettings
from genoseq.config.tasks import TASKS, TaskSettings
from genoseq.data.batch import Batch
from genoseq.errors import ConfigError
from genoseq.genome.tracks import Channel
from genoseq.store.store import Store
from genoseq.tasks import registry
from genoseq.tasks.outputs import Output, ValueKind
from genoseq.tasks.registry import register_task
from genoseq.tasks.task import Task
from genoseq.tokenizers.vocabulary import MASK

HIDDEN = 0.15
SPAN = 3  # a base is in three tokens of k = 3


class HiddenBasesSettings(TaskSettings):
    name: Literal["hidden-bases"] = "hidden-bases"
    share: float = HIDDEN


class Accuracy:
    """Share of targets that are the most probable base."""

    def __init__(self) -> None:
        self.right = self.all = 0

    def update(self, values: Tensor, targets: Tensor) -> None:
        known = targets.flatten() < 4
        self.right += int((values.flatten(0, -2).argmax(-1) == targets.flatten())[known].sum())
        self.all += int(known.sum())

    def compute(self) -> dict[str, Any]:
        accuracy = self.right / self.all if self.all else None
        return {"kind": "hidden-bases", "bases": self.all, "accuracy": accuracy}

    def curves(self) -> list[Any]:
        return []

    def confusions(self) -> list[Any]:
        return []


class HiddenBases(Task):
    name: ClassVar[str] = "hidden-bases"

    def __init__(self, share: float) -> None:
        self.share = share

    @classmethod
    def of(cls, settings: RunSettings, stores: Sequence[Store]) -> HiddenBases:
        assert isinstance(settings.task, HiddenBasesSettings)
        if not any(len(store.regions.of_split("train")) for store in stores):
            raise ConfigError("no region to train on")
        return cls(settings.task.share)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HiddenBases:
        return cls(data["share"])

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "share": self.share}

    def misfits(self, stores: Sequence[Store], owner: str, split: str) -> list[str]:
        del owner
        found = any(len(store.regions.of_split(split)) for store in stores)
        return [] if found else [f"no region of split {split}"]

    @property
    def outputs(self) -> int:
        return 4

    @property
    def mirror(self) -> NDArray[np.int64]:
        return np.array([3, 2, 1, 0])

    def targets(self, batch: Batch) -> Tensor:
        return batch.codes.long()

    def prepare(self, batch: Batch, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        hidden = torch.from_numpy(rng.random(batch.ids.shape) < self.share / SPAN)
        hidden = torch.nn.functional.max_pool1d(hidden[:, None].float(), SPAN, 1, 1)[:, 0] > 0
        targets = self.targets(batch).masked_fill(~hidden, 4)
        return batch.ids.masked_fill(hidden, MASK), targets

    def loss(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        total = torch.nn.functional.cross_entropy(
            outputs.float().flatten(0, 1), targets.flatten(), ignore_index=4, reduction="sum"
        )
        return total, (targets < 4).sum()

    def values(self, outputs: Tensor, dim: int = -1) -> Tensor:
        return outputs.float().softmax(dim)

    def metrics(self) -> Accuracy:
        return Accuracy()

    def figures(self, report: Mapping[str, Any]) -> dict[str, float]:
        return {"accuracy": report["accuracy"]}

    def rows(self, report: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{"name": "hidden bases", "accuracy": report["accuracy"]}]

    def output(self, values: ValueKind = "probability", by_phase: bool = False) -> Output:
        del values, by_phase
        return Output("classes", tuple(Channel(f"base{x}") for x in "ACGT"), lambda x: x, 3)


SETTINGS = {
    "model": {"embedding": 4, "stem": {"width": 8}, "encoder": {"width": 8}},
    "task": {"name": "hidden-bases", "share": 0.3},
    "training": TRAINING,
}


def genome_of(folder: Path) -> Path:
    """A repeat with noise: what is hidden follows from what is beside it."""
    rng = np.random.default_rng(5)
    repeat = np.tile(np.array([0, 0, 1, 2, 3, 1]), 3_000)
    noisy = np.where(rng.random(len(repeat)) < 0.9, repeat, rng.integers(0, 4, len(repeat)))
    letters = "".join("ACGT"[code] for code in noisy)
    (folder / "genome.fa").write_text(f">c\n{letters}\n")
    (folder / "regions.bed").write_text(
        "c\t0\t12000\ttrain\nc\t12000\t15000\tvalid\nc\t15000\t18000\ttest\n"
    )
    return folder / "genome.fa"


def test_task_of_another_package_goes_through_every_verb(tmp_path: Path) -> None:
    genome, store, model = genome_of(tmp_path), tmp_path / "store", tmp_path / "model"
    run("tokenize", genome, "-o", store, "--bed", tmp_path / "regions.bed")
    train(store, tmp_path / "whole", SETTINGS)
    assert "resuming after step" in killed_and_resumed(__file__, store, model, SETTINGS)
    for name in ("model.safetensors", "config.json"):
        assert (model / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    run("evaluate", model, store, "-o", tmp_path / "evaluation")
    figures = json.loads((tmp_path / "evaluation/metrics.json").read_text())
    assert (figures["kind"], figures["bases"]) == ("hidden-bases", 3_000)
    assert figures["accuracy"] > 0.5  # four bases by chance: 0.25
    run("score", genome, "-m", model, "-o", tmp_path / "tracks", "--formats", "bigwig,tsv")
    assert (tmp_path / "tracks/baseA.both.bw").exists()
    run("embed", genome, "-m", model, "-o", tmp_path / "embeddings", "--per", "step")
    assert np.load(tmp_path / "embeddings/embeddings.npy").shape == (6_000, 16)


def test_task_of_another_package_is_estimated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genome_of(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert "?" in estimate_of_training(tmp_path, SETTINGS, "c")


def test_task_that_is_not_known_is_named(tmp_path: Path) -> None:
    settings = {**SETTINGS, "task": {"name": "poetry"}}
    store = genome_of(tmp_path).with_name("store")
    run("tokenize", tmp_path / "genome.fa", "-o", store)
    with pytest.raises(
        ConfigError,
        match=r"'poetry': use per-base, causal-lm, masked-lm, seq2seq or hidden-b",
    ):
        gs.fit([store], settings, tmp_path / "m")


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this test alone, for the others of the process do not know it."""
    monkeypatch.setattr(TASKS, "classes", dict(TASKS.classes))
    monkeypatch.setattr(registry, "_TASKS", dict(registry._TASKS))
    register_task(HiddenBasesSettings, HiddenBases)


if __name__ == "__main__":
    register_task(HiddenBasesSettings, HiddenBases)
    main()
