"""Pooled vectors are those of all bases of a span at once, however the bases arrive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes, N
from genoseq.genome.spans import Listed
from genoseq.inference.pooling import Pooling, StrandChoice, pool_spans
from genoseq.inference.strands import StrandPredictions

LENGTHS = {"a": 40, "b": 25}
WIDTH = 3
Values = np.ndarray[Any, np.dtype[np.float32]]
BASES = st.integers(0, 25)


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[Region, str]]:
    drawn = draw(
        st.lists(
            st.tuples(st.sampled_from(["a", "b"]), BASES, BASES, st.sampled_from("+-.")),
            min_size=1,
            max_size=8,
        )
    )
    return [(Region(c, min(s, e), max(s, e), strand), ".") for c, s, e, strand in drawn]


def genome(seed: int) -> dict[str, tuple[Codes, Values]]:
    """Codes, a third of them N, and states (2, D, L) of both strands."""
    rng = np.random.default_rng(seed)
    found = {}
    for chrom, length in LENGTHS.items():
        codes = rng.integers(0, 4, length).astype(np.uint8)
        codes[rng.random(length) < 0.3] = N
        found[chrom] = codes, rng.normal(size=(2, WIDTH, length)).astype(np.float32)
    return found


def pieces(
    bases: dict[str, tuple[Codes, Values]], regions: list[Region], size: int
) -> Iterator[StrandPredictions]:
    for region in regions:
        codes, states = bases[region.chrom]
        for start in range(region.start, region.end, size):
            part = slice(start, min(start + size, region.end))
            yield StrandPredictions(
                region.chrom, start, codes[part], states[0, :, part], states[1, :, part]
            )


def vector(region: Region, codes: Codes, states: Values, pool: str, strand: str) -> Values:
    known = region.start + np.flatnonzero(codes[region.start : region.end] != N)
    if not len(known):
        return np.full(WIDTH, np.nan, np.float32)
    exact = states.astype(np.float64)
    if pool == "mean":
        both = exact[:, :, known].mean(axis=2)
    else:
        both = np.stack([exact[0, :, known[-1]], exact[1, :, known[0]]])
    chosen = both.mean(axis=0) if strand == "both" else both[int(region.strand == "-")]
    return chosen.astype(np.float32)


@pytest.mark.parametrize("strand", ["both", "own"])
@pytest.mark.parametrize("pool", ["mean", "last"])
@given(listed=spans(), size=st.integers(1, 30), seed=st.integers(0, 99))
def test_pool_spans_gives_what_all_bases_at_once_give(
    listed: list[tuple[Region, str]], size: int, seed: int, pool: Pooling, strand: StrandChoice
) -> None:
    bases, layout = genome(seed), Listed(listed, LENGTHS)
    found = {}
    predicted = pieces(bases, layout.regions, size)
    for part in pool_spans(predicted, layout.spans(), pool, strand):
        for row, values, known in zip(part.rows, part.vectors, part.known, strict=True):
            assert row not in found
            found[int(row)] = values
            region = listed[row][0]
            assert known == (bases[region.chrom][0][region.start : region.end] != N).sum()
    assert found.keys() == {row for row, (region, _) in enumerate(listed) if len(region)}
    for row, values in found.items():
        region = listed[row][0]
        expected = vector(region, *bases[region.chrom], pool, strand)
        np.testing.assert_allclose(values, expected, rtol=2e-7, atol=1e-7)
