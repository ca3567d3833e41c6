"""Splice sites of baker's yeast, .01% of its bases: what sampling, weights and losses are worth.

    python benchmarks/rare_sites.py DATA OUT [--steps 900] [--seeds 1] [--example]
        [--alone] [--init MODEL] [--arms NAME ...]

DATA holds ``scerevisiae_s288c.fa.gz`` and ``.gff3.gz``; OUT keeps store and models.  Chromosomes I
to X are learned from, XI chooses the step, XII is tested.  There is a row for each training, and a
second one of the same weights where they can be left uncorrected: AUPRC, the mean of donors and
acceptors on either strand; their mean probability as a multiple of their share of the bases, 1 is
calibrated; the expected calibration error of sites as a multiple of their share (bins of
probability of equal width); bits per site that the probabilities cost (log loss of each class
against all others, divided by its sites); seconds of one core.

``--example`` takes network, steps and labels of config/examples/splice rather than genoseq's
default network; ``--alone`` leaves coding sequence and introns out of the labels.  ``--init`` goes
on from a model that is trained, a bundle of the same network and labels, in each arm.
"""

from __future__ import annotations

import argparse
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from genoseq.config.base import read_mapping
from genoseq.inference.evaluate import evaluate
from genoseq.models.bundle import Bundle
from genoseq.readers.fasta import open_fasta
from genoseq.store.build import tokenize
from genoseq.store.store import Store
from genoseq.tasks.correction import Correction
from genoseq.tasks.per_base import PerBase
from genoseq.training.fit import fit

NAME = "scerevisiae_s288c"
LABELS: dict[str, Any] = {
    "scheme": "stranded",
    "classes": ["CDS", "intron", "splice_donor", "splice_acceptor"],
    "keep": ["type=mRNA"],
}
SITES = ("splice_donor", "splice_acceptor")
USUAL = {"window": 384, "batch": 32, "learning_rate": 0.01, "validate_every": 300}


def around(share: float) -> dict[str, Any]:
    return {"sampling": {"share": share, "classes": list(SITES)}}


ARMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "sampling, half": around(0.5),
    "sampling, nine tenths": around(0.9),
    "balanced weights": {"class_weights": "balanced", "correct": True},
    "sampling, nine tenths, focal": around(0.9) | {"loss": "focal"},
    "sampling, nine tenths, nearby": around(0.9) | {"nearby": {"classes": list(SITES), "bp": 2}},
    "sampling, nine tenths, nearby same": around(0.9)
    | {"nearby": {"classes": list(SITES), "bp": 1, "teach": "same"}},
    "sampling, nine tenths, negatives": around(0.9)
    | {"negatives": {"motifs": ["GT", "AG"], "others": 0.1}},
}
EXAMPLE = Path(__file__).parents[1] / "config/examples/splice/config.yaml"


def yeast_store(data: Path, out: Path, labels: dict[str, Any] = LABELS) -> Store:
    """Labels of chromosomes I to X (train), XI (valid) and XII (test)."""
    with open_fasta(data / f"{NAME}.fa.gz") as genome:
        splits = dict(zip(sorted(genome.lengths), ["train"] * 12, strict=True))
        # BK006934 is VIII: names are not in the order of the chromosomes, XI and XII are these.
        splits |= {"BK006944.2": "valid", "BK006945.2": "test"}
        out.mkdir(parents=True, exist_ok=True)
        bed = out / "regions.bed"
        rows = (
            f"{chrom}\t0\t{genome.lengths[chrom]}\t{split}\n" for chrom, split in splits.items()
        )
        bed.write_text("".join(rows))
        annotation = data / f"{NAME}.gff3.gz"
        return tokenize(genome, annotation, out=out / "store", regions=bed, labels=labels)


def without_correction(bundle: Bundle) -> Bundle | None:
    """The same weights as they were learned; None where nothing was corrected."""
    told = bundle.provenance.get("correction")
    if told is None:
        return None
    assert isinstance(bundle.task, PerBase)
    left = deepcopy(bundle)
    correction = Correction(tuple(told["shift"].values()), (), ())
    PerBase(bundle.task.scheme, correction=correction).calibrate(left.model.head, undo=True)
    return left


def figures(bundle: Bundle, store: Store) -> tuple[float, float, float, float]:
    """AUPRC, mean probability and calibration error over the share, and bits per site."""
    metrics = evaluate(bundle, [store], "test").metrics["channels"]
    rows = [row for row in metrics["classes"] if row["name"] in SITES]
    auprc = float(np.mean([row["auprc"] for row in rows]))
    told = [row for row in metrics["calibration"]["classes"] if row["name"] in SITES]
    probability = error = found = 0.0
    for row in told:
        for bases, mean, share in zip(row["bases"], row["probability"], row["share"], strict=True):
            if bases:
                probability += bases * mean
                found += bases * share
                error += bases * abs(mean - share)
    return auprc, probability / found, error / found, bits_per_site(bundle, store)


def bits_per_site(bundle: Bundle, store: Store) -> float:
    """Log loss of each class of sites against all others, in bits per site of the test split."""
    from genoseq.inference.predict import Predictor
    from genoseq.inference.strands import predict_regions

    scheme = store.scheme
    assert scheme is not None
    own = [n for n, state in enumerate(scheme.states) if state.name in SITES]
    regions = (store.regions[int(n)].region for n in store.regions.of_split("test"))
    cost = sites = 0.0
    for piece in predict_regions(Predictor(bundle), store, regions):
        labels = store.labels(piece.chrom, piece.start, piece.end)
        for state in own:
            p = piece.values[state].astype(np.float64).clip(1e-9, 1 - 1e-9)
            is_site, known = labels == state, scheme.known(labels)
            cost -= float(np.where(is_site, np.log2(p), np.log2(1 - p))[known].sum())
            sites += float(is_site.sum())
    return cost / sites


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, help="900, or those of the example")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--example", action="store_true")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--init", type=Path)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    asked = parser.parse_args()
    labels = LABELS
    usual: dict[str, Any] = {"training": USUAL | {"steps": 900}}
    if asked.example:
        example = read_mapping(EXAMPLE)
        labels, usual = example["labels"], example["models"]["splice"]
        for own in ("sampling", "class_weights"):  # what the arms are about
            usual["training"].pop(own)
        usual["training"]["validate_every"] = asked.steps or usual["training"]["steps"]
        if asked.init:
            usual.pop("model")
    if asked.alone:
        labels = labels | {"classes": list(SITES)}
    if asked.steps:
        usual["training"] |= {"steps": asked.steps}
    store = yeast_store(asked.data, asked.out, labels)
    print("arm", "auprc", "probability", "error", "bits", "seconds", sep="\t", flush=True)
    for name in asked.arms:
        table: dict[str, list[tuple[float, ...]]] = {}
        for seed in range(1, asked.seeds + 1):
            began = time.process_time()
            settings = usual | {"training": {**usual["training"], "seed": seed, **ARMS[name]}}
            folder = asked.out / f"{name.replace(' ', '-').replace(',', '')}-{seed}"
            bundle = fit([store], settings, folder, init=asked.init, context=384, device="cpu")
            seconds = time.process_time() - began
            table.setdefault(name, []).append((*figures(bundle, store), seconds))
            left = without_correction(bundle)
            if left is not None:
                table.setdefault(f"{name}, not corrected", []).append((*figures(left, store), 0))
        for row, found in table.items():
            mean = np.mean(found, axis=0)
            print(row, *(f"{figure:.3g}" for figure in mean), sep="\t", flush=True)


if __name__ == "__main__":
    main()
