"""Regions in parts for several processes, whose scores are those of one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.config.context import BATCH_BASES, batch_rows
from genoseq.genome.regions import Region
from genoseq.genome.windows import tile
from genoseq.inference.parts import LEAST, MOST, parts_of
from genoseq.inference.score import score
from genoseq.models.bundle import Bundle
from genoseq.readers.fasta import open_fasta


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 700 bases, so that short contigs have several."""
    monkeypatch.setattr("genoseq.inference.parts.LEAST", 700)
    monkeypatch.setattr("genoseq.inference.parts.MOST", 700)


@given(
    st.lists(st.tuples(st.integers(1, 9_000), st.integers(1, 9_000)), max_size=9),
    st.integers(1, 7),
    st.integers(300, 5_000),
)
def test_parts_are_the_regions_in_order(spans: list[tuple[int, int]], jobs: int, size: int) -> None:
    regions = [Region(f"c{i}", min(span), max(span) + 1) for i, span in enumerate(spans)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genoseq.inference.parts.LEAST", size)
        patch.setattr("genoseq.inference.parts.MOST", 2 * size)
        parts = parts_of(regions, lambda _: tile(9_001, 960, 96, 6), jobs, 2_000)
    assert all(parts)
    joined: list[Region] = []
    for region in (region for part in parts for region in part):
        if joined and (joined[-1].chrom, joined[-1].end) == (region.chrom, region.start):
            region = Region(region.chrom, joined.pop().start, region.end)
        joined.append(region)
    assert joined == regions


@pytest.mark.usefixtures("small_parts")
def test_parts_are_cut_between_windows() -> None:
    tiling = tile(20_000, 960, 96, 6)
    borders = {window.keep_end for window in tiling.windows(0, 20_000)}
    parts = parts_of([Region("c", 0, 20_000)], lambda _: tiling, 2, batch_bases=1)
    assert len(parts) > 10
    assert {part[-1].end for part in parts} <= borders
    assert all(left[-1].end == right[0].start for left, right in pairwise(parts))


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(("strands", "idle"), [(1, 0), (2, 1)])
def test_parts_fill_their_batches(strands: int, idle: int) -> None:
    """But for a row where the reverse strand's windows, one more, are odd in number."""
    tiling = tile(90_000, 960, 96, 6)
    parts = parts_of([Region("c", 0, 90_000)], lambda _: tiling, 2, 3 * 960, strands)
    rows = batch_rows(3 * 960, tiling.row)
    assert rows == 6
    assert len(parts) > 10
    for part in parts[:-1]:
        (region,) = part
        count = len(list(tiling.windows(region.start, region.end)))
        assert -(strands * count + strands - 1) % rows <= idle


def test_parts_get_shorter_as_less_is_left() -> None:
    parts = parts_of([Region("c", 0, 20_000_000)], lambda _: tile(20_000_000, 960, 96, 6), 2)
    sizes = [sum(map(len, part)) for part in parts]
    assert sizes[0] >= MOST
    assert all(left + BATCH_BASES > right for left, right in pairwise(sizes[:-1]))
    assert sizes[-2] < 2 * LEAST


@pytest.mark.usefixtures("one_thread", "short_windows", "small_parts")
def test_scores_of_several_jobs_are_those_of_one(bundle: Bundle, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    contigs = {"long": 9_001, "empty": 0, "one": 1, **{f"short{n}": 90 + n for n in range(20)}}
    letters = {name: rng.choice(list(b"ACGTN"), n).astype(np.uint8) for name, n in contigs.items()}
    path = tmp_path / "genome.fa"
    path.write_bytes(b"".join(b">%s\n%s\n" % (k.encode(), v.tobytes()) for k, v in letters.items()))
    with open_fasta(path) as genome:
        one, three = (
            list(
                score(genome, bundle, batch_bases=1_920, precision="fp32", device="cpu", jobs=jobs)
            )
            for jobs in (1, 3)
        )
    joined = [
        {
            name: np.concatenate([t.values for t in tracks if t.chrom == name])
            for name in contigs
            if contigs[name]
        }
        for tracks in (one, three)
    ]
    for name in joined[0]:
        np.testing.assert_array_equal(joined[0][name], joined[1][name])
        assert len(joined[0][name]) == contigs[name]
