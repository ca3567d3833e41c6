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
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from stopped_outputs import contents, folder, names

from genoseq.files import staging
from genoseq.files.atomic import (
    atomic_file,
    atomic_folder,
    irreplaceable,
)
from genoseq.files.staging import remove_stale


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
