"""Journals of killed processes: done by the next one, inside their folder alone."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from killing import killed

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files import journal as journals
from genoseq.files.atomic import atomic_together, filled_folder
from genoseq.files.journal import JOURNAL, complete, is_inside

ENTRY: dict[str, Any] = {
    "format": "genoseq-publishing 1",
    "stage": ".partial-01234567",
    "moved": ["a"],
    "removed": [],
    "token": "t",
    "first": None,
    "others": [],
}


def journal(home: Path, **changed: Any) -> None:
    """A folder with a journal, a staging folder with ``a``, and an older ``a``."""
    (home / ".partial-01234567/new").mkdir(parents=True)
    (home / ".partial-01234567/new/a").write_text("new")
    (home / "a").write_text("old")
    (home / JOURNAL).write_text(json.dumps(ENTRY | changed))


def files(home: Path) -> dict[str, str]:
    return {str(p.relative_to(home)): p.read_text() for p in home.rglob("*") if p.is_file()}


def test_complete_does_the_rest(tmp_path: Path) -> None:
    journal(tmp_path / "out", removed=["b"])
    (tmp_path / "out/b").write_text("old")
    complete(tmp_path / "out")
    assert files(tmp_path) == {"out/a": "new"}
    journal(tmp_path / "out")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    complete(tmp_path / "link")
    assert files(tmp_path / "out") == {"a": "new"}


def test_complete_drops_what_was_not_written_to_its_end_or_does_not_count(tmp_path: Path) -> None:
    journal(tmp_path / "torn")
    text = (tmp_path / "torn" / JOURNAL).read_text()
    (tmp_path / "torn" / JOURNAL).write_text(text[:-9])
    journal(tmp_path / "other", first=str(tmp_path / "elsewhere"))
    for name in ("torn", "other"):
        complete(tmp_path / name)
        assert (tmp_path / name / "a").read_text() == "old"
        assert not (tmp_path / name / JOURNAL).exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"moved": ["../mine"]},
        {"removed": ["/etc/hostname"]},
        {"stage": "mine"},
        {"stage": ".partial-/../mine"},
        {"format": "genoseq-publishing 2"},
        {"moved": "a"},
        {"others": [3]},
    ],
)
def test_complete_does_nothing_that_no_journal_says(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    journal(tmp_path / "out", **changed)
    (tmp_path / "mine").write_text("mine")
    before = files(tmp_path)
    with pytest.raises(InputFormatError, match=r"out/\.partial-journal: no journal of this vers"):
        complete(tmp_path / "out")
    assert files(tmp_path) == before


@pytest.mark.parametrize("name", ["link/x", "a/x"])
@pytest.mark.parametrize("key", ["moved", "removed"])
def test_complete_follows_no_link(tmp_path: Path, name: str, key: str) -> None:
    journal(tmp_path / "out", **{key: [name]})
    (tmp_path / "vdir").mkdir()
    (tmp_path / "vdir/x").write_text("mine")
    (tmp_path / "out/link").symlink_to(tmp_path / "vdir")
    (tmp_path / "out/.partial-01234567/new/link").mkdir()
    (tmp_path / "out/.partial-01234567/new/link/x").write_text("new")
    if name == "link/x" or key == "removed":
        with pytest.raises(ConfigError, match="nothing behind it is touched; remove it, or name"):
            complete(tmp_path / "out")
    assert (tmp_path / "vdir/x").read_text() == "mine"


def test_a_staging_folder_that_is_a_link_is_left(tmp_path: Path) -> None:
    journal(tmp_path / "out")
    (tmp_path / "out/.partial-01234567").rename(tmp_path / "vdir")
    (tmp_path / "out/.partial-01234567").symlink_to(tmp_path / "vdir")
    complete(tmp_path / "out")
    assert files(tmp_path / "vdir") == {"new/a": "new"}
    assert (tmp_path / "out/a").read_text() == "old"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_complete_says_who_may_not_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def hold(file: Path, **_words: object) -> None:
        raise OSError(number, os.strerror(number), str(file))

    journal(tmp_path / "out")
    monkeypatch.setattr(journals, "hold", hold)
    with pytest.raises(InputFormatError, match="an interrupted run left outputs half moved"):
        complete(tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("a", True), ("a/b", True), ("a b", True), ("", False), (".", False), ("..", False),
        ("a/../b", False), ("/a", False), ("a//b", False), ("a/", False), ("a\0", False),
        (JOURNAL, False), (".partial-x/a", False),
    ],
)  # fmt: skip
def test_is_inside(name: str, inside: bool) -> None:
    assert is_inside(name) == inside


def write_two(folder: Path, text: str) -> None:
    with atomic_together([folder / "x/a", folder / "y/b"]) as paths:
        for path in paths:
            path.write_text(text)


def test_outputs_in_two_folders_that_were_moved_together_are_completed(quick_path: Path) -> None:
    """By the reader of either folder; test_atomic.py reads the other one first."""
    for moment in range(99):
        write_two(quick_path, "old")
        died = killed(lambda: write_two(quick_path, "new"), moment)
        complete(quick_path / "x")
        complete(quick_path / "y")
        assert (quick_path / "x/a").read_text() == (quick_path / "y/b").read_text()
        if not died:
            break
    assert moment > 15


def test_filled_folder_refuses_a_file_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out/a").mkdir(parents=True)
    with filled_folder(tmp_path / "out") as filling:
        (filling.new / "a").touch()
        with pytest.raises(ConfigError, match=r"out/a is a folder, and a file is to be written"):
            filling.publish(["a"])
    assert {path.name for path in tmp_path.rglob("*")} == {"out", "a"}


def test_complete_waits_for_no_journal_that_names_itself(tmp_path: Path) -> None:
    """Neither does it go from one to another for ever; and a pipe is no journal."""
    one, other, third = (tmp_path / name for name in ("one", "other", "third"))
    journal(one, others=[str(one), str(other)])
    journal(other, first=str(one), others=[str(other), str(one)])
    journal(third, first=str(tmp_path / "link"))
    (tmp_path / "link").symlink_to(third)
    os.mkfifo(tmp_path / JOURNAL)
    for folder in (third, other, one):
        complete(folder)
    assert files(tmp_path) == {"one/a": "new", "other/a": "new", "third/a": "old"}


def test_a_disk_without_room_for_the_journal_leaves_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite = os.pwrite

    def half(handle: int, text: bytes, at: int) -> int:
        return pwrite(handle, text[:9] if b"genoseq-publishing" in text else text, at)

    monkeypatch.setattr(os, "pwrite", half)
    with pytest.raises(OSError, match="No space left on device"):
        write_two(tmp_path, "new")
    assert {path.name for path in tmp_path.rglob("*")} == {"x", "y"}
