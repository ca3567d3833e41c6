"""A genome in shards of equal work: every base once, in order."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from genoseq.genome.regions import Region
from genoseq.genome.shards import CONTIG_WORK, STEP, partition, shard_names

LENGTHS = st.lists(
    st.one_of(st.integers(0, 40), st.integers(0, 3 * STEP), st.integers(0, 400_000)), max_size=30
)


def joined(regions: list[Region]) -> list[Region]:
    """Consecutive regions that meet on a contig as one."""
    found: list[Region] = []
    for region in regions:
        if found and found[-1].chrom == region.chrom and found[-1].end == region.start:
            found[-1] = Region(region.chrom, found[-1].start, region.end)
        else:
            found.append(region)
    return found


def work(regions: list[Region]) -> int:
    return sum(len(region) + CONTIG_WORK * (region.start == 0) for region in regions)


@given(LENGTHS, st.integers(1, 60))
@example([8193], 15)
def test_partition_has_every_base_once_in_order(sizes: list[int], count: int) -> None:
    lengths = {f"c{number}": size for number, size in enumerate(sizes)}
    shards = partition(lengths, count)
    assert len(shards) == count
    regions = [region for shard in shards for region in shard]
    assert joined(regions) == [Region(name, 0, size) for name, size in lengths.items() if size]
    assert all(map(len, regions))


@given(LENGTHS, st.integers(1, 60))
def test_partition_is_even(sizes: list[int], count: int) -> None:
    lengths = {f"c{number}": size for number, size in enumerate(sizes)}
    works = list(map(work, partition(lengths, count)))
    assert max(works) - min(works) <= 2 * (STEP + CONTIG_WORK)


def test_partition_packs_small_contigs_and_cuts_long_ones() -> None:
    lengths = {"long": 20 * STEP, **{f"s{number:02}": 100 for number in range(40)}}
    shards = partition(lengths, 4)
    assert [shard[0].chrom for shard in shards] == ["long"] * 4
    assert [shard[0].start % STEP for shard in shards] == [0] * 4
    assert [len(shard) for shard in shards] == [1, 1, 1, 41]
    assert sum(map(len, shards[3])) < sum(map(len, shards[0]))  # a contig costs more than its bases


def test_partition_of_few_bases_leaves_shards_empty() -> None:
    assert partition({"a": 10, "b": 0}, 3).count([]) == 2
    assert partition({}, 3) == [[], [], []]


def test_shard_names_sort_as_they_count() -> None:
    names = shard_names(120)
    assert names[:2] == ["001", "002"]
    assert sorted(names) == names
