"""Tests of genoseq.training.fit going on from a bundle, and of genoseq.models.start."""

from pathlib import Path

import numpy as np
import pytest
import torch
from small_fit import SMALL, fit_in_context, run_settings, weights_of
from torch import Tensor, nn

from genoseq.errors import ConfigError
from genoseq.files.provenance import file_sha256
from genoseq.genome.schemes import stranded_scheme
from genoseq.models.bundle import Bundle, load_bundle
from genoseq.store.store import Store
from genoseq.training.fit import fit

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def trained(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    fit_in_context([store], run_settings(steps=120, learning_rate=0.02), folder)
    return folder


def body_of(bundle: Bundle) -> torch.Tensor:
    """All weights but those of the head."""
    tensors = bundle.model.state_dict().items()
    return torch.cat([value.flatten() for name, value in tensors if not name.startswith("head.")])


def test_fit_goes_on_from_a_bundle(store: Store, trained: Path, tmp_path: Path) -> None:
    short = {"training": {"steps": 1, "learning_rate": 1e-9, "window": 300, "batch": 4}}
    on = fit_in_context([store], short, tmp_path / "on", init=trained)
    assert on.settings == load_bundle(trained).settings  # though the settings name no network
    assert torch.allclose(body_of(on), body_of(load_bundle(trained)), atol=1e-6)
    afresh = fit_in_context([store], {**short, "model": SMALL}, tmp_path / "afresh")
    assert on.metrics["valid"]["loss"] < 0.7 * afresh.metrics["valid"]["loss"]


def test_new_labels_get_a_new_head(
    store: Store, trained: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = relabelled(store, tmp_path / "other")
    short = {"training": {"steps": 2, "window": 300, "batch": 4}}
    with caplog.at_level("INFO", "genoseq"):
        fit_in_context([store], short, tmp_path / "same", init=trained)
        assert "a new head" not in caplog.text
        made = fit_in_context([other], short, tmp_path / "made", init=load_bundle(trained))
        assert "the task is another than that of the model to go on from: a new head" in caplog.text
    assert made.task.outputs == 3
    assert made.model.head.projection.out_features == 9


def relabelled(store: Store, path: Path) -> Store:
    """The same bases, with coding sequence of either strand as one class each."""
    from genoseq.store.write import write_store

    scheme = stranded_scheme(["coding"])
    table = np.array([0, 1, 1, 1, 2, 2, 2], np.uint8)
    pieces = [
        (region.region, region.split, table[store.region_labels(number)])
        for number, region in enumerate(store.regions)
    ]
    contigs = [(name, [store.codes(name, 0, n)]) for name, n in store.lengths.items()]
    return write_store(path, "other", scheme, contigs, pieces, {})


def test_frozen_training_moves_the_head_alone(store: Store, trained: Path, tmp_path: Path) -> None:
    settings = {"training": {"steps": 20, "learning_rate": 0.1, "window": 300, "batch": 4}}
    made = fit_in_context([store], settings, tmp_path / "made", init=trained, freeze=True)
    before = load_bundle(trained)
    assert torch.equal(body_of(made), body_of(before))
    head = "head.projection.weight"
    assert not torch.equal(made.model.state_dict()[head], before.model.state_dict()[head])
    assert all(weight.requires_grad for weight in made.model.parameters())
    checksum = file_sha256(trained / "model.safetensors")
    assert made.provenance["start"] == {"weights": checksum, "freeze": True}
    assert "start" not in before.provenance


def test_run_from_a_bundle_resumes_and_knows_its_start(
    store: Store, trained: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"training": {"steps": 20, "window": 300, "batch": 4}}
    with caplog.at_level("INFO", "genoseq"):
        fit_in_context([store], settings, tmp_path / "made", init=trained)
        before = weights_of(tmp_path / "made")
        fit_in_context([store], settings, tmp_path / "made", init=trained)
        assert "resuming after step 20" in caplog.text
        assert weights_of(tmp_path / "made") == before
        fit_in_context([store], settings, tmp_path / "made", init=trained, freeze=True)
        assert "starting afresh: start changed since" in caplog.text


def test_fit_says_what_it_cannot_go_on_from(store: Store, trained: Path, tmp_path: Path) -> None:
    wider = {"model": {**SMALL, "encoder": {"width": 9}}}
    message = r"^the network to go on from has model\.encoder\.width 8 and not 9: leave model out"
    with pytest.raises(ConfigError, match=message):
        fit([store], wider, tmp_path / "made", init=trained)
    with pytest.raises(ConfigError, match=r"^frozen weights come from a bundle: name one"):
        fit([store], {}, tmp_path / "made", freeze=True)


class Given(nn.Module):
    """An encoder with a layer that is used twice, and a norm that counts batches."""

    outputs = 8

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 8)
        self.norm = nn.BatchNorm1d(8)
        self.second = self.first

    def forward(self, vectors: Tensor) -> Tensor:
        normed = self.norm(self.first(vectors).transpose(1, 2)).transpose(1, 2)
        return self.second(normed.relu())


def test_given_encoder_stays_as_it_is_and_the_run_resumes(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    encoder, settings = Given(), run_settings(steps=20)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    made = fit([store], settings, tmp_path / "made", encoder=encoder)
    assert all(torch.equal(before[name], value) for name, value in encoder.state_dict().items())
    with caplog.at_level("INFO", "genoseq"):
        fit([store], settings, tmp_path / "made", encoder=encoder)
    assert "resuming after step 20" in caplog.text
    loaded = load_bundle(tmp_path / "made", Given()).model.state_dict()
    assert loaded["encoder.norm.num_batches_tracked"] == 20
    assert all(torch.equal(loaded[name], value) for name, value in made.model.state_dict().items())


class Short(Given):
    """An encoder of as many positions as a training window has, and no more."""

    def __init__(self) -> None:
        super().__init__()
        self.positions = nn.Embedding(100, 8)

    def forward(self, vectors: Tensor) -> Tensor:
        return super().forward(vectors) + self.positions(torch.arange(vectors.shape[1]))


def test_encoder_that_cannot_take_long_windows_is_refused_before_the_training(
    store: Store, tmp_path: Path
) -> None:
    message = r"^Short, given from Python: it cannot take [\d,]+ bp at once, and genomes are scored"
    with pytest.raises(ConfigError, match=message):
        fit([store], run_settings(steps=2), tmp_path / "made", encoder=Short())
    assert not (tmp_path / "made").exists()
    made = fit([store], run_settings(steps=2), tmp_path / "near", encoder=Short(), context=0)
    assert made.context == 0


def test_going_on_with_a_given_encoder_leaves_the_bundle_alone(
    store: Store, tmp_path: Path
) -> None:
    settings = run_settings(steps=20)
    first = fit([store], settings, tmp_path / "first", encoder=Given())
    before = body_of(first).clone()
    again = {"training": {"steps": 20, "window": 300, "batch": 4}}
    second = fit([store], again, tmp_path / "second", init=first, encoder=first.model.encoder)
    assert torch.equal(body_of(first), before)
    assert not torch.equal(body_of(second), before)
