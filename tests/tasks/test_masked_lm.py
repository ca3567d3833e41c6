"""The masked language model: what is hidden cannot be read, and each base is hidden once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from language import bases, settings_of, tokenizer_of
from planted import planted_store
from torch import Tensor

import genoseq as gs
from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.config.tasks import hiding_passes
from genoseq.data.batch import Batch
from genoseq.data.dataset import TrainingWindows
from genoseq.errors import ConfigError
from genoseq.models.build import build_model
from genoseq.tasks.masked_lm import MaskedLm
from genoseq.tasks.registry import build_task, task_from_json
from genoseq.tokenizers.vocabulary import MASK

torch.set_num_threads(1)
NETWORKS: list[dict[str, Any]] = [
    {"tokenizer": {"k": k, "stride": stride}, "stem": stem, "embedding": 4, "encoder": encoder}
    for k, stride in [(1, 1), (3, 1), (6, 1), (3, 3), (5, 2), (6, 4)]
    for stem, encoder in [
        (None, {"width": 4}),
        ({"stride": 3, "kernel": 9, "width": 6}, {"family": "gru", "width": 4}),
        (None, {"family": "transformer", "layers": 1, "width": 8, "heads": 2}),
    ]
]


def ids_of(network: dict[str, Any], codes: Tensor) -> Tensor:
    tokenizer = tokenizer_of(settings_of(network))
    return torch.from_numpy(tokenizer.encode_rows(codes.numpy()).astype(np.int64))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("share", [0.15, 0.5])
def test_network_cannot_read_a_hidden_base(network: dict[str, Any], share: float) -> None:
    """Other bases in the place of those hidden: the network is shown the same, bit for bit."""
    settings, codes = settings_of(network), bases(4, 180)
    task = MaskedLm(settings.tokenizer.k, share, 5)
    model = build_model(settings, task).eval()
    shown, targets = task.prepare(Batch(ids_of(network, codes), None, codes), _rng())
    hidden = targets < 4
    changes = torch.from_numpy(_rng().integers(1, 4, codes.shape, np.uint8))
    others = torch.where(hidden, (codes + changes) % 4, codes)
    again, told = task.prepare(Batch(ids_of(network, others), None, others), _rng())
    assert torch.equal(shown, again)
    assert torch.equal(model(shown), model(again))
    assert torch.equal(told < 4, hidden)
    assert torch.equal(targets[hidden], codes[hidden].long())
    # Whatever is masked reads a hidden base.
    k, stride = settings.tokenizer.k, settings.tokenizer.stride
    reads = ids_of(network, codes) != ids_of(network, others)
    assert reads[shown == MASK].float().mean() > (0.7 if k > 1 else 0.99)
    assert not reads[shown != MASK].any()
    assert shown.shape == (4, 180 // stride)


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_hidden_spans_have_the_share_and_the_length_that_were_asked_for() -> None:
    rng = np.random.default_rng(1)
    drawn = np.concatenate([MaskedLm(3, 0.15, 6).drawn(1_000, rng) for _ in range(300)])
    assert drawn.mean() == pytest.approx(0.15, abs=0.005)
    ends = np.flatnonzero(np.diff(drawn.astype(int)) == -1)
    starts = np.flatnonzero(np.diff(drawn.astype(int)) == 1)
    assert drawn.sum() / min(len(starts), len(ends)) == pytest.approx(6, abs=0.3)


@pytest.mark.parametrize("network", NETWORKS)
def test_predicted_hides_each_base_once_and_nothing_is_read(network: dict[str, Any]) -> None:
    settings, codes = settings_of(network), bases(2, 72, letters=5)
    task, tokenizer = MaskedLm(settings.tokenizer.k, 0.2, 4), tokenizer_of(settings)
    torch.manual_seed(1)
    model = build_model(settings, task).eval().requires_grad_(False)
    values = task.predicted(model, tokenizer, codes)
    assert torch.equal(values[..., 0].isnan(), codes == 4)
    letters = []
    for letter in range(4):  # the chances of all letters in the place of a base add up to one
        other = codes.clone()
        other[:, 30] = letter
        told = task.predicted(model, tokenizer, other)[:, 30, 0]
        letters.append(torch.exp2(-told))
    torch.testing.assert_close(torch.stack(letters).sum(0), torch.ones(2))
    assert hiding_passes(0.2) == 4


def test_even_k_on_the_reverse_strand_is_masked_by_the_same_rule(tmp_path: Any) -> None:
    """Of windows that are reverse-complemented the tokens read bases one further on."""
    store = planted_store(tmp_path / "s", ("train", 3_000))
    run = parse_settings(
        RunSettings, {"model": {"tokenizer": {"k": 4}}, "training": {"batch": 8, "window": 120}}
    )
    windows = TrainingWindows([store], run.model.tokenizer, 120, run.training)
    task, tokenizer = MaskedLm(4, 0.3, 3), tokenizer_of(run.model)
    batch = windows[0]
    shown, targets = task.prepare(batch, _rng())
    hidden = (targets < 4).numpy()
    other = np.where(hidden, (batch.codes.numpy() + 1) % 4, batch.codes.numpy()).astype(np.uint8)
    for ids, mine, codes in zip(batch.ids, shown, other, strict=True):
        found = torch.from_numpy(tokenizer.encode(codes).astype(np.int64))
        inside = slice(2, -2)  # those at the ends read bases beside the window
        kept = (mine != MASK)[inside]
        assert torch.equal(found[inside][kept], ids[inside][kept])


def test_task_is_told_by_its_settings_and_by_its_bundle(tmp_path: Any) -> None:
    store = planted_store(tmp_path / "s", ("train", 3_000))
    asked = {"task": {"name": "masked-lm", "share": 0.25, "span": 9}}
    task = build_task(parse_settings(RunSettings, asked), [store])
    assert task == task_from_json(task.to_json()) == MaskedLm(3, 0.25, 9)
    tied = parse_settings(RunSettings, asked | {"model": {"tied_strands": True}})
    with pytest.raises(ConfigError, match=r"tied_strands: a masked-lm reads one strand at a time"):
        build_task(tied, [store])
    with pytest.raises(ConfigError, match=r"not a masked-lm: it has k, share and span"):
        task_from_json({"name": "masked-lm"})


def test_classes_are_learned_from_a_masked_language_model(tmp_path: Any) -> None:
    store = planted_store(tmp_path / "s", ("train", 6_000), ("valid", 3_000))
    training = {"steps": 20, "batch": 4, "window": 300, "validate_every": 20}
    model = {"embedding": 4, "stem": {"width": 8}, "encoder": {"width": 8}}
    settings = {"model": model, "training": training, "task": {"name": "masked-lm"}}
    first = gs.fit([store], settings, tmp_path / "first")
    for freeze in (False, True):
        asked = {"training": training}
        made = gs.fit(
            [store], asked, tmp_path / f"{freeze}", init=tmp_path / "first", freeze=freeze
        )
        assert made.task.name == "per-base"
        taken = made.model.encoder.state_dict()
        same = [
            torch.equal(taken[name], was) for name, was in first.model.encoder.state_dict().items()
        ]
        assert all(same) == freeze
        assert made.provenance["start"]["freeze"] is freeze
    other = {"training": training, "model": model | {"tokenizer": {"k": 4}}}
    with pytest.raises(ConfigError, match=r"the network to go on from has model.tokenizer.k 3"):
        gs.fit([store], other, tmp_path / "other", init=tmp_path / "first")
