"""What tests of variants share."""

from __future__ import annotations

import pytest


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of 960 bp, so that short contigs have several."""
    monkeypatch.setattr("genoseq.config.context.WINDOW_BASES", 960)
