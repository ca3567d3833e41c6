"""Spans: every wanted base once, at the same bases whatever is asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from genoseq.genome.regions import Region, merge
from genoseq.genome.spans import Layout, Listed, SpanRow, Tiled

LENGTHS = {"b": 50, "a": 200, "none": 0}
REGIONS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 49), st.integers(0, 49)), max_size=6
).map(lambda drawn: [Region(chrom, min(s, e), max(s, e)) for chrom, s, e in drawn])


def spans_of(layout: Layout) -> list[tuple[int, str, int, int]]:
    found = []
    for block in layout.spans():
        for row, start, end in zip(block.rows, block.starts, block.ends, strict=True):
            found.append((int(row), block.chrom, int(start), int(end)))
    return found


@given(REGIONS, st.integers(1, 60))
def test_tiled_spans_have_each_wanted_base_once_and_keep_to_the_contig_s_grid(
    asked: list[Region], size: int
) -> None:
    regions = merge(asked)
    layout = Tiled(regions, size)
    found = spans_of(layout)
    assert [row for row, *_ in found] == list(range(len(layout)))
    bases = [(chrom, base) for _, chrom, start, end in found for base in range(start, end)]
    assert bases == [(r.chrom, base) for r in regions for base in range(r.start, r.end)]
    assert all(start // size == (end - 1) // size for _, _, start, end in found)


def test_tiled_table_has_the_rows_of_its_spans_in_order() -> None:
    regions = [Region("b", 3, 12), Region("a", 0, 4)]
    assert [(row.row, row.chrom, row.start, row.end) for row in Tiled(regions, 5).table()] == [
        *[(0, "b", 3, 5), (1, "b", 5, 10), (2, "b", 10, 12), (3, "a", 0, 4)]
    ]
    bases = [SpanRow(0, 9, "b", 3, 12, ".", "."), SpanRow(9, 4, "a", 0, 4, ".", ".")]
    assert list(Tiled(regions, 1).table()) == bases


@given(REGIONS)
def test_listed_rows_are_those_of_the_list_and_spans_are_in_the_genome_s_order(
    asked: list[Region],
) -> None:
    layout = Listed([(region, str(number)) for number, region in enumerate(asked)], LENGTHS)
    assert [row.name for row in layout.table()] == [str(number) for number in range(len(asked))]
    found = spans_of(layout)
    assert all(asked[row] == Region(chrom, start, end) for row, chrom, start, end in found)
    order = [([*LENGTHS].index(chrom), start) for _, chrom, start, _ in found]
    assert order == sorted(order)
    assert sorted([*layout.empty, *(row for row, *_ in found)]) == list(range(len(asked)))
    wanted = {(r.chrom, base) for r in asked for base in range(r.start, r.end)}
    assert {(r.chrom, b) for r in layout.regions for b in range(r.start, r.end)} == wanted
