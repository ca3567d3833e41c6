"""Coding sequence without a network: the longest open frames, and the genes of Prodigal.

An open frame goes from the first ATG, GTG or TTG behind a stop codon to the next stop codon of its
frame; the end of a contig opens frames, an N ends them as a stop does.  Longer frames win: one of
which more than half is taken is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Strand
from genoseq.genome.schemes import Scheme, State
from genoseq.genome.sequences import Codes, N, encode, reverse_complement_codes
from genoseq.inference.baseline_kmers import Values, known_labels
from genoseq.store.store import Store

CODING = "CDS"
SHORTEST = (90, 150, 210, 300)
"""bp of the shortest open frame: what is chosen from."""
Code = Literal[4, 11]
STOPS: Mapping[Code, Sequence[str]] = {11: ("TAA", "TAG", "TGA"), 4: ("TAA", "TAG")}
"""Stop codons by the NCBI number of genetic codes: what is chosen from."""
_STARTS = ("ATG", "GTG", "TTG")
_MARGIN, _BLOCK_BASES = 10_000, 1 << 18
_LEARNED = 400_000
"""Train bases on which the shortest frame and the code are chosen."""
_LARGEST = 100_000_000
"""bp of a genome for Prodigal, which is for bacteria and archaea, at most."""
_LEAST_TRAINED = 100_000
"""bp from which Prodigal learns a genome, as it advises; others are read by what it knows."""
_LINKER = "TTAATTAATTAA"

StatesOf = Mapping[Strand, tuple[int, int, int]]
"""The state of a coding base by strand and codon phase."""


@dataclass(frozen=True, slots=True)
class CodingFrame:
    """Coding sequence of one strand, 0-based half-open, and how sure it is (above 0.5)."""

    start: int
    end: int
    strand: Strand
    chance: float


def coding_states(scheme: Scheme) -> StatesOf | None:
    """States of coding bases; None of a scheme that has none."""
    numbers = {state: number for number, state in enumerate(scheme.states)}

    def state(strand: Strand, phase: int) -> int | None:
        kinds = (State(CODING, strand, phase), State(CODING, strand), State(CODING))
        return next((numbers[kind] for kind in kinds if kind in numbers), None)

    found: dict[Strand, tuple[int, int, int]] = {}
    for strand in ("+", "-"):
        first, second, third = (state(strand, phase) for phase in range(3))
        if first is None or second is None or third is None:
            return None
        found[strand] = first, second, third
    return found


def longest_frames(codes: Codes, stops: Sequence[str], shortest: int) -> list[CodingFrame]:
    """The open frames of a sequence, both strands, those that win, the longest first."""
    found = sorted(
        open_frames(codes, stops, shortest),
        key=lambda one: (one.start - one.end, one.start, one.strand),
    )
    taken = np.zeros(len(codes), bool)
    kept = []
    for one in found:
        if 2 * np.count_nonzero(taken[one.start : one.end]) <= one.end - one.start:
            taken[one.start : one.end] = True
            kept.append(one)
    return kept


def open_frames(codes: Codes, stops: Sequence[str], shortest: int) -> Iterator[CodingFrame]:
    """All open frames of a sequence, both strands; the longer, the surer."""
    size = len(codes)
    for start, end in _strand(codes, stops, shortest):
        yield CodingFrame(start, end, "+", 1 - 44.0 / (end - start))
    for start, end in _strand(reverse_complement_codes(codes), stops, shortest):
        yield CodingFrame(size - end, size - start, "-", 1 - 44.0 / (end - start))


def _strand(codes: Codes, stops: Sequence[str], shortest: int) -> Iterator[tuple[int, int]]:
    """Starts and ends of the open frames of one strand."""
    if len(codes) < 3:
        return
    numbers = codes[:-2].astype(np.int64) * 16 + codes[1:-1] * 4 + codes[2:]
    known = (codes[:-2] < N) & (codes[1:-1] < N) & (codes[2:] < N)
    ends_here = ~known | np.isin(numbers, _codons(stops))
    starts_here = known & np.isin(numbers, _codons(_STARTS))
    for frame in range(3):
        ending = np.flatnonzero(ends_here[frame::3]) * 3 + frame
        starting = np.flatnonzero(starts_here[frame::3]) * 3 + frame
        begins = np.concatenate([[frame], ending + 3])
        whole = frame + (len(codes) - frame) // 3 * 3
        closed = known[ending]
        ends = np.concatenate([ending + np.where(closed, 3, 0), [whole]])
        index = np.searchsorted(starting, begins)
        padded = np.append(starting, len(codes))
        first = padded[index]
        first[0] = frame  # nothing is known before the contig
        kept = ends - first >= shortest
        yield from zip(first[kept].tolist(), ends[kept].tolist(), strict=True)


def _codons(letters: Sequence[str]) -> list[int]:
    return [int(np.dot(encode(codon.encode()).astype(int), (16, 4, 1))) for codon in letters]


def frame_values(
    frames: Iterable[CodingFrame], start: int, end: int, states: StatesOf, outputs: int
) -> Values:
    """Values (S, L) of bases ``start <= i < end``; where frames overlap the longest decides."""
    values = np.zeros((outputs, end - start), np.float32)
    values[0] = 1
    ordered = sorted(frames, key=lambda one: (one.end - one.start, -one.start))
    for one in ordered:
        low, high = max(one.start, start), min(one.end, end)
        if low >= high:
            continue
        bases = np.arange(low, high)
        phases = (bases - one.start if one.strand == "+" else one.end - 1 - bases) % 3
        values[:, low - start : high - start] = 0
        values[0, low - start : high - start] = 1 - one.chance
        values[np.array(states[one.strand])[phases], bases - start] = one.chance
    return values


@dataclass
class LongestFrames:
    """The longest open frames of a genome, in blocks: a frame is cut 10 kb beyond its block.

    Attributes
    ----------
    shortest, code
        bp of the shortest frame, and the genetic code by its number.
    """

    scheme: Scheme
    states: StatesOf
    shortest: int
    code: Code
    note: str
    name: str = "longest-orf"
    _known: dict[tuple[str, str, int], list[CodingFrame]] = field(default_factory=dict)

    def values(self, store: Store, chrom: str, start: int, end: int) -> Values:
        """Values (S, L) of bases ``start <= i < end``."""
        blocks = range(start // _BLOCK_BASES, (end - 1) // _BLOCK_BASES + 1)
        found = []
        for block in blocks:
            low = max(start, block * _BLOCK_BASES)
            high = min(end, (block + 1) * _BLOCK_BASES)
            frames = self._frames(store, chrom, block)
            found.append(frame_values(frames, low, high, self.states, len(self.scheme)))
        return np.concatenate(found, axis=1)

    def _frames(self, store: Store, chrom: str, block: int) -> list[CodingFrame]:
        """Those of a block; one other is kept, the last."""
        key = str(store.path), chrom, block
        if key not in self._known:
            while len(self._known) > 1:
                self._known.pop(next(iter(self._known)))
            first = max(0, block * _BLOCK_BASES - _MARGIN)
            last = min(store.lengths[chrom], (block + 1) * _BLOCK_BASES + _MARGIN)
            codes = store.codes(chrom, first, last)
            frames = longest_frames(codes, STOPS[self.code], self.shortest)
            self._known[key] = [
                CodingFrame(one.start + first, one.end + first, one.strand, one.chance)
                for one in frames
            ]
        return self._known[key]


def choose_frames(scheme: Scheme, states: StatesOf, stores: Sequence[Store]) -> LongestFrames:
    """The shortest frame and the genetic code that fit the labels of train regions best."""
    tried = {
        (shortest, code): LongestFrames(scheme, states, shortest, code, "")
        for code in STOPS
        for shortest in SHORTEST
    }
    sums = {key: np.zeros(2, np.int64) for key in tried}
    left = dict.fromkeys((str(store.path) for store in stores), _LEARNED // max(1, len(stores)))
    coding = sorted({state for of_strand in states.values() for state in of_strand})
    for store, chrom, start, labels in known_labels(scheme, stores):
        labels = labels[: left[str(store.path)]]
        left[str(store.path)] -= len(labels)
        if not len(labels):
            continue
        for key, own in tried.items():
            predicted = own.values(store, chrom, start, start + len(labels)).argmax(0)
            sums[key] += _agreement(predicted, labels, coding, scheme)
    if not any(either for _, either in sums.values()):
        note = "frames from 150 bp, code 11: no train region to choose by"
        return LongestFrames(scheme, states, 150, 11, note)
    shortest, code = max(sums, key=lambda key: (sums[key][0] / max(1, sums[key][1]), key))
    note = f"frames from {shortest} bp, genetic code {code}: those that fit the train regions best"
    return LongestFrames(scheme, states, shortest, code, note)


def _agreement(
    predicted: NDArray[Any], labels: NDArray[Any], coding: Sequence[int], scheme: Scheme
) -> tuple[int, int]:
    """Coding bases that are right, and half of those that are there or called."""
    known = scheme.known(labels)
    true, told = np.isin(labels, coding) & known, np.isin(predicted, coding) & known
    right = int(np.count_nonzero(true & (predicted == labels)))
    return 2 * right, int(np.count_nonzero(true) + np.count_nonzero(told))


class _Genes:
    """Genes of a contig, found by where they are."""

    def __init__(self, genes: Iterable[CodingFrame]) -> None:
        self._genes = sorted(genes, key=lambda one: one.start)
        self._starts = np.array([one.start for one in self._genes], np.int64)
        self._longest = max((one.end - one.start for one in self._genes), default=0)

    def near(self, start: int, end: int) -> list[CodingFrame]:
        """Those that may have a base in ``start <= i < end``."""
        low, high = np.searchsorted(self._starts, [start - self._longest, end])
        return self._genes[low:high]


@dataclass
class ProdigalGenes:
    """The genes that Prodigal finds in each genome, which it learns by itself, without labels."""

    scheme: Scheme
    states: StatesOf
    code: Code
    note: str
    name: str = "prodigal"
    _known: dict[str, dict[str, _Genes]] = field(default_factory=dict)

    def values(self, store: Store, chrom: str, start: int, end: int) -> Values:
        """Values (S, L) of bases ``start <= i < end``."""
        key = str(store.path)
        if key not in self._known:
            self._known = {key: _prodigal_genes(store, self.code)}
        near = self._known[key][chrom].near(start, end)
        return frame_values(near, start, end, self.states, len(self.scheme))


def prodigal_problem(stores: Sequence[Store]) -> str | None:
    """Why Prodigal cannot be run on the genomes of stores."""
    try:
        import pyrodigal  # noqa: F401
    except ModuleNotFoundError:
        return "pyrodigal is not installed: pip install 'genoseq[demo]'"
    for store in stores:
        if store.bases > _LARGEST:
            return (
                f"genome {store.name!r} has {store.bases:,} bp, more than {_LARGEST:,}: Prodigal "
                f"is for bacteria and archaea"
            )
    return None


def _prodigal_genes(store: Store, code: Code) -> dict[str, _Genes]:
    """Genes of every contig of a genome that has a region."""
    from pyrodigal import GeneFinder

    sequences = {chrom: store.sequence(chrom, 0, size) for chrom, size in store.lengths.items()}
    short = store.bases < _LEAST_TRAINED
    finder = GeneFinder(meta=short)
    if not short:
        # As Prodigal joins contigs: stops in all six frames between them.
        finder.train(_LINKER.join(sequences.values()), translation_table=code)
    return {
        chrom: _Genes(map(_gene_frame, finder.find_genes(sequences[chrom])))
        for chrom in dict.fromkeys(store.regions.chroms)
    }


def _gene_frame(gene: Any) -> CodingFrame:
    chance = min(max(gene.confidence() / 100, 0.51), 1.0)
    return CodingFrame(gene.begin - 1, gene.end, "+" if gene.strand > 0 else "-", chance)
