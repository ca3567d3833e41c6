"""Frames that are looked at for their site: a gene that the model knows nothing of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted_genes import KnowingScorer, PlantedGenome, planted_genome

from genoseq.genes.genetic_codes import genetic_code
from genoseq.genes.layout import contig, lay_out
from genoseq.genes.prepare import prepare
from genoseq.genome.sequences import encode

CODE = genetic_code(11)
SITE, NO_SITE = b"TAAGGAGGTAATAAT", b"TACTCTCTTAATAAT"


def denied(genome: PlantedGenome, number: int, site: bytes) -> PlantedGenome:
    """The same genome, in which one gene has codons of no gene, and the model calls it none."""
    start, end, strand = genome.genes[number]
    assert strand == "+"
    rng = np.random.default_rng(7)
    codons = [f"{a}{b}{c}" for a in "ACT" for b in "ACGT" for c in "CT"]
    strange = "".join(rng.choice(codons, (end - start) // 3 - 2))
    codes, states = genome.codes.copy(), genome.states.copy()
    codes[start + 3 : end - 3] = encode(strange.encode())
    codes[start - len(site) : start] = encode(site)
    states[start:end] = 0
    return replace(genome, codes=codes, states=states)


@pytest.mark.parametrize(("site", "kept"), [(SITE, True), (NO_SITE, False)])
def test_a_frame_without_hope_is_kept_for_its_site_alone(site: bytes, kept: bool) -> None:
    genome = planted_genome(200, seed=5)
    number = next(i for i, (_, _, strand) in enumerate(genome.genes) if i > 50 and strand == "+")
    genome = denied(genome, number, site)
    layout = lay_out([contig("chr", genome.codes)], CODE)
    found = prepare(layout, CODE, KnowingScorer(chr=genome)(layout.contigs)).candidates
    end = genome.genes[number][1] + int(layout.offsets[0])
    assert (end in found.ends.tolist()) == kept
