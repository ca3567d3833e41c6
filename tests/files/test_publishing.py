"""Outputs whose writing is stopped, by an error or a kill, at each of its changes: old or new."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from killing import before_changes, ended, forked, killed
from stopped_outputs import contents, filled, folder, names, names_of, together

from genoseq.files import atomic
from genoseq.files.atomic import atomic_file, atomic_folder
from genoseq.files.journal import complete


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _file: None)


@pytest.mark.parametrize(("error", "exchanges"), [(OSError, False), (SystemExit, True)])
def test_outputs_stopped_at_any_change_are_old_or_new(
    quick_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
    exchanges: bool,
) -> None:
    """Errors, and what handlers of signals raise, before and after each call."""
    monkeypatch.setattr(atomic, "_exchange", atomic._exchange if exchanges else never)
    for number, writes in enumerate((folder, together, filled)):
        home = quick_path / str(number)
        home.mkdir()
        writes(home, "old")
        old = contents(home)
        for moment in itertools.count():
            with monkeypatch.context() as patched:
                reached = stop_at(patched, moment, error)
                with suppress(error):
                    writes(home, "new")
            complete_all(home)
            if contents(home) == old:
                assert names(home) == names_of(old)
            else:
                assert set(contents(home).values()) == {"new"}
                writes(home, "old")
            assert contents(home) == old
            if not reached():
                break
        assert moment > (4 if writes != folder else 0)


def complete_all(home: Path) -> None:
    """What the next reader does where a journal stayed."""
    for each in (home / "sub", home / "out", home):
        complete(each)


def never(*_paths: Path) -> bool:
    return False


def stop_at(
    patched: pytest.MonkeyPatch, moment: int, error: type[BaseException]
) -> Callable[[], bool]:
    """Raise before and after each change, once, at the moment of that number; whether it came."""
    calls = itertools.count()
    reached = False

    def tick() -> None:
        nonlocal reached
        if next(calls) == moment:
            reached = True
            raise error

    def stopping(call: Callable[..., Any]) -> Callable[..., Any]:
        def stopped(*words: Any, **options: Any) -> Any:
            tick()
            found = call(*words, **options)
            if call.__name__ in ("rename", "ftruncate"):
                tick()
            return found

        return stopped

    for name in ("rename", "replace", "ftruncate", "fsync"):
        patched.setattr(os, name, stopping(getattr(os, name)))
    return lambda: reached


@pytest.mark.parametrize(
    ("writes", "exchanges"), [(folder, True), (folder, False), (together, True), (filled, True)]
)
def test_outputs_killed_at_any_change_are_old_or_new(
    quick_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    writes: Callable[[Path, str], None],
    exchanges: bool,
) -> None:
    monkeypatch.setattr(atomic, "_exchange", atomic._exchange if exchanges else never)
    for moment in itertools.count():
        home = quick_path / str(moment)
        home.mkdir()
        writes(home, "old")
        old = contents(home)
        killed_there = killed(lambda: writes(home, "new"), moment)  # noqa: B023
        visible = {name: text for name, text in contents(home).items() if ".partial-" not in name}
        assert len(set(visible.values())) <= 1, "files of two runs are seen together"
        complete_all(home)
        found = {name: text for name, text in contents(home).items() if ".partial-" not in name}
        assert found == old or set(found.values()) == {"new"}
        writes(home, "old")
        assert contents(home) == old, "leavings of the killed one stay"
        if not killed_there:
            break
    assert moment > 8


@pytest.mark.parametrize("writes", [folder, together, filled])
def test_outputs_of_two_runs_at_once_are_those_of_one(
    quick_path: Path, writes: Callable[[Path, str], None]
) -> None:
    for seed in range(8):

        def slowly(text: str) -> None:
            draw = random.Random(f"{seed} {text}")  # noqa: B023
            before_changes(lambda: time.sleep(draw.uniform(0, 0.002)))
            writes(quick_path, text)

        runs = [forked(lambda text=text: slowly(text)) for text in ("old", "new")]
        assert [ended(run) for run in runs] == [0, 0]
        found = contents(quick_path)
        assert len(set(found.values())) == 1, "files of two runs"
        assert names(quick_path) == names_of(found)


def test_outputs_have_the_permissions_of_the_umask_and_the_folder(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        tmp_path.chmod(0o2775)  # a group's folder, whose group all in it gets
        filled(tmp_path, "old")
        with atomic_folder(tmp_path / "folder") as partial:
            (partial / "a").touch()
        with atomic_file(tmp_path / "file") as partial:
            partial.touch()
    finally:
        os.umask(before)
    modes = {name: (tmp_path / name).stat().st_mode & 0o7777 for name in names(tmp_path)}
    assert {modes[name] for name in ("out", "folder", "out/d")} == {0o2750}
    assert {modes[name] for name in ("file", "folder/a", "out/b", "out/d/e")} == {0o640}
