"""The context that a model needs, measured on stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planted import planted_store, store_of_contigs
from torch import Tensor, nn

from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import Scheme, signal_scheme, stranded_scheme
from genoseq.models.build import build_model
from genoseq.models.context import CONTEXTS, measure_context
from genoseq.store.store import Store
from genoseq.tasks.per_base import PerBase

SETTINGS = parse_settings(
    ModelSettings, {"embedding": 4, "stem": None, "tokenizer": {"k": 1}, "encoder": {"width": 2}}
)
SCHEME = stranded_scheme(["CDS"])


class Remembers(nn.Module):
    """States that tell whether there is a base so many bases before, or with minus behind."""

    outputs = 1

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, vectors: Tensor) -> Tensor:
        states = vectors.new_zeros(*vectors.shape[:2], 1)
        states[:, self.steps :] = 1
        if self.steps < 0:
            states[:, : self.steps], states[:, self.steps :] = 1, 0
        return states


def measured(store: Store, steps: int, scheme: Scheme = SCHEME) -> Any:
    task = PerBase(scheme)
    model = build_model(SETTINGS, task, Remembers(steps)).eval()
    return measure_context(model, task, [store])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("long")
    return planted_store(folder / "store", ("train", 20_000), ("valid", 15_000), ("valid", 900))


@pytest.mark.parametrize(
    ("steps", "context"),
    [(0, 384), (300, 384), (384, 384), (400, 768), (-400, 768), (2_000, 2_304), (-384, 384)],
)
def test_context_is_the_least_beyond_which_nothing_moves(
    store: Store, steps: int, context: int
) -> None:
    found = measured(store, steps)
    assert (found.context, found.moved) == (context, 0)
    assert found.bases == 32 * 2 * 6_144


def test_context_is_the_largest_where_more_moves_beyond(store: Store) -> None:
    found = measured(store, 4_000)
    assert found.context == CONTEXTS[-1]
    # Of the bases from 3,072 on, those up to 4,000, behind one of the two cuts of a window.
    assert found.moved == pytest.approx((4_000 - 3_072) / (15_360 - 2 * 3_072))
    assert str(found) == (
        "3,072 bp: sequence further away moves 10.069% of bases by more than 0.01, of 393,216"
    )


def test_context_of_signals_is_told_by_their_spread(store: Store) -> None:
    assert measured(store, 400, signal_scheme([("x", ".")])).context == 768


def test_contexts_are_as_long_as_contigs_let_them_be(tmp_path: Path) -> None:
    assert measured(planted_store(tmp_path / "a", ("train", 1_600)), 700).context == 768
    assert measured(planted_store(tmp_path / "b", ("train", 700)), 0) is None


def test_context_is_measured_in_regions_of_contigs_that_are_long_enough(tmp_path: Path) -> None:
    rows = [(f"c{n}", "valid", np.zeros(500, np.uint8), np.zeros(500, np.uint8)) for n in range(9)]
    rows.append(("long", "train", np.zeros(9_000, np.uint8), np.zeros(9_000, np.uint8)))
    found = measured(store_of_contigs(tmp_path / "s", SCHEME, rows), 0)
    assert found.bases == 32 * 9_000
