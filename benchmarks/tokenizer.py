"""Bases a second on one core: k-mer tokens of a genome, with two other ways in the same run.

    python benchmarks/tokenizer.py                    # 20 Mb of random sequence
    python benchmarks/tokenizer.py genome.fa.gz

Three ways to the same ids, which are compared before anything is timed:

- genoseq        KmerTokenizer.kmers on base codes, and on letters (encode first)
- Python loop    [ids[text[i : i + k]] for i in range(0, len(text) - k + 1, stride)]
- HF tokenizers  the Rust package ``tokenizers``: a WordLevel vocabulary of all k-mers, encode_batch
                 on sentences of k-mers without threads.  No pre-tokenizer of it cuts overlapping
                 k-mers, so Python joins them by spaces first, outside the clock: in its favour.

Each figure is the best of several runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from genoseq.genome.sequences import decode, encode
from genoseq.readers.fasta import open_fasta
from genoseq.tokenizers.kmer import KmerTokenizer
from genoseq.tokenizers.vocabulary import UNKNOWN_TOKEN

os.environ["TOKENIZERS_PARALLELISM"] = "false"
try:
    from tokenizers import Tokenizer, models, pre_tokenizers
except ImportError:
    sys.exit(
        "benchmarks/tokenizer.py compares with Hugging Face tokenizers, which only this benchmark "
        "needs: pip install tokenizers"
    )

SHAPES = ((1, 1), (3, 1), (3, 3), (6, 1), (6, 3), (6, 6), (8, 1), (8, 8))
HEADER = "k stride | from codes  from letters  Python loop  HF tokenizers | times the loop, HF"
WORDS = 1000  # in a sentence: longer ones are slower to encode


def main() -> None:
    """Print the table."""
    arguments = parse_arguments()
    letters = genome(arguments.fasta, arguments.bases)
    short = letters[: arguments.slow_bases]
    print(f"Mb/s on one core; {len(letters):,} bases, the slow ways on {len(short):,} of them\n")
    print(HEADER)
    for k, stride in SHAPES:
        print(row(KmerTokenizer(k, stride), letters, short), flush=True)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Speed of the k-mer tokenizer.")
    parser.add_argument("fasta", nargs="?", type=Path, help="default: random sequence")
    parser.add_argument("--bases", type=int, default=20_000_000, help="for genoseq, at most")
    parser.add_argument("--slow-bases", type=int, default=500_000, help="for the slow ways")
    return parser.parse_args()


def genome(fasta: Path | None, bases: int) -> bytes:
    """Letters of the contigs one after the other, or random ones, at most ``bases``."""
    if fasta is None:
        return decode(np.random.default_rng(0).integers(0, 4, bases, np.uint8))
    with open_fasta(fasta) as contigs:
        parts = (contigs.fetch(name, 0, length) for name, length in contigs.lengths.items())
        return b"".join(parts)[:bases].upper()


def row(tokenizer: KmerTokenizer, letters: bytes, short: bytes) -> str:
    """One line of the table."""
    k, stride = tokenizer.k, tokenizer.stride
    codes, text = encode(letters), decode(encode(short)).decode()
    kmers = [text[start : start + k] for start in range(0, len(text) - k + 1, stride)]
    sentences = [" ".join(kmers[i : i + WORDS]) for i in range(0, len(kmers), WORDS)]
    ids, word_level = KmerIds(tokenizer), word_level_tokenizer(tokenizer)

    def loop() -> list[int]:
        return [ids[text[i : i + k]] for i in range(0, len(text) - k + 1, stride)]

    def rust() -> list[int]:
        encodings = word_level.encode_batch(sentences, add_special_tokens=False)
        return [number for encoding in encodings for number in encoding.ids]

    expected = tokenizer.kmers(encode(short)).tolist()
    if not expected == loop() == rust():
        sys.exit(f"k={k} stride={stride}: the three ways give different ids")
    ours = rate(len(codes), lambda: tokenizer.kmers(codes), runs=5)
    whole = rate(len(codes), lambda: tokenizer.kmers(encode(letters)), runs=5)
    slow, peer = rate(len(short), loop), rate(len(short), rust)
    return (
        f"{k} {stride:6} | {ours:10.0f}  {whole:12.0f}  {slow:11.1f}  {peer:13.2f} "
        f"| {ours / slow:14.0f}, {ours / peer:.0f}"
    )


class KmerIds(dict[str, int]):
    """Id of each k-mer's text; unknown for every other."""

    def __init__(self, tokenizer: KmerTokenizer) -> None:
        vocabulary = tokenizer.vocabulary
        super().__init__((vocabulary.token(i), i) for i in range(len(vocabulary)))

    def __missing__(self, _: str) -> int:
        return UNKNOWN_TOKEN


def word_level_tokenizer(tokenizer: KmerTokenizer) -> Tokenizer:
    """Hugging Face tokenizer with the same ids."""
    peer = Tokenizer(models.WordLevel(dict(KmerIds(tokenizer)), unk_token="[UNK]"))
    peer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return peer


def rate(bases: int, call: Callable[[], object], runs: int = 3) -> float:
    """Mb/s of the best run."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return bases / best / 1e6


if __name__ == "__main__":
    main()
