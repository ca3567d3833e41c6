"""benchmarks/README.md names every script, and none that is gone."""

from __future__ import annotations

import re
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_readme_names_every_script() -> None:
    rows = re.findall(r"^\| (.*?) \|", (BENCHMARKS / "README.md").read_text(), re.MULTILINE)
    named = set(re.findall(r"`([^`]+)`", "".join(rows)))
    assert named == {path.name for path in BENCHMARKS.glob("*.*")} - {"README.md"}
