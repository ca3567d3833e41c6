import json
import pickle
from pathlib import Path

import pytest
from toy_store import SCHEME, contigs, genome, make, random_pieces

from genoseq.errors import StoreError
from genoseq.store.files import file_checksum
from genoseq.store.store import open_store, open_stores, verify_store
from genoseq.store.write import write_store


@pytest.mark.parametrize("name", ["codes.bin", "labels.bin"])
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


@pytest.mark.parametrize("name", ["codes.bin", "labels.bin"])
def test_open_refuses_a_file_that_is_too_long(tmp_path: Path, name: str) -> None:
    make(tmp_path / "s")
    with (tmp_path / "s" / name).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(StoreError, match=rf"{name}: the store is damaged .* bytes, its index says"):
        open_store(tmp_path / "s")


@pytest.mark.parametrize("name", ["codes.bin", "labels.bin", "index"])
def test_verify_wants_every_checksum(tmp_path: Path, name: str) -> None:
    make(tmp_path / "s")
    file = tmp_path / "s" / "index.json"
    index = json.loads(file.read_text())
    del index["sha256"][name], index["seal"]
    file.write_text(json.dumps(index))
    with pytest.raises(StoreError, match="its checksum is not the one in the index"):
        verify_store(tmp_path / "s")


@pytest.mark.parametrize("name", ["codes.bin", "labels.bin"])
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


@pytest.mark.parametrize(
    ("old", "new"), [('"valid"', '"train"'), ('"chr0": 1500, "empty": 0', '"chr0": 1499, "x": 1')]
)
def test_verify_finds_a_changed_table(tmp_path: Path, old: str, new: str) -> None:
    make(tmp_path / "s")
    index = tmp_path / "s" / "index.json"
    assert old in index.read_text()
    index.write_text(index.read_text().replace(old, new))
    with pytest.raises(StoreError, match=r"index\.json: the store is damaged .*its checksum"):
        verify_store(tmp_path / "s")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('{"format"', '["format"', r"damaged or was copied in part \(it is not JSON: .+\)"),
        ("genoseq-store", "zarr", r"index\.json: not the index of a genoseq-store"),
        ('"version": 2', '"version": 1', r"store format 1, this genoseq reads 2: write the store"),
        ('"name"', '"nom"', r"damaged .*\(KeyError: 'name'\)"),
        ('"lengths": {', '"lengths": 3, "x": {', r"damaged .*AttributeError"),
        ("[1100, 400, 150]", "[1100, 400]", "columns of regions differ in length"),
        ("[1100, 400, 150]", "[1101, 400, 701]", "a region is not inside its contig"),
        ("[1100, 400, 150]", "[1100, 400, 50]", "a region is not inside its contig"),
        ('"chrom": [0, 0, 1]', '"chrom": [0, 0, 2]', r"damaged .*IndexError"),
        ('"chrom": [0, 0, 1]', '"chrom": [0, 0, -2]', "a region is not inside its contig"),
        ("[1100, 400, 150]", f"[1100, 400, {10**30}]", r"damaged .*OverflowError"),
        ('"sha256": {', '"sha256": [1], "x": {', r"damaged .*TypeError"),
        ('"sources": {', '"sources": ' + "[" * 10**5 + "{", r"damaged .*\(it is not JSON: .+\)"),
    ],
)
def test_open_refuses_a_damaged_index(tmp_path: Path, old: str, new: str, message: str) -> None:
    make(tmp_path / "s")
    index = tmp_path / "s" / "index.json"
    assert old in index.read_text()
    index.write_text(index.read_text().replace(old, new, 1))
    with pytest.raises(StoreError, match=message):
        open_store(tmp_path / "s")


def test_open_of_no_store_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store here .*: make one with genoseq tokenize"):
        open_store(tmp_path / "nowhere")


def _rewrite(folder: Path, name: str, data: bytes) -> None:
    """Change a file, and its checksum in the index with it."""
    (folder / name).write_bytes(data)
    index = json.loads((folder / "index.json").read_text())
    del index["seal"]
    index["sha256"][name] = file_checksum(folder / name)
    (folder / "index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("codes.bin", 5, r"codes\.bin: .*base code 5, use 0 to 4"),
        (
            "labels.bin",
            7,
            r"labels\.bin: .*labels must be states 0 to 6, or 255 for unknown",
        ),
        ("labels.bin", 254, r"labels\.bin: .*labels must be states 0 to 6, .* to 254"),
    ],
)
def test_verify_refuses_values_that_cannot_be_whatever_the_checksum(
    tmp_path: Path, name: str, value: int, message: str
) -> None:
    make(tmp_path / "s")
    data = bytearray((tmp_path / "s" / name).read_bytes())
    data[-1] = value
    _rewrite(tmp_path / "s", name, bytes(data))
    with pytest.raises(StoreError, match=message):
        verify_store(tmp_path / "s")


def test_open_stores_verifies_each_once(tmp_path: Path) -> None:
    store = make(tmp_path / "s")
    assert open_stores([store]) == [store]
    (tmp_path / "s" / "codes.bin").write_bytes(bytes(store.bases))
    assert open_stores([store]) == [store]
    with pytest.raises(StoreError, match=r"codes\.bin: .*its checksum is not"):
        open_stores([tmp_path / "s"])


def test_files_of_two_stores_that_are_swapped_are_refused(tmp_path: Path) -> None:
    make(tmp_path / "a")
    write_store(tmp_path / "b", "toy", SCHEME, contigs(genome(1)), random_pieces([9], SCHEME), {})
    (tmp_path / "b" / "codes.bin").replace(tmp_path / "a" / "codes.bin")
    open_store(tmp_path / "a")
    with pytest.raises(StoreError, match=r"a/codes\.bin: .*its checksum is not"):
        open_stores([tmp_path / "a"])


def test_a_store_that_is_written_anew_stays_what_it_was_for_whoever_has_it(tmp_path: Path) -> None:
    (store,) = open_stores([make(tmp_path / "s")])
    before, pickled = store.all_codes.tolist(), pickle.dumps(store)
    write_store(tmp_path / "s", "toy", SCHEME, contigs(genome(1)), random_pieces([9], SCHEME), {})
    assert store.all_codes.tolist() == before
    with pytest.raises(StoreError, match="was written anew while it was in use: start again"):
        pickle.loads(pickled)


@pytest.mark.parametrize(
    ("old", "new"), [('"name": "toy"', '"name": "tot"'), ('"CDS"', '"CDZ"'), ('"-"', '"+"')]
)
def test_open_refuses_an_index_whose_entries_changed(tmp_path: Path, old: str, new: str) -> None:
    make(tmp_path / "s")
    index = tmp_path / "s" / "index.json"
    assert old in index.read_text()
    index.write_text(index.read_text().replace(old, new))
    with pytest.raises(StoreError, match=r"index\.json: the store is damaged"):
        open_store(tmp_path / "s")


def test_open_reads_a_store_without_a_seal(tmp_path: Path) -> None:
    made = make(tmp_path / "s")
    _rewrite(tmp_path / "s", "codes.bin", (tmp_path / "s" / "codes.bin").read_bytes())
    assert verify_store(tmp_path / "s").checksums == made.checksums
