"""Part of ``splice_sites.py``: OpenSpliceAI's networks, trained on windows of a store.

The networks are those of PyPI's openspliceai (``pip install --no-deps openspliceai``: its training
needs h5py, gffutils and more, its networks need PyTorch alone).  They tell the strand that they
read, so that each strand of a genome is read by itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from site_table import Counts
from torch import Tensor, nn
from torch.nn import functional

from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.store.store import Store
from genoseq.training.optimizer import learning_rate

CLASSES = ("splice_donor", "splice_acceptor")
DILATIONS = {80: (1, 1, 1, 1), 400: (1, 1, 1, 1, 4, 4, 4, 4)}
"""Of the residual units of each network, by the nt that it sees; 32 channels, kernels of 11."""


@dataclass(frozen=True)
class Budget:
    """How a network is trained: CPU seconds, and what its windows are."""

    seconds: float
    share: float
    window: int
    batch: int = 32
    rate: float = 2e-3
    seed: int = 1


def splice_network(flank: int) -> nn.Module:
    """OpenSpliceAI's network, (B, 4, L + flank) to logits (B, 3, L): none, donor, acceptor."""
    try:
        module: Any = import_module("openspliceai.train_base.openspliceai")
    except ImportError:
        raise SystemExit("pip install --no-deps openspliceai (or --no-peers)") from None
    dilations = np.array(DILATIONS[flank])
    network: nn.Module = module.SpliceAI(
        32, np.full(len(dilations), 11), dilations, apply_softmax=False
    )
    return network


def one_hot(codes: Codes) -> Tensor:
    """(B, L) to (B, 4, L); N is nothing."""
    table = np.eye(5, 4, dtype=np.float32)
    return torch.from_numpy(table[codes].transpose(0, 2, 1).copy())


class Windows:
    """Windows of the training regions, drawn as genoseq draws them: a share of them around a site
    of either class, which lies anywhere inside, the others from everywhere; half of them turned."""

    def __init__(self, store: Store, flank: int, budget: Budget) -> None:
        self.flank, self.budget = flank, budget
        self.rng = np.random.default_rng(budget.seed)
        regions = [store.regions[int(n)] for n in store.regions.of_split("train")]
        self.codes, self.labels = [], []
        sites: dict[str, list[NDArray[np.int64]]] = {name: [] for name in CLASSES}
        scheme, half = store.scheme, flank // 2
        assert scheme is not None
        for number, region in enumerate(regions):
            where = (region.chrom, region.start, region.end)
            labels = np.array(store.labels(*where))
            self.codes.append(np.pad(store.codes(*where), half, constant_values=N))
            self.labels.append(states_by_strand(store, labels))
            for name, own in sites.items():
                at = np.flatnonzero(scheme.of_class(labels, name))
                own.append(np.stack([np.full_like(at, number), at], 1))
        self.sites = [np.concatenate(own) for own in sites.values()]
        self.ends = np.cumsum([len(region) for region in regions])

    def draw(self) -> tuple[Tensor, Tensor]:
        """A batch: bases (B, 4, W + flank) and classes (B, W) of the strand that is read."""
        spans, targets = [], []
        for _ in range(self.budget.batch):
            number, start = self._place()
            span = self.codes[number][start : start + self.budget.window + self.flank]
            strand = int(self.rng.integers(2))
            target = self.labels[number][strand, start : start + self.budget.window]
            spans.append(reverse_complement_codes(span) if strand else span)
            targets.append(target[::-1] if strand else target)
        return one_hot(np.stack(spans)), torch.from_numpy(np.stack(targets).astype(np.int64))

    def _place(self) -> tuple[int, int]:
        """A region and the first base of a window in it."""
        rng, window = self.rng, self.budget.window
        if rng.random() < self.budget.share:
            sites = self.sites[int(rng.integers(len(self.sites)))]
            number, at = sites[int(rng.integers(len(sites)))].tolist()
            start = at - int(rng.integers(window))
        else:
            drawn = int(rng.integers(self.ends[-1]))
            number = int(np.searchsorted(self.ends, drawn, side="right"))
            start = drawn - int(self.ends[number - 1] if number else 0)
        return number, min(max(start, 0), self.labels[number].shape[1] - window)


def states_by_strand(store: Store, labels: NDArray[Any]) -> NDArray[np.uint8]:
    """0 none, 1 donor, 2 acceptor of each strand, (2, L), both in the genome's order."""
    assert store.scheme is not None
    found = np.zeros((2, len(labels)), np.uint8)
    for state, each in enumerate(store.scheme.states):
        if each.name in CLASSES:
            found["+-".index(each.strand)][labels == state] = CLASSES.index(each.name) + 1
    return found


def train(store: Store, flank: int, budget: Budget) -> tuple[nn.Module, int]:
    """The network after its budget, and the steps taken."""
    torch.manual_seed(budget.seed)
    began, network = time.process_time(), splice_network(flank)
    windows, steps = Windows(store, flank, budget), 0
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0)
    while (done := (time.process_time() - began) / budget.seconds) < 1:
        optimizer.param_groups[0]["lr"] = learning_rate(done, budget.rate, 0.05)
        bases, classes = windows.draw()
        loss = functional.cross_entropy(network(bases), classes)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        steps += 1
    return network.eval(), steps


def counted(
    store: Store, predictions: Iterable[tuple[str, int, NDArray[np.float32]]]
) -> dict[str, Counts]:
    """Donors and acceptors of predictions: contig, start, and values (strand, class, L)."""
    found = {name: Counts() for name in CLASSES}
    for chrom, start, values in predictions:
        own = states_by_strand(store, store.labels(chrom, start, start + values.shape[2]))
        for strand in (0, 1):
            for index, counts in enumerate(found.values()):
                counts.update(chrom, start, values[strand, index], own[strand] == index + 1)
    return found


@torch.no_grad()
def predicted(
    network: nn.Module, store: Store, flank: int, split: str
) -> Iterator[tuple[str, int, NDArray[np.float32]]]:
    """Contig, start, and probabilities (strand, class, L) in the genome's order."""
    network.eval()
    half, core = flank // 2, 16_384
    for number in store.regions.of_split(split):
        region = store.regions[int(number)]
        for start in range(region.start, region.end, core):
            end = min(start + core, region.end)
            low, high = max(start - half, 0), min(end + half, store.lengths[region.chrom])
            beside = (low - start + half, end + half - high)
            span = np.pad(store.codes(region.chrom, low, high), beside, constant_values=N)
            both = [network(one_hot(each[None])).softmax(1)[0, 1:].numpy()
                    for each in (span, reverse_complement_codes(span))]  # fmt: skip
            yield region.chrom, start, np.stack([both[0], both[1][:, ::-1]])
