"""Part of `constants.py`: main memory of models, and the constants that fit it."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from constants_runs import STATES, encoder, families, run, stored

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.plan import constants
from genoseq.plan.costs import cost_of, predicting_memory, training_memory, work_of

Precision = Literal["bf16", "fp32"]
BASES = 38_000
"""With context about a batch."""
CASES = {
    "lstm-1x64": encoder("lstm"),
    "lstm-2x128-no-stem": encoder("lstm", 2, 128, stem=None),
    "lstm-4x256": encoder("lstm", 4, 256),
    "lstm-4x1024": encoder("lstm", 4, 1024),
    "gru-2x512": encoder("gru", 2, 512),
    "rnn-2x512": encoder("rnn", 2, 512),
    "transformer-4x96": encoder("transformer"),
    "transformer-4x96-full": encoder("transformer", window=None),
    "transformer-2x256-registers": encoder("transformer", 2, 256, heads=4, registers=4),
    "transformer-2x512-shared": encoder("transformer", 2, 512, heads=8, key_value_heads=1),
    "transformer-4x512-gelu": encoder(
        "transformer", 4, 512, heads=8, feed_forward="gelu", expansion=4
    ),
    "transformer-6x384": encoder("transformer", 6, 384, heads=6),
    "transformer-6x384-twice": encoder("transformer", 6, 384, heads=6, checkpoint=True),
    "transformer-4x1024": encoder("transformer", 4, 1024, heads=16),
    "transformer-12x768": encoder("transformer", 12, 768, heads=12),
    "transformer-k8": encoder("transformer", tokenizer={"k": 8}, embedding=512),
    "transformer-24x1024": encoder("transformer", 24, 1024, heads=16),
}
BATCHES = {
    "lstm-1x64": 16,
    "lstm-4x256": 16,
    "lstm-4x1024": 2,
    "transformer-4x96": 16,
    "transformer-6x384": 8,
    "transformer-6x384-twice": 8,
    "transformer-4x1024": 4,
}
"""Windows of a batch of those that are trained."""


class Peak(NamedTuple):
    """A peak in MB, and what adds up to it by the name of its constant, in millions or once."""

    megabytes: float
    parts: dict[str, float]


def random_store(folder: Path) -> Path:
    """Store of random bases with some genes; beside it ``score.fa``, one batch."""
    for name, bases in (("train", 400_000), ("score", BASES)):
        letters = "".join(random.Random(1).choices("ACGT", k=bases))
        (folder / f"{name}.fa").write_text(f">c\n{letters}\n")
    genes = (f"c\tx\tCDS\t{at}\t{at + 899}\t.\t+\t0\tID=g{at}" for at in range(1, 399_000, 3000))
    (folder / "genes.gff3").write_text("\n".join(["##gff-version 3", *genes]) + "\n")
    stored(folder, folder / "train.fa", folder / "genes.gff3")
    return folder / "store"


def measured(case: str, folder: Path, store: Path, precision: Precision) -> tuple[float, float]:
    """Peaks of a training and of scoring, in MB."""
    model, settings = folder / case, json.dumps(settings_of(case, precision))
    trained = run(model, "train", store, "--settings", settings).memory
    words = ("score", folder / "score.fa", "-m", model, "--formats", "scores", "--jobs", "1")
    return trained, run(folder / f"{case}.scores", *words, "--precision", precision).memory


def settings_of(case: str, precision: Precision) -> dict[str, object]:
    """Settings of three steps of a case."""
    training = {"steps": 3, "validate_every": 2, "batch": BATCHES.get(case, 4)}
    return {"model": CASES[case], "training": training | {"precision": precision}}


def peaks_of(
    asked: RunSettings, peaks: tuple[float, float], precision: Precision
) -> tuple[Peak, Peak]:
    """The peaks with their parts, as :mod:`genoseq.plan.costs` adds them up."""
    training, cost = asked.training, cost_of(asked)
    work = work_of(asked, STATES, training.window)
    weights, kept = work.weights / 1e6, training.batch * training.window * work.kept / 1e6
    kind = kind_of(asked.model.encoder.family)
    trained = {"TRAINING_MEGABYTES": 1, "TRAINED_BYTES": weights, f"kept_bytes {kind}": kept}
    told = predicting_memory(asked, STATES, precision) - cost.start
    scored = {f"start {kind}": 1.0}
    if told > constants.LOADING_BYTES * weights * 1.001:
        held = (told - constants.LOADED_BYTES[precision] * weights) / cost.number_bytes[precision]
        scored |= {"LOADED_BYTES": weights, f"number_bytes {kind}": held}
    else:
        scored["LOADING_BYTES"] = weights
    return Peak(peaks[0], trained), Peak(peaks[1], scored)


def kind_of(family: str) -> str:
    """Families that share their memory's constants."""
    return family if family == "transformer" else "recurrent"


def fitted(peaks: list[Peak]) -> dict[str, float]:
    """Constants with the least relative errors; none if there are too few peaks to tell."""
    names = sorted({name for peak in peaks for name in peak.parts})
    rows = [[peak.parts.get(name, 0) / peak.megabytes for name in names] for peak in peaks]
    if not rows or np.linalg.matrix_rank(rows) < len(names):
        return {}
    found = np.linalg.lstsq(np.array(rows), np.ones(len(rows)), rcond=None)[0]
    return {name: float(f"{each:.3g}") for name, each in zip(names, found, strict=True)}


def memory(cases: Iterable[str], precision: Precision) -> Iterator[str]:
    """Peaks of trainings and predictions, their estimates, and what fits the peaks better."""
    trained, scored, twice = [], [], []
    yield f"{'model':<29}{'M weights':>9}{'train':>7}{'told':>7}{'score':>7}{'told':>7}"
    with tempfile.TemporaryDirectory() as name:
        store = random_store(Path(name))
        for case in cases:
            peaks = measured(case, Path(name), store, precision)
            asked = parse_settings(RunSettings, settings_of(case, precision))
            told = training_memory(asked, STATES), predicting_memory(asked, STATES, precision)
            work = work_of(asked, STATES, asked.training.window)
            numbers = f"{peaks[0]:>7.0f}{told[0]:>7.0f}{peaks[1]:>7.0f}{told[1]:>7.0f}"
            yield f"{case:<29}{work.weights / 1e6:>9.2f}{numbers}"
            training, scoring = peaks_of(asked, peaks, precision)
            (twice if work.computed_twice else trained).append(training)
            scored.append(scoring)
    yield from lines(fitted(trained), twice, fitted(scored), precision)


def lines(
    trained: dict[str, float], twice: list[Peak], scored: dict[str, float], precision: Precision
) -> Iterator[str]:
    """The constants in their form, those of today where there were too few cases to fit them."""

    def found(name: str, now: float) -> float:
        return (trained | scored).get(name, now)

    base = found("TRAINING_MEGABYTES", constants.TRAINING_MEGABYTES)
    weight = found("TRAINED_BYTES", constants.TRAINED_BYTES)
    kept = found("kept_bytes transformer", constants.FAMILIES["transformer"].kept_bytes)
    parts = [
        (peak.megabytes - base - weight * peak.parts["TRAINED_BYTES"])
        / (kept * peak.parts["kept_bytes transformer"])
        for peak in twice
    ]
    yield f"TRAINING_MEGABYTES = {base:.0f}"
    yield f"TRAINED_BYTES = {weight:.2g}"
    yield f"KEPT_TWICE = {float(np.mean(parts)) if parts else constants.KEPT_TWICE:.2g}"
    yield f"LOADING_BYTES = {found('LOADING_BYTES', constants.LOADING_BYTES):.2g}"
    loaded = found("LOADED_BYTES", constants.LOADED_BYTES[precision])
    both = constants.LOADED_BYTES | {precision: float(f"{loaded:.2g}")}
    yield f"LOADED_BYTES = {json.dumps(both)}"
    costs = dict(constants.FAMILIES)
    for family, cost in costs.items():
        kind = kind_of(family)
        numbers = found(f"number_bytes {kind}", cost.number_bytes[precision])
        costs[family] = cost._replace(
            start=found(f"start {kind}", cost.start),
            number_bytes=cost.number_bytes | {precision: numbers},
            kept_bytes=found(f"kept_bytes {kind}", cost.kept_bytes),
        )
    yield from families(costs)
