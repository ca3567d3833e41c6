"""The parse against a search through all genes that a short strand can have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.genes.genetic_codes import codon_numbers, genetic_code
from genoseq.genes.spliced_events import Limits, SiteScores
from genoseq.genes.spliced_parse import parse
from genoseq.genes.spliced_strand import SplicedStrand, SpliceSites
from genoseq.genome.sequences import encode

STANDARD = genetic_code(1, (1,))
STOPS = ("TAA", "TAG", "TGA")
WORDS = ("ATG", "GT", "AG", "TAA", "TGA", "A", "C", "TA", "AT", "TAG")
SHORTEST = 4
"""bp of an intron here."""

Parts = tuple[tuple[int, int], ...]


class Searched:
    """A strand of letters with random evidence, and all genes that it can have."""

    def __init__(self, letters: str, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.letters, codes = letters, encode(letters.encode())
        size = len(letters)
        places = {
            word: [i for i in range(size) if letters.startswith(word, i)]
            for word in ("ATG", "GT", "AG", *STOPS)
        }
        self.starts = np.array(places["ATG"], np.int64)
        self.stops = np.array(sorted(i for stop in STOPS for i in places[stop]), np.int64)
        self.donors = np.array(places["GT"], np.int64)
        self.acceptors = np.array(places["AG"], np.int64) + 2
        self.strand = SplicedStrand(
            codes,
            rng.integers(-900, 1000, (3, size)).astype(np.int16),
            rng.integers(-900, 1000, size).astype(np.int16),
            codon_numbers(codes),
            SpliceSites(self.starts, self.stops, self.donors, self.acceptors),
        )
        self.scores = SiteScores(
            rng.integers(-2000, 2000, len(self.starts)),
            rng.integers(-2000, 1000, len(self.donors)),
            rng.integers(-1000, 1000, len(self.acceptors)),
            rng.integers(-2000, 2000, (2, len(self.donors))),
            0,
        )

    def parsed(self) -> dict[int, tuple[Parts, int]]:
        """Parts and score of the best gene at each end, by the parse."""
        found = parse(self.strand, self.scores, STANDARD, Limits(6, SHORTEST, open=False))
        return {gene.end: (gene.parts, gene.score) for gene in found}

    def searched(self) -> dict[int, tuple[Parts, int]]:
        """The same by trying all of them."""
        best: dict[int, tuple[int, Parts, int]] = {}
        before = [0] * (len(self.letters) + 1)
        by_end: dict[int, list[Parts]] = {}
        for parts in self.genes():
            by_end.setdefault(parts[-1][1], []).append(parts)
        for end in range(1, len(self.letters) + 1):
            before[end] = before[end - 1]
            for parts in by_end.get(end, ()):
                # A start codon is read before the gene counts as begun, as far as it is whole.
                known = min(parts[0][0] + 3, parts[0][1])
                score = self.score(parts)
                total = before[known] + score
                if end not in best or total > best[end][0]:
                    best[end] = (total, parts, score)
            if end in best and best[end][2] > 0:
                before[end] = max(before[end], best[end][0])
        # Where the best that may end is worth nothing, no gene ends.
        return {end: (parts, score) for end, (_, parts, score) in best.items() if score > 0}

    def genes(self) -> Iterator[Parts]:
        """All genes: no stop codon within, the last one whole in the last part."""
        for begin in range(len(self.letters)):
            yield from self._from(begin, ())

    def _from(self, begin: int, done: Parts) -> Iterator[Parts]:
        read = "".join(self.letters[s:e] for s, e in done)
        for end in range(begin + 1, len(self.letters) + 1):
            coding = read + self.letters[begin:end]
            if not "ATG".startswith(coding[:3]):
                return
            codons = [coding[i : i + 3] for i in range(0, len(coding) - 2, 3)]
            if codons and codons[-1] in STOPS:
                if len(coding) % 3 == 0 and end - begin >= 3:
                    yield (*done, (begin, end))
                    return
                if len(coding) % 3 == 0:
                    return  # an intron splits the stop codon
            inner = bool(done) and end - begin < 2
            if self.letters.startswith("GT", end) and not inner:
                for close in self.acceptors.tolist():
                    if close - end >= SHORTEST:
                        yield from self._from(close, (*done, (begin, end)))

    def score(self, parts: Sequence[tuple[int, int]]) -> int:
        """Sum of the evidence of all bases, and of all sites."""
        total, done = 0, 0
        for start, end in parts:
            for at in range(start, end):
                total += int(self.strand.coding[done % 3, at])
                done += 1
        for (_, donor), (acceptor, _) in pairwise(parts):
            total += int(self.strand.intron[donor:acceptor].sum())
            total += int(self.scores.donors[self.donors.tolist().index(donor)])
            total += int(self.scores.acceptors[self.acceptors.tolist().index(acceptor)])
        first = parts[0][1] - parts[0][0]
        if first < 3:
            return total + int(
                self.scores.split[first - 1, self.donors.tolist().index(parts[0][1])]
            )
        return total + int(self.scores.starts[self.starts.tolist().index(parts[0][0])])


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS), min_size=6, max_size=18), st.integers(0, 10**6))
def test_parse_is_the_best_of_all_genes(words: list[str], seed: int) -> None:
    strand = Searched("".join(words)[:40], seed)
    assert strand.parsed() == strand.searched()


@cache
def spliced() -> Searched:
    return Searched("ATGGTCAAGTCCCTAGGTTTAGTAA", 3)


def test_parse_reads_codons_across_introns() -> None:
    found = {parts for parts in spliced().genes() if len(parts) > 1}
    assert found
    for parts in found:
        coding = "".join(spliced().letters[s:e] for s, e in parts)
        assert len(coding) % 3 == 0
        assert coding[-3:] in STOPS
