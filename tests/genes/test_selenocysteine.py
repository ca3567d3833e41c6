"""Selenocysteine candidates: where a coding frame goes on behind a TGA, and a hairpin follows."""

from __future__ import annotations

import json

import numpy as np
import pytest
from planted_genes import KnowingScorer, PlantedGenome, planted_genome, simple_weights

from genoseq.genes.call import call_genes
from genoseq.genes.layout import contig
from genoseq.genes.selenocysteine import (
    Selenocysteine,
    has_hairpin,
    selenocysteine_candidates,
)
from genoseq.genes.summary import summary_of
from genoseq.genome.sequences import encode

FDNG = "CACGGACCAACGGTAGCAAGTCTTGCTCCAACATTTGGTCGCGGTGCGATGACC"
"""Bases behind the TGA of fdnG of E. coli."""
NO_HAIRPIN = FDNG.replace("GTCTTGCTCC", "CACAACATCC")


def with_gene(behind: str) -> tuple[PlantedGenome, int]:
    """Planted genes and one more, with a TGA in its middle; and where that is."""
    genome = planted_genome(30, seed=4, stops=("TAA",))
    coding = "GCGGAACTGAAAGGCGTTATCGATACCCAG" * 6
    letters = encode(f"ATG{coding}TGA{behind}{coding}TAA".encode())
    states = np.concatenate([genome.states, 1 + np.arange(len(letters)) % 3, np.zeros(60, int)])
    codes = np.concatenate([genome.codes, letters, encode(b"CTAACTAACTAA" * 5)])
    return PlantedGenome(codes, genome.genes, states), len(genome.codes) + 3 + len(coding)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_selenocysteine_candidates_have_a_hairpin_and_a_frame_that_goes_on(strand: str) -> None:
    for behind, expected in ((FDNG, True), (NO_HAIRPIN, False), ("TAA" + FDNG, False)):
        genome, at = with_gene(behind)
        if strand == "-":
            genome, at = genome.reversed(), len(genome.codes) - at - 3
        calls = call_genes([contig("a", genome.codes)], KnowingScorer(a=genome), simple_weights())
        found = list(selenocysteine_candidates(calls.decoded))
        assert found == ([Selenocysteine("a", at, at + 3, strand)] if expected else [])  # type: ignore[arg-type]
        told = summary_of(calls, {"a": len(genome.codes)})["selenocysteine_candidates"]
        assert json.loads(json.dumps(told)) == [
            {"contig": "a", "start": at, "end": at + 3, "strand": strand} for _ in found
        ]


def test_selenocysteine_candidates_of_nothing_are_none() -> None:
    calls = call_genes([], KnowingScorer(), simple_weights())
    assert list(selenocysteine_candidates(calls.decoded)) == []


def test_has_hairpin_as_of_known_genes() -> None:
    assert has_hairpin(encode(FDNG.encode()))
    assert has_hairpin(encode(b"CACGGCCCATCGGTTGCAGGTCTGCACCAATCGGTCGGTAATGG"))
    assert not has_hairpin(encode(NO_HAIRPIN.encode()))
    assert not has_hairpin(encode(b"A" * 60))
    assert not has_hairpin(encode(b"ACG"))
    # A terminator has a longer stem.
    assert not has_hairpin(encode(b"GGCGTAAAAAAAGCGGGGATTCCCGCTTTTTTTGTCACT"))
