"""Labels of spliced genes: codon phases, and the introns between them."""

from __future__ import annotations

import numpy as np
import pytest

from genoseq.config.labels import LabelSettings
from genoseq.errors import InputFormatError
from genoseq.genome.annotation import Annotation
from genoseq.genome.derived import CODING_INTRON
from genoseq.genome.features import Feature
from genoseq.genome.regions import Strand
from genoseq.genome.schemes import PHASE_SCHEMES
from genoseq.labels.classes import build_scheme, plan_labels

SETTINGS = LabelSettings(scheme="gene-phase")


def cds(
    start: int, end: int, strand: Strand = "+", phase: int | None = 0, **rest: object
) -> Feature:
    return Feature("c", start, end, strand, "CDS", phase, **rest)  # type: ignore[arg-type]


def exon(start: int, end: int) -> Feature:
    return Feature("c", start, end, "+", "exon", parents=("t",))


def labels(features: list[Feature], length: int) -> list[int]:
    planned = plan_labels(Annotation(features), SETTINGS, (), {"c": length})
    return planned.of("c", 0, length).tolist()


def test_labels_of_gene_phase_are_codon_phases_and_introns_between_them() -> None:
    exons = [exon(2, 6), exon(20, 32), exon(44, 52)]
    parts = [cds(24, 32, id="x", parents=("t",)), cds(44, 50, phase=1, id="x", parents=("t",))]
    found = labels(exons + parts, 60)
    assert found[:24] == [0] * 24  # an intron before the first coding base is none
    assert found[24:32] == [1, 2, 3, 1, 2, 3, 1, 2]
    assert found[32:44] == [7] * 12
    assert found[44:50] == [3, 1, 2, 3, 1, 2]
    assert found[50:] == [0] * 10


def test_labels_of_gene_phase_mirror_on_the_other_strand() -> None:
    forward = [cds(3, 10, id="x"), cds(25, 30, phase=2, id="x")]
    back = [cds(40 - 10, 40 - 3, "-", id="x"), cds(40 - 30, 40 - 25, "-", phase=2, id="x")]
    scheme = build_scheme(SETTINGS)
    found = np.array(labels(forward, 40), np.uint8)
    assert scheme.mirrored(found).tolist() == labels(back, 40)


def test_labels_of_gene_phase_give_a_gene_in_an_intron_its_bases() -> None:
    outer = [cds(0, 6, id="x"), cds(60, 66, id="x")]
    found = labels([*outer, cds(20, 32, "-", id="y")], 70)
    assert found[6:20] == [7] * 14
    assert found[20:32] == [6, 5, 4] * 4
    assert found[32:60] == [7] * 28


def test_labels_of_gene_phase_take_a_slip_of_the_ribosome_for_no_intron() -> None:
    slip = frozenset({"slippage"})
    parts = [cds(0, 6, id="x", marks=slip), cds(30, 36, id="x", marks=slip)]
    other = [cds(50, 56, id="y"), cds(70, 76, id="y")]
    found = labels(parts + other, 80)
    assert found[6:30] == [0] * 24
    assert found[56:70] == [7] * 14


def test_gene_phase_names_its_classes() -> None:
    assert SETTINGS.labelled == ("CDS", CODING_INTRON)
    assert SETTINGS.coding
    for name in PHASE_SCHEMES:
        own = LabelSettings(scheme=name)  # type: ignore[arg-type]
        assert {s.name for s in build_scheme(own).states[1:]} == set(own.labelled)
    with pytest.raises(InputFormatError, match="no feature to label as coding_intron"):
        labels([cds(0, 6)], 10)
