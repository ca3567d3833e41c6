"""The task that maps sequences to sequences: what it shows, what it asks, what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pairs import toy_settings, toy_store

import genoseq.models.decoders  # noqa: F401  known from here on
from genoseq.config.base import parse_settings
from genoseq.config.decoders import LstmDecoderSettings
from genoseq.config.schema import RunSettings
from genoseq.data.pairs import PairBatch
from genoseq.errors import ConfigError
from genoseq.genome.alphabets import DNA, PROTEIN
from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.tasks.registry import build_task, task_from_json
from genoseq.tasks.seq2seq import Seq2Seq

TASK = Seq2Seq(LstmDecoderSettings(width=8), DNA, 9)
NONE = UNKNOWN_LABEL


def test_prepare_shows_the_letter_before_and_asks_for_the_end() -> None:
    letters = torch.tensor([[0, 1, 3], [2, NONE, NONE]])
    batch = PairBatch(torch.zeros(2, 6, dtype=torch.int64), torch.tensor([6, 2]), letters)
    (ids, lengths, shown), targets = TASK.prepare(batch, np.random.default_rng(0))
    assert ids is batch.ids
    assert lengths is batch.lengths
    assert (TASK.end, TASK.begin, TASK.outputs) == (5, 6, 6)
    assert targets.tolist() == [[0, 1, 3, 5], [2, 5, NONE, NONE]]
    assert shown[0].tolist() == [6, 0, 1, 3]
    assert shown[1, :2].tolist() == [6, 2]


def test_loss_is_the_cross_entropy_of_known_tokens() -> None:
    torch.manual_seed(1)
    outputs, targets = torch.randn(2, 3, 6), torch.tensor([[0, 5, NONE], [1, 2, 5]])
    log_p = outputs.log_softmax(-1)
    wanted = -sum(log_p[row, at, targets[row, at]] for row, at in ((targets != NONE).nonzero()))
    total, weight = TASK.loss(outputs, targets)
    torch.testing.assert_close(total, wanted)
    assert int(weight) == 5
    smooth = Seq2Seq(TASK.decoder, DNA, 9, smoothing=0.1).loss(outputs, targets)[0]
    spread = -sum(log_p[row, at].mean() for row, at in ((targets != NONE).nonzero()))
    torch.testing.assert_close(smooth, 0.9 * wanted + 0.1 * spread)


def test_json_is_read_back() -> None:
    made = task_from_json(TASK.to_json())
    assert made == TASK
    with pytest.raises(ConfigError, match="not a seq2seq task"):
        task_from_json({**TASK.to_json(), "alphabet": "music"})
    with pytest.raises(ConfigError, match="family 'poet': use lstm, transformer or monotonic"):
        task_from_json({**TASK.to_json(), "decoder": {"family": "poet"}})


def test_task_says_what_of_settings_and_stores_does_not_suit(tmp_path: Path) -> None:
    store, settings = toy_store(tmp_path), toy_settings()
    settings["model"]["tied_strands"] = True
    settings["training"] |= {"window": 5, "augment": {}, "loss": "focal"}
    with pytest.raises(ConfigError) as caught:
        build_task(parse_settings(RunSettings, settings), [store])
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "training.loss focal",
        "model.tied_strands",
        "training.augment.shortest",
        "training.window 5",
    ]
    settings = toy_settings()
    settings["training"]["window"] = 5
    with pytest.raises(ConfigError, match=r"^training\.window 5: the longest sequence of a p"):
        build_task(parse_settings(RunSettings, settings), [store])
    other = Seq2Seq(TASK.decoder, PROTEIN, 9)
    assert other.misfits([store], "the model", "score") == [
        f"{store.path}: its targets are dna, those of the model protein",
        "no pair of split 'score' in the stores",
    ]


def test_task_has_no_outputs_of_bases() -> None:
    with pytest.raises(ConfigError, match="used by genoseq translate: it says nothing of single"):
        TASK.output()
    with pytest.raises(ConfigError, match="says nothing of single bases"):
        _ = TASK.mirror
