import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from genoseq import __version__
from genoseq.errors import RegionError, StoreError
from genoseq.genome.regions import Region
from genoseq.genome.schemes import (
    ClassScheme,
    Scheme,
    State,
    cds_phase_scheme,
    signal_scheme,
)
from genoseq.genome.sequences import Codes
from genoseq.store.files import file_checksum
from genoseq.store.store import Store, open_store, verify_store
from genoseq.store.write import Contig, LabelledRegion, write_store

SCHEME = cds_phase_scheme()
SIGNALS = signal_scheme([("a", "+"), ("a", "-")])
LENGTHS = {"chr0": 1_500, "empty": 0, "chr1": 700}


def genome(seed: int = 0) -> dict[str, Codes]:
    rng = np.random.default_rng(seed)
    return {chrom: rng.integers(0, 5, length, np.uint8) for chrom, length in LENGTHS.items()}


def contigs(codes: dict[str, Codes] | None = None, size: int = 64) -> Iterator[Contig]:
    """Contigs in pieces of ``size`` bases."""
    for chrom, bases in (codes or genome()).items():
        yield chrom, (bases[at : at + size] for at in range(0, len(bases), size))


def random_pieces(
    lengths: list[int], scheme: Scheme | None, seed: int = 0
) -> Iterator[LabelledRegion]:
    rng = np.random.default_rng(seed)
    for index, length in enumerate(lengths):
        labels = None
        if isinstance(scheme, ClassScheme):
            labels = rng.integers(0, len(scheme), length).astype(np.uint8)
        elif scheme is not None:
            labels = rng.random((length, len(scheme)), np.float32)
        split = ("train", "valid", "test")[index % 3]
        yield Region(f"chr{index // 2}", 100, 100 + length), split, labels


def make(path: Path, *, lengths: tuple[int, ...] = (1000, 300, 50)) -> Store:
    return write_store(path, "toy", SCHEME, contigs(), random_pieces(list(lengths), SCHEME), {})


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
    with pytest.raises(RegionError, match="contig 'chr9' of region"):
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


def test_a_hundred_thousand_regions_are_fine(tmp_path: Path) -> None:
    labels = np.zeros(10, np.uint8)
    pieces = (
        (Region("c", 10 * i, 10 * i + 10), ("train", "test")[i % 2], labels) for i in range(100_000)
    )
    codes = {"c": np.zeros(1_000_000, np.uint8)}
    store = write_store(tmp_path / "s", "many", SCHEME, contigs(codes, 1 << 20), pieces, {})
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
    before = make(tmp_path / "s").all_labels.tolist()

    def failing() -> Iterator[LabelledRegion]:
        yield from random_pieces([10], SCHEME)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_store(tmp_path / "s", "toy", SCHEME, contigs(), failing(), {})
    assert verify_store(tmp_path / "s").all_labels.tolist() == before
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_new_store_replaces_an_older_one_but_nothing_else(tmp_path: Path) -> None:
    make(tmp_path / "s")
    (tmp_path / "s" / "ids.bin").touch()  # of format 1
    assert len(make(tmp_path / "s", lengths=(10,)).regions) == 1
    assert not (tmp_path / "s" / "ids.bin").exists()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("hours of work")
    with pytest.raises(StoreError, match=r"thesis is .* holds chapter1\.tex: name a new"):
        make(tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter1.tex").exists()


BASES = np.zeros(10, np.uint8)


@pytest.mark.parametrize(
    ("split", "labels", "message"),
    [
        ("dev", BASES, r"region c:1-10: split 'dev': use train, valid, test, score"),
        ("train", BASES[:9], r"region c:1-10: labels of shape \(9,\), expected \(10,\)"),
        ("train", BASES + 7, r"region c:1-10: labels must be states 0 to 6"),
        ("train", None, r"region c:1-10: no labels, the store has a scheme"),
    ],
)
def test_a_piece_that_does_not_fit_is_refused(
    tmp_path: Path, split: str, labels: np.ndarray | None, message: str
) -> None:
    pieces = [(Region("c", 0, 10), split, labels)]
    with pytest.raises(StoreError, match=message):
        write_store(tmp_path / "s", "toy", SCHEME, contigs({"c": BASES}), pieces, {})
    assert list(tmp_path.iterdir()) == []


def test_write_store_refuses_contigs_that_cannot_be(tmp_path: Path) -> None:
    piece = (Region("c", 0, 11), "train", np.zeros(11, np.uint8))
    with pytest.raises(RegionError, match="region c:1-11 ends past the contig's last base, 10"):
        write_store(tmp_path / "s", "toy", SCHEME, [("c", [BASES])], [piece], {})
    with pytest.raises(StoreError, match="contig 'c' comes twice"):
        write_store(tmp_path / "s", "toy", SCHEME, [("c", [BASES]), ("c", [BASES])], [], {})
    with pytest.raises(StoreError, match="contig 'c': base code 5, use 0 to 4"):
        write_store(tmp_path / "s", "toy", SCHEME, [("c", [BASES + 5])], [], {})
    assert list(tmp_path.iterdir()) == []


def test_labels_without_a_scheme_are_refused_and_not_given(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="labels without a scheme"):
        write_store(tmp_path / "s", "toy", None, contigs(), random_pieces([9], SCHEME), {})
    store = write_store(tmp_path / "s", "toy", None, contigs(), random_pieces([9], None), {})
    assert not (tmp_path / "s" / "labels.bin").exists()
    told = "store 'toy' has no labels: write it with an annotation"
    with pytest.raises(StoreError, match=told):
        store.region_labels(0)
    with pytest.raises(StoreError, match=told):
        store.labels("chr0", 0, 9)


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
        ('"chrom": [0, 0, 1]', '"chrom": [0, 0, 2]', r"damaged .*IndexError"),
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
