"""Leaks: how much of a held-out split is also in another split, by shared 31-mers.

Two random genomes share almost no 31-mer, so each one that two splits share is common descent:
strains, duplicated genes, repeats, insertion sequences.  K-mers are *canonical* (the smaller of a
k-mer and its reverse complement), and those with an N are left out.

Memory stays small by FracMinHash (Irber et al. 2022, doi:10.1101/2022.01.11.475838): only k-mers
whose hash is in the lowest 1/``sample`` of all are kept, in every split the same ones, so that
shares of the sample estimate shares of the whole.  The default keeps about a million per split.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.config.base import LEARNED
from genoseq.errors import ConfigError
from genoseq.genome.sequences import Codes, N

Sketch = NDArray[np.uint64]
"""Hashes of sampled canonical k-mers: sorted, distinct, shape (M,)."""

K = 31
# k-mers of the largest set that the default sampling keeps: 8 MB of hashes.
_KEPT = 1 << 20
# k-mers per chunk: arrays of 128 kB stay in the cache, and their memory is used again.
_CHUNK_KMERS = 1 << 14


@dataclass(frozen=True, slots=True)
class Leak:
    """Of ``total`` distinct sampled k-mers of ``held_out``, ``shared`` are also in ``other``."""

    other: str
    held_out: str
    shared: int
    total: int

    @property
    def fraction(self) -> float:
        """Share of the held-out k-mers that are also in the other split; 0 if there are none."""
        return self.shared / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{self.fraction:.2%} of the {K}-mers of {self.held_out} are in {self.other}"


def sample_for(bases: int) -> int:
    """The sampling that keeps about a million k-mers of ``bases`` bp: a power of 2, at least 1."""
    return 1 << max(0, int(bases // _KEPT).bit_length() - 1)


def split_leaks(sketches: Mapping[str, Sketch]) -> list[Leak]:
    """For each pair of splits, the share of the later one that is also in the earlier one.

    Parameters
    ----------
    sketches
        Of each split, by :func:`sketch`, with the same ``sample``.
    """
    order = [name for name in LEARNED if name in sketches]
    return [
        Leak(
            other,
            held_out,
            shared_count(sketches[other], sketches[held_out]),
            len(sketches[held_out]),
        )
        for number, held_out in enumerate(order)
        for other in order[:number]
    ]


def shared_count(left: Sketch, right: Sketch) -> int:
    """K-mers that are in both sketches."""
    return len(np.intersect1d(left, right, assume_unique=True))


def sketch(stretches: Iterable[Codes], sample: int, k: int = K) -> Sketch:
    """Sampled canonical k-mers of stretches of bases; no k-mer reaches from one into the next.

    Parameters
    ----------
    stretches
        Codes, each of shape (L,), values 0 to 4.
    sample
        One k-mer in ``sample`` is kept; 1 keeps all.
    k
        2 to 31.

    Raises
    ------
    ConfigError
        If k or sample is out of bounds.
    """
    if not 2 <= k <= K or sample < 1:
        raise ConfigError(f"k {k} must be 2 to {K} and sample {sample} at least 1")
    kept = np.empty(0, np.uint64)
    waiting: list[Sketch] = []
    held = 0
    for codes in stretches:
        for start in range(0, len(codes) - k + 1, _CHUNK_KMERS):
            waiting.append(_sampled(codes[start : start + _CHUNK_KMERS + k - 1], sample, k))
            held += len(waiting[-1])
            if held > _KEPT:
                kept, waiting, held = _distinct([kept, *waiting]), [], 0
    return _distinct([kept, *waiting])


def _distinct(parts: list[Sketch]) -> Sketch:
    # np.unique builds a hash table for integers (numpy 2.3): 80 times slower here than sorting.
    ordered = np.sort(np.concatenate(parts))
    first: NDArray[np.bool_] = np.diff(ordered, prepend=~ordered[:1]) != 0
    return ordered[first]


def _sampled(codes: Codes, sample: int, k: int) -> Sketch:
    """Hashes below 2**64 / sample of the canonical k-mers of one piece, in order."""
    unknown = codes == N
    hashes = _hash(_canonical(codes & np.uint8(3), k))
    kept = hashes <= np.uint64((1 << 64) // sample - 1)
    if unknown.any():
        counts = np.concatenate([[0], np.cumsum(unknown)])
        kept &= counts[k:] == counts[:-k]
    return hashes[kept]


def _canonical(codes: Codes, k: int) -> Sketch:
    """The smaller of each k-mer and its reverse complement as base-4 numbers, (L - k + 1,).

    Both grow by doubling: k-mers of length a and b side by side give those of length a + b.
    """
    bases = codes.astype(np.uint64)
    forward = reverse = np.empty(0, np.uint64)
    width = 0
    step_forward, step_reverse, step = bases, np.uint64(3) - bases, 1
    while True:
        if k & step:
            forward, reverse = _joined(forward, reverse, width, step_forward, step_reverse, step)
            width += step
        if width == k:
            return np.minimum(forward, reverse)
        step_forward, step_reverse = _joined(
            step_forward, step_reverse, step, step_forward, step_reverse, step
        )
        step *= 2


def _joined(
    forward: Sketch,
    reverse: Sketch,
    width: int,
    next_forward: Sketch,
    next_reverse: Sketch,
    step: int,
) -> tuple[Sketch, Sketch]:
    """K-mers of ``width`` followed by k-mers of ``step``: forward reads on, reverse reads back."""
    if not width:
        return next_forward, next_reverse
    count = len(next_forward) - width
    ahead, behind = next_forward[width:], next_reverse[width:]
    return (
        forward[:count] << np.uint64(2 * step) | ahead,
        behind << np.uint64(2 * width) | reverse[:count],
    )


def _hash(numbers: Sketch) -> Sketch:
    """The finalizer of splitmix64 (Steele et al. 2014): a bijection, so no two k-mers collide."""
    mixed = (numbers ^ numbers >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return mixed ^ mixed >> np.uint64(31)
