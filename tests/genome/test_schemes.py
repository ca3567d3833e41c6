"""States, channels, and what the reverse complement does to them."""

from __future__ import annotations

import pytest

from genoseq.errors import ConfigError
from genoseq.genome.schemes import (
    Scheme,
    State,
    cds_phase_scheme,
    scheme_from_json,
    signal_scheme,
    stranded_scheme,
    unstranded_scheme,
)
from genoseq.genome.tracks import Channel

SCHEMES = [
    cds_phase_scheme(),
    stranded_scheme(["exon", "intron"]),
    unstranded_scheme(["repeat"]),
    signal_scheme([("rna", "+"), ("rna", "-"), ("mnase", ".")]),
]


def test_cds_phase_scheme_has_seven_states_and_two_channels() -> None:
    scheme = cds_phase_scheme()
    assert len(scheme) == 7
    assert scheme.channels == (Channel("CDS", "+"), Channel("CDS", "-"))
    assert scheme.channel_of_state.tolist() == [-1, 0, 0, 0, 1, 1, 1]


def test_reverse_permutation_swaps_strands_and_keeps_phases() -> None:
    assert cds_phase_scheme().reverse_permutation.tolist() == [0, 4, 5, 6, 1, 2, 3]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_reverse_permutation_is_its_own_inverse(scheme: Scheme) -> None:
    twice = scheme.reverse_permutation[scheme.reverse_permutation]
    assert twice.tolist() == list(range(len(scheme)))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_scheme_from_json_reads_to_json(scheme: Scheme) -> None:
    assert scheme_from_json(scheme.to_json()) == scheme


@pytest.mark.parametrize(
    ("kind", "states", "message"),
    [
        ("classes", (State("none"), State("CDS", "+")), "needs its twin on the other"),
        ("classes", (State("CDS"), State("none")), "state 0 must be 'none'"),
        ("classes", (State("none"),), "then the classes"),
        ("signal", (State("a"), State("a")), "must be distinct"),
        ("signal", (), "must be distinct and at least one"),
    ],
)
def test_scheme_refuses(kind: str, states: tuple[State, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Scheme(kind, states)  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [{}, {"kind": "classes"}, {"kind": "signal", "states": [{}]}])
def test_scheme_from_json_refuses_other_data(data: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="not a label scheme"):
        scheme_from_json(data)
