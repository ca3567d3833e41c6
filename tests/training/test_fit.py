"""Tests of genoseq.training.fit: whole trainings, small ones; what they learn and refuse."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from planted import planted_store, store_of_contigs
from small_fit import SMALL, TRANSFORMER, rows_of, run_settings
from torch.utils.data import Dataset

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.data.batch import Batch
from genoseq.data.dataset import TrainingWindows
from genoseq.errors import BackendError, ConfigError
from genoseq.genome.schemes import UNKNOWN_LABEL, State, stranded_scheme
from genoseq.genome.sequences import N
from genoseq.models.build import build_model
from genoseq.models.bundle import load_bundle
from genoseq.models.context import CONTEXTS
from genoseq.store.store import Store
from genoseq.tasks.per_base import PerBase
from genoseq.training.checkpoint import open_state
from genoseq.training.fit import fit
from genoseq.training.loop import Training

pytestmark = pytest.mark.usefixtures("one_thread")


def test_fit_learns_genes_on_both_strands(store: Store, tmp_path: Path) -> None:
    settings = run_settings(steps=250, validate_every=125, learning_rate=0.02, batch=8)
    told: list[tuple[float, str]] = []
    fit([store], settings, tmp_path / "model", report=lambda *said: told.append(said))
    bundle = load_bundle(tmp_path / "model")
    assert bundle.context == bundle.provenance["context"]["bp"]
    assert bundle.context in CONTEXTS
    assert bundle.provenance["inputs"] == {"planted": store.checksums}
    assert bundle.provenance["hardware"][0]["device"] == "cpu"
    assert bundle.provenance["steps"] == 250
    channels = bundle.metrics["valid"]["channels"]["classes"]
    assert [(row["name"], row["strand"]) for row in channels[1:]] == [("CDS", "+"), ("CDS", "-")]
    assert all(row["f1"] > 0.9 for row in channels)
    assert [fraction for fraction, _ in told] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert re.fullmatch(r"step 250 of 250, [\d.e+]+ steps/s, loss \d\.\d{5}", told[-1][1])
    rows = rows_of(tmp_path / "model.state")
    assert [row["step"] for row in rows] == ["50", "100", "125", "150", "200", "250"]
    assert float(rows[-1]["train_loss"]) < float(rows[0]["train_loss"])
    assert [bool(row["valid_loss"]) for row in rows] == [False, False, True, False, False, True]
    assert float(rows[-1]["CDS.plus.f1"]) == channels[1]["f1"]


def test_bundle_holds_the_best_weights(store: Store, tmp_path: Path) -> None:
    # A rate this high cannot settle: the best validation is not the last.
    settings = run_settings(learning_rate=0.5, warmup=0.0, steps=100, validate_every=10)
    bundle = fit([store], settings, tmp_path / "model")
    losses = {
        int(row["step"]): float(row["valid_loss"])
        for row in rows_of(tmp_path / "model.state")
        if row["valid_loss"]
    }
    best = min(losses, key=lambda step: losses[step])
    assert bundle.provenance["steps"] == best
    assert bundle.metrics["valid"]["loss"] == losses[best]


def test_fit_without_validation_keeps_the_last_weights(tmp_path: Path) -> None:
    store = planted_store(tmp_path / "store", ("train", 5_000))
    bundle = fit([store], run_settings(steps=3), tmp_path / "model")
    assert bundle.metrics == {}
    assert bundle.provenance["steps"] == 3
    assert not list((tmp_path / "model.state").glob("best-*"))
    assert [row["step"] for row in rows_of(tmp_path / "model.state")] == ["3"]


def test_fit_of_a_transformer_learns_genes(store: Store, tmp_path: Path) -> None:
    model = SMALL | {"encoder": TRANSFORMER}
    training = {"steps": 150, "window": 300, "batch": 8, "validate_every": 150}
    bundle = fit(
        [store], parse_settings(RunSettings, {"model": model, "training": training}), tmp_path / "m"
    )
    assert bundle.context == bundle.settings.reach == 3 * (2 * 16 + 2)
    channels = bundle.metrics["valid"]["channels"]["classes"]
    assert all(row["f1"] > 0.9 for row in channels)


def test_loss_that_is_not_finite_stops_the_run(store: Store, tmp_path: Path) -> None:
    settings = run_settings(warmup=0.0, steps=1000)
    # The schema refuses such a rate: a copy is not validated.
    training = settings.training.model_copy(update={"learning_rate": 1e30})
    settings = settings.model_copy(update={"training": training})
    message = r"^the (validation )?loss is (nan|inf) at step \d+: lower training.learning_rate"
    with pytest.raises(ConfigError, match=message):
        fit([store], settings, tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("why", ["unknown", "N", "weight 0"])
def test_fit_refuses_to_validate_on_nothing(tmp_path: Path, why: str) -> None:
    rng = np.random.default_rng(1)
    codes, labels = rng.integers(0, 4, 6_000, np.uint8), rng.integers(0, 3, 6_000, np.uint8)
    other, hidden = codes.copy(), np.zeros(6_000, np.uint8)
    if why == "unknown":
        hidden[30:] = UNKNOWN_LABEL  # some are known, but not in the windows that are looked at
    if why == "N":
        other[:] = N
    rows = [("a", "train", codes, labels), ("b", "valid", other, hidden)]
    store = store_of_contigs(tmp_path / "store", stranded_scheme(["CDS"]), rows)
    weights = [0, 1, 1] if why == "weight 0" else "none"
    settings = run_settings(steps=2, validation_windows=2, class_weights=weights)
    message = r"^no target of the validation windows counts: .* raise training\.validation_windows,"
    with pytest.raises(ConfigError, match=message):
        fit([store], settings, tmp_path / "model")


def test_fit_reports_every_mismatch_at_once(tmp_path: Path) -> None:
    stores = [
        planted_store(tmp_path / "first", ("score", 1000)),
        planted_store(tmp_path / "second", ("test", 1000)),
    ]
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "thesis.txt").touch()
    with pytest.raises(ConfigError) as caught:
        fit(stores, run_settings(), tmp_path / "model")
    found = caught.value.problems
    assert len(found) == 2
    assert found[0] == "no region of split 'train': the stores have score, test"
    assert found[1] == f"{tmp_path}/model is there already and holds thesis.txt: name a new folder"


def test_fit_refuses_a_class_that_no_training_base_has(tmp_path: Path) -> None:
    scheme = stranded_scheme(["CDS", "tRNA", "intron"])
    labels = np.zeros(600, np.uint8)
    labels[100:200] = scheme.states.index(State("tRNA", "-"))
    row = ("c", "train", np.zeros(600, np.uint8), labels)
    settings = run_settings()
    made = store_of_contigs(tmp_path / "s", scheme, [row])
    with pytest.raises(ConfigError, match=r"^no base to train on is CDS, intron: add"):
        fit([made], settings, tmp_path / "model")


@pytest.mark.parametrize("what", ["state", "logs"])
def test_fit_keeps_what_it_resumes_from_out_of_the_bundle(
    store: Store, tmp_path: Path, what: str
) -> None:
    out = tmp_path / "model"
    for place in (out, out / "x", tmp_path / "y/../model/x"):
        folders = {what: place}
        with pytest.raises(ConfigError) as caught:
            fit([store], run_settings(steps=2), out, **folders)
        (found,) = caught.value.problems[:1]
        assert found.startswith(f"the folder of {what}, {place}, is in {out}, which the bundle ")
        assert list(tmp_path.iterdir()) == []


def test_fit_refuses_a_file_with_a_key_twice(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("training:\n  steps: 2\n  clip: 1\n  steps: 3\n")
    with pytest.raises(
        ConfigError, match=r"run\.yaml: training\.steps: .* in lines 2 and 4: rename"
    ):
        fit([store], file, tmp_path / "model")
    file.write_text("training: {clip: .inf}\n")
    with pytest.raises(ConfigError, match=r"run\.yaml: training\.clip: Input should be a finite"):
        fit([store], file, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_fit_refuses_an_absent_device(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"^device 'cuda:99': \d+ CUDA GPUs are visible"):
        fit([store], run_settings(), tmp_path / "model", device="cuda:99")
    with pytest.raises(BackendError, match=r"^device 'abacus': use cpu, cuda, or cuda:N"):
        fit([store], run_settings(), tmp_path / "model", device="abacus")


def test_balanced_class_weights_come_from_the_training_regions(
    store: Store, tmp_path: Path
) -> None:
    balanced = fit([store], run_settings(steps=2, class_weights="balanced"), tmp_path / "balanced")
    plain = fit([store], run_settings(steps=2), tmp_path / "plain")
    assert not torch.equal(balanced.model.head.projection.bias, plain.model.head.projection.bias)


def test_fit_leaves_the_callers_random_numbers_alone(store: Store, tmp_path: Path) -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    fit([store], run_settings(steps=2), tmp_path / "model")
    assert torch.equal(torch.rand(1), expected)


class Halves(Dataset[Batch]):
    """Each batch of another data set as two micro-batches."""

    def __init__(self, whole: Dataset[Batch]) -> None:
        self.whole = whole

    def __getitem__(self, number: int) -> Batch:
        whole = self.whole[number // 2]
        half = len(whole.ids) // 2
        part = slice(0, half) if number % 2 == 0 else slice(half, None)
        assert whole.labels is not None
        return Batch(whole.ids[part], whole.labels[part], whole.codes[part])


def test_accumulated_batches_equal_one_of_double_size(store: Store, tmp_path: Path) -> None:
    usual = run_settings(batch=8, steps=20)
    windows = TrainingWindows([store], usual.model.tokenizer, 300, usual.training)
    found = []
    for accumulate, data in ((1, windows), (2, Halves(windows))):
        settings = parse_settings(
            RunSettings,
            {
                "model": SMALL | {"dropout": 0.0},
                "training": {"steps": 20, "accumulate": accumulate, "precision": "fp32"},
            },
        )
        assert store.scheme is not None
        task = PerBase(store.scheme)
        with open_state(tmp_path / str(accumulate), {}) as state:
            torch.manual_seed(1)
            model = build_model(settings.model, task)
            device = torch.device("cpu")
            training = Training(settings, task, model, data, None, state, tmp_path, device)
            training.go_on()
        assert training.progress.step == 20
        found.append(torch.cat([value.flatten() for value in training.model.state_dict().values()]))
    assert torch.allclose(*found, atol=1e-4)
