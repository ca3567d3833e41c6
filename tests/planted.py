"""Stores with something to learn: noise with "genes" of a repeated codon on both strands."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from genoseq.config.schema import TokenizerSettings
from genoseq.genome.regions import Region
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.store.store import Piece, Store, write_store
from genoseq.tokenizers.kmer import KmerTokenizer


def planted_store(path: Path, *parts: tuple[str, int], k: int = 3, stride: int = 1) -> Store:
    """A store of regions given as (split, bases), labelled by strand and codon phase."""
    pieces = [
        planted_piece(f"{split}{number}", split, length, KmerTokenizer(k, stride))
        for number, (split, length) in enumerate(parts)
    ]
    settings = TokenizerSettings(k=k, stride=stride)
    return write_store(path, "planted", settings, cds_phase_scheme(), pieces, {})


def planted_piece(name: str, split: str, length: int, tokenizer: KmerTokenizer) -> Piece:
    """One region; four in five letters of a gene follow its codon."""
    rng = np.random.default_rng(length)
    codes = rng.integers(0, 4, length, np.uint8)
    labels = np.zeros(length, np.uint8)
    at = 0
    while (at := at + int(rng.integers(60, 120))) < length - 200:
        bases = 3 * int(rng.integers(20, 50))
        noise = rng.integers(0, 4, bases, np.uint8)
        gene = np.where(rng.random(bases) < 0.8, np.tile([0, 2, 1], bases // 3), noise)
        phases = np.arange(bases) % 3
        forward = bool(rng.integers(2))
        codes[at : at + bases] = gene if forward else 3 - gene[::-1]
        labels[at : at + bases] = 1 + phases if forward else 4 + phases[::-1]
        at += bases
    return Region(name, 0, length), split, tokenizer.encode(codes), labels
