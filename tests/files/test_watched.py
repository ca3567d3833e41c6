"""Files that are replaced while they are read are noticed before anything appears."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from genoseq.errors import InputFormatError
from genoseq.files.atomic import atomic_file, atomic_folder
from genoseq.files.inputs import Input, kept
from genoseq.files.watched import watched
from genoseq.readers.fasta import Fasta, open_fasta

TEXT = b">a\nACGTACGT\n"
SAID = r"in\.fa: changed, or was replaced, while it was read: nothing was written; run this again"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in.fa"
    path.write_bytes(TEXT)
    return path


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(TEXT)
    state = path.stat()
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
    other.replace(path)


def touched(path: Path) -> None:
    os.utime(path, (1, 1))


CHANGES: dict[str, Callable[[Path], object]] = {
    "replaced": replaced,
    "longer": lambda path: path.write_bytes(TEXT * 2),
    "cut off": lambda path: os.truncate(path, 4),
    "removed": Path.unlink,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_watched_notices(file: Path, change: Callable[[Path], object]) -> None:
    with pytest.raises(InputFormatError, match=SAID), watched(file):
        change(file)


def test_watched_takes_a_file_that_was_only_touched(file: Path) -> None:
    with pytest.raises(InputFormatError, match=SAID), watched(file):
        touched(file)
    with kept(file) as given:
        assert given.sha256
        touched(file)
        with open_fasta(file) as fasta:
            assert fasta.sha256 == given.sha256
            os.utime(file, (2, 2))


def test_watched_leaves_other_errors(file: Path) -> None:
    with pytest.raises(FileExistsError), watched(file):
        file.rename(file.with_name("gone")).mkdir()


@pytest.mark.parametrize("opened", [kept, open_fasta], ids=["kept", "open_fasta"])
@pytest.mark.parametrize("out", [atomic_file, atomic_folder], ids=["file", "folder"])
def test_outputs_do_not_appear(file: Path, opened: Callable, out: Callable) -> None:
    written = file.with_name("out")
    with pytest.raises(InputFormatError, match=SAID), opened(file), out(written):
        replaced(file)
    assert sorted(path.name for path in file.parent.iterdir()) == ["in.fa"]
    with out(written) as partial:  # what was read before is over
        partial.is_dir() or partial.write_bytes(b"x")
    assert written.exists()


def late_checksum(path: Path, given: Input | Fasta) -> str:
    path.write_bytes(TEXT * 2)
    return given.sha256


@pytest.mark.parametrize("opened", [kept, open_fasta], ids=["kept", "open_fasta"])
def test_checksums_are_of_what_was_read(file: Path, opened: Callable) -> None:
    with pytest.raises(InputFormatError, match=SAID), opened(file) as given:
        late_checksum(file, given)


def test_compressed_genomes_are_read_once(file: Path) -> None:
    packed = file.with_name("in.fa.gz")
    packed.write_bytes(gzip.compress(TEXT))
    with open_fasta(packed) as fasta:
        before = fasta.sha256
        packed.write_bytes(b"other")
        assert fasta.fetch("a", 0, 4) == b"ACGT"
        assert fasta.sha256 == before
