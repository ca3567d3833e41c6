"""Genes across indels: the repaired protein, where it is on either strand, and what files say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from planted_genes import KnowingScorer, PlantedGenome, planted_genome, simple_weights

from genoseq.genes.base_chain import BESIDE, BaseChain, log_odds
from genoseq.genes.call import GeneCalls, call_genes
from genoseq.genes.layout import contig
from genoseq.genes.shift_genes import phases_of
from genoseq.genes.shift_paths import (
    BEGIN,
    EXTRA_1,
    EXTRA_3,
    FIRST,
    OUTSIDE,
    SECOND,
    SECOND_AFTER,
    THIRD,
)
from genoseq.genes.shifts import USUAL_SHIFTS
from genoseq.genes.summary import frameshifts_of
from genoseq.genome.called_genes import GeneSequences
from genoseq.genome.regions import Region
from genoseq.genome.sequences import N, encode, reverse_complement_codes
from genoseq.writers.gene_records import genbank_lines
from genoseq.writers.gene_tables import bed12_lines, frameshift_lines, gff3_lines

Damage = tuple[int, bool]
"""A base of a genome, and whether one is put in before it; else it is left out."""


def damaged(genome: PlantedGenome, damage: Sequence[Damage]) -> PlantedGenome:
    """A genome with indels; what its model says stays with its bases."""
    codes, states = list(genome.codes), list(genome.states)
    places = [list(place) for place in genome.genes]
    for at, inserted in sorted(damage, reverse=True):
        if inserted:
            codes.insert(at, (codes[at] + 1) % 4)
            states.insert(at, states[at])
        else:
            del codes[at], states[at]
        by = 1 if inserted else -1
        for place in places:
            place[0] += by * (place[0] > at)
            place[1] += by * (place[1] > at)
    genes = tuple((start, end, strand) for start, end, strand in places)
    return PlantedGenome(np.array(codes, np.uint8), genes, np.array(states))  # type: ignore[arg-type]


def called(genome: PlantedGenome, circular: bool = False, **options: object) -> GeneCalls:
    scorer = KnowingScorer(chr=genome)
    contigs = [contig("chr", genome.codes, circular)]
    chosen: dict[str, object] = {"code": 11, "together": True, "shifts": USUAL_SHIFTS} | options
    return call_genes(contigs, scorer, simple_weights(), **chosen)  # type: ignore[arg-type]


def broken(calls: GeneCalls) -> list[GeneSequences]:
    return [each for each in calls.genes if each.gene.shifts]


def long_gene(genome: PlantedGenome, strand: str) -> tuple[int, int]:
    """The longest gene of a strand."""
    start, end, _ = max(
        (gene for gene in genome.genes if gene[2] == strand), key=lambda gene: gene[1] - gene[0]
    )
    return start, end


def differing(one: bytes, other: bytes) -> int:
    """Letters in which two proteins of one length differ, X aside; 99 if they have not."""
    if len(one) != len(other):
        return 99
    return sum(a != b and ord("X") not in (a, b) for a, b in zip(one, other, strict=True))


def whole_protein(genome: PlantedGenome, strand: str) -> bytes:
    start, end = long_gene(genome, strand)
    (found,) = [
        each
        for each in called(genome, shifts=None).genes
        if (each.gene.start, each.gene.end) == (start, end)
    ]
    return found.protein


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("inserted", [False, True])
def test_call_genes_repairs_an_indel_on_either_strand(strand: str, inserted: bool) -> None:
    genome = planted_genome(genes=16)
    start, end = long_gene(genome, strand)
    at = (start + end) // 2
    hurt = damaged(genome, [(at, inserted)])
    calls = called(hurt)
    (found,) = broken(calls)
    assert (found.gene.start, found.gene.end, found.gene.strand) == (
        start, end + (1 if inserted else -1), strand,
    )  # fmt: skip
    (shift,) = found.gene.shifts
    assert shift.inserted == inserted
    assert abs(shift.position - at) <= 6
    assert differing(found.protein, whole_protein(genome, strand)) <= 2
    assert (b"X" in found.protein) == (not inserted)
    assert len(found.letters) == 3 * len(found.protein) + 3
    others = [each.gene for each in calls.genes if not each.gene.shifts]
    assert len(others) == len(genome.genes) - 1


def test_call_genes_repairs_two_indels_of_a_gene() -> None:
    genome = planted_genome(genes=16)
    start, end = long_gene(genome, "+")
    hurt = damaged(genome, [(start + 90, False), (end - 90, False)])
    (found,) = broken(called(hurt))
    assert [shift.kind for shift in found.gene.shifts] == ["del1", "del1"]
    assert differing(found.protein, whole_protein(genome, "+")) <= 3


def test_call_genes_without_indels_are_the_same_with_frameshifts() -> None:
    genome = planted_genome(genes=20, seed=5)
    assert called(genome).genes == called(genome, shifts=None).genes
    assert list(frameshift_lines(each.gene for each in called(genome).genes)) == []


@given(st.data())
@settings(max_examples=5, deadline=None)
def test_call_genes_of_the_reverse_complement_break_at_the_same_places(data: st.DataObject) -> None:
    genome = planted_genome(genes=16, seed=data.draw(st.integers(1, 5)))
    strand, inserted = data.draw(st.sampled_from("+-")), data.draw(st.booleans())
    start, end = long_gene(genome, strand)
    at = data.draw(st.integers(start + 110, end - 110))
    hurt = damaged(genome, [(at, inserted)])
    here, there = broken(called(hurt)), broken(called(hurt.reversed()))
    assert len(here) == len(there)
    assume(here)  # a start codon just there is of a gene that overlaps another
    (found,), (back,) = here, there
    assert found.protein == back.protein
    assert found.letters == back.letters
    length = len(hurt.codes)
    turned = [(length - s.position - s.inserted, s.inserted) for s in back.gene.shifts]
    assert turned[::-1] == list(found.gene.shifts)
    assert differing(found.protein, whole_protein(genome, strand)) <= 4


@pytest.mark.parametrize("strand", ["+", "-"])
def test_call_genes_repairs_across_the_origin_of_a_circle(strand: str) -> None:
    genome = planted_genome(genes=16, seed=3)
    start, end = long_gene(genome, strand)
    at = (start + end) // 2
    hurt = damaged(genome, [(at, False)])
    (here,) = broken(called(hurt, circular=True))
    (found,) = broken(called(hurt.turned(at + 20), circular=True))
    assert found.protein == here.protein
    gene = found.gene
    assert gene.end > len(hurt.codes)
    lines = list(gff3_lines([gene], {"chr": len(hurt.codes)}, ["chr"]))
    parts = [line.split("\t") for line in lines if "\tCDS\t" in line]
    assert len(parts) == 3
    assert all(int(part[4]) <= len(hurt.codes) for part in parts)
    rows = [row.split("\t") for row in bed12_lines([gene])]
    assert sum(int(size) for row in rows for size in row[10].split(",")) == len(gene)


def test_call_genes_repairs_a_gene_that_a_contig_cuts_off() -> None:
    genome = planted_genome(genes=16)
    start, end = long_gene(genome, "+")
    hurt = damaged(genome, [(end - 80, True)])
    piece = PlantedGenome(hurt.codes[start + 30 :], (), hurt.states[start + 30 :])
    (found,) = broken(called(piece))
    assert found.gene.partial == (True, False)
    assert found.gene.start_type == "Edge"
    assert differing(found.protein, whole_protein(genome, "+")[10:]) <= 2
    assert not any(any(each.gene.partial) for each in called(piece, closed=True).genes)


def test_call_genes_has_no_broken_gene_where_it_is_masked_or_too_short() -> None:
    genome = planted_genome(genes=16)
    start, end = long_gene(genome, "+")
    hurt = damaged(genome, [((start + end) // 2, False)])
    assert broken(called(hurt, mask=[Region("chr", start, start + 60)])) == []
    assert broken(called(hurt, shortest=2000)) == []
    assert broken(called(hurt, code=4))[0].gene.code == 4


def test_files_say_where_a_frame_changes() -> None:
    genome = planted_genome(genes=16)
    start, end = long_gene(genome, "-")
    at = (start + end) // 2
    for inserted, kind in ((False, "del1"), (True, "ins1")):
        hurt = damaged(genome, [(at, inserted)])
        (each,) = broken(called(hurt))
        gene = each.gene
        (shift,) = gene.shifts
        lines = [line.split("\t") for line in gff3_lines([gene], {"chr": len(hurt.codes)}, [])]
        parts = [line for line in lines if line[2:3] == ["CDS"]]
        assert len({part[8] for part in parts}) == 1
        assert f"frameshifts={shift.position + inserted}:{kind};" in parts[0][8]
        assert "artificial_location=low-quality sequence region" in parts[0][8]
        first, second = ((int(part[3]) - 1, int(part[4])) for part in parts)
        assert (first[1], second[0]) == (gene.end, gene.start)
        assert second[1] - first[0] == (-1 if inserted else 1)
        assert [int(part[7]) for part in parts] == [0, -(first[1] - first[0]) % 3]
        (bed,) = (line.split("\t") for line in frameshift_lines([gene]))
        low, high = shift.position - (not inserted), shift.position + 1
        assert bed[:4] == ["chr", str(low), str(high), f"{gene.name}:{kind}"]
        text = "\n".join(genbank_lines("chr", b"ACGT", False, [each]))
        assert "complement(join(" in text
        assert '/artificial_location="low-quality sequence region"' in text


def test_summary_counts_indels_and_candidates_of_pseudogenes() -> None:
    genome = planted_genome(genes=36, seed=2)
    start, end = long_gene(genome, "+")
    hurt = damaged(genome, [((start + end) // 2, False)])
    calls = called(hurt)
    (found,) = broken(calls)
    assert len(hurt.codes) > 10_000
    assert found.gene.pseudo
    assert frameshifts_of(calls) == {
        "genes": 1, "insertions": 0, "deletions": 1, "pseudo_candidates": [found.gene.name],
    }  # fmt: skip
    short = PlantedGenome(hurt.codes[max(0, start - 3000) : end + 3000], (),
                          hurt.states[max(0, start - 3000) : end + 3000])  # fmt: skip
    assert not any(each.gene.pseudo for each in called(short).genes)


def test_base_chain_tells_the_phases_of_what_it_has_counted() -> None:
    codes = encode(b"GAACTG" * 300).copy()
    beside = np.zeros((3, len(codes)), np.uint8)
    chain = BaseChain()
    chain.add(codes, (np.arange(len(codes)) % 3).astype(np.int8))
    odds = log_odds(codes, beside, chain.shares())
    assert odds.shape == (3, len(codes))
    right = odds[np.arange(len(codes)) % 3, np.arange(len(codes))]
    assert (right[5:] >= odds.max(0)[5:]).all()
    codes[50] = N
    assert (log_odds(codes, beside, chain.shares())[:, 50:56] == 0).all()


def test_base_chain_knows_the_other_strand_from_the_same_counts() -> None:
    rng = np.random.default_rng(3)
    codes = encode(b"GAACTGGCA" * 200).copy()
    codes[2::3] = rng.integers(0, 4, len(codes[2::3]))
    phases = (np.arange(len(codes)) % 3).astype(np.int8)
    one, both = BaseChain(), BaseChain()
    one.add(codes, phases)
    back = reverse_complement_codes(codes)
    both.add(back, phases[::-1])
    assert np.allclose(one.shares()[4:], both.shares()[:3], atol=0.02)
    # Where the model is sure that the other strand codes, this one is less likely to.
    known, unknown = (np.zeros((3, len(codes)), np.uint8) for _ in range(2))
    known[phases[::-1], np.arange(len(codes))] = BESIDE
    sure, unsure = (log_odds(back, told, one.shares()) for told in (known, unknown))
    assert sure.mean() < unsure.mean() - 0.2


def test_phases_of_a_best_path_are_none_outside_and_of_bases_too_many() -> None:
    states = [OUTSIDE, FIRST, SECOND, THIRD, FIRST, EXTRA_1, SECOND_AFTER, THIRD, EXTRA_3]
    path = np.array(states, np.uint8) | np.uint8(8 * BEGIN)
    assert phases_of(path).tolist() == [-1, 0, 1, 2, 0, -1, 1, 2, -1]
