"""Pairs that are learned in seconds: a sequence and its reverse complement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from genoseq.genome.complement import reverse_complement
from genoseq.store.build_pairs import tokenize_pairs
from genoseq.store.pairs import PairStore

LONGEST = 9


def toy_settings(**decoder: Any) -> dict[str, Any]:
    """Settings of a run that learns them."""
    return {
        "model": {
            **{"tokenizer": {"k": 1}, "embedding": 8, "stem": None, "encoder": {"width": 16}},
            "dropout": 0,
        },
        "task": {
            **{"name": "seq2seq", "longest": LONGEST},
            "decoder": {"width": 32, "dropout": 0, **decoder},
        },
        "training": {
            **{"window": 12, "batch": 24, "steps": 225, "validate_every": 75, "precision": "fp32"},
            **{"validation_windows": 100, "learning_rate": 0.02, "checkpoint_minutes": 1e-9},
        },
    }


def write_toy_table(path: Path, count: int = 800, seed: int = 1) -> Path:
    """Sources of 3 to 9 bases, all different, and their reverse complements."""
    rng = np.random.default_rng(seed)
    sources = {
        bytes(b"ACGT"[code] for code in rng.integers(0, 4, int(rng.integers(3, LONGEST + 1))))
        for _ in range(count)
    }
    rows = (f"{one.decode()}\t{reverse_complement(one).decode()}\n" for one in sorted(sources))
    path.write_text("".join(rows))
    return path


def toy_store(folder: Path) -> PairStore:
    """A store of them."""
    return tokenize_pairs(write_toy_table(folder / "toy.tsv"), out=folder / "pairs")
