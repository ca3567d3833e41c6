from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from toy_store import SCHEME, contigs, make, random_pieces

from genoseq.errors import RegionError, StoreError
from genoseq.genome.regions import Region
from genoseq.store.store import verify_store
from genoseq.store.write import LabelledRegion, write_store


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
