"""What tests of variants share."""

from __future__ import annotations

from pathlib import Path

import pytest
from variant_runs import make_files


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of 960 bp, so that short contigs have several."""
    monkeypatch.setattr("genoseq.config.context.WINDOW_BASES", 960)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with genome.fa, model and splice."""
    return make_files(tmp_path)
