"""What tests of the workflow share: a real Slurm, started for the first test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from local_slurm import LocalSlurm, local_slurm


@pytest.fixture(scope="session")
def slurm() -> Iterator[LocalSlurm]:
    """Two nodes and a fake GPU; a test that needs it fails where it cannot be started."""
    with local_slurm() as cluster:
        yield cluster
