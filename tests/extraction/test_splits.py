"""Splits by genome, contig and block, and the k-mers that they share."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.config.splits import RegionSettings, SplitSettings
from genoseq.errors import ConfigError, RegionError
from genoseq.extraction.leaks import K, sample_for, shared_count, sketch, split_leaks
from genoseq.extraction.n_runs import n_runs
from genoseq.extraction.splits import assign_splits, block_splits, contig_splits, possible_splits
from genoseq.genome.regions import Region
from genoseq.genome.sequences import decode, encode, reverse_complement_codes
from genoseq.readers.fasta import open_fasta

ALL = RegionSettings(min_length=1, max_n_fraction=1)


def bases(length: int, seed: int = 0) -> str:
    return decode(np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)).decode()


def write(tmp_path: Path, **contigs: str) -> Path:
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in contigs.items()))
    return path


def assigned(
    path: Path,
    rule: str,
    split: SplitSettings | None = None,
    regions: RegionSettings = ALL,
    blacklist: tuple[Region, ...] = (),
    seed: int = 0,
) -> list[tuple[str, int, int, str]]:
    with open_fasta(path) as fasta:
        found = assign_splits(fasta, rule, split or SplitSettings(), regions, blacklist, seed)
    return [(r.chrom, r.start, r.end, name) for r, name in found]


@pytest.mark.parametrize("rule", ["train", "valid", "test", "score"])
def test_assign_splits_by_genome(tmp_path: Path, rule: str) -> None:
    path = write(tmp_path, a=bases(50), b="", c=bases(20))
    assert assigned(path, rule) == [("a", 0, 50, rule), ("c", 0, 20, rule)]


def test_assign_splits_by_contig(tmp_path: Path) -> None:
    path = write(tmp_path, a=bases(50), b=bases(40), c=bases(30))
    assert assigned(path, "contigs:valid=b;test=c") == [
        ("a", 0, 50, "train"),
        ("b", 0, 40, "valid"),
        ("c", 0, 30, "test"),
    ]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("contigs:valid=z", "the FASTA has no contig 'z' but a, b"),
        ("contigs:valid=a;test=a", "contig 'a' is named twice"),
        ("contigs:held=a", "'held=a' is not such as valid=chrA,chrB"),
        ("contigs:a", "'a' is not such as valid=chrA,chrB"),
    ],
)
def test_contig_splits_errors(rule: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        contig_splits(rule, {"a": 5, "b": 5})


def test_contig_splits_has_no_eye_for_spaces() -> None:
    found = contig_splits("contigs:valid = a ; test=b, c", dict.fromkeys("abcd", 5))
    assert found == {"a": "valid", "b": "test", "c": "test", "d": "train"}


@pytest.mark.parametrize(
    ("lengths", "rule", "found"),
    [
        ({"a": 300, "b": 299}, "train", {"train"}),
        ({"a": 300, "b": 300}, "contigs:valid=a;test=b", {"valid", "test"}),
        ({"a": 300, "b": 300, "c": 299}, "contigs:valid=a;test=b", {"valid", "test"}),
        ({"a": 300, "b": 299, "c": 300}, "contigs:test = b", {"train"}),
        ({"a": 150_000}, "blocks", {"train", "valid", "test"}),
        ({"a": 50_000, "b": 1, "c": 1, "d": 0}, "blocks", {"train", "valid", "test"}),
    ],
)
def test_possible_splits_are_those_of_long_contigs(
    lengths: dict[str, int], rule: str, found: set[str]
) -> None:
    assert possible_splits(lengths, rule, SplitSettings(), RegionSettings()) == found


@pytest.mark.parametrize(
    ("lengths", "rule", "message"),
    [
        ({"a": 299, "b": 0}, "valid", "split valid: no region is left .min_length 300 bp"),
        ({"a": 299}, "contigs:test=b", "the FASTA has no contig 'b' but a"),
        ({"a": 100_000, "b": 0}, "blocks", "2 blocks of 50,000 bp .* too few for 3 splits"),
    ],
)
def test_possible_splits_fails_where_assign_splits_would(
    tmp_path: Path, lengths: dict[str, int], rule: str, message: str
) -> None:
    limits = SplitSettings(), RegionSettings()
    with pytest.raises((ConfigError, RegionError), match=message):
        possible_splits(lengths, rule, *limits)
    path = write(tmp_path, **{name: bases(length) for name, length in lengths.items()})
    with open_fasta(path) as fasta, pytest.raises((ConfigError, RegionError), match=message):
        assign_splits(fasta, rule, *limits)


def test_assign_splits_cuts_holes_and_drops_pieces(tmp_path: Path) -> None:
    text = bases(400) + "N" * 100 + bases(50) + "N" * 99 + bases(51) + "NR" * 150 + bases(10)
    path = write(tmp_path, a=text)
    limits = RegionSettings(min_length=60, max_n_fraction=0.495)
    hole = (Region("a", 200, 210), Region("other", 0, 5))
    assert assigned(path, "train", regions=limits, blacklist=hole) == [
        ("a", 0, 200, "train"),
        ("a", 210, 400, "train"),
        ("a", 500, 700, "train"),
    ]
    stricter = RegionSettings(min_length=60, max_n_fraction=0.49)
    assert ("a", 500, 700, "train") not in assigned(path, "train", regions=stricter)


def test_assign_splits_keeps_a_region_of_just_min_length(tmp_path: Path) -> None:
    path = write(tmp_path, a=bases(50), b=bases(49))
    limits = RegionSettings(min_length=50)
    assert assigned(path, "train", regions=limits) == [("a", 0, 50, "train")]


def test_assign_splits_errors(tmp_path: Path) -> None:
    path = write(tmp_path, a=bases(400))
    with pytest.raises(ConfigError, match="split rule 'holdout': use train, valid, test"):
        assigned(path, "holdout")
    with pytest.raises(RegionError, match=r"blacklist: its contigs are chrA, but"):
        assigned(path, "train", blacklist=(Region("chrA", 0, 5),))
    with pytest.raises(RegionError, match=r"no region is left \(min_length 500 bp"):
        assigned(path, "train", regions=RegionSettings(min_length=500))
    with pytest.raises(ConfigError, match=r"1 blocks of 50,000 bp .* too few for 3 splits"):
        assigned(path, "blocks")
    with pytest.raises(ConfigError, match=r"no region is left for .*: make gap smaller than block"):
        assigned(path, "blocks", SplitSettings(block=40, gap=100))


@given(
    st.lists(st.integers(0, 900), min_size=1, max_size=4),
    st.integers(20, 60),
    st.integers(0, 15),
    st.sampled_from([0.0, 0.1, 0.2, 0.3]),
    st.integers(0, 3),
)
def test_blocks_are_disjoint_with_gaps_and_every_split(
    tmp_path_factory: pytest.TempPathFactory,
    lengths: list[int],
    block: int,
    gap: int,
    fraction: float,
    seed: int,
) -> None:
    count = sum(max(1, round(n / block)) for n in lengths if n > block)
    if count < 3:
        return
    path = write(
        tmp_path_factory.mktemp("blocks"),
        **{f"c{i}": bases(n if n > block else 0) for i, n in enumerate(lengths)},
    )
    split = SplitSettings(block=block, gap=gap, valid=fraction, test=0.2)
    found = assigned(path, "blocks", split, seed=seed)
    assert found == assigned(path, "blocks", split, seed=seed)
    assert {row[3] for row in found} == {"train", "test"} | ({"valid"} if fraction else set())
    for left, right in pairwise(found):
        if left[0] == right[0]:
            assert right[1] - left[2] >= (gap if left[3] != right[3] else 0)


def test_block_splits_keep_their_fractions() -> None:
    weights = np.random.default_rng(0).integers(1, 50_000, 500)
    split = SplitSettings(valid=0.1, test=0.2)
    names = np.array(block_splits(weights, split, seed=3))
    for name, fraction in (("train", 0.7), ("valid", 0.1), ("test", 0.2)):
        assert abs(weights[names == name].sum() / weights.sum() - fraction) < 0.005
    assert sorted(block_splits(np.array([9, 9, 9]), split)) == ["test", "train", "valid"]
    with pytest.raises(ConfigError, match="leave nothing to train on"):
        block_splits(weights, SplitSettings(valid=0.5, test=0.5))


def test_assign_splits_bounds_regions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genoseq.extraction.splits.LARGEST", 40)
    found = assigned(write(tmp_path, a=bases(100)), "train")
    assert [row[1:3] for row in found] == [(0, 33), (33, 66), (66, 100)]


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(1, 9))
def test_n_runs_finds_every_n(
    tmp_path_factory: pytest.TempPathFactory, unknown: list[bool], stretch: int
) -> None:
    text = "".join("N" if flag else "A" for flag in unknown)
    path = write(tmp_path_factory.mktemp("runs"), a="A" + text)
    with pytest.MonkeyPatch.context() as patch, open_fasta(path) as fasta:
        patch.setattr("genoseq.extraction.n_runs._STRETCH", stretch)
        runs = n_runs(fasta, "a")
    assert [text.count("N", i, j) for i in range(5) for j in range(i, 60)] == [
        runs.count(1 + i, 1 + j) for i in range(5) for j in range(i, 60)
    ]


def test_sketch_is_of_canonical_kmers_without_n() -> None:
    codes = encode(bases(500).encode())
    whole = sketch([codes], 1)
    assert len(whole) == 500 - K + 1
    assert np.array_equal(whole, sketch([reverse_complement_codes(codes)], 1))
    # An N in the middle takes the K k-mers over it; two stretches lose those across the border.
    holed = codes.copy()
    holed[250] = 4
    assert len(sketch([holed], 1)) == 500 - K + 1 - K
    assert shared_count(whole, sketch([holed], 1)) == 500 - K + 1 - K
    assert len(sketch([codes[:250], codes[250:]], 1)) == 2 * (250 - K + 1)
    assert len(sketch([codes[: K - 1]], 1)) == 0
    with pytest.raises(ConfigError, match="must be 2 to 31"):
        sketch([codes], 1, k=32)


@given(st.text("ACGTN", min_size=4, max_size=80), st.integers(2, 31))
def test_sketch_counts_distinct_canonical_kmers(text: str, k: int) -> None:
    def canonical(kmer: str) -> str:
        return min(kmer, kmer.translate(str.maketrans("ACGT", "TGCA"))[::-1])

    kmers = {canonical(text[i : i + k]) for i in range(len(text) - k + 1)}
    assert len(sketch([encode(text.encode())], 1, k)) == sum("N" not in kmer for kmer in kmers)


def test_split_leaks_says_what_is_shared() -> None:
    train, test = encode(bases(400_000, 1).encode()), encode(bases(200_000, 2).encode())
    test = np.concatenate([test, reverse_complement_codes(train[:200_000])])
    for sample, tolerance in ((1, 0.001), (64, 0.05)):
        sketches = {"train": sketch([train], sample), "test": sketch([test], sample)}
        (leak,) = split_leaks(sketches)
        assert (leak.other, leak.held_out) == ("train", "test")
        assert leak.fraction == pytest.approx(0.5, abs=tolerance)
    assert "% of the 31-mers of test are in train" in str(leak)


def test_sample_for_keeps_about_a_million() -> None:
    assert [sample_for(n) for n in (0, 1 << 20, 1 << 22, 3_000_000_000)] == [1, 1, 4, 2048]
