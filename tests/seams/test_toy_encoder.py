"""An encoder that is neither recurrent nor attention, added from this file.

A few dilated convolutions.  Run as a script this file is the command line with the encoder in it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest
import torch
from planted import planted_store
from torch import Tensor, nn
from verbs import TRAINING, estimate_of_training, killed_and_resumed, run, train

import genoseq as gs
from genoseq.cli.app import main
from genoseq.config.encoders import ENCODERS, EncoderSettings
from genoseq.errors import ConfigError
from genoseq.models import encoders
from genoseq.models.encoders import register_encoder


class DilatedSettings(EncoderSettings):
    family: Literal["dilated"] = "dilated"
    width: int = 8
    layers: int = 3

    def reach(self) -> int:
        return 2**self.layers - 1

    def describe(self) -> str:
        return f"dilated, {self.layers} x {self.width}"


class Dilated(nn.Module):
    def __init__(self, inputs: int, settings: DilatedSettings, dropout: float) -> None:
        super().__init__()
        del dropout
        self.outputs = width = settings.width
        self.layers = nn.ModuleList(
            nn.Conv1d(inputs if n == 0 else width, width, 3, padding=2**n, dilation=2**n)
            for n in range(settings.layers)
        )

    def forward(self, vectors: Tensor) -> Tensor:
        hidden = vectors.transpose(1, 2)
        for layer in self.layers:
            hidden = torch.nn.functional.gelu(layer(hidden))
        return hidden.transpose(1, 2)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this test alone, for the others of the process do not know it."""
    monkeypatch.setattr(ENCODERS, "classes", dict(ENCODERS.classes))
    monkeypatch.setattr(encoders, "_BUILDERS", dict(encoders._BUILDERS))
    register_encoder(DilatedSettings, Dilated)


SETTINGS = {
    "model": {"embedding": 4, "stem": {"width": 8}, "encoder": {"family": "dilated"}},
    "training": TRAINING,
}


def genome_of(folder: Path) -> Path:
    """The contigs of a planted store as FASTA, beside the store."""
    store = planted_store(folder / "planted", ("train", 12_000), ("valid", 3_000), ("test", 3_000))
    chroms = list(store.lengths)
    fasta = (f">{chrom}\n{store.sequence(chrom, 0, store.lengths[chrom])}\n" for chrom in chroms)
    (folder / "genome.fa").write_text("".join(fasta))
    return folder / "genome.fa"


def test_encoder_of_another_package_goes_through_every_verb(tmp_path: Path) -> None:
    genome, store, model = genome_of(tmp_path), tmp_path / "planted", tmp_path / "model"
    train(store, tmp_path / "whole", SETTINGS)
    assert "resuming after step" in killed_and_resumed(__file__, store, model, SETTINGS)
    for name in ("model.safetensors", "config.json"):
        assert (model / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    loaded = gs.load_bundle(model)
    assert loaded.context == loaded.settings.reach == 3 * (7 + 2)
    run("evaluate", model, store, "-o", tmp_path / "evaluation")
    figures = json.loads((tmp_path / "evaluation/metrics.json").read_text())
    assert figures["channels"]["macro_f1"] > 0.7
    run("score", genome, "-m", model, "-o", tmp_path / "tracks")
    assert (tmp_path / "tracks/CDS.plus.bw").exists()


def test_encoder_whose_cost_nobody_knows_is_estimated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genome_of(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert "?" in estimate_of_training(tmp_path, SETTINGS, "train0")


class Pointwise(nn.Module):
    """Any module with the interface of an encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs = 6
        self.linear = nn.Linear(8, 6)

    def forward(self, vectors: Tensor) -> Tensor:
        return torch.nn.functional.gelu(self.linear(vectors))


def test_fit_takes_any_module_as_encoder(tmp_path: Path) -> None:
    store = planted_store(tmp_path / "planted", ("train", 12_000), ("valid", 3_000))
    settings = {**SETTINGS, "model": {"embedding": 4, "stem": {"width": 8}}}
    torch.manual_seed(2)
    made = gs.fit([store], settings, tmp_path / "model", encoder=Pointwise())
    with pytest.raises(gs.BundleError, match=r"is a module of your own, Pointwise, given"):
        gs.load_bundle(tmp_path / "model")
    loaded = gs.load_bundle(tmp_path / "model", encoder=Pointwise())
    letters = store.sequence("train0", 0, 1_000)
    assert (gs.predict(loaded, letters) == gs.predict(made, letters)).all()
    with pytest.raises(ConfigError, match=r"^Linear is no encoder: it needs an attribute outputs"):
        gs.fit([store], settings, tmp_path / "other", encoder=nn.Linear(8, 8))


if __name__ == "__main__":
    register_encoder(DilatedSettings, Dilated)
    main()
