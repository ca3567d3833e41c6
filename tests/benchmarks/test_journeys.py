"""Mistakes that people make, of benchmarks/mistakes.py: each is refused by a line that says why."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from command import Genoseq

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks/mistakes.py"))
MISTAKES = [
    mistake
    for mistake in SCRIPT["MISTAKES"]
    # Those that take half a minute are told by tests/workflow and tests/report.
    if mistake.words[0] not in ("run", "report")
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_is_refused_by_a_line_that_says_why(
    mistake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genoseq: Genoseq
) -> None:
    monkeypatch.chdir(tmp_path)
    SCRIPT["write_right_run"]()
    mistake.make()
    done = genoseq(*mistake.words)
    assert done.returncode == 1
    assert mistake.says in done.stderr
    assert all(line.startswith("genoseq: error: ") for line in done.stderr.splitlines())


def test_right_run_has_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genoseq: Genoseq
) -> None:
    monkeypatch.chdir(tmp_path)
    SCRIPT["write_right_run"]()
    assert genoseq("config", "check").returncode == 0
