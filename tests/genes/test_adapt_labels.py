"""Labels that a genome's own certain genes give, and the store that a network learns them from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from planted_genes import (
    CERTAIN,
    PlantedGenome,
    calls_of,
    labels_of,
    planted_genome,
)

from genoseq.genes.adapt_store import BLOCK, write_self_store
from genoseq.genes.call import GeneCalls, call_genes
from genoseq.genes.content import Values
from genoseq.genes.layout import Contig, contig
from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.models.bundle import Bundle
from genoseq.store.store import Store
from genoseq.tasks.per_base import PerBase


@pytest.fixture
def planted() -> PlantedGenome:
    return planted_genome(40, seed=5)


def test_self_labels_are_true_or_unknown(planted: PlantedGenome) -> None:
    found = labels_of(calls_of(False, a=planted))
    (labels,) = found.contigs
    known = labels != UNKNOWN_LABEL
    assert found.genes == found.chosen == len(planted.genes)
    assert found.known == pytest.approx(known.mean())
    assert known.mean() > 0.8
    assert (labels[known] == planted.states[known]).all()
    assert set(np.unique(labels[known])) == set(range(7))


def test_self_labels_of_a_doubtful_gene_are_unknown(planted: PlantedGenome) -> None:
    values = planted.values()
    start, end, _ = planted.genes[7]
    values[:, start:end] = 1 / 7

    def scorer(_: Sequence[Contig]) -> Sequence[Values]:
        return [values]

    calls = call_genes([contig("a", planted.codes)], scorer, CERTAIN, code=11)
    (labels,) = labels_of(calls).contigs
    assert (labels[start + 60 : end] == UNKNOWN_LABEL).all()


def test_self_labels_of_a_circle_are_those_wherever_it_is_cut(planted: PlantedGenome) -> None:
    start, end, _ = planted.genes[3]
    whole = calls_of(True, a=planted)
    cut = calls_of(True, a=planted.turned((start + end) // 2))
    (one,), (other,) = labels_of(whole).contigs, labels_of(cut).contigs
    assert (one == other).all()
    states = np.roll(planted.states, -whole.decoded.genome.layout.contigs[0].turned)
    known = one != UNKNOWN_LABEL
    assert (one[known] == states[known]).all()


def self_store(path: Path, calls: GeneCalls, bundle: Bundle) -> Store:
    assert isinstance(bundle.task, PerBase)
    contigs = calls.decoded.genome.layout.contigs
    return write_self_store(path, contigs, labels_of(calls).contigs, bundle.task.scheme, range(7))


def test_write_self_store_does_not_depend_on_order_or_names(bundle: Bundle, tmp_path: Path) -> None:
    one, other = planted_genome(12, seed=2), planted_genome(9, seed=3)
    first = self_store(tmp_path / "first", calls_of(False, a=one, b=other), bundle)
    second = self_store(tmp_path / "second", calls_of(False, x=other, y=one), bundle)
    assert first.checksums == second.checksums


def test_write_self_store_holds_blocks_out(bundle: Bundle, tmp_path: Path) -> None:
    planted = planted_genome(800, seed=4)
    assert len(planted.codes) > 10 * BLOCK
    contigs = [contig("a", planted.codes)]
    labels = [planted.states.astype(np.uint8)]
    assert isinstance(bundle.task, PerBase)
    store = write_self_store(tmp_path / "s", contigs, labels, bundle.task.scheme, range(7))
    held = store.regions.bases[store.regions.of_split("valid")].sum()
    assert 0.04 < held / len(planted.codes) < 0.2
    assert store.regions.total_bases == len(planted.codes)
