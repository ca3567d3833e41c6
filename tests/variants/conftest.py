"""What tests of variants share: short windows, so that small sequences lie in several."""

from __future__ import annotations

import pytest


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of 960 bp."""
    monkeypatch.setattr("genoseq.config.context.WINDOW_BASES", 960)
