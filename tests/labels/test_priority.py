"""Which class wins: sites before what is longer, whatever the order; and what is said of others."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from genoseq.config.labels import LabelSettings
from genoseq.errors import InputFormatError
from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.regions import Region
from genoseq.labels.classes import ClassLabels, plan_labels

SPLICED = [
    *(Feature("c", start, end, "+", "exon", parents=("t",)) for start, end in ((2, 20), (40, 60))),
    *(
        Feature("c", start, end, "+", "CDS", 0, parents=("t",))
        for start, end in ((5, 20), (40, 46))
    ),
    Feature("c", 25, 26, "+", "TSS"),
    Feature("c", 30, 31, "-", "TSS"),
]
"""A gene of two exons, with the starts of others in its intron."""


def planned(*classes: str, features: list[Feature] = SPLICED) -> ClassLabels:
    settings = LabelSettings(scheme="stranded", classes=classes)
    return plan_labels(Annotation(features), settings, (), {"c": 64})


def named(labels: ClassLabels) -> list[str]:
    """Class of each base, with its strand."""
    states = labels.scheme.states
    return [states[x].name + states[x].strand.strip(".") for x in labels.of("c", 0, 64).tolist()]


def test_sites_win_whatever_the_order() -> None:
    expected = named(planned("splice_donor", "splice_acceptor", "TSS", "CDS", "intron"))
    assert expected[20:22] == ["splice_donor+"] * 2
    assert expected[38:40] == ["splice_acceptor+"] * 2
    assert (expected[25], expected[30]) == ("TSS+", "TSS-")
    assert expected[22:25] == ["intron+"] * 3
    assert expected[5:20] == ["CDS+"] * 15
    for order in permutations(["intron", "CDS", "splice_donor", "splice_acceptor", "TSS"]):
        assert named(planned(*order)) == expected


def test_sites_win_over_one_another_as_listed() -> None:
    features = [*SPLICED, Feature("c", 20, 21, "+", "TSS")]
    assert named(planned("TSS", "splice_donor", features=features))[20] == "TSS+"
    assert named(planned("splice_donor", "TSS", features=features))[20] == "splice_donor+"


def test_a_class_with_one_longer_feature_is_none_of_sites() -> None:
    features = [*SPLICED, Feature("c", 50, 54, "+", "TSS")]
    with pytest.raises(InputFormatError, match="no base is labelled TSS: its bases are exon, intr"):
        planned("exon", "intron", "TSS", features=features)


@pytest.mark.parametrize(
    "classes", [("exon", "CDS"), ("exon", "start_codon", "CDS"), ("exon", "TSS", "CDS")]
)
def test_what_hides_a_class_is_named(classes: tuple[str, ...]) -> None:
    with pytest.raises(InputFormatError, match=r"labelled CDS: .*exon, listed before it"):
        planned(*classes)


def test_a_class_hidden_by_sites_says_so() -> None:
    features = [
        Feature("c", 4, 8, "+", "box"),
        *(Feature("c", i, i + 1, "+", "p") for i in range(9)),
    ]
    with pytest.raises(InputFormatError, match="its bases are p, which are sites and win over"):
        planned("box", "p", features=features)


def test_a_class_hidden_for_the_most_part_is_noted() -> None:
    labels = planned("exon", "CDS", features=[*SPLICED, Feature("c", 61, 64, "+", "CDS", 0)])
    assert labels.notes == [
        "CDS: 88% of its bases are labelled exon, listed before it: list CDS first if they are to "
        "be CDS"
    ]
    assert planned("CDS", "exon", features=SPLICED).notes == [
        "exon: 55% of its bases are labelled CDS, listed before it: list exon first if they are to "
        "be exon"
    ]
    assert planned("TSS", "intron").notes == []


def test_a_masked_class_is_refused() -> None:
    settings = LabelSettings(scheme="stranded", classes=("CDS", "TSS"))
    with pytest.raises(InputFormatError, match="no base is labelled TSS: its bases are masked"):
        plan_labels(Annotation(SPLICED), settings, [Region("c", 24, 32)], {"c": 64})


def test_order_of_priority_leaves_states_where_they_are_listed() -> None:
    labels = planned("intron", "TSS")
    assert [state.name for state in labels.scheme.states] == ["none", *["intron"] * 2, *["TSS"] * 2]
    assert np.flatnonzero(labels.of("c", 0, 64) == 3).tolist() == [25]
