"""A label decided by a word 20 kb away or more: windows with registers, windows alone, BiLSTMs.

    python benchmarks/long_context.py [GENOME.fa[.gz]] [--models registers window lstm default]
                                      [--seeds 1] [--test 500]

Windows of 65,536 bases of a real genome (default: the bacterium in pyrodigal's wheel).  Two words
of 24 bases that the genome does not have are planted in each: a marker, one of two with even odds,
and at least 20,000 bases before or behind it, at random, the target.  The marker decides the label
of the target's bases; no other base has a label, the marker's neither.  Training windows come from
the first 70% of the first contig, test windows from the rest.

Each model gets the same windows in the same order, the same optimizer and one thread: STAGES, the
first of which are shorter windows with the marker nearer; later every fourth step is again of the
first stage.  A window is right if the summed log-odds
of its target's bases are: chance is 50%.  ``sees`` is how far a base can see by construction.  The
last column, windows of the first stage's length, 157 to 488 bp from marker to target, shows who
learned the words.
The exit status is 1 if the model with registers is right less often than LIMIT.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genoseq.config.encoders import RecurrentSettings, TransformerSettings
from genoseq.config.schema import ModelSettings, StemSettings, TokenizerSettings
from genoseq.extraction.demo import GENOME
from genoseq.genome.schemes import BACKGROUND, UNKNOWN_LABEL, ClassScheme, State
from genoseq.genome.sequences import Codes, decode, reverse_complement
from genoseq.models.allocator import keep_freed_memory
from genoseq.models.build import SequenceModel, build_model
from genoseq.models.device import autocast, choose_precision
from genoseq.readers.fasta import open_fasta
from genoseq.tasks.losses import cross_entropy, mean
from genoseq.tasks.per_base import PerBase
from genoseq.tokenizers.kmer import KmerTokenizer
from genoseq.training.optimizer import build_adamw, learning_rate

SCHEME = ClassScheme((State(BACKGROUND), State("marked")))
WORD = 24
LENGTH, LEAST = 65_536, 20_000
"""bp of a window, and between marker and target at least; shorter windows: in proportion."""
BINS = (20_000, 30_000, 45_000, 65_536)
STAGES = ((512, 128, 150), (2_048, 32, 100), (8_192, 8, 100), (32_768, 4, 50), (65_536, 2, 200))
"""Window, windows a step, steps."""
AGAIN = 4
"""After the first stage, every so many steps is one of the first stage."""
RATE, WARMUP, DECAY, CLIP = 3e-3, 0.05, 0.01, 1.0
LIMIT = 0.95

# One step of the encoder for 16 bases, of 6-mers: a word's k-mers are rare whatever its offset.
STEMMED = {
    "tokenizer": TokenizerSettings(k=6),
    "embedding": 16,
    "stem": StemSettings(stride=16, kernel=32, width=64),
    "dropout": 0.0,
}


def transformer(registers: int) -> ModelSettings:
    """Two layers of 32 tokens a side: 1 kb of reach, but for the registers."""
    encoder = TransformerSettings(layers=2, width=64, heads=2, window=32, registers=registers)
    return ModelSettings(encoder=encoder, **STEMMED)


MODELS: dict[str, tuple[str, ModelSettings]] = {
    "registers": ("Transformer, window + 8 registers", transformer(8)),
    "window": ("Transformer, window alone", transformer(0)),
    "lstm": (
        "BiLSTM, the Transformers' stem",
        ModelSettings(encoder=RecurrentSettings(), **STEMMED),
    ),
    "default": ("BiLSTM, default settings", ModelSettings()),
}


class Words(NamedTuple):
    """The planted words, each (WORD,)."""

    markers: tuple[Codes, Codes]
    target: Codes


class Windows(NamedTuple):
    """Some windows."""

    codes: Codes
    """(B, L)."""
    labels: NDArray[np.int64]
    """(B, L): 0 or 1 on the target's bases, elsewhere UNKNOWN_LABEL."""
    distances: NDArray[np.int64]
    """(B,): bp between the starts of marker and target."""
    truths: NDArray[np.bool_]
    """(B,): whether the label is 1."""


class Score(NamedTuple):
    """What a model got right: (windows,) each."""

    right: NDArray[np.bool_]
    distances: NDArray[np.int64]

    def within(self, start: int, end: int) -> Score:
        """Of the windows with ``start <= distance < end``."""
        kept = (self.distances >= start) & (self.distances < end)
        return Score(self.right[kept], self.distances[kept])

    def __str__(self) -> str:
        """Accuracy in percent, with Wilson's 95% interval (Wilson 1927)."""
        count, right, z = len(self.right), int(self.right.sum()), 1.96
        share = right / count
        middle = (share + z**2 / 2 / count) / (1 + z**2 / count)
        half = z * math.sqrt(share * (1 - share) / count + (z / 2 / count) ** 2)
        half /= 1 + z**2 / count
        return f"{share:6.1%} [{middle - half:.1%}, {middle + half:.1%}]"


def read_codes(path: Path | None) -> Codes:
    """The genome's first contig."""
    with open_fasta(Path(str(files("pyrodigal"))) / GENOME if path is None else path) as fasta:
        name, length = next(iter(fasta.lengths.items()))
        if length < 4 * LENGTH:
            sys.exit(f"{path}: contig {name} has {length:,} bp: {4 * LENGTH:,} or more are needed")
        return fasta.codes(name, 0, length)


def choose_words(genome: Codes) -> Words:
    """Random words that neither strand of the genome has."""
    rng, letters = np.random.default_rng(0), decode(genome)
    words: list[Codes] = []
    while len(words) < 3:
        word = rng.integers(0, 4, WORD, np.uint8)
        text = decode(word)
        if text not in letters and reverse_complement(text) not in letters:
            words.append(word)
    return Words((words[0], words[1]), words[2])


def draw(rng: np.random.Generator, genome: Codes, words: Words, length: int, count: int) -> Windows:
    """`count` windows of the genome at random places, each with a marker and a target."""
    starts = rng.integers(0, len(genome) - length + 1, count)
    codes = np.stack([genome[start : start + length] for start in starts])
    labels = np.full((count, length), UNKNOWN_LABEL, np.int64)
    distances = rng.integers(-(-length * LEAST // LENGTH), length - WORD + 1, count)
    truths = rng.random(count) < 0.5
    for row, distance in enumerate(distances):
        first = int(rng.integers(0, length - WORD - distance + 1))
        marker, target = rng.permutation([first, first + distance])
        codes[row, marker : marker + WORD] = words.markers[int(truths[row])]
        codes[row, target : target + WORD] = words.target
        labels[row, target : target + WORD] = truths[row]
    return Windows(codes, labels, distances, truths)


def schedule() -> list[tuple[int, int]]:
    """Window and windows of every step."""
    first, *others = [[stage[:2]] * stage[2] for stage in STAGES]
    plan = list(first)
    for step, stage in enumerate(chain.from_iterable(others), 1):
        plan.append(stage)
        if step % (AGAIN - 1) == 0:
            plan.append(first[0])
    return plan


def logits_of(model: SequenceModel, codes: Codes) -> Tensor:
    """Logits (B, L, 2) of bases (B, L), in the precision that suits the processor."""
    settings = model.settings
    tokenizer = KmerTokenizer(settings.tokenizer.k, settings.tokenizer.stride)
    ids = tokenizer.encode_rows(codes).astype(np.int32)
    missing = -ids.shape[1] % (settings.stem.stride if settings.stem else 1)
    padded = np.pad(ids, ((0, 0), (0, missing)), constant_values=tokenizer.vocabulary.unknown)
    with autocast(choose_precision("cpu").precision):
        logits: Tensor = model(torch.from_numpy(padded))
    return logits[:, : codes.shape[1]]


def train(settings: ModelSettings, genome: Codes, words: Words, seed: int) -> SequenceModel:
    """A model trained through STAGES."""
    torch.manual_seed(seed)
    model = build_model(settings, PerBase(SCHEME)).train()
    optimizer, rng = build_adamw(model, DECAY), np.random.default_rng(seed)
    plan = schedule()
    for step, (length, count) in enumerate(plan):
        windows = draw(rng, genome, words, length, count)
        logits, labels = logits_of(model, windows.codes), torch.from_numpy(windows.labels)
        loss = mean(*cross_entropy(logits, labels))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate((step + 1) / len(plan), RATE, WARMUP)
        optimizer.step()
    return model.eval()


def batches(genome: Codes, words: Words, length: int, count: int) -> Iterator[Windows]:
    """The same `count` test windows for every model, about 131,072 bases at a time."""
    rng, size = np.random.default_rng(99), 2 * LENGTH // length
    for done in range(0, count, size):
        yield draw(rng, genome, words, length, min(size, count - done))


@torch.inference_mode()
def test(model: SequenceModel, genome: Codes, words: Words, length: int, count: int) -> Score:
    """Which test windows the model gets right."""
    right, distances = [], []
    for windows in batches(genome, words, length, count):
        odds = logits_of(model, windows.codes).float().diff(dim=2)[..., 0].numpy()
        total = np.where(windows.labels == UNKNOWN_LABEL, 0, odds).sum(1)
        right.append((total > 0) == windows.truths)
        distances.append(windows.distances)
    return Score(np.concatenate(right), np.concatenate(distances))


def measure(name: str, genome: Codes, words: Words, seed: int, count: int) -> Score:
    """Train and test a model and print its row; the score on windows of full length."""
    title, settings = MODELS[name]
    cut = len(genome) * 7 // 10
    start = time.process_time()
    model = train(settings, genome[:cut], words, seed)
    spent = time.process_time() - start
    far = test(model, genome[cut:], words, LENGTH, count)
    near = test(model, genome[cut:], words, STAGES[0][0], count)
    size = sum(parameter.numel() for parameter in model.parameters())
    sees = "all" if settings.reach is None else f"{settings.reach:,} bp"
    by_distance = "".join(
        f"{far.within(low, high).right.mean():9.1%}" for low, high in pairwise(BINS)
    )
    print(
        f"{title:34}{seed:>5}{sees:>10}{size:>12,}{spent:>8.0f}  {far!s:24}{by_distance}"
        f"{near.right.mean():9.1%}",
        flush=True,
    )
    return far


def header(count: int) -> str:
    """Of the table, and what it measures."""
    plan = schedule()
    windows = sum(number for _, number in plan)
    bases = sum(length * number for length, number in plan)
    bins = "".join(f"{f'{low // 1000}-{high // 1000} kb':>9}" for low, high in pairwise(BINS))
    return (
        f"{len(plan)} steps, {windows:,} windows, {bases / 1e6:.0f} Mb; 1 thread, "
        f"{choose_precision('cpu').precision}; test: {count} windows of {LENGTH:,} bp, right:\n"
        f"{'':34}{'seed':>5}{'sees':>10}{'parameters':>12}{'CPU s':>8}  {'all [95%]':24}{bins}"
        f"{f'{STAGES[0][0]} bp':>9}"
    )


def main(words: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genome", type=Path, nargs="?", help="FASTA; its first contig is used")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--test", type=int, default=500, help="windows")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    keep_freed_memory()
    genome = read_codes(asked.genome)
    planted = choose_words(genome)
    print(header(asked.test), flush=True)
    missed = False
    for name in asked.models:
        for seed in asked.seeds:
            score = measure(name, genome, planted, seed, asked.test)
            missed |= name == "registers" and bool(score.right.mean() < LIMIT)
    sys.exit(missed)


if __name__ == "__main__":
    main()
