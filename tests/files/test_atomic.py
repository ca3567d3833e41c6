"""Whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from killing import killed

from genoseq.files import atomic, staging
from genoseq.files.atomic import (
    atomic_file,
    atomic_folder,
    atomic_together,
    filled_folder,
    irreplaceable,
)
from genoseq.files.journal import complete
from genoseq.files.staging import remove_stale


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _file: None)


class InterruptedHalfwayError(Exception):
    """Stands for any failure half way."""


def interrupt_file(path: Path) -> None:
    with atomic_file(path) as partial:
        partial.write_text("half")
        raise InterruptedHalfwayError


def interrupt_folder(path: Path) -> None:
    with atomic_folder(path) as partial:
        (partial / "part").write_text("half")
        raise InterruptedHalfwayError


def test_atomic_file_appears_with_ordinary_permissions(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "new" / "a.txt") as partial:
        partial.write_text("whole")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert (tmp_path / "new" / "a.txt").read_text() == "whole"
    plain = tmp_path / "plain"
    plain.touch()
    assert (tmp_path / "new" / "a.txt").stat().st_mode == plain.stat().st_mode


def test_atomic_file_leaves_the_old_file_on_failure(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(InterruptedHalfwayError):
        interrupt_file(tmp_path / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_atomic_file_writes_through_links_and_into_pipes(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "a.txt")
    with atomic_file(tmp_path / "link") as partial:
        partial.write_text("whole")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "a.txt").read_text() == "whole"
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with atomic_file(tmp_path / "pipe") as partial:
        partial.write_text("through")
    assert (tmp_path / "pipe").is_fifo()
    assert os.read(reader, 99) == b"through"
    os.close(reader)


def test_errors_name_the_output(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Is a directory") as caught, atomic_file(tmp_path):
        pass
    assert caught.value.filename == str(tmp_path)
    with pytest.raises(OSError, match="No space left") as caught, atomic_file(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "a")
    with (
        pytest.raises(OSError, match="No such file") as caught,
        atomic_folder(tmp_path / "b") as partial,
    ):
        (partial / "missing" / "part").touch()
    assert caught.value.filename == str(tmp_path / "b")


def test_atomic_folder_replaces_the_old_folder(tmp_path: Path) -> None:
    for name in ("old", "new"):
        with atomic_folder(tmp_path / "out") as partial:
            (partial / name).touch()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_atomic_folder_keeps_a_link_and_replaces_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "disk/out").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk/out")
    with atomic_folder(tmp_path / "link") as partial:
        (partial / "new").touch()
    assert (tmp_path / "link").is_symlink()
    assert [path.name for path in (tmp_path / "disk/out").iterdir()] == ["new"]
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["out"]


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


def folder(home: Path, text: str) -> None:
    with atomic_folder(home / "out") as partial:
        (partial / "a").write_text(text)


def together(home: Path, text: str) -> None:
    """Three files and a folder in two folders, of which a new run leaves one file out."""
    asked = [home / "a.fa", home / "sub/a.bed", home / "a.json", home / "a_files"]
    with atomic_together(asked) as paths:
        for path in paths[: 3 if text == "old" else 2]:
            path.write_text(text)
        paths[3].mkdir()
        (paths[3] / "b").write_text(text)


def filled(home: Path, text: str) -> None:
    with filled_folder(home / "out") as filling:
        for name in ("a", "b") if text == "old" else ("b", "c"):
            (filling.new / name).write_text(text)
        (filling.new / "d").mkdir()
        (filling.new / "d/e").write_text(text)
        filling.publish(
            ["b", "d/e", "a" if text == "old" else "c"],
            {"a", "c"} - {"a" if text == "old" else "c"},
        )


def contents(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()
    }


def names(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def names_of(found: dict[str, str]) -> set[str]:
    parents = {str(each) for name in found for each in Path(name).parents}
    return {*found, *parents} - {"."}


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


def test_atomic_folder_leaves_nothing_on_failure(tmp_path: Path) -> None:
    with pytest.raises(InterruptedHalfwayError):
        interrupt_folder(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


HANG = """
import sys, time
from genoseq.files.atomic import {0}
with {0}(sys.argv[1]) as partial:
    print("begun", flush=True)
    time.sleep(60)
"""


@contextmanager
def living(kind: str, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has begun to write an output."""
    command = [sys.executable, "-c", HANG.format(kind), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"begun\n"
        yield writer
        writer.kill()


@pytest.mark.parametrize("interrupt", [interrupt_file, interrupt_folder])
def test_what_a_killed_writer_left_goes_with_the_next_of_the_same_output(
    tmp_path: Path, interrupt: Callable[[Path], None]
) -> None:
    kind = interrupt.__name__.replace("interrupt", "atomic")
    with living(kind, tmp_path / "out") as writer:
        began = names(tmp_path)
        with pytest.raises(InterruptedHalfwayError):
            interrupt(tmp_path / "other")  # another output's leavings stay
        assert names(tmp_path) == began
        if kind == "atomic_file":  # two may write one file at once: the last one's stays
            with pytest.raises(InterruptedHalfwayError):
                interrupt(tmp_path / "out")
            assert names(tmp_path) == began
        writer.send_signal(signal.SIGKILL)
    with pytest.raises(InterruptedHalfwayError):
        interrupt(tmp_path / "other")
    assert names(tmp_path) == began
    with pytest.raises(InterruptedHalfwayError):
        interrupt(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_second_writer_of_a_folder_waits_and_says_for_whom(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with living("atomic_folder", tmp_path / "out") as writer:
        threading.Timer(0.3, writer.kill).start()
        folder(tmp_path, "new")
    (said,) = caplog.messages
    who = f"(process {writer.pid} on {os.uname().nodename})"
    assert said == f"{tmp_path / 'out'} is being written by another run {who}: waiting for it"
    assert contents(tmp_path) == {"out/a": "new"}
    assert names(tmp_path) == {"out", "out/a"}


def test_a_file_system_without_locks_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_locks(*_words: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    (tmp_path / ".partial-abcdefgh-out").mkdir()
    folder(tmp_path, "new")
    assert caplog.messages == [
        f"{tmp_path / 'out'}: no locks on this file system: let no other run write it"
    ]
    # Nobody can tell whether the process of an older one is alive: it stays.
    assert names(tmp_path) == {"out", "out/a", ".partial-abcdefgh-out"}


def test_a_name_that_ends_like_another_is_another_output(tmp_path: Path) -> None:
    (tmp_path / ".partial-abcdefgh-my-one").mkdir()
    (tmp_path / ".partial-abcdefgh-one").mkdir()
    with atomic_folder(tmp_path / "one"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {".partial-abcdefgh-my-one", "one"}


@pytest.mark.parametrize(
    ("kind", "make"), [(atomic_file, "_new_file"), (atomic_folder, "_new_folder")]
)
def test_what_is_taken_away_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Callable[..., Any], make: str
) -> None:
    """Another writer of the same output comes between making and locking."""
    made, calls = getattr(staging, make), itertools.count()

    def raced(path: Path) -> Any:
        found = made(path)
        if next(calls) < 2:
            remove_stale(tmp_path, "-out")
            assert not path.exists()
        return found

    monkeypatch.setattr(staging, make, raced)
    with kind(tmp_path / "out") as partial:
        assert partial.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert next(calls) == 3


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


@pytest.mark.parametrize("words", [".", "..", "../here", "/"])
def test_irreplaceable_is_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    found = irreplaceable(Path(words), ())
    assert found == (
        f"{words} is the working folder or holds it, and would be replaced: name a new folder"
    )


def test_atomic_folder_takes_a_path_that_ends_in_dots(tmp_path: Path) -> None:
    (tmp_path / "out/part").mkdir(parents=True)
    with atomic_folder(tmp_path / "out/part/..") as partial:
        (partial / "new").touch()
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["out", "out/new"]
