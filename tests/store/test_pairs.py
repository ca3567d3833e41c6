"""Stores of pairs: written whole, opened again, refused where they are damaged or of a genome."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pairs import toy_store
from planted import planted_store

from genoseq.errors import InputFormatError, StoreError
from genoseq.genome.complement import reverse_complement
from genoseq.genome.sequences import decode
from genoseq.store.build_pairs import tokenize_pairs
from genoseq.store.files import file_checksum
from genoseq.store.pairs import open_all_pairs, open_pairs, write_pairs
from genoseq.store.store import open_store


def test_store_gives_back_its_pairs(tmp_path: Path) -> None:
    store = toy_store(tmp_path)
    assert (store.name, store.alphabet.name) == ("toy", "dna")
    lines = (tmp_path / "toy.tsv").read_text().splitlines()
    assert store.pairs == len(lines)
    for number, line in enumerate(lines):
        source, target = line.split("\t")
        assert decode(store.source(number)).decode() == source
        assert store.target(number).decode() == target
        assert store.lengths[number].tolist() == [len(source), len(target)]


def test_splits_are_by_source_either_strand(tmp_path: Path) -> None:
    store = toy_store(tmp_path)
    split_of: dict[bytes, set[str]] = {}
    counts = {}
    for split in ("train", "valid", "test"):
        own = store.of_split(split)
        counts[split] = len(own) / store.pairs
        for number in own:
            letters = decode(store.source(number))
            split_of.setdefault(min(letters, reverse_complement(letters)), set()).add(split)
    assert sum(counts.values()) == 1
    assert counts["train"] == pytest.approx(0.8, abs=0.05)
    assert all(len(splits) == 1 for splits in split_of.values())
    assert len(store.of_split("score")) == 0


def test_all_pairs_of_a_table_may_be_of_one_split(tmp_path: Path) -> None:
    table = tmp_path / "pairs.tsv"
    table.write_text("AACG\tMK\nCCC\tM\n")
    store = tokenize_pairs(table, out=tmp_path / "store", split="test")
    assert store.of_split("test").tolist() == [0, 1]
    table.write_text("AACG\tMK\ttest\nCCC\tM\ttrain\n")
    with pytest.raises(InputFormatError, match=r":2: split 'train', and 'test' is asked for all"):
        tokenize_pairs(table, out=tmp_path / "store", split="test")


def test_tokenize_pairs_refuses_a_source_in_two_splits(tmp_path: Path) -> None:
    table = tmp_path / "pairs.tsv"
    table.write_text("source\ttarget\tsplit\nAACG\tMK\ttrain\nCGTT\tM\ttest\n")
    with pytest.raises(InputFormatError, match=r":3: this source, or its reverse complement, is"):
        tokenize_pairs(table, out=tmp_path / "store")
    table.write_text("AACG\tMK\tlater\n")
    with pytest.raises(InputFormatError, match=r":1: split 'later': use train, valid, test"):
        tokenize_pairs(table, out=tmp_path / "store")
    table.write_text("AACG\tM-K\n")
    with pytest.raises(InputFormatError, match="'-' at letter 1 is not of the alphabet protein"):
        tokenize_pairs(table, out=tmp_path / "store")
    table.write_text("# nothing\n")
    with pytest.raises(StoreError, match="no pair to store"):
        tokenize_pairs(table, out=tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_open_pairs_refuses_what_is_damaged(tmp_path: Path) -> None:
    store = toy_store(tmp_path)
    again = open_pairs(store.path)
    assert again.checksums == store.checksums
    with (store.path / "targets.bin").open("ab") as file:
        file.write(b"A")
    with pytest.raises(StoreError, match=r"targets.bin: the store is damaged or was copied in par"):
        open_pairs(store.path)
    index = json.loads((store.path / "index.json").read_text())
    (store.path / "index.json").write_text(json.dumps({**index, "version": 9}))
    with pytest.raises(StoreError, match="store format 9, this genoseq reads 1"):
        open_pairs(store.path)


@pytest.mark.parametrize("name", ["sources.bin", "targets.bin", "ends.bin", "splits.bin"])
def test_open_all_pairs_finds_one_changed_byte(tmp_path: Path, name: str) -> None:
    store = toy_store(tmp_path)
    data = bytearray((store.path / name).read_bytes())
    data[3] ^= 1
    (store.path / name).write_bytes(data)
    with pytest.raises(StoreError, match=rf"{name}: the store is damaged .*its checksum is not"):
        open_all_pairs([store.path])


@pytest.mark.parametrize(
    ("name", "byte", "message"),
    [
        ("sources.bin", 9, r"sources\.bin: .*base code 9"),
        ("targets.bin", ord("!"), r"targets\.bin: .*'!' at letter 1 is not of the alphabet dna"),
        ("splits.bin", 3, r"splits\.bin: .*split number 3"),
        ("ends.bin", 255, r"ends\.bin: .*pairs do not follow one another"),
    ],
)
def test_open_all_pairs_refuses_what_cannot_be(
    tmp_path: Path, name: str, byte: int, message: str
) -> None:
    path = toy_store(tmp_path).path
    (path / name).write_bytes(bytes([byte]) + (path / name).read_bytes()[1:])
    index = json.loads((path / "index.json").read_text())
    del index["seal"]
    index["sha256"][name] = file_checksum(path / name)
    (path / "index.json").write_text(json.dumps(index))
    with pytest.raises(StoreError, match=message):
        open_all_pairs([path])


def test_stores_of_the_other_kind_are_named(tmp_path: Path) -> None:
    pairs, genome = toy_store(tmp_path), planted_store(tmp_path / "genome", ("train", 300))
    with pytest.raises(StoreError, match="a store of pairs: its task is seq2seq; wanted is a stor"):
        open_store(pairs.path)
    with pytest.raises(StoreError, match="a store of a genome: its tasks are of bases; wanted is"):
        open_pairs(genome.path)
    with pytest.raises(StoreError, match="stores are given as a list"):
        open_all_pairs(pairs.path)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="holds"):
        write_pairs(genome.path, "x", [], {})
