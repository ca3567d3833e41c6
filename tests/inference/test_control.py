"""A control that is learned beside the sequence, from files to tracks with and without it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings, RunSettings
from genoseq.errors import ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import signal_scheme
from genoseq.genome.sequences import decode
from genoseq.inference.evaluate import evaluate
from genoseq.inference.predict import Predictor
from genoseq.inference.score_files import score_files
from genoseq.inference.strands import predict_regions
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, load_bundle
from genoseq.readers.fasta import open_fasta
from genoseq.readers.signal import open_signal
from genoseq.store.build import tokenize
from genoseq.store.files import CONTROLS
from genoseq.store.store import Store
from genoseq.tasks.control import Control
from genoseq.tasks.per_base import PerBase
from genoseq.training.fit import fit

LENGTHS = {"train": 20_000, "valid": 5_000, "test": 5_000}
SCHEME = signal_scheme([("x", "+"), ("x", "-"), ("y", ".")])


def bedgraph(path: Path, values: dict[str, NDArray[Any]]) -> Path:
    """Every base with a value, a line each."""
    rows = [
        f"{chrom}\t{at}\t{at + 1}\t{value:g}\n"
        for chrom, own in values.items()
        for at, value in enumerate(own)
        if not np.isnan(value)
    ]
    path.write_text("".join(rows))
    return path


class Made:
    """Counts: more of them where a stretch is rich in A, or in T, times the strand's control."""

    def __init__(self, folder: Path) -> None:
        rng = np.random.default_rng(4)
        self.fasta = folder / "genome.fa"
        text, values = [], {name: {} for name in ("x+", "x-", "c+", "c-")}
        for chrom, length in LENGTHS.items():
            kinds = np.repeat(rng.integers(0, 3, length // 100), 100)
            codes = rng.integers(0, 4, length, np.uint8)
            rich = rng.random(length) < 0.5
            codes[rich & (kinds == 1)] = 0
            codes[rich & (kinds == 2)] = 3
            text.append(f">{chrom}\n{decode(codes).decode()}\n")
            for strand, kind in (("+", 1), ("-", 2)):
                control = np.repeat(rng.gamma(1, 20, length // 50), 50)
                rate = np.where(kinds == kind, 2.0, 0.3) * control
                values[f"x{strand}"][chrom] = rng.poisson(rate).astype(float)
                values[f"c{strand}"][chrom] = control
        self.fasta.write_text("".join(text))
        values["c+"]["test"][:700] = np.nan
        self.paths = {
            name: bedgraph(folder / f"{name}.bedgraph", own) for name, own in values.items()
        }
        regions = [f"{chrom}\t0\t{length}\t{chrom}\n" for chrom, length in LENGTHS.items()]
        (folder / "regions.bed").write_text("".join(regions))
        self.folder = folder

    def texts(self, name: str, of: str) -> list[str]:
        """Both strands of a file as options."""
        return [f"{name}{strand}={self.paths[f'{of}{strand}']}" for strand in "+-"]

    def store(self, name: str, controls: Sequence[str] = (), use: str = "learn") -> Store:
        labels = {"scheme": "signal", "signals": {"control": use} if controls else {}}
        bed = self.folder / "regions.bed"
        signals = self.texts("x", "x")
        out = self.folder / name
        return tokenize(
            self.fasta, out=out, regions=bed, signals=signals, controls=controls, labels=labels
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("control"))


@pytest.fixture(scope="module")
def learned(made: Made) -> Path:
    """A model that was trained with the control."""
    training = {"steps": 80, "window": 300, "batch": 8, "validate_every": 40, "precision": "fp32"}
    training |= {"loss": "poisson", "learning_rate": 0.03}
    model = {"embedding": 4, "stem": {"width": 8}, "encoder": {"width": 8}}
    settings = parse_settings(RunSettings, {"model": model, "training": training})
    fit([made.store("with", made.texts("x", "c"))], settings, made.folder / "model", context=384)
    return made.folder / "model"


def test_control_is_learned_and_what_is_told_without_is_free_of_it(
    made: Made, learned: Path
) -> None:
    bundle = load_bundle(learned)
    weight = bundle.model.offset.weight  # one for both strands
    assert weight.tolist() == pytest.approx([1.0], abs=0.25)
    bare = made.store("bare")
    shown, alone = (
        evaluate(bundle, [store], bins=[1], device="cpu").metrics["signals"]
        for store in (made.folder / "with", bare)
    )
    for row, other in zip(shown, alone, strict=True):
        assert row["pearson"] > other["pearson"] + 0.2
    predictor = Predictor(bundle, "cpu")
    with open_fasta(made.fasta) as genome:
        (piece,) = predict_regions(predictor, genome, [Region("test", 1_000, 5_000)])
    with open_signal(made.paths["c-"]) as file:
        control = np.log1p(file.values("test", 1_000, 5_000))
    assert abs(np.corrcoef(np.log(piece.values[1]), control)[0, 1]) < 0.2


def test_tracks_with_a_control_are_those_without_times_what_it_says(
    made: Made, learned: Path, tmp_path: Path
) -> None:
    bundle = load_bundle(learned)
    task = bundle.task
    assert isinstance(task, PerBase)
    assert task.control is not None
    weight = bundle.model.offset.weight[0].item()
    # Any name: it is one control of all; its strands are those of the signals.
    written = {"with": made.texts("RNaseH", "c"), "without": []}
    for name, control in written.items():
        score_files(made.fasta, learned, tmp_path / name, control=control, device="cpu")
    for strand, word, mean in zip("+-", ("plus", "minus"), task.control.means, strict=True):
        told = []
        for name in written:
            with open_signal(tmp_path / name / f"x.{word}.bw") as file:
                told.append(file.values("test", 0, 5_000))
        with open_signal(made.paths[f"c{strand}"]) as file:
            control = np.log1p(file.values("test", 0, 5_000).astype(np.float64))
        expected = np.exp(weight * np.where(np.isnan(control), 0, control - mean))
        np.testing.assert_allclose(told[0] / told[1], expected, rtol=1e-4)
        assert (strand == "-") or np.array_equal(told[0][:700], told[1][:700])
    record = json.loads((tmp_path / "with/provenance.json").read_text())
    assert list(record["inputs"]["control 2"]) == ["c-.bedgraph"]
    assert len(record["settings"]["control"]) == 2


def test_means_are_of_training_regions_and_both_strands(made: Made, learned: Path) -> None:
    del learned  # whose store it is
    values = []
    for strand in "+-":
        with open_signal(made.paths[f"c{strand}"]) as file:
            values.append(np.log1p(file.values("train", 0, LENGTHS["train"]).astype(np.float64)))
    store = made.store("again", made.texts("x", "c"))
    found = Control.of([store], np.array([1, 0]))
    assert found is not None
    assert found.means == pytest.approx([np.mean(values)] * 2, rel=1e-6)
    assert (store.path / CONTROLS).stat().st_size == sum(LENGTHS.values()) * 2 * 4
    bare = made.store("bare")
    assert Control.of([bare], np.array([1, 0])) is None
    with pytest.raises(ConfigError, match=r"bare: its controls are not as those of .*again: token"):
        Control.of([store, bare], np.array([1, 0]))


def test_control_of_a_store_may_be_taken_off_instead(made: Made) -> None:
    store = made.store("less", made.texts("x", "c"), "subtract")
    assert not store.columns_beside
    kept = made.store("kept", made.texts("x", "c"))
    labels, control = kept.labels("valid", 0, 50), kept.beside(CONTROLS, "valid", 0, 50)
    np.testing.assert_allclose(store.labels("valid", 0, 50), np.maximum(labels - control, 0))


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("loss", ["mse", "negative-binomial"])
def test_controls_are_added_to_what_values_are_made_of(made: Made, tied: bool, loss: str) -> None:
    control = Control((0.5, 0.5, 1.0), "unknown", "none")
    task = PerBase(
        SCHEME, loss, control=control, factors=(2.0, 2.0, 3.0) if loss == "mse" else None
    )
    small = {"embedding": 4, "stem": {"width": 8}, "encoder": {"width": 8}, "tied_strands": tied}
    settings = parse_settings(ModelSettings, small)
    torch.manual_seed(3)
    model = build_model(settings, task).eval()
    with torch.no_grad():
        model.offset.weight.copy_(torch.tensor([0.7, -0.4]))
    predictor = Predictor(Bundle(model, settings, task, 96), "cpu", "fp32")
    controls = np.random.default_rng(1).gamma(1, 5, (5_000, 3)).astype(np.float32)
    controls[40:90, 1] = np.nan
    with open_fasta(made.fasta) as genome:
        where = genome, [Region("test", 0, 400)]
        (found,) = predict_regions(predictor, *where, control=lambda _, a, b: controls[a:b])
        (logits,) = predict_regions(predictor, *where, "logits")
        (plain,) = predict_regions(predictor, *where)
    assert not np.allclose(found.values, plain.values)
    np.testing.assert_allclose(found.values[1, 40:90], plain.values[1, 40:90], rtol=1e-5)
    if tied:
        means, weights = np.array(control.means), np.array([0.7, 0.7, -0.4])
        added = np.nan_to_num((np.log1p(controls[:400]) - means) * weights).T
        outputs = torch.from_numpy(logits.values).clone()
        outputs[:3] += torch.from_numpy(added)
        expected = task.values(outputs, dim=0).numpy()
        np.testing.assert_allclose(found.values, expected, rtol=1e-4)


def test_offset_is_the_same_on_the_reverse_complement() -> None:
    task = PerBase(SCHEME, "poisson", control=Control((0.5, 0.5, 1.0), "unknown", "none"))
    offset = task.offset()
    assert offset is not None
    with torch.no_grad():
        next(offset.parameters()).copy_(torch.tensor([0.7, -0.4]))
        outputs, controls = torch.randn(2, 9, 3), torch.rand(2, 9, 3) * 8
        turned = offset(outputs.flip(1)[..., task.mirror], controls.flip(1)[..., task.mirror])
        torch.testing.assert_close(turned.flip(1)[..., task.mirror], offset(outputs, controls))


@pytest.mark.parametrize(
    "control",
    [3, {}, {"means": [1.0], "gaps": "zero", "normalise": "none"}]
    + [{"means": [1.0, 1.0, bad], "gaps": "zero", "normalise": "none"} for bad in ("x", np.inf)]
    + [{"means": [1.0] * 3, "gaps": "one", "normalise": "none"}],
)
def test_task_refuses_a_control_that_is_none(control: Any) -> None:
    task = PerBase(SCHEME, control=Control((0.5, 0.5, 1.0), "unknown", "none"))
    assert PerBase.from_json(task.to_json()) == task
    with pytest.raises(ConfigError, match="not a per-base task: control"):
        PerBase.from_json(task.to_json() | {"control": control})


def test_controls_that_a_model_does_not_know_are_refused(made: Made, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has learned no control: leave out --control"):
        score_files(made.fasta, None, tmp_path / "out", control=made.texts("x", "c"))
    with pytest.raises(ConfigError, match=r"--learn-control\): needs a --control"):
        tokenize(
            made.fasta,
            out=tmp_path / "store",
            signals=made.texts("x", "x"),
            labels={"scheme": "signal", "signals": {"control": "learn"}},
        )
