"""States, channels, and what the reverse complement does to them."""

from __future__ import annotations

import numpy as np
import pytest

from genoseq.errors import ConfigError
from genoseq.genome.schemes import (
    SCHEMES,
    UNKNOWN_LABEL,
    ClassScheme,
    Scheme,
    SignalScheme,
    State,
    cds_phase_scheme,
    gene_phase_scheme,
    independent_scheme,
    scheme_from_json,
    signal_scheme,
    stranded_scheme,
    unstranded_scheme,
)
from genoseq.genome.tracks import Channel

KINDS = [
    cds_phase_scheme(),
    gene_phase_scheme(),
    stranded_scheme(["exon", "intron"]),
    unstranded_scheme(["repeat"]),
    signal_scheme([("rna", "+"), ("rna", "-"), ("mnase", ".")]),
    independent_scheme(["exon", "gene"], stranded=True),
]


def test_cds_phase_scheme_has_seven_states_and_two_channels() -> None:
    scheme = cds_phase_scheme()
    assert len(scheme) == 7
    assert scheme.channels == (Channel("CDS", "+"), Channel("CDS", "-"))
    assert scheme.channel_of_state.tolist() == [-1, 0, 0, 0, 1, 1, 1]


def test_gene_phase_scheme_has_introns_behind_the_states_of_cds_phase() -> None:
    scheme = gene_phase_scheme()
    assert scheme.states[:7] == cds_phase_scheme().states
    assert [(s.name, s.strand, s.phase) for s in scheme.states[7:]] == [
        ("coding_intron", "+", None),
        ("coding_intron", "-", None),
    ]
    assert scheme.reverse_permutation.tolist() == [0, 4, 5, 6, 1, 2, 3, 8, 7]
    assert [channel.label for channel in scheme.channels] == [
        "CDS.plus", "CDS.minus", "coding_intron.plus", "coding_intron.minus"
    ]  # fmt: skip


def test_reverse_permutation_swaps_strands_and_keeps_phases() -> None:
    assert cds_phase_scheme().reverse_permutation.tolist() == [0, 4, 5, 6, 1, 2, 3]


@pytest.mark.parametrize("scheme", KINDS)
def test_reverse_permutation_is_its_own_inverse(scheme: Scheme) -> None:
    twice = scheme.reverse_permutation[scheme.reverse_permutation]
    assert twice.tolist() == list(range(len(scheme)))


@pytest.mark.parametrize("scheme", KINDS)
def test_scheme_from_json_reads_to_json(scheme: Scheme) -> None:
    assert scheme_from_json(scheme.to_json()) == scheme


@pytest.mark.parametrize(
    ("kind", "states", "message"),
    [
        ("classes", (State("none"), State("CDS", "+")), "needs its twin on the other"),
        ("classes", (State("CDS"), State("none")), "state 0 must be 'none'"),
        ("classes", (State("none"),), "then the classes"),
        ("signal", (State("a"), State("a")), "must be distinct"),
        ("independent", (State("none"), State("a")), "do not exclude one another have no 'none'"),
        ("signal", (), "must be distinct and at least one"),
    ],
)
def test_scheme_refuses(kind: str, states: tuple[State, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SCHEMES[kind](states)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "classes"},
        {"kind": "signal", "states": [{}]},
        {"kind": "other", "states": [{"name": "none"}]},
    ],
)
def test_scheme_from_json_refuses_other_data(data: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="not a label scheme"):
        scheme_from_json(data)


CLASSES = ClassScheme((State("none"), State("x", "+"), State("x", "-"), State("y")))
SIGNALS = SignalScheme((State("a", "+"), State("b"), State("a", "-")))


def test_schemes_of_one_state_list_and_two_kinds_differ() -> None:
    states = (State("none"), State("x"))
    assert ClassScheme(states) != SignalScheme(states)
    assert ClassScheme(states) == ClassScheme(states)


def test_label_shape_dtype_and_unknown() -> None:
    assert (CLASSES.label_shape(5), CLASSES.dtype, CLASSES.unknown) == (
        (5,),
        np.uint8,
        UNKNOWN_LABEL,
    )
    assert (SIGNALS.label_shape(5), SIGNALS.dtype.str) == ((5, 3), "<f4")
    assert np.isnan(SIGNALS.unknown)
    assert (CLASSES.target_dtype, SIGNALS.target_dtype) == (np.int64, np.float32)


def test_mirrored_classes_are_reversed_on_swapped_strands() -> None:
    labels = np.array([[0, 1, 2, 3, UNKNOWN_LABEL], [1, 1, 2, 0, 0]], np.uint8)
    assert CLASSES.mirrored(labels).tolist() == [[UNKNOWN_LABEL, 3, 1, 2, 0], [0, 0, 1, 2, 2]]
    assert CLASSES.mirrored(labels[0]).dtype == np.uint8


def test_mirrored_signals_are_reversed_on_swapped_strands() -> None:
    labels = np.array([[1, 2, 3], [4, 5, np.nan]], np.float32)
    expected = [[np.nan, 5, 4], [3, 2, 1]]
    np.testing.assert_array_equal(SIGNALS.mirrored(labels), expected)
    np.testing.assert_array_equal(SIGNALS.mirrored(labels[None]), [expected])


def test_known_tells_unknown_labels_apart() -> None:
    assert CLASSES.known(np.array([0, UNKNOWN_LABEL, 3], np.uint8)).tolist() == [True, False, True]
    assert SIGNALS.known(np.array([[0, np.nan, 2]], np.float32)).tolist() == [[True, False, True]]


def test_check_explains_labels_that_are_no_state() -> None:
    assert CLASSES.check(np.array([0, 3, UNKNOWN_LABEL], np.uint8)) is None
    assert CLASSES.check(np.array([], np.uint8)) is None
    for strange in (4, -1):
        told = "labels must be states 0 to 3, or 255 for unknown; found "
        found = f"{min(0, strange)} to {max(0, strange)}"
        assert CLASSES.check(np.array([0, strange])) == told + found
    assert SIGNALS.check(np.array([[-1, np.nan, 1e9]], np.float32)) is None


def test_count_counts_bases_of_each_channel() -> None:
    labels = np.array([0, 1, 1, 2, 3, 3, 3, UNKNOWN_LABEL], np.uint8)
    counts = dict(zip(CLASSES.counted, CLASSES.count(labels).tolist(), strict=True))
    assert counts == {"none": 1, "x.plus": 2, "x.minus": 1, "y.both": 3, "unknown": 1}
    values = np.array([[np.nan, 1, np.nan], [np.nan] * 3, [0, 0, 0]], np.float32)
    assert dict(zip(SIGNALS.counted, SIGNALS.count(values).tolist(), strict=True)) == {
        "with signal": 2,
        "unknown": 1,
    }


SEVERAL = independent_scheme(["x", "y"], stranded=True)
_U = UNKNOWN_LABEL


def test_independent_labels_are_of_each_state_by_itself() -> None:
    labels = np.array([[1, 0, 0, 1], [0, _U, 0, 0], [0, 0, 0, 0]], np.uint8)
    assert (SEVERAL.label_shape(3), SEVERAL.dtype, SEVERAL.unknown) == ((3, 4), np.uint8, _U)
    assert SEVERAL.mirrored(labels).tolist() == [[0] * 4, [_U, 0, 0, 0], [0, 1, 1, 0]]
    assert SEVERAL.of_class(labels, "y").tolist() == [True, False, False]
    found, known = SEVERAL.tally(labels[None])
    assert (found.tolist(), known.tolist()) == ([1, 0, 0, 1], [3, 2, 3, 3])
    counts = dict(zip(SEVERAL.counted, SEVERAL.count(labels).tolist(), strict=True))
    assert counts == {
        "none": 1, "x.plus": 1, "x.minus": 0, "y.plus": 0, "y.minus": 1, "unknown": 1
    }  # fmt: skip
    assert SEVERAL.check(labels) is None
    assert SEVERAL.check(labels + 1) == "labels must be 0 or 1, or 255 for unknown"


def test_tally_of_classes_and_signals() -> None:
    labels = np.array([[0, 1, 1], [2, _U, 0]], np.uint8)
    found, known = CLASSES.tally(labels)
    assert (found.tolist(), known.tolist()) == ([2, 2, 1, 0], [5] * 4)
    assert CLASSES.of_class(labels, "x").tolist() == [[False, True, True], [True, False, False]]
    values = np.array([[1, np.nan, 0]], np.float32)
    assert SIGNALS.tally(values)[0].tolist() == [1, 0, 1]
    assert SIGNALS.of_class(values, "b").tolist() == [False]
