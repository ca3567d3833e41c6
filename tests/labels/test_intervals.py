"""Intervals of derived classes at their limits: frames, shortest introns, stop codons in parts."""

from __future__ import annotations

import pytest

from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.regions import Strand
from genoseq.labels.intervals import label_intervals


def part(type: str, start: int, end: int, strand: Strand = "+", parent: str = "t") -> Feature:
    phase = 0 if type in ("CDS", "stop_codon") else None
    return Feature("c", start, end, strand, type, phase, parents=(parent,))


def spans(features: list[Feature], name: str) -> list[tuple[int, int]]:
    """Start and end of the intervals of a class, sorted."""
    found = (interval.feature for interval in label_intervals(Annotation(features), [name]))
    return sorted((feature.start, feature.end) for feature in found)


@pytest.mark.parametrize("bases", [7, 8])
@pytest.mark.parametrize(("strand", "ends"), [("+", (20, 29)), ("-", (29, 20))])
def test_codons_are_of_a_cds_that_ends_in_frame(
    bases: int, strand: Strand, ends: tuple[int, int]
) -> None:
    features = [part("CDS", 0, bases, strand, "t"), part("CDS", 20, 32, strand, "u")]
    for name, start in zip(("start_codon", "stop_codon"), ends, strict=True):
        assert spans(features, name) == [(start, start + 3)]


def test_introns_have_10_bp_at_least() -> None:
    exons = [part("exon", 0, 10), part("exon", 20, 30), part("exon", 39, 50)]
    assert spans(exons, "intron") == [(10, 20)]


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("name", ["splice_donor", "splice_acceptor"])
def test_splice_sites_stay_within_a_short_intron(name: str, strand: Strand) -> None:
    assert spans([part("intron", 5, 6, strand)], name) == [(5, 6)]


def test_a_cds_goes_on_with_the_rest_of_a_stop_codon() -> None:
    (found,) = Annotation([part("CDS", 0, 7), part("stop_codon", 6, 9)]).transcripts
    assert [(p.start, p.end, p.phase) for p in found.coding[0].parts] == [(0, 9, 0)]
