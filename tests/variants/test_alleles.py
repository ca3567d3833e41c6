"""Every ALT becomes an edit, or has the reason why it does not."""

from __future__ import annotations

import pytest
from toy_variants import record, toy_genome

from genoseq.variants.alleles import SAID, alleles_of

GENOME = toy_genome()
BASE = GENOME.letters("long", 100, 101)
OTHER = "C" if BASE != "C" else "G"
LAST = GENOME.letters("long", 3_999, 4_000)


@pytest.mark.parametrize(
    ("chrom", "start", "ref", "alt", "reason"),
    [
        ("long", 100, BASE, ".", "NO_ALT"),
        ("long", 100, BASE, "*", "SPANNING_DELETION"),
        ("long", 100, BASE, "<DEL>", "SYMBOLIC"),
        ("long", 100, BASE, "<NON_REF>", "SYMBOLIC"),
        ("long", 100, BASE, f"{BASE}[short:10[", "BREAKEND"),
        ("long", 100, BASE, f"]short:10]{BASE}", "BREAKEND"),
        ("long", 100, BASE, f".{BASE}", "BREAKEND"),
        ("long", 100, BASE, "R", "ALT_NOT_DNA"),
        ("long", 100, BASE, "", "ALT_NOT_DNA"),
        ("long", 100, BASE, "A\udce9", "ALT_NOT_DNA"),
        ("long", 100, BASE, BASE.lower(), "SAME_AS_REF"),
        ("other", 100, BASE, "A", "UNKNOWN_CONTIG"),
        ("long", -1, "N", "A", "OUTSIDE_CONTIG"),
        ("long", 4_000, "A", "C", "OUTSIDE_CONTIG"),
        ("long", 3_999, LAST + "A", LAST, "OUTSIDE_CONTIG"),
        ("long", 10**17, "A", "C", "OUTSIDE_CONTIG"),
        ("long", 100, ".", "A", "REF_NOT_DNA"),
        ("long", 100, "<X>", "A", "REF_NOT_DNA"),
        ("long", 100, OTHER, "T" if OTHER != "T" else "A", "REF_MISMATCH"),
        ("long", 100, BASE, BASE + "A" * 20_000, "TOO_LONG"),
    ],
)
def test_alleles_of_gives_a_reason(chrom: str, start: int, ref: str, alt: str, reason: str) -> None:
    (allele,) = alleles_of(record(chrom, start, ref, alt), GENOME)
    assert (allele.reason, allele.edit) == (reason, None)
    assert reason in SAID


def test_alleles_of_several_are_told_apart() -> None:
    alt = f"*,{OTHER},<DEL>,{BASE}TT"
    found = alleles_of(record("long", 100, BASE, alt), GENOME)
    assert [one.reason for one in found] == ["SPANNING_DELETION", None, "SYMBOLIC", None]
    assert [one.alt for one in found] == ["*", OTHER, "<DEL>", f"{BASE}TT"]
    edits = [(one.edit.start, one.edit.end, len(one.edit.alt)) for one in found if one.edit]
    assert edits == [(100, 101, 1), (101, 101, 2)]


def test_alleles_of_take_other_names_of_contigs_and_lower_case() -> None:
    one = record("chrLong", 100, BASE.lower(), OTHER.lower())
    (allele,) = alleles_of(one, GENOME, {"chrLong": "long"})
    assert (allele.chrom, allele.reason) == ("long", None)


def test_alleles_of_an_unknown_base_may_say_which_it_is() -> None:
    for ref in ("N", "A", "R"):
        (allele,) = alleles_of(record("long", 1_230, ref, "C"), GENOME)
        assert allele.reason is None
    known = record("long", 100, "N", "A")
    assert alleles_of(known, GENOME)[0].reason == "REF_MISMATCH"
