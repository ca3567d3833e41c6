"""Makes the language models of ``docs/figures.md``, and the sequences they are asked about.

    python benchmarks/language_models.py DATA OUT [--models lstm transformer masked]

DATA holds ``NAME.fa.gz``.  Each learns from genomes of other genera than *Escherichia*; the causal
ones then go on with the first 80% of *E. coli* MG1655.  OUT gets ``learned.txt``, the paths of the
others, ``own.fa`` and ``test.fa``, *E. coli*'s first 80% and last 20%, and bundles ``NAME/model``
and ``NAME-own/model``.  A call that was killed goes on.  What is printed: processor seconds of each
training, one thread.  ``bits_per_base.py``, ``generated.py``, ``islands.py``,
``generation_speed.py`` and ``finetune.py`` take the bundles.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import torch
from generated import bases_of

import genoseq as gs
from genoseq.genome.sequences import decode

GENOMES = (
    *("afischeri_mj11", "afulgidus_dsm4304", "bburgdorferi_b31", "bmelitensis_16m"),
    *("bsubtilis_best7003", "ccrescentus_cb15", "cglutamicum_k051", "dvulgaris_miyazakif"),
    *("lmonocytogenes_egde", "mgenitalium_g37", "npharaonis_dsm2160", "paeruginosa_pao1"),
    *("pfuriosus_dsm3638", "sacidocaldarius_dsm639", "saureus_asm59796", "scoelicolor_pieces"),
    *("synechocystis_pcc6803", "tlitorale_fukuoka2020", "aambivalens_lei10", "baphidicola_meu"),
)
TEST = "ecoli_k12_mg1655"

Settings = dict[str, Any]


def lstm() -> Settings:
    """Words of three bases, one layer of 192: the longest of contexts, at the least cost."""
    model = {
        "tokenizer": {"k": 3, "stride": 3},
        "embedding": 64,
        "stem": None,
        "encoder": {"family": "lstm", "layers": 1, "width": 192, "bidirectional": False},
        "dropout": 0.0,
    }
    training = {"window": 3072, "batch": 8, "steps": 2400, "learning_rate": 0.005}
    return {"task": {"name": "causal-lm"}, "model": model, "training": training}


def transformer() -> Settings:
    """A step of three bases that reads its last twelve, and 128 steps before it."""
    model = {
        "tokenizer": {"k": 1, "stride": 1},
        "embedding": 32,
        "stem": {"stride": 3, "kernel": 12, "width": 128, "causal": True},
        "encoder": {
            "family": "transformer",
            "layers": 3,
            "width": 128,
            "heads": 4,
            "window": 128,
            "registers": 2,
            "causal": True,
        },
        "dropout": 0.0,
    }
    training = {"window": 3072, "batch": 8, "steps": 1200, "learning_rate": 0.003}
    return {"task": {"name": "causal-lm"}, "model": model, "training": training}


def masked() -> Settings:
    """The network of the examples, which ``finetune.py`` goes on with."""
    model = {
        "tokenizer": {"k": 3, "stride": 1},
        "embedding": 32,
        "stem": {"stride": 3, "kernel": 9, "width": 96},
        "encoder": {"family": "lstm", "layers": 1, "width": 64, "bidirectional": True},
        "dropout": 0.0,
    }
    training = {"window": 1536, "batch": 16, "steps": 3000, "learning_rate": 0.006}
    return {"task": {"name": "masked-lm"}, "model": model, "training": training}


MODELS = {"lstm": lstm, "transformer": transformer, "masked": masked}
OWN_SHARE = 0.5
"""Steps and learning rate of the second training, as a share of those of the first."""


def store_of(fasta: Path, folder: Path, name: str) -> Path:
    """A store of whole contigs without labels."""
    store = folder / name
    if not store.exists():
        gs.tokenize(str(fasta), out=store)
    return store


def trained(stores: list[Path], settings: Settings, out: Path, init: Path | None = None) -> Path:
    """The bundle; the time of a training is printed, as far as this call had a part in it."""
    bundle = out / "model"
    if not bundle.exists():
        out.mkdir(parents=True, exist_ok=True)
        begun = time.process_time()
        gs.fit([str(store) for store in stores], settings, bundle, init=init)
        spent = time.process_time() - begun
        print(f"{out.name:<20}{settings['training']['steps']:>8,} steps{spent:>8.0f} s", flush=True)
    return bundle


def halves(data: Path, out: Path) -> tuple[Path, Path]:
    """``own.fa`` and ``test.fa``."""
    own, test = out / "own.fa", out / "test.fa"
    if not test.exists():
        codes = bases_of(data / f"{TEST}.fa.gz")
        cut = len(codes) * 4 // 5
        for path, part in ((own, codes[:cut]), (test, codes[cut:])):
            path.write_bytes(b">" + path.stem.encode() + b"\n" + decode(part) + b"\n")
    return own, test


def main() -> None:
    """Train what is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    stores = asked.out / "stores"
    stores.mkdir(parents=True, exist_ok=True)
    own, _test = halves(asked.data, asked.out)
    fastas = {name: asked.data / f"{name}.fa.gz" for name in GENOMES}
    (asked.out / "learned.txt").write_text("\n".join(map(str, fastas.values())) + "\n")
    others = [store_of(fasta, stores, name) for name, fasta in fastas.items()]
    mine = store_of(own, stores, "own")
    for name in asked.models:
        settings = MODELS[name]()
        bundle = trained(others, settings, asked.out / name)
        if settings["task"]["name"] == "causal-lm":
            training = dict(settings["training"])
            training["steps"] = int(training["steps"] * OWN_SHARE)
            training["learning_rate"] *= OWN_SHARE
            trained([mine], settings | {"training": training}, asked.out / f"{name}-own", bundle)


if __name__ == "__main__":
    main()
