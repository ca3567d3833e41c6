"""Introns, splice sites, untranslated exons and codons that a transcript does not state."""

from __future__ import annotations

from typing import Any

import pytest

from genoseq.genome.annotation import Annotation
from genoseq.genome.derived import derived, meant_type
from genoseq.genome.features import Feature
from genoseq.genome.regions import Strand


def line(kind: str, start: int, end: int, strand: Strand = "+", **more: Any) -> Feature:
    return Feature("c", start, end, strand, kind, **({"parents": ("t",)} | more))


def found(kind: str, *features: Feature, circle: int = 0) -> list[list[tuple[int, int]]]:
    annotation = Annotation(features, {"c": circle} if circle else {})
    wholes = [whole for each in annotation.transcripts for whole in derived(each, kind)]
    return [[(part.start, part.end) for part in whole] for whole in wholes]


def test_an_intron_across_the_origin_is_in_two_pieces() -> None:
    exons = [line("exon", 60, 90, id="e"), line("exon", 110, 130, id="f")]
    assert found("intron", *exons, circle=100) == [[(90, 100), (0, 10)]]
    assert found("splice_donor", *exons, circle=100) == [[(90, 92)]]
    assert found("splice_acceptor", *exons, circle=100) == [[(8, 10)]]
    back = [line("exon", 60, 90, "-"), line("exon", 110, 130, "-")]
    assert found("intron", *back, circle=100) == [[(0, 10), (90, 100)]]
    assert found("splice_donor", *back, circle=100) == [[(8, 10)]]


def test_no_intron_lies_between_the_halves_of_an_exon_at_the_origin() -> None:
    halves = [line("exon", 0, 10), line("exon", 30, 40), line("exon", 90, 100)]
    assert found("intron", *halves, circle=100) == [[(10, 30)]]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_codons_at_the_origin(strand: Strand) -> None:
    cds = line("CDS", 98, 110, strand, phase=0)
    low, high = [(98, 100), (0, 1)], [(7, 10)]
    start, stop = ("start_codon", "stop_codon") if strand == "+" else ("stop_codon", "start_codon")
    assert [sorted(each) for each in found(start, cds, circle=100)] == [sorted(low)]
    assert found(stop, cds, circle=100) == [high]


def test_trans_spliced_parts_have_no_intron_between_strands_or_over_a_missing_part() -> None:
    mark: Any = frozenset({"trans-spliced"})
    strands = [line("CDS", 70, 79, "-", marks=mark), line("CDS", 10, 19, marks=mark)]
    assert found("intron", *strands) == []
    numbered = [line("CDS", 0, 9, number=1, marks=mark), line("CDS", 30, 39, number=3, marks=mark)]
    assert found("intron", *numbered) == []
    assert found("stop_codon", *strands) == [[(16, 19)]]


def test_exons_of_isoforms_under_one_name_have_the_gaps_that_all_leave() -> None:
    exons = [line("exon", 0, 100), line("exon", 20, 30), line("exon", 150, 200)]
    assert found("intron", *exons) == [[(100, 150)]]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_untranslated_exons_are_those_beside_all_cds_of_a_transcript(strand: Strand) -> None:
    operon = [
        line("exon", 0, 50, strand),
        line("CDS", 10, 19, strand, id="p", phase=0),
        line("CDS", 30, 39, strand, id="q", phase=0),
    ]
    low, high = [(0, 10)], [(39, 50)]
    if strand == "-":
        low, high = high, low
    assert found("five_prime_UTR", *operon) == [low]
    assert found("three_prime_UTR", *operon) == [high]


def test_stated_parts_are_kept_beside_derived_ones_of_other_transcripts() -> None:
    one = [line("exon", 0, 10), line("exon", 30, 40), line("intron", 12, 28)]
    other = [line("exon", 50, 60, parents=("u",)), line("exon", 80, 90, parents=("u",))]
    assert found("intron", *one, *other) == [[(12, 28)], [(60, 80)]]


def test_a_cds_outside_its_exons_has_no_untranslated_ones() -> None:
    assert found("five_prime_UTR", line("exon", 0, 10), line("CDS", 20, 29)) == [[]]


def test_a_cds_that_goes_on_beyond_its_exons_has_introns_of_its_own() -> None:
    lines = [line("exon", 0, 10), line("CDS", 0, 10), line("CDS", 40, 51)]
    assert found("intron", *lines) == [[(10, 40)]]
    assert found("intron", *lines, line("exon", 40, 60)) == [[(10, 40)]]


@pytest.mark.parametrize(
    ("name", "types", "meant"),
    [
        ("cds", ["CDS", "gene"], "CDS"),
        ("introns", ["exon"], "intron"),
        ("intron", ["CDS"], None),
        ("tRNA", ["mRNA"], None),
        ("promoter", ["CDS"], None),
    ],
)
def test_meant_type_is_the_nearest_one(name: str, types: list[str], meant: str | None) -> None:
    assert meant_type(name, types) == meant
