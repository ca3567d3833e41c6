"""Damage that opening or verifying a store must find: sizes, regions, checksums that are gone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planted import store_of_contigs

from genoseq.errors import StoreError
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.store.store import open_store, verify_store


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The folder of a store of two regions."""
    bases = np.zeros(40, np.uint8)
    rows = [("a", "train", bases, bases), ("b", "test", bases[:7], bases[:7])]
    return store_of_contigs(tmp_path / "s", cds_phase_scheme(), rows).path


def change_index(store: Path, **changes: Any) -> None:
    """Other entries in the index."""
    index = store / "index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | changes))


@pytest.mark.parametrize("name", ["codes.bin", "labels.bin"])
def test_open_store_refuses_a_file_that_is_too_long(store: Path, name: str) -> None:
    with (store / name).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(StoreError, match=rf"{name}: the store is damaged .*\(48 bytes, its index"):
        open_store(store)


def test_open_store_refuses_a_reversed_region(store: Path) -> None:
    regions = json.loads((store / "index.json").read_text())["regions"]
    change_index(store, regions={**regions, "start": [0, 7], "end": [40, 3]})
    with pytest.raises(StoreError, match="a region is not inside its contig"):
        open_store(store)


@pytest.mark.parametrize("name", ["codes.bin", "labels.bin", "index"])
def test_verify_store_wants_every_checksum(store: Path, name: str) -> None:
    checksums = json.loads((store / "index.json").read_text())["sha256"]
    assert name in checksums
    change_index(store, sha256={key: sha for key, sha in checksums.items() if key != name})
    with pytest.raises(StoreError, match="its checksum is not the one in the index"):
        verify_store(store)
