"""Splice sites of baker's yeast: genoseq beside OpenSpliceAI's networks and weight matrices.

    pip install --no-deps openspliceai
    python benchmarks/splice_sites.py DATA FOLDER [--bundle MODEL] [--seconds 240] [--flanks 80 400]
        [--split valid]

DATA holds ``scerevisiae_s288c.fa.gz`` and ``.gff3.gz``; FOLDER keeps the store, and the model
``genoseq`` (what is there is not trained again).  Chromosomes I to X are learned from (160
introns), XII is tested (25); XI is for choosing settings: ``--split valid``.

genoseq's is the model of config/examples/splice, as it is trained there; ``--bundle`` is one that
is trained.  OpenSpliceAI's two networks get ``--seconds`` of CPU time each, or what genoseq's
training took.  The same for all: the sequence, which bases are sites (the first and last two of an
intron), windows and the share of them that are drawn around sites, one thread, a learning rate that
goes to 0 with the budget, weights at its end.  Not the same: genoseq's has introns and coding
sequence as classes beside the sites, and weights of classes; the networks have their three classes
and equal weights, as they are published, and read the flanks of a window beside it, in batches of
32 windows.  The weight matrices are log-odds of the bases from -3 to +6 of donors and from -20 to
+3 of acceptors against the composition of the training chromosomes.

All are scored on both strands of the split by the same code.  ``auprc``, its 95% interval (blocks
of 50 kb), ``top_k``, ``lift`` over prevalence; CPU seconds of training; weights.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rare_sites import yeast_store
from site_table import Counts, base_shares, log_odds, matrix_scores, probability
from splice_peers import (
    CLASSES,
    DILATIONS,
    Budget,
    counted,
    predicted,
    states_by_strand,
    train,
)

import genoseq as gs
from genoseq.config.base import read_mapping
from genoseq.genome.sequences import Codes, reverse_complement_codes
from genoseq.inference.predict import Predictor
from genoseq.inference.strands import predict_regions
from genoseq.models.bundle import Bundle
from genoseq.store.store import Store
from genoseq.training.fit import fit

EXAMPLE = Path(__file__).parents[1] / "config/examples/splice/config.yaml"
SPANS = {"splice_donor": (3, 6), "splice_acceptor": (18, 5)}
"""bp of a matrix before the first base of a site, and from it on."""


def of_genoseq(bundle: Bundle, store: Store, split: str) -> dict[str, Counts]:
    """What a bundle says of the chromosome of a split."""
    assert store.scheme is not None
    index = {(s.name, s.strand): n for n, s in enumerate(store.scheme.states)}
    order = [[index[name, strand] for name in CLASSES] for strand in "+-"]
    regions = (store.regions[int(n)].region for n in store.regions.of_split(split))
    pieces = predict_regions(Predictor(bundle, "cpu", "fp32"), store, regions)
    return counted(store, ((p.chrom, p.start, p.values[order]) for p in pieces))


class Matrices:
    """Weight matrices of the sites of the training chromosomes."""

    def __init__(self, store: Store) -> None:
        words: dict[str, list[Codes]] = {name: [] for name in CLASSES}
        whole, sites = [], 0
        for codes, states in strands_of(store, "train"):
            whole.append(codes)
            for index, (name, (before, after)) in enumerate(SPANS.items()):
                own = states == index + 1
                starts = np.flatnonzero(own & ~np.r_[False, own[:-1]])
                sites += int(own.sum())
                words[name] += [
                    codes[at - before : at + after]
                    for at in starts.tolist()
                    if before <= at <= len(codes) - after
                ]
        joined = np.concatenate(whole)
        self.prior = sites / 2 / len(joined)
        shares = base_shares(joined)
        self.matrices = {name: log_odds(np.stack(own), shares) for name, own in words.items()}

    def __call__(self, codes: Codes) -> NDArray[np.float32]:
        """Probabilities (class, L) of a strand: of both bases of a site that of the site."""
        found = np.full((len(CLASSES), len(codes)), -50.0)
        for row, (name, (before, _)) in zip(found, SPANS.items(), strict=True):
            scores = matrix_scores(codes, self.matrices[name])
            row[before : before + len(scores)] = scores
            row[1:] = np.maximum(row[1:], row[:-1].copy())
        return probability(found, self.prior)

    def predicted(self, store: Store, split: str) -> Iterator[tuple[str, int, NDArray[np.float32]]]:
        """As :func:`splice_peers.predicted`."""
        for number in store.regions.of_split(split):
            region = store.regions[int(number)]
            codes = store.codes(region.chrom, region.start, region.end)
            turned = self(reverse_complement_codes(codes))[:, ::-1]
            yield region.chrom, region.start, np.stack([self(codes), turned])


def strands_of(store: Store, split: str) -> Iterator[tuple[Codes, NDArray[np.uint8]]]:
    """Bases and states of each strand of the regions of a split, 5' to 3'."""
    for number in store.regions.of_split(split):
        region = store.regions[int(number)]
        where = (region.chrom, region.start, region.end)
        codes, states = store.codes(*where), states_by_strand(store, store.labels(*where))
        yield codes, states[0]
        yield reverse_complement_codes(codes), states[1][::-1]


def show(name: str, found: dict[str, Counts], seconds: float, weights: int) -> None:
    """A row for each class."""
    for site, counts in found.items():
        own: dict[str, Any] = counts.figures()
        figures = (f"{own[key]:.3f}" for key in ("auprc", "low", "high", "top_k"))
        row = (name, site, *figures, f"{own['lift']:.0f}", f"{seconds:.0f}", weights)
        print(*row, sep="\t", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, help="CPU time of each network")
    parser.add_argument("--bundle", type=Path, help="a model of the example, trained")
    parser.add_argument("--flanks", type=int, nargs="*", choices=DILATIONS, default=list(DILATIONS),
                        help="which of OpenSpliceAI's networks")  # fmt: skip
    parser.add_argument("--split", choices=("valid", "test"), default="test")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    example = read_mapping(EXAMPLE)
    store, settings = (
        yeast_store(asked.data, asked.folder, example["labels"]),
        example["models"]["splice"],
    )
    settings["training"]["seed"] = asked.seed
    print(*("model", "class", "auprc", "low", "high", "top_k", "lift", "seconds", "weights"),
          sep="\t", flush=True)  # fmt: skip
    found = Matrices(store)
    shown = sum(matrix.size for matrix in found.matrices.values())
    show("weight matrices", counted(store, found.predicted(store, asked.split)), 0, shown)
    out, began = asked.bundle or asked.folder / f"genoseq-{asked.seed}", time.process_time()
    bundle = gs.load_bundle(out) if out.exists() else fit([store], settings, out, device="cpu")
    spent = time.process_time() - began
    show("genoseq", of_genoseq(bundle, store, asked.split), spent, weights_of(bundle.model))
    share, window = settings["training"]["sampling"]["share"], settings["training"]["window"]
    budget = Budget(asked.seconds or spent, share, window, seed=asked.seed)
    for flank in asked.flanks:
        began = time.process_time()
        network, steps = train(store, flank, budget)
        spent = time.process_time() - began
        print("#", f"{steps} steps", flush=True)
        told = counted(store, predicted(network, store, flank, asked.split))
        show(f"OpenSpliceAI, {flank} nt", told, spent, weights_of(network))


def weights_of(network: torch.nn.Module) -> int:
    """How many are trained."""
    return sum(weight.numel() for weight in network.parameters())


if __name__ == "__main__":
    main()
