import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from genoseq import __version__
from genoseq.config.schema import TokenizerSettings
from genoseq.errors import StoreError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import Scheme, cds_phase_scheme, signal_scheme
from genoseq.store.store import (
    Piece,
    Store,
    file_checksum,
    open_store,
    verify_store,
    write_store,
)
from genoseq.tokenizers.kmer import KmerTokenizer

SCHEME = cds_phase_scheme()
K6 = TokenizerSettings(k=6, stride=1)


def random_pieces(
    lengths: list[int], tokenizer: TokenizerSettings, scheme: Scheme | None, seed: int = 0
) -> Iterator[Piece]:
    rng = np.random.default_rng(seed)
    kmers = KmerTokenizer(tokenizer.k, tokenizer.stride)
    for index, length in enumerate(lengths):
        ids = kmers.encode(rng.integers(0, 5, length).astype(np.uint8))
        labels = None
        if scheme is not None and scheme.kind == "classes":
            labels = rng.integers(0, len(scheme), length).astype(np.uint8)
        elif scheme is not None:
            labels = rng.random((length, len(scheme)), np.float32)
        split = ("train", "valid", "test")[index % 3]
        yield Region(f"chr{index // 2}", 100, 100 + length), split, ids, labels


def make(path: Path, *, lengths: tuple[int, ...] = (1000, 300, 50)) -> Store:
    return write_store(path, "toy", K6, SCHEME, random_pieces(list(lengths), K6, SCHEME), {})


@pytest.mark.parametrize(("k", "stride"), [(1, 1), (3, 1), (6, 1), (6, 4), (8, 8)])
@pytest.mark.parametrize(
    "scheme", [None, SCHEME, signal_scheme([("a", "+"), ("a", "-")])], ids=["none", "class", "sig"]
)
def test_store_gives_back_what_was_written(
    tmp_path: Path, k: int, stride: int, scheme: Scheme | None
) -> None:
    tokenizer = TokenizerSettings(k=k, stride=stride)
    pieces = list(random_pieces([1000, 17, 0, 333], tokenizer, scheme))
    sources = {"genome.fa": "abc"}
    store = write_store(tmp_path / "s", "toy", tokenizer, scheme, iter(pieces), sources)
    assert (store.name, store.tokenizer, store.scheme) == ("toy", tokenizer, scheme)
    assert (store.sources, store.genoseq_version) == (sources, __version__)
    assert len(store.regions) == len(pieces)
    for index, (region, split, ids, labels) in enumerate(pieces):
        found = store.regions[index]
        assert (found.region, found.split, len(found)) == (region, split, len(region))
        assert store.ids(index).tolist() == ids.tolist()
        assert store.all_ids[found.offset : found.offset + len(ids)].tolist() == ids.tolist()
        if labels is not None:
            stored = store.labels(index)
            assert len(stored) == len(ids) * stride
            assert np.array_equal(stored[: len(region)], labels)
            tail = stored[len(region) :]
            assert np.all(tail == 255) or np.all(np.isnan(tail))
    assert verify_store(tmp_path / "s").checksums == store.checksums


def test_store_costs_three_bytes_a_base_at_k6_with_classes(tmp_path: Path) -> None:
    store = make(tmp_path / "s", lengths=(100_000,))
    data = [file for file in store.path.iterdir() if file.name != "index.json"]
    assert sum(file.stat().st_size for file in data) == 300_000
    assert sum(file.stat().st_size for file in store.path.iterdir()) < 302_000


def test_views_are_read_only_and_not_copies(tmp_path: Path) -> None:
    store = make(tmp_path / "s")
    assert np.shares_memory(store.ids(1), store.all_ids)
    assert np.shares_memory(store.labels(1), store.all_labels)
    with pytest.raises(ValueError, match="read-only"):
        store.ids(0)[0] = 1


def test_files_are_raw_little_endian(tmp_path: Path) -> None:
    store = make(tmp_path / "s")
    raw = np.frombuffer((tmp_path / "s" / "ids.bin").read_bytes(), "<u2")
    assert raw.tolist() == store.all_ids.tolist()
    index = json.loads((tmp_path / "s" / "index.json").read_text())
    assert index["tokenizer"] == {"k": 6, "stride": 1}
    assert index["regions"]["offset"] == [0, 1000, 1300]
    assert index["sha256"]["ids.bin"] == file_checksum(tmp_path / "s" / "ids.bin")


def test_same_pieces_make_the_same_bytes(tmp_path: Path) -> None:
    first, second = make(tmp_path / "a"), make(tmp_path / "b")
    for name in ("index.json", "ids.bin", "labels.bin"):
        assert (first.path / name).read_bytes() == (second.path / name).read_bytes()


def test_store_pickles_as_its_path(tmp_path: Path) -> None:
    store = make(tmp_path / "s", lengths=(100_000,))
    data = pickle.dumps(store)
    assert len(data) < 1000
    assert np.array_equal(pickle.loads(data).all_ids, store.all_ids)


def test_a_hundred_thousand_regions_are_fine(tmp_path: Path) -> None:
    ids, labels = np.full(10, 7, np.uint16), np.zeros(10, np.uint8)
    pieces = (
        (Region("c", 10 * i, 10 * i + 10), ("train", "test")[i % 2], ids, labels)
        for i in range(100_000)
    )
    store = write_store(tmp_path / "s", "many", K6, SCHEME, pieces, {})
    assert store.regions[99_999].offset == 999_990
    assert len(store.regions.of_split("train")) == 50_000
    assert store.regions.splits == ("train", "test")


def test_a_store_of_nothing_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no base to store \(0 regions\): every region was"):
        make(tmp_path / "s", lengths=())
    with pytest.raises(StoreError, match=r"no base to store \(2 regions\)"):
        make(tmp_path / "s", lengths=(0, 0))
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_older_store(tmp_path: Path) -> None:
    before = make(tmp_path / "s").all_ids.tolist()

    def failing() -> Iterator[Piece]:
        yield from random_pieces([10], K6, SCHEME)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_store(tmp_path / "s", "toy", K6, SCHEME, failing(), {})
    assert verify_store(tmp_path / "s").all_ids.tolist() == before
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_new_store_replaces_an_older_one_but_nothing_else(tmp_path: Path) -> None:
    make(tmp_path / "s")
    assert len(make(tmp_path / "s", lengths=(10,)).regions) == 1
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("hours of work")
    with pytest.raises(StoreError, match=r"thesis is .* holds chapter1\.tex: name a new"):
        make(tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter1.tex").exists()


BASES = np.zeros(10, np.uint8)


@pytest.mark.parametrize(
    ("split", "ids", "labels", "message"),
    [
        ("dev", BASES, BASES, r"region c:1-10: split 'dev': use train, valid, test, score"),
        ("train", BASES[:9], BASES, r"region c:1-10: ids of shape \(9,\), its 10 bases at stride"),
        ("train", BASES, BASES[:9], r"region c:1-10: labels of shape \(9,\), expected \(10,\)"),
        ("train", BASES, BASES + 7, r"region c:1-10: labels outside the scheme's states 0 to 6"),
        ("train", BASES + np.uint16(5000), BASES, r"region c:1-10: ids outside 0 to 4100"),
        ("train", BASES, None, r"region c:1-10: no labels, the store has a scheme"),
    ],
)
def test_a_piece_that_does_not_fit_is_refused(
    tmp_path: Path,
    split: str,
    ids: np.ndarray,
    labels: np.ndarray | None,
    message: str,
) -> None:
    pieces = [(Region("c", 0, 10), split, ids, labels)]
    with pytest.raises(StoreError, match=message):
        write_store(tmp_path / "s", "toy", K6, SCHEME, pieces, {})
    assert list(tmp_path.iterdir()) == []


def test_labels_without_a_scheme_are_refused_and_not_given(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="labels without a scheme"):
        write_store(tmp_path / "s", "toy", K6, None, random_pieces([9], K6, SCHEME), {})
    store = write_store(tmp_path / "s", "toy", K6, None, random_pieces([9], K6, None), {})
    with pytest.raises(StoreError, match="store 'toy' has no labels: write it with an annotation"):
        store.labels(0)


@pytest.mark.parametrize("name", ["ids.bin", "labels.bin"])
def test_open_refuses_a_truncated_or_missing_file(tmp_path: Path, name: str) -> None:
    make(tmp_path / "s")
    file = tmp_path / "s" / name
    data = file.read_bytes()
    file.write_bytes(data[:-1])
    told = rf"{name}: the store is damaged or was copied in part \({len(data) - 1} bytes, its index"
    with pytest.raises(StoreError, match=told):
        open_store(tmp_path / "s")
    file.unlink()
    with pytest.raises(StoreError, match=rf"{name}: the store is damaged .*\(0 bytes"):
        open_store(tmp_path / "s")


@pytest.mark.parametrize("name", ["ids.bin", "labels.bin"])
def test_verify_finds_one_changed_byte_that_open_does_not_look_for(
    tmp_path: Path, name: str
) -> None:
    make(tmp_path / "s")
    file = tmp_path / "s" / name
    data = bytearray(file.read_bytes())
    data[7] ^= 1
    file.write_bytes(data)
    open_store(tmp_path / "s")
    with pytest.raises(StoreError, match=rf"{name}: the store is damaged .*its checksum is not"):
        verify_store(tmp_path / "s")


def test_verify_finds_a_changed_table_of_regions(tmp_path: Path) -> None:
    make(tmp_path / "s")
    index = tmp_path / "s" / "index.json"
    index.write_text(index.read_text().replace('"valid"', '"train"'))
    with pytest.raises(StoreError, match=r"index\.json: the store is damaged .*its checksum"):
        verify_store(tmp_path / "s")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('{"format"', '["format"', r"damaged or was copied in part \(it is not JSON\)"),
        ("genoseq-store", "zarr", r"index\.json: not the index of a genoseq-store"),
        ('"version": 1', '"version": 2', r"store format 2, this genoseq reads 1: write the store"),
        ('"name"', '"nom"', r"damaged .*\(KeyError: 'name'\)"),
        ('"k": 6', '"k": 60', r"damaged .*ValidationError"),
        ("[0, 1000, 1300]", "[0, 1000]", "columns of regions differ in length"),
        ("[0, 1000, 1300]", "[0, 1000, 1301]", "offsets do not follow from the regions' lengths"),
    ],
)
def test_open_refuses_a_damaged_index(tmp_path: Path, old: str, new: str, message: str) -> None:
    make(tmp_path / "s")
    index = tmp_path / "s" / "index.json"
    index.write_text(index.read_text().replace(old, new, 1))
    with pytest.raises(StoreError, match=message):
        open_store(tmp_path / "s")


def test_open_of_no_store_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store here .*: make one with genoseq tokenize"):
        open_store(tmp_path / "nowhere")
