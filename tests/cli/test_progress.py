"""Progress where stderr is no terminal, and where it is."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from genoseq.cli.progress import progress


@pytest.fixture(autouse=True)
def logger() -> Iterator[logging.Logger]:
    found = logging.getLogger("genoseq")
    level = found.level
    found.setLevel(logging.INFO)
    yield found
    found.setLevel(level)


def test_progress_says_a_line_every_5_percent(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("score", "bases") as report:
        for done in range(0, 2_001, 10):
            report(done, 2_000)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines[:2]] == [
        "score: 5% of 2",
        "score: 10% of 2",
    ]
    assert len(lines) == 20
    assert lines[-1].startswith("score: 100% of 2,000 bases, ")
    assert lines[-1].endswith(" bases/s")


def test_progress_without_a_unit_is_a_percentage(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("tokenize") as report:
        for done in (1, 7, 12, 20):
            report(done, 20)
    assert capsys.readouterr().err.splitlines() == [
        f"tokenize: {percent}%" for percent in (5, 35, 60, 100)
    ]


def test_progress_is_silent_when_quiet(
    capsys: pytest.CaptureFixture[str], logger: logging.Logger
) -> None:
    logger.setLevel(logging.WARNING)
    with progress("score", "bases") as report:
        report(5, 5)
    assert capsys.readouterr().err == ""


def test_progress_says_what_else_there_is_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("train") as report:
        for step in (1, 2, 3):
            report(step / 40, 1, f"step {step} of 40")
    assert capsys.readouterr().err == "train: 5%, step 2 of 40\n"


def test_progress_on_a_terminal_is_a_bar_instead_of_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress("train") as report:
        report(0.5, 1, "step 1 of 2")
        report(1.0, 1, "step 2 of 2")
    said = capsys.readouterr().err
    assert "train: step 2 of 2" in said
    assert "train: 50%, step" not in said


def test_messages_stand_above_a_bar_which_is_cleared_at_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    handler = logging.StreamHandler()
    root = logging.getLogger()
    root.addHandler(handler)
    before = handler.stream
    try:
        with progress("score", "bases") as report:
            report(5, 10)
            assert handler.stream is not before
            logging.getLogger("genoseq").info("a message")
            report(10, 10)
        assert handler.stream is before
    finally:
        root.removeHandler(handler)
    said = capsys.readouterr().err
    assert "a message" in said
    assert "\x1b[2K" in said.rpartition("100%")[2]  # its line is erased
