"""Several processes say what one says, and nothing of them stays."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.config.context import BATCH_BASES, batch_rows
from genoseq.errors import BackendError, InputFormatError
from genoseq.genome.regions import Region
from genoseq.genome.windows import tile
from genoseq.inference.jobs import LEAST, MOST, in_jobs, parts_of
from genoseq.inference.score import score
from genoseq.models.bundle import Bundle
from genoseq.readers.fasta import open_fasta

PARTS = [[Region("c", start, start + 10)] for start in range(0, 200, 10)]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 700 bases, so that short contigs have several."""
    monkeypatch.setattr("genoseq.inference.jobs.LEAST", 700)
    monkeypatch.setattr("genoseq.inference.jobs.MOST", 700)


def starts(part: Sequence[Region]) -> Iterator[int]:
    for region in part:
        yield from range(region.start, region.end)


@given(
    st.lists(st.tuples(st.integers(1, 9_000), st.integers(1, 9_000)), max_size=9),
    st.integers(1, 7),
    st.integers(300, 5_000),
)
def test_parts_are_the_regions_in_order(spans: list[tuple[int, int]], jobs: int, size: int) -> None:
    regions = [Region(f"c{i}", min(span), max(span) + 1) for i, span in enumerate(spans)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genoseq.inference.jobs.LEAST", size)
        patch.setattr("genoseq.inference.jobs.MOST", 2 * size)
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


@pytest.mark.parametrize("jobs", [2, 3, 50])
def test_jobs_tell_what_one_tells_in_order(jobs: int) -> None:
    assert list(in_jobs(starts, PARTS, jobs)) == list(range(200))
    assert not multiprocessing.active_children()


def test_a_job_leaves_what_it_shares_out_of_searches_for_garbage() -> None:
    """A search would write to all of it, and each process would have a copy of its own."""

    def work(part: Sequence[Region]) -> Iterator[int]:
        assert part
        yield gc.get_freeze_count()
        yield len(gc.get_objects())

    shared, own = islice(in_jobs(work, PARTS, 2), 2)
    assert shared > 10 * own


def test_an_error_in_a_job_is_told_as_it_was() -> None:
    def work(part: Sequence[Region]) -> Iterator[int]:
        if part[0].start == 50:
            raise InputFormatError("a letter", "genome.fa", 7)
        yield from starts(part)

    found = in_jobs(work, PARTS, 2)
    assert list(islice(found, 50)) == list(range(50))
    with pytest.raises(InputFormatError, match=r"^genome.fa:7: a letter$") as error:
        next(found)
    assert error.value.line == 7
    assert not multiprocessing.active_children()


def test_a_job_that_was_killed_is_told() -> None:
    def work(part: Sequence[Region]) -> Iterator[int]:
        if part[0].start == 30:
            os.kill(os.getpid(), signal.SIGKILL)
        yield from starts(part)

    with pytest.raises(BackendError, match="ask for fewer jobs"):
        list(in_jobs(work, PARTS, 2))


def test_no_process_stays_where_nobody_listens() -> None:
    found = in_jobs(starts, PARTS, 3)
    assert next(found) == 0
    found.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()


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
