"""Which lines are one transcript, in which order, and where a CDS is cut off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.genes import Transcript
from genoseq.genome.regions import Strand


def line(kind: str, start: int, end: int, strand: Strand = "+", **more: Any) -> Feature:
    return Feature("c", start, end, strand, kind, **({"parents": ("t",)} | more))


def grouped(*features: Feature, circle: int = 0) -> list[Transcript]:
    return Annotation(features, {"c": circle} if circle else {}).transcripts


def coding(*features: Feature, circle: int = 0) -> list[list[tuple[int, int, int | None]]]:
    """Start, end and phase of the parts of every CDS."""
    return [
        [(part.start, part.end, part.phase) for part in cds.parts]
        for transcript in grouped(*features, circle=circle)
        for cds in transcript.coding
    ]


def exons(transcript: Transcript) -> list[tuple[int, int]]:
    return [(part.start, part.end) for part in transcript.exons]


@pytest.mark.parametrize(("strand", "expected"), [("+", [(0, 4), (6, 9)]), ("-", [(6, 9), (0, 4)])])
def test_parts_stand_in_the_order_of_transcription(strand: Strand, expected: object) -> None:
    (found,) = grouped(line("exon", 6, 9, strand), line("exon", 0, 4, strand))
    assert exons(found) == expected


def test_a_line_is_part_of_each_of_its_parents() -> None:
    shared = line("CDS", 300, 400, parents=("t2", "t1"))
    own = line("CDS", 100, 200, parents=("t1",))
    assert coding(own, shared) == [[(100, 200, 0), (300, 400, 2)], [(300, 400, 0)]]


def test_lines_of_one_id_are_one_cds_and_others_are_not() -> None:
    lines = [
        line("CDS", 100, 400, id="p", phase=0),
        line("CDS", 149, 599, id="q", phase=0),
    ]
    assert coding(*lines) == [[(100, 400, 0)], [(149, 599, 0)]]
    split = [line("CDS", 0, 4, id="p"), line("CDS", 10, 15, id="q"), line("CDS", 6, 8, id="p")]
    assert coding(*split) == [[(0, 4, 0), (6, 8, 2)], [(10, 15, 0)]]


@pytest.mark.parametrize(
    ("sizes", "phases", "wholes"),
    [
        ((4, 5), (None, None), 1),
        ((4, 5), (0, 2), 1),
        ((4, 5), (0, 0), 2),  # phases that do not go on
        ((6, 9), (0, 0), 2),  # an operon
    ],
)
def test_lines_with_an_id_each(
    sizes: tuple[int, int], phases: tuple[int | None, int | None], wholes: int
) -> None:
    lines = [
        line("CDS", start, start + size, id=name, phase=phase)
        for name, start, size, phase in zip("pq", (0, 20), sizes, phases, strict=True)
    ]
    assert len(coding(*lines)) == wholes
    named = [replace(each, id=f"t.CDS.{n}") for n, each in enumerate(lines)]
    assert len(coding(*named)) == 1  # as Phytozome names them
    spliced = [line("exon", 0, sizes[0]), line("exon", 20, 50)]
    assert len(coding(*lines, *spliced)) == 1
    assert len(coding(*lines, line("exon", 0, 50))) == 2


def test_lines_without_id_that_overlap_are_not_one() -> None:
    assert coding(line("CDS", 0, 9), line("CDS", 7, 12)) == [[(0, 9, 0), (7, 12, 0)]]
    assert coding(line("CDS", 0, 9), line("CDS", 4, 12)) == [[(0, 9, 0)], [(4, 12, 0)]]


ONE = [line("exon", 100, 200), line("CDS", 130, 200, phase=0)]
ONE += [line("exon", 300, 400), line("CDS", 300, 360, phase=2)]
TWO = [replace(each, start=each.start + 1500, end=each.end + 1500) for each in ONE]


@pytest.mark.parametrize("marked", ["nothing", "transcripts", "numbers"])
def test_one_name_at_two_loci_is_two_transcripts(marked: str) -> None:
    lines = [*ONE, *TWO]
    if marked == "transcripts":
        lines = [each for each in lines if each.type == "exon"]
        lines += [line("transcript", low, low + 300, id="t", parents=()) for low in (100, 1600)]
    if marked == "numbers":
        numbers = [1, 1, 2, 2] * 2
        lines = [replace(x, exon_number=n) for x, n in zip(lines, numbers, strict=True)]
        lines = [each for each in lines if each.type == "exon"]
    found = grouped(*lines)
    assert [exons(each) for each in found] == [
        [(100, 200), (300, 400)],
        [(1600, 1700), (1800, 1900)],
    ]


def test_strands_and_contigs_are_loci_of_their_own() -> None:
    other = replace(ONE[0], chrom="d")
    assert len(grouped(ONE[0], replace(ONE[0], strand="-"), other)) == 3


def test_trans_spliced_parts_are_one_on_both_strands() -> None:
    mark: Any = frozenset({"trans-spliced"})
    lines = [
        line("CDS", 70, 80, "-", id="p", marks=mark),
        line("CDS", 10, 15, id="p", marks=mark),
        line("CDS", 40, 52, id="p", marks=mark),
    ]
    assert coding(*lines) == [[(70, 80, 0), (10, 15, 2), (40, 52, 0)]]
    numbered = [replace(x, number=n) for x, n in zip(lines, (2, 3, 1), strict=True)]
    assert [part[:2] for part in coding(*numbered)[0]] == [(40, 52), (70, 80), (10, 15)]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_cds_across_the_origin_in_one_line_or_two(strand: Strand) -> None:
    whole = line("CDS", 80, 113, strand, id="p", phase=0, parents=())
    halves = [replace(whole, end=100), replace(whole, start=0, end=13)]
    halves = [replace(half, phase=None) for half in halves]
    expected = [(80, 100, 0), (0, 13, 1)] if strand == "+" else [(0, 13, 0), (80, 100, 2)]
    assert coding(whole, circle=100) == [expected]
    assert coding(*halves, circle=100) == [expected]
    gene = [replace(half, type="gene", id="g", phase=None) for half in halves]
    halves = [replace(half, parents=("g",)) for half in halves]
    assert coding(*gene, *halves, circle=100) == [expected]


def test_pseudogenes_code_for_nothing_whatever_says_so() -> None:
    dead: Any = frozenset({"pseudo"})
    cds = line("CDS", 0, 9)
    transcript = line("mRNA", 0, 9, id="t", parents=("g",))
    gene = line("gene", 0, 9, id="g", parents=())
    assert coding(cds, transcript, gene) == [[(0, 9, 0)]]
    assert not coding(replace(cds, marks=dead), transcript, gene)
    assert not coding(cds, replace(transcript, marks=dead), gene)
    assert not coding(cds, transcript, replace(gene, marks=dead))


@pytest.mark.parametrize("strand", ["+", "-"])
def test_ends_that_are_open_are_partial(strand: Strand) -> None:
    def ends(*parts: Feature) -> tuple[bool, bool]:
        ((cds,),) = (each.coding for each in grouped(*parts))
        return cds.partial_start, cds.partial_end

    partial: Any = frozenset({"partial"})
    low, high = line("CDS", 0, 9, strand), line("CDS", 20, 29, strand)
    flip = strand == "-"
    assert ends(low, high) == (False, False)
    assert ends(replace(low, open_start=True), high) == ((True, False), (False, True))[flip]
    assert ends(low, replace(high, open_end=True)) == ((False, True), (True, False))[flip]
    assert ends(replace(low, open_end=True), high) == (False, False)  # inside
    assert ends(replace(low, marks=partial), high) == (True, True)
    known = replace(low, marks=partial, open_start=True)
    assert ends(known, replace(high, marks=partial)) == ((True, False), (False, True))[flip]
    assert ends(replace(low, end=8), high) == (True, True)  # out of frame
    first, last = (high, low) if flip else (low, high)
    assert ends(replace(first, phase=1), last)[0]


def test_a_stop_codon_outside_the_cds_is_part_of_it() -> None:
    stop = line("stop_codon", 15, 18, phase=0)
    assert coding(line("CDS", 0, 9), line("CDS", 12, 15), stop) == [[(0, 9, 0), (12, 18, 0)]]
    assert coding(line("CDS", 0, 18), stop) == [[(0, 18, 0)]]
    operon = [line("CDS", 0, 6, id="p"), line("CDS", 9, 15, id="q")]
    assert coding(*operon, stop) == [[(0, 6, 0)], [(9, 15, 0)]]


def test_a_line_that_stands_twice_counts_once() -> None:
    assert coding(line("CDS", 0, 9, id="p"), line("CDS", 0, 9, id="p")) == [[(0, 9, 0)]]
