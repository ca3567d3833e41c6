"""INFO says what changes, and leaves all else of a line as it is."""

from __future__ import annotations

import numpy as np
from toy_variants import record, toy_genome

from genoseq.genome.tracks import Channel
from genoseq.variants.alleles import alleles_of
from genoseq.variants.effect import Effect
from genoseq.variants.fields import FieldChoice, with_fields

GENOME = toy_genome()
BASE = GENOME.letters("long", 100, 101)
OTHERS = [base for base in "ACGT" if base != BASE]
CHANNELS = (Channel("CDS", "+"), Channel("a b"))
FIELDS = FieldChoice(CHANNELS, "classes", False, False, 50)


def effect(alt: str, delta: list[list[float]]) -> Effect:
    (allele,) = alleles_of(record("long", 100, BASE, alt), GENOME)
    reference = np.full((2, 3), 0.5, np.float32)
    moved = reference + np.array(delta, np.float32)
    return Effect(allele, 99, reference, moved, reference, np.zeros(3, bool))


NOTHING = np.empty((2, 0), np.float32)


def unscored(alt: str) -> Effect:
    (allele,) = alleles_of(record("long", 100, BASE, alt), GENOME)
    return Effect(allele, 0, NOTHING, NOTHING, NOTHING, np.empty(0, bool))


def test_fields_have_an_entry_for_each_alt() -> None:
    found = dict(
        FIELDS.values(
            [
                unscored("*"),
                effect(OTHERS[0], [[0.25, 0, -0.125], [0, 0, 0]]),
                effect(OTHERS[1], [[0, 0, 0], [np.nan, np.nan, np.nan]]),
            ]
        )
    )
    assert found == {
        "GS_REASON": "SPANNING_DELETION,.,.",
        "GS_MAX": ".,0.25,0",
        "GS_CDS_plus_GAIN": ".,0.25,0",
        "GS_CDS_plus_GAIN_DP": ".,-1,.",
        "GS_CDS_plus_LOSS": ".,0.125,0",
        "GS_CDS_plus_LOSS_DP": ".,1,.",
        "GS_a_b_both_GAIN": ".,0,.",
        "GS_a_b_both_GAIN_DP": ".,.,.",
        "GS_a_b_both_LOSS": ".,0,.",
        "GS_a_b_both_LOSS_DP": ".,.,.",
    }


def test_fields_say_values_behind_changes_if_asked() -> None:
    raw = FieldChoice(CHANNELS, "classes", False, True, 50)
    found = dict(raw.values([effect(OTHERS[0], [[0.25, 0, -0.125], [0, 0, 0]])]))
    assert found["GS_CDS_plus_GAIN_REF"] == "0.5"
    assert found["GS_CDS_plus_GAIN_ALT"] == "0.75"
    assert found["GS_CDS_plus_LOSS_ALT"] == "0.375"
    assert found["GS_a_b_both_GAIN_REF"] == "."
    named = {line.split("ID=")[1].split(",")[0] for line in raw.header()}
    assert set(found) | {"GS_REASON", "GS_SHIFT"} == named


def test_fields_of_a_record_without_scores_are_the_reason_alone() -> None:
    assert FIELDS.values([unscored("<DEL>")]) == [("GS_REASON", "SYMBOLIC")]


def test_fields_of_changes_that_round_to_nothing_have_no_place() -> None:
    found = dict(FIELDS.values([effect(OTHERS[0], [[0.00004, 0, 0], [0, 0, -0.00005001]])]))
    assert (found["GS_CDS_plus_GAIN"], found["GS_CDS_plus_GAIN_DP"]) == ("0", ".")
    assert (found["GS_a_b_both_LOSS"], found["GS_a_b_both_LOSS_DP"]) == ("0.0001", "1")


def test_fields_of_channels_of_alike_names_differ() -> None:
    alike = FieldChoice((Channel("a b"), Channel("a-b"), Channel("a.b")), "signal", False, False, 5)
    assert alike.stems == ("GS_a_b_both", "GS_a_b_both.1", "GS_a_b_both.2")


def test_with_fields_leaves_all_else_as_it_is() -> None:
    line = b"a\t1\t.\tA\tC\t.\tPASS\tX=\xff;GS_MAX=3;SpliceAI=q;Y\tGT\t0|1\t1"
    fields = [("GS_MAX", "0.5")]
    kept = b"a\t1\t.\tA\tC\t.\tPASS\tX=\xff;SpliceAI=q;Y;GS_MAX=0.5\tGT\t0|1\t1"
    assert with_fields(line, fields, []) == kept
    assert with_fields(line, fields, ["SpliceAI"]) == kept.replace(b"SpliceAI=q;", b"")
    assert with_fields(b"a\t1\t.\tA\tC\t.\t.\t.", fields, []).endswith(b"\tGS_MAX=0.5")
    assert with_fields(b"a\t1\t.\tA\tC\t.\t.\tGS_MAX=1", [], []).endswith(b"\t.")
