"""Edited contigs hold what a string with the same replacements holds, base for base."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import RegionError
from genoseq.genome.edits import NOWHERE, Edit, EditedContig
from genoseq.genome.sequences import Codes, encode


def codes_of(text: str) -> Codes:
    return encode(text.encode())


@st.composite
def contigs(draw: st.DrawFn) -> tuple[Codes, list[Edit]]:
    """A contig and edits of it; some touch, some change nothing, some leave nothing."""
    length = draw(st.integers(0, 60))
    reference = np.array(draw(st.lists(st.integers(0, 4), min_size=length, max_size=length)))
    cuts = sorted(draw(st.lists(st.integers(0, length), max_size=10)))
    edits = []
    for start, end in pairwise(cuts):
        alt = draw(st.lists(st.integers(0, 4), max_size=8))
        edit = Edit(start, end, np.array(alt, np.uint8))
        before = edits[-1] if edits else None
        if before and before.start == before.end == start == end:
            continue
        if draw(st.booleans()):
            edits.append(edit)
    return reference.astype(np.uint8), edits


def by_hand(reference: Codes, edits: list[Edit]) -> tuple[list[int], list[int]]:
    """Codes of the edited contig, and where each base is from."""
    codes: list[int] = []
    origin: list[int] = []
    done = 0
    for edit in edits:
        codes += [*reference[done : edit.start], *edit.alt]
        origin += range(done, edit.start)
        origin += [edit.start + i if i < edit.paired else NOWHERE for i in range(len(edit.alt))]
        done = edit.end
    return [*codes, *reference[done:]], [*origin, *range(done, len(reference))]


@given(contigs(), st.integers(0, 140), st.integers(0, 140))
def test_codes_of_any_stretch_are_those_of_the_edited_string(
    drawn: tuple[Codes, list[Edit]], start: int, bases: int
) -> None:
    reference, edits = drawn
    expected, _ = by_hand(reference, edits)
    contig = EditedContig(len(reference), edits)
    assert contig.length == len(expected)
    start = min(start, contig.length)
    end = min(start + bases, contig.length)
    found = contig.codes(lambda a, b: reference[a:b], start, end)
    assert found.tolist() == expected[start:end]


def test_codes_do_not_read_what_a_large_deletion_took() -> None:
    read: list[tuple[int, int]] = []

    def bases(start: int, end: int) -> Codes:
        read.append((start, end))
        return np.zeros(end - start, np.uint8)

    contig = EditedContig(1_000_000, [Edit(1_000, 900_000, codes_of("T"))])
    assert contig.codes(bases, 900, 1_100).tolist() == [0] * 100 + [3] + [0] * 99
    assert read == [(900, 1_000), (900_000, 900_099)]


@given(contigs())
def test_positions_are_where_their_bases_came(
    drawn: tuple[Codes, list[Edit]],
) -> None:
    reference, edits = drawn
    _, origin = by_hand(reference, edits)
    contig = EditedContig(len(reference), edits)
    assert contig.length == len(origin)
    where = {base: at for at, base in enumerate(origin)}
    expected = [where.get(base, NOWHERE) for base in range(len(reference))]
    assert contig.edited_of(np.arange(len(reference))).tolist() == expected


@given(contigs(), st.data())
def test_values_on_the_reference_are_the_same_in_one_stretch_or_several(
    drawn: tuple[Codes, list[Edit]], data: st.DataObject
) -> None:
    reference, edits = drawn
    _, origin = by_hand(reference, edits)
    contig = EditedContig(len(reference), edits)
    values = np.random.default_rng(len(origin)).random((2, len(origin)), np.float32)
    # Each base's own value and those of what is inserted after it; before the first, at the first.
    expected = np.full((2, len(reference)), np.nan, np.float32)
    there = [base for base in origin if base != NOWHERE]
    at = there[0] if there else NOWHERE
    for number, base in enumerate(origin):
        at = at if base == NOWHERE else base
        if at != NOWHERE:
            expected[:, at] = np.fmax(expected[:, at], values[:, number])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(reference)), max_size=4)))
    cuts = [0, *cuts, len(reference)]
    spans = [contig.span(*cut) for cut in pairwise(cuts)]
    if len(reference):
        assert [spans[0][0], spans[-1][1]] == [0, contig.length]
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    told = [
        contig.on_reference(values[:, low:high], *cut)
        for cut, (low, high) in zip(pairwise(cuts), spans, strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(told, axis=1), expected)


def test_values_that_are_missing_among_inserted_ones_are_passed_over() -> None:
    contig = EditedContig(3, [Edit(1, 1, codes_of("NA")), Edit(2, 3, codes_of(""))])
    values = np.array([[0.5, np.nan, 0.75, np.nan]], np.float32)
    told = contig.on_reference(values, 0, 3)
    np.testing.assert_array_equal(told, np.array([[0.75, np.nan, np.nan]], np.float32))


@given(contigs())
def test_trimmed_edits_give_the_same_contig(drawn: tuple[Codes, list[Edit]]) -> None:
    reference, edits = drawn
    for edit in edits:
        ref = reference[edit.start : edit.end]
        less = edit.trimmed(ref)
        assert edit.start <= less.start <= less.end <= edit.end
        expected, _ = by_hand(reference, [edit])
        assert by_hand(reference, [less])[0] == expected
        if less.paired:
            assert reference[less.start] != less.alt[0]
            assert reference[less.end - 1] != less.alt[-1]


def test_trimmed_is_the_leftmost_of_equal_places() -> None:
    edit = Edit(10, 14, codes_of("CAA")).trimmed(codes_of("CAAA"))
    assert (edit.start, edit.end, edit.alt.tolist()) == (11, 12, [])


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([(5, 8, "A"), (7, 9, "A")], "overlap or are not sorted"),
        ([(5, 8, "A"), (2, 3, "A")], "overlap or are not sorted"),
        ([(5, 5, "A"), (5, 5, "C")], "overlap or are not sorted"),
        ([(5, 11, "A")], "not within a contig of 10 bp"),
        ([(6, 5, "A")], "not within a contig"),
    ],
)
def test_edits_that_cannot_be_together_are_refused(
    edits: list[tuple[int, int, str]], said: str
) -> None:
    with pytest.raises(RegionError, match=said):
        EditedContig(10, [Edit(start, end, codes_of(alt)) for start, end, alt in edits])
