"""What tests of whole trainings share."""

from __future__ import annotations

import pytest
from planted import planted_store

from genoseq.store.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("planted")
    return planted_store(folder / "store", ("train", 30_000), ("valid", 6_000))
