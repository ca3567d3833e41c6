import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from toy_store import LENGTHS, SCHEME, SIGNALS, contigs, genome, make, random_pieces

from genoseq import __version__
from genoseq.errors import RegionError, StoreError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import (
    Scheme,
    State,
)
from genoseq.store.files import REPLICATES, file_checksum
from genoseq.store.store import verify_store
from genoseq.store.write import write_store


@pytest.mark.parametrize("scheme", [None, SCHEME, SIGNALS], ids=["none", "class", "sig"])
def test_write_store_gives_back_what_was_written(tmp_path: Path, scheme: Scheme | None) -> None:
    pieces = list(random_pieces([1000, 17, 0, 333], scheme))
    sources = {"genome.fa": "abc"}
    codes = genome()
    store = write_store(tmp_path / "s", "toy", scheme, contigs(codes), iter(pieces), sources)
    assert (store.name, store.scheme) == ("toy", scheme)
    assert (store.sources, store.genoseq_version) == (sources, __version__)
    assert list(store.lengths.items()) == list(LENGTHS.items())
    for chrom, bases in codes.items():
        assert np.array_equal(store.codes(chrom, 0, len(bases)), bases)
    assert store.codes("chr1", 3, 9).tolist() == codes["chr1"][3:9].tolist()
    assert len(store.regions) == len(pieces)
    for index, (region, split, labels) in enumerate(pieces):
        found = store.regions[index]
        assert (found.region, found.split, len(found)) == (region, split, len(region))
        first = store.code_offset[index]
        own = codes[region.chrom][region.start : region.end]
        assert store.all_codes[first : first + len(region)].tolist() == own.tolist()
        if labels is not None:
            assert store.region_labels(index).dtype == labels.dtype
            assert np.array_equal(store.region_labels(index), labels)
            at = found.offset
            assert np.array_equal(store.all_labels[at : at + len(region)], labels)
    assert verify_store(tmp_path / "s").checksums == store.checksums


def test_classes_are_the_states_of_the_scheme(tmp_path: Path) -> None:
    assert make(tmp_path / "s").classes[:2] == (State("none"), State("CDS", "+", 0))
    bare = write_store(tmp_path / "b", "b", None, contigs(), random_pieces([9], None), {})
    assert bare.classes == ()


def test_sequence_is_letters_of_codes(tmp_path: Path) -> None:
    codes = {"c": np.array([0, 1, 2, 3, 4, 0], np.uint8)}
    piece = (Region("c", 0, 6), "train", None)
    store = write_store(tmp_path / "s", "s", None, contigs(codes), [piece], {})
    assert store.sequence("c", 1, 6) == "CGTNA"
    assert store.sequence("c", 6, 6) == ""


@pytest.mark.parametrize("scheme", [SCHEME, SIGNALS])
def test_labels_are_unknown_outside_regions(tmp_path: Path, scheme: Scheme) -> None:
    rng = np.random.default_rng(2)
    regions = [("chr0", 10, 30), ("chr1", 0, 20), ("chr0", 30, 35), ("chr0", 50, 60)]
    whole = {
        chrom: np.full(scheme.label_shape(length), scheme.unknown, scheme.dtype)
        for chrom, length in LENGTHS.items()
    }
    pieces = []
    for chrom, start, end in regions:
        own = rng.integers(0, len(scheme), scheme.label_shape(end - start)).astype(scheme.dtype)
        whole[chrom][start:end] = own
        pieces.append((Region(chrom, start, end), "train", own))
    store = write_store(tmp_path / "s", "s", scheme, contigs(), pieces, {})
    for start, end in ((0, 100), (0, 10), (9, 11), (29, 31), (12, 20), (34, 51), (59, 61), (7, 7)):
        labels = store.labels("chr0", start, end)
        assert labels.dtype == scheme.dtype
        np.testing.assert_array_equal(labels, whole["chr0"][start:end])
    np.testing.assert_array_equal(store.labels("chr1", 0, 700), whole["chr1"])


@pytest.mark.parametrize("name", ["codes", "sequence", "labels"])
def test_reading_outside_a_contig_is_a_region_error(tmp_path: Path, name: str) -> None:
    read = getattr(make(tmp_path / "s"), name)
    with pytest.raises(RegionError, match=r"region chr1:1-701 ends past the contig's last base"):
        read("chr1", 0, 701)
    with pytest.raises(
        RegionError, match=r"contig 'chr9' of region chr9:1-1 is not in store 'toy', "
    ):
        read("chr9", 0, 1)
    with pytest.raises(RegionError, match=r"interval \[-1, 5\) is not possible"):
        read("chr0", -1, 5)


def test_store_costs_two_bytes_for_a_base_with_a_class(tmp_path: Path) -> None:
    bases = 100_000
    codes = {"c": np.zeros(bases, np.uint8)}
    piece = (Region("c", 0, bases), "train", np.zeros(bases, np.uint8))
    store = write_store(tmp_path / "s", "s", SCHEME, contigs(codes), [piece], {})
    sizes = {file.name: file.stat().st_size for file in store.path.iterdir()}
    assert sizes.pop("index.json") < 2_000
    assert sizes == {"codes.bin": bases, "labels.bin": bases}


def test_views_are_read_only_and_not_copies(tmp_path: Path) -> None:
    store = make(tmp_path / "s")
    assert np.shares_memory(store.codes("chr1", 1, 9), store.all_codes)
    assert np.shares_memory(store.region_labels(1), store.all_labels)
    with pytest.raises(ValueError, match="read-only"):
        store.codes("chr1", 1, 9)[0] = 1


def test_repr_is_one_line(tmp_path: Path) -> None:
    store = make(tmp_path / "s")
    assert repr(store) == (
        f"<Store 'toy': 3 contigs of 2,200 bp, 3 regions of 1,350 bp, 7 classes, {store.path}>"
    )
    bare = write_store(tmp_path / "b", "b", None, contigs(), random_pieces([9], None), {})
    assert "1 regions of 9 bp, no labels" in repr(bare)


def test_files_are_raw(tmp_path: Path) -> None:
    make(tmp_path / "s")
    raw = np.frombuffer((tmp_path / "s" / "codes.bin").read_bytes(), "u1")
    assert raw.tolist() == np.concatenate(list(genome().values())).tolist()
    index = json.loads((tmp_path / "s" / "index.json").read_text())
    assert index["lengths"] == LENGTHS
    assert index["regions"]["start"] == [100, 100, 100]
    assert "tokenizer" not in index
    assert index["sha256"]["codes.bin"] == file_checksum(tmp_path / "s" / "codes.bin")


def test_same_pieces_make_the_same_bytes_however_contigs_are_cut(tmp_path: Path) -> None:
    first = make(tmp_path / "a")
    pieces = random_pieces([1000, 300, 50], SCHEME)
    second = write_store(tmp_path / "b", "toy", SCHEME, contigs(size=1_000), pieces, {})
    for name in ("index.json", "codes.bin", "labels.bin"):
        assert (first.path / name).read_bytes() == (second.path / name).read_bytes()


def test_store_pickles_as_its_path(tmp_path: Path) -> None:
    store = make(tmp_path / "s")
    assert store.codes("chr0", 0, 1_500).size
    data = pickle.dumps(store)
    assert len(data) < 1000
    assert np.array_equal(pickle.loads(data).all_codes, store.all_codes)


def test_store_keeps_replicates_beside_labels(tmp_path: Path) -> None:
    labels = np.arange(60, dtype=np.float32).reshape(20, 3)
    facts = {"replicates": [["a", "+"]], "unit": "mean coverage"}
    codes = [("c", [np.zeros(50, np.uint8)])]
    pieces = [(Region("c", 10, 30), "train", labels)]
    store = write_store(
        tmp_path / "s", "s", SIGNALS, codes, pieces, {}, None, {REPLICATES: 1}, lambda: facts
    )
    again = verify_store(tmp_path / "s")
    assert again.signals == store.signals == facts
    assert np.array_equal(again.labels("c", 10, 30), labels[:, :2])
    assert again.beside(REPLICATES, "c", 8, 12)[:, 0].tolist() == pytest.approx(
        [np.nan, np.nan, 2, 5], nan_ok=True
    )
    (tmp_path / "s/replicates.bin").write_bytes(b"12")
    with pytest.raises(StoreError, match=r"replicates.bin: the store is damaged .* \(2 bytes, its"):
        verify_store(tmp_path / "s")


def test_store_without_replicates_has_no_file_of_them(tmp_path: Path) -> None:
    store = make(tmp_path / "s")
    assert store.beside(REPLICATES, "chr0", 0, 5).shape == (5, 0)
    assert not (tmp_path / "s/replicates.bin").exists()
    assert "signals" not in json.loads((tmp_path / "s/index.json").read_text())
