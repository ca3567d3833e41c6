import json
from pathlib import Path

import pytest
from toy_store import make

from genoseq.errors import StoreError
from genoseq.store.store import open_store, verify_store


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
    del index["sha256"][name]
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
        ('{"format"', '["format"', r"damaged or was copied in part \(it is not JSON\)"),
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
        ('"sources": {', '"sources": ' + "[" * 10**5 + "{", r"damaged .*\(it is not JSON\)"),
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
