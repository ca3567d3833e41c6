"""Damaged windows: labels stay with their bases, and a batch depends on its number alone."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled import K3, bases, make
from planted import store_of_contigs

from genoseq.config.augment import AugmentSettings
from genoseq.config.schema import TokenizerSettings
from genoseq.config.training import TrainingSettings
from genoseq.data.batch import Batch
from genoseq.data.damage import Damage, Rates, changed, copied, damaged, fragments, worn
from genoseq.data.dataset import WHOLE, Share, TrainingWindows
from genoseq.data.gather import WindowSource, regions_of_split
from genoseq.genome.schemes import cds_phase_scheme, signal_scheme
from genoseq.genome.sequences import N, reverse_complement_codes
from genoseq.store.store import Store
from genoseq.tokenizers.kmer import KmerTokenizer

PLACES = signal_scheme([("place", ".")])
AT_ONCE = {"begin": 0.0, "full": 0.0, "share": 1.0}


def placed_store(folder: Path, length: int = 3_000) -> Store:
    """Random bases whose label is their place; no two stretches of a dozen are alike."""
    places = np.arange(length, dtype=np.float32)[:, None]
    return store_of_contigs(folder / "s", PLACES, [("c", "train", bases(length), places)])


def windows(
    store: Store, share: Share = WHOLE, seed: int = 1, **augment: object
) -> TrainingWindows:
    settings = AugmentSettings(**(AT_ONCE | augment)) if augment else None  # type: ignore[arg-type]
    training = TrainingSettings(batch=6, seed=seed, steps=40, augment=settings)
    return TrainingWindows([store], K3, 300, training, share)


def parts(batch: Batch) -> list[bytes]:
    assert batch.labels is not None
    return [each.numpy().tobytes() for each in (batch.ids, batch.labels, batch.codes)]


def test_windows_without_damage_are_those_of_earlier_releases(tmp_path: Path) -> None:
    store = make(tmp_path / "s", [bases(500), bases(300, 1)])
    data = TrainingWindows([store], K3, 30, TrainingSettings(batch=4, seed=1, steps=20))
    digest = hashlib.sha256()
    for number in range(20):
        for each in parts(data[number]):
            digest.update(each)
    assert digest.hexdigest() == (
        "3bd6ae8a2e34464f589efc06c3a23d888d1a89697657e614ca5185816bf6f92e"
    )


def test_windows_before_damage_begins_are_whole_and_true(tmp_path: Path) -> None:
    store = placed_store(tmp_path)
    plain, later = windows(store), windows(store, begin=0.5, full=1.0, indels=0.1)
    for number in range(21):
        assert parts(plain[number]) == parts(later[number])
    assert any(parts(plain[number]) != parts(later[number]) for number in range(21, 40))


def test_damage_of_nothing_leaves_windows_as_they_are(tmp_path: Path) -> None:
    store = placed_store(tmp_path)
    nothing = {"indels": 0, "substitutions": 0, "ambiguous": 0, "shortest": None}
    for number in range(10):
        assert parts(windows(store)[number]) == parts(windows(store, **nothing)[number])


@pytest.mark.parametrize("shortest", [None, 60])
def test_a_batch_depends_on_its_number_alone(tmp_path: Path, shortest: int | None) -> None:
    store = placed_store(tmp_path)
    heavy = {"indels": 0.1, "substitutions": 0.1, "shortest": shortest, "longest": 200}
    whole = windows(store, **heavy)
    forth = [parts(whole[number]) for number in range(40)]
    back = [parts(windows(store, **heavy)[number]) for number in range(39, -1, -1)]
    assert forth == back[::-1]
    assert len({each[0] for each in forth}) == 40
    assert forth[3] != parts(windows(store, seed=2, **heavy)[3])
    for number in (0, 17):
        shared = [windows(store, Share(rank, 4), **heavy)[number] for rank in range(4)]
        for field in ("ids", "labels", "codes"):
            rows = torch.cat([getattr(batch, field) for batch in shared])
            assert rows.numpy().tobytes() == getattr(whole[number], field).numpy().tobytes()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), indels=st.floats(0, 0.3), first=st.integers(-50, 2_990))
def test_labels_stay_with_their_bases(seed: int, indels: float, first: int) -> None:
    store = _placed()
    source, own = WindowSource([store]), regions_of_split([store], "train")
    rng = np.random.default_rng(seed)
    codes, labels = damaged(source, own, first, 400, Rates(indels, 0, 0), rng)
    assert labels is not None
    place = labels[:, 0]
    known = ~np.isnan(place)
    truth = store.codes("c", 0, 3_000)
    assert (codes[known] == truth[place[known].astype(int)]).all()
    assert (np.diff(place[known]) >= 1).all()
    if first >= 0:
        assert first <= place[known].min(initial=first) <= first + 20
    # What has no label was inserted, or lies beyond the region, where it is N.
    if 0 <= first < 2_000:
        assert (codes < N).all()


_STORES: list[Store] = []


def _placed() -> Store:
    if not _STORES:
        import tempfile

        _STORES.append(placed_store(Path(tempfile.mkdtemp())))
    return _STORES[0]


def test_copied_has_as_many_insertions_as_deletions() -> None:
    rng = np.random.default_rng(1)
    index = copied(200_000, 0.02, rng)
    inserted = (index < 0).sum()
    skipped = index.max() + 1 - (index >= 0).sum()
    assert inserted == pytest.approx(2_000, rel=0.1)
    assert skipped == pytest.approx(2_000, rel=0.1)
    assert copied(5, 0, rng).tolist() == [0, 1, 2, 3, 4]


def test_changed_replaces_bases_by_others_and_by_n() -> None:
    rng = np.random.default_rng(1)
    codes = bases(100_000)
    codes[:1_000] = N
    found = changed(codes, Rates(0, 0.1, 0), rng)
    assert (found[:1_000] == N).all()
    assert (found[1_000:] != codes[1_000:]).mean() == pytest.approx(0.1, rel=0.05)
    assert found[1_000:].max() == 3
    assert (changed(codes, Rates(0, 0, 0.1), rng)[1_000:] == N).mean() == pytest.approx(0.1, 0.05)


def test_codon_phases_behind_an_indel_are_those_of_the_genome(tmp_path: Path) -> None:
    """Each known base is the codon's base that its label says, whatever came before it."""
    length = 3_000
    codes = np.tile(np.array([0, 1, 2], np.uint8), length // 3)  # ACG: phase 0, 1, 2
    labels = np.tile(np.array([1, 2, 3], np.uint8), length // 3)
    rows = [("c", "train", codes, labels)]
    store = store_of_contigs(tmp_path / "s", cds_phase_scheme(), rows)
    for number in range(20):
        batch = windows(store, indels=0.3, substitutions=0, ambiguous=0, longest=250)[number]
        assert batch.labels is not None
        given, known = batch.codes.numpy(), batch.labels.numpy()
        ahead, behind = (known >= 1) & (known <= 3), (known >= 4) & (known <= 6)
        assert ahead.any() or behind.any()
        assert (given[ahead] == known[ahead] - 1).all()
        assert (given[behind] == 3 - (known[behind] - 4)).all()
        assert (known[(given == N)] == 255).all()


def test_fragments_have_one_length_and_n_around_them(tmp_path: Path) -> None:
    store = placed_store(tmp_path)
    calm = {"indels": 0, "substitutions": 0, "ambiguous": 0, "shortest": 60, "longest": 90}
    data, seen = windows(store, **calm), set()
    for number in range(40):
        batch = data[number]
        assert batch.labels is not None
        assert batch.codes.shape == (6, 300)
        place = batch.labels.numpy()[:, :, 0]
        for row, codes in zip(place, batch.codes.numpy(), strict=True):
            known = ~np.isnan(row)
            assert (known == (codes != N)).all()
            edges = np.flatnonzero(np.diff(np.concatenate([[0], known, [0]])))
            lengths = np.diff(edges)[::2]
            assert len(lengths) >= 1
            (length,) = set(lengths.tolist())
            assert length % 3 == 0
            assert 60 <= length <= 90
            assert (np.diff(edges)[1::2] >= 30).all()
            seen.add(length)
    assert len(seen) > 5


def test_tokens_of_damaged_windows_are_those_of_their_bases(tmp_path: Path) -> None:
    store = placed_store(tmp_path)
    for tokenizer in (K3, TokenizerSettings(k=4, stride=1), TokenizerSettings(k=6, stride=3)):
        augment = AugmentSettings(indels=0.1, substitutions=0.1, longest=400, **AT_ONCE)
        training = TrainingSettings(batch=6, seed=1, steps=40, augment=augment)
        data = TrainingWindows([store], tokenizer, 300, training)
        kmers = KmerTokenizer(tokenizer.k, tokenizer.stride)
        for number in range(6):
            batch = data[number]
            for ids, codes in zip(batch.ids.numpy(), batch.codes.numpy(), strict=True):
                inner = kmers.encode(codes)
                margin = tokenizer.k  # beyond the window's edges there are other neighbours
                middle = slice(margin, len(ids) - margin)
                assert (ids[middle] == inner[: len(ids)][middle]).all()


def test_fragments_lie_within_the_window_and_apart() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        length = int(rng.integers(3, 300))
        found = list(fragments(length, 300, rng))
        assert found[0].at >= 0
        assert found[-1].at + length <= 300
        assert all(b.at - a.at - length >= 30 for a, b in itertools.pairwise(found))


def test_level_grows_from_begin_to_full() -> None:
    damage = Damage(AugmentSettings(begin=0.2, full=0.6, share=1), 1, 100)
    assert [damage.level(n) for n in (0, 20, 40, 60, 99)] == pytest.approx([0, 0, 0.5, 1, 1])
    sudden = Damage(AugmentSettings(begin=0.5, full=0.5, share=1), 1, 10)
    assert [sudden.level(n) for n in (4, 5)] == [0, 1]


def test_level_is_nothing_in_batches_that_are_not_of_the_share() -> None:
    damage = Damage(AugmentSettings(begin=0.0, full=0.0, share=0.3), 1, 2_000)
    levels = np.array([damage.level(number) for number in range(2_000)])
    assert set(levels) == {0, 1}
    assert levels.mean() == pytest.approx(0.3, abs=0.04)
    never = Damage(AugmentSettings(begin=0.0, full=0.0, share=0.0), 1, 100)
    assert not any(map(never.level, range(100)))


def test_rates_are_none_in_some_samples_and_else_even() -> None:
    damage = Damage(AugmentSettings(indels=0.1), 1, 10)
    rng = np.random.default_rng(0)
    drawn = np.array([damage.rates(0.5, rng).indels for _ in range(4_000)])
    assert (drawn == 0).mean() == pytest.approx(0.4, abs=0.03)
    assert drawn.max() == pytest.approx(0.05, rel=0.01)


def test_both_strands_see_damage(tmp_path: Path) -> None:
    store = placed_store(tmp_path)
    truth = store.codes("c", 0, 3_000)
    calm = {"indels": 0.02, "substitutions": 0, "ambiguous": 0, "shortest": None}
    batch = windows(store, **calm)[0]
    assert batch.labels is not None
    ways = set()
    for codes, row in zip(batch.codes.numpy(), batch.labels.numpy()[:, :, 0], strict=True):
        known = ~np.isnan(row)
        place = row[known].astype(int)
        ways.add(way := int(np.sign(place[-1] - place[0])))
        expected = truth[place] if way > 0 else reverse_complement_codes(truth[place][::-1])
        assert (codes[known] == expected).all()
    assert ways == {1, -1}


def test_worn_damages_a_whole_sequence_as_often_as_asked() -> None:
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, 100_000).astype(np.uint8)
    assert (worn(codes, Rates(0, 0, 0), rng) == codes).all()
    changed_only = worn(codes, Rates(0, 0.02, 0), rng)
    assert (changed_only != codes).mean() == pytest.approx(0.02, rel=0.1)
    indels = [len(worn(codes[:50], Rates(0.4, 0, 0), rng)) for _ in range(2_000)]
    assert np.mean(indels) == pytest.approx(50, abs=0.3)
    assert np.std(indels) == pytest.approx((50 * 0.4 * 0.9) ** 0.5, rel=0.1)
    assert len(worn(codes[:1], Rates(0.5, 0, 0), np.random.default_rng(0))) >= 1
