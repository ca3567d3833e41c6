"""Copies of inputs in the temporary folder: gone after use, or with the next run."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from pathlib import Path

import pytest
from killing import killed

from genoseq.files.inputs import kept
from genoseq.files.staging import temporary_folder
from genoseq.readers.fasta import open_fasta


@pytest.fixture
def temporary(quick_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where copies lie."""
    monkeypatch.setattr(tempfile, "tempdir", str(quick_path))
    return quick_path


def copies() -> None:
    with temporary_folder() as folder:
        (folder / "copy").write_text("half")
        (folder / "more").mkdir()
        (folder / "more/copy").write_text("half")


def test_temporary_folders_of_killed_processes_go_whenever_they_were_killed(
    temporary: Path,
) -> None:
    for moment in range(99):
        if not killed(copies, moment):
            break
        copies()
        assert list(temporary.iterdir()) == [], f"killed before change {moment}"
    assert moment > 6


def test_temporary_folders_of_living_processes_and_of_others_stay(temporary: Path) -> None:
    (temporary / "genoseq-keepthis").mkdir()  # no name of ours
    (temporary / "genoseq-0123abcd").mkdir()  # nor one that has no lock and is not empty
    (temporary / "genoseq-0123abcd/mine").touch()
    (temporary / "mine").mkdir()
    (temporary / "genoseq-89abcdef").symlink_to(temporary / "mine")
    before = {path.name for path in temporary.iterdir()}
    with temporary_folder() as folder:
        (folder / "copy").touch()
        copies()
        assert (folder / "copy").exists()
        assert not folder.stat().st_mode & 0o077
    assert {path.name for path in temporary.iterdir()} == before


def test_temporary_folder_without_locks_leaves_what_is_there(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (temporary / "genoseq-0123abcd").mkdir()
    (temporary / "genoseq-0123abcd/.lock").touch()

    def no_locks(*_words: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    copies()
    assert [path.name for path in temporary.iterdir()] == ["genoseq-0123abcd"]


def test_a_full_temporary_folder_is_named(temporary: Path) -> None:
    named = rf"temporary folder {temporary} \(TMPDIR\)"
    with pytest.raises(OSError, match="No space left") as caught, temporary_folder():
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == named.replace("\\", "")
    with pytest.raises(OSError, match="No such file") as caught, temporary_folder() as folder:
        (folder / "a/b").touch()
    assert caught.value.filename == named.replace("\\", "")
    # What is done while a copy is kept may fail for another reason.
    reader, writer = os.pipe()
    os.close(writer)
    with pytest.raises(OSError, match="No space left") as caught, kept(f"/dev/fd/{reader}"):
        raise OSError(errno.ENOSPC, "No space left on device")
    os.close(reader)
    assert caught.value.filename is None
    assert list(temporary.iterdir()) == []


def test_a_plain_fasta_with_its_index_needs_no_temporary_folder(
    temporary: Path, tmp_path: Path
) -> None:
    (tmp_path / "g.fa").write_text(">a\nACGT\n")
    (tmp_path / "g.fa.fai").write_text("a\t4\t3\t4\t5\n")
    temporary.chmod(0)
    try:
        with open_fasta(tmp_path / "g.fa") as fasta:
            assert fasta.fetch("a", 1, 3) == b"CG"
    finally:
        temporary.chmod(0o700)
