"""What tests of verbs share."""

from __future__ import annotations

from pathlib import Path

import pytest

from genoseq.models.bundle import Bundle, save_bundle


@pytest.fixture
def model(tmp_path: Path, bundle: Bundle) -> Path:
    """Folder of the small random model."""
    save_bundle(tmp_path / "model", bundle)
    return tmp_path / "model"
