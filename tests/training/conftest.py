"""What tests of whole trainings share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from planted import planted_store

from genoseq.store.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("planted")
    return planted_store(folder / "store", ("train", 30_000), ("valid", 6_000))


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Two threads that wait for one another on a busy machine take ten times as long."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
