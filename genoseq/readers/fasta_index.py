"""Where the bases of a FASTA lie: a plain file of even lines, and its index.

The index of samtools and pyfaidx (``.fai``) holds a contig's length, first byte, bases per line and
bytes per line, so it is right only for records whose lines all have one length and one line end.
Three ways lead to such a file, the next one where one fails:

1. the input itself with the ``.fai`` beside it, if that is new enough and covers the file; it is
   read without pyfaidx, whose import takes as long as extracting 10,000 regions;
2. the input itself, with an index in a temporary folder (:mod:`genoseq.readers.fai`) that pyfaidx
   reads and that is then checked byte for byte;
3. an evened-out copy in a temporary folder (:mod:`genoseq.readers.fasta_copy`), which is also where
   whatever is wrong with a file is found and said.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from genoseq.files.compression import compression_of, open_bytes
from genoseq.files.inputs import Input, kept
from genoseq.files.limits import LONGEST_LINE, SEQUENCES, TABLES
from genoseq.files.staging import temporary_folder
from genoseq.readers.fai import write_fai
from genoseq.readers.fasta_copy import AS_FASTA, LETTERS, SPACE, check_beginning, even_copy
from genoseq.readers.whole_numbers import is_whole

_CHUNK = 1 << 20
_LARGEST = 1 << 30
"""Bytes of a ``.fai``: ten million contigs."""


class Lines(NamedTuple):
    """Where a contig's bases are: the columns of a ``.fai`` line."""

    bases: int
    offset: int
    width: int
    pitch: int

    @property
    def end(self) -> int:
        """Offset after the last base and its line end."""
        if not self.bases:
            return self.offset
        return self.byte_of(self.bases - 1) + 1 + self.pitch - self.width

    def byte_of(self, base: int) -> int:
        """Offset of a base, counted from 0."""
        return self.offset + base // self.width * self.pitch + base % self.width


Index = dict[str, Lines]


def plain_and_index(path: Path) -> tuple[BinaryIO, Index, str | None]:
    """An open plain FASTA with the bases of ``path``, and its index, by contig in file order.

    The third is the SHA-256 of ``path``, where it was decompressed: other files are not read whole.
    """
    with kept(path) as given:
        at_rest = Path(given) == path and _is_plain(given)
        if at_rest and (beside := index_beside(path)) is not None:
            return path.open("rb", buffering=0), beside, None
        with temporary_folder() as folder:
            plain, sha256 = _plain(given, folder)
            index = _index_of(plain, folder)
            if index is None:
                even = folder / "even.fa"
                even_copy(plain, even, path)
                plain, index = even, _index_of(even, folder)
            assert index is not None
            return plain.open("rb", buffering=0), index, sha256


def _plain(given: Input, folder: Path) -> tuple[Path, str | None]:
    """Where its bytes are plain: there, or decompressed in ``folder``.

    With a copy comes the SHA-256 of what was read.
    """
    if _is_plain(given):
        return Path(given), given.sha256 if Path(given) != given.path else None
    limit = SEQUENCES if check_beginning(given) in AS_FASTA else TABLES
    plain = folder / "plain.fa"
    digest = hashlib.sha256()
    with open_bytes(given, digest, limit) as stream, plain.open("wb") as copy:
        shutil.copyfileobj(stream, copy, _CHUNK)
    return plain, digest.hexdigest()


def _is_plain(given: Input) -> bool:
    """Whether its bytes are not compressed."""
    with Path(given).open("rb") as file:
        return compression_of(file.read(6)) is None


def index_beside(path: Path) -> Index | None:
    """The index of ``path.fai`` if it is there, not older than the file, and fits it."""
    beside = path.with_name(f"{path.name}.fai")
    try:
        fresh = beside.stat().st_mtime_ns >= path.stat().st_mtime_ns
    except OSError:
        return None
    index = read_fai(beside) if fresh else None
    if index is None:
        return None
    with path.open("rb") as file:
        return index if _covers(file, index) and _head_is_nucleotides(file, index) else None


def _index_of(plain: Path, folder: Path) -> Index | None:
    """A new index, made in ``folder``; None if the file has no even lines or is not valid."""
    with plain.open("rb") as file:
        if not _starts_a_record(file) or _has_long_line(file):
            return None
    index = _new_index(plain, folder)
    return index if index is not None and index_fits(plain, index) else None


def index_fits(plain: Path, index: Index) -> bool:
    """Whether an index is right for a plain FASTA, base for base; the whole file is read."""
    with plain.open("rb") as file:
        return _covers(file, index) and all(_is_even(file, lines) for lines in index.values())


def read_fai(fai: Path) -> Index | None:
    """What a ``.fai`` says; None if a line is no name and four numbers, or a name comes twice."""
    try:
        if not fai.is_file() or fai.stat().st_size > _LARGEST:
            return None
        with fai.open(encoding="utf-8") as lines:
            rows = [line.rstrip("\n").split("\t") for line in lines]
    except (OSError, UnicodeDecodeError):
        return None
    if any(len(row) != 5 or not all(map(is_whole, row[1:])) for row in rows):
        return None
    index = {name: Lines(*map(int, numbers)) for name, *numbers in rows}
    return index if len(index) == len(rows) else None


def _new_index(plain: Path, folder: Path) -> Index | None:
    """A new index, made in ``folder`` and read by pyfaidx; None if it cannot be."""
    import pyfaidx

    # pyfaidx chooses gzip by the name's end, whatever the file holds: it sees a neutral name.
    link, fai = folder / "genome.fa", folder / f"{plain.name}.fai"
    link.symlink_to(plain.resolve())
    try:
        if not write_fai(plain, fai):
            return None
        with pyfaidx.Faidx(link, indexname=fai, build_index=False, rebuild=False) as found:
            rows = found.index.items()
            return {name: Lines(row.rlen, row.offset, row.lenc, row.lenb) for name, row in rows}
    except Exception:  # its own, ValueError, RuntimeError ...: the copy will say what is wrong
        return None
    finally:
        link.unlink()


def _starts_a_record(file: BinaryIO) -> bool:
    return file.read(1) == b">"


def _has_long_line(file: BinaryIO) -> bool:
    """Whether a chunk lies within one line: pyfaidx would hold such lines in memory, whole."""
    file.seek(0)
    return any(b"\n" not in chunk for chunk in _chunks(file, _CHUNK) if len(chunk) == _CHUNK)


def _covers(file: BinaryIO, index: Index) -> bool:
    """Whether headers and records follow one another from the first byte to the last."""
    end, size = 0, os.fstat(file.fileno()).st_size
    for name, lines in index.items():
        if end and not _ends_a_line(file, end):
            return False
        if not lines.offset <= min(size, end + LONGEST_LINE) or lines.bases > size:
            return False
        header = _pread(file, end, lines.offset - end).lstrip()
        if header[:1] != b">" or len(header.splitlines()) != 1 or header[-1:] != b"\n":
            return False
        if header[1:].split()[:1] != [name.encode()] or not name.isprintable():
            return False
        if lines.bases and (lines.width < 1 or lines.pitch - lines.width not in (0, 1, 2)):
            return False
        end = lines.end
    # Nothing is read behind the file's end, where the last line's own end may be missing.
    if not index or end > size + len("\r\n"):
        return False
    return _ends_a_line(file, end) and not _pread(file, end, _CHUNK).strip()


def _ends_a_line(file: BinaryIO, end: int) -> bool:
    """Whether the byte before ``end`` is a line feed, or the file ends before it."""
    return _pread(file, end - 1, 1) in (b"\n", b"")


def _head_is_nucleotides(file: BinaryIO, index: Index) -> bool:
    """Check the first letters of the first contigs: this finds a protein file at once."""
    heads = (
        _pread(file, lines.offset, min(4096, lines.bases)) for lines in islice(index.values(), 16)
    )
    return not any(head.translate(None, LETTERS + SPACE) for head in heads)


def _is_even(file: BinaryIO, lines: Lines) -> bool:
    """Whether a record is nucleotides in lines of equal length: its index is right, base for base.

    Without its letters each stretch of whole lines must be nothing but line ends, and each of them
    must stand where the index says.
    """
    if not lines.bases:
        return True
    line_end = {1: b"\n", 2: b"\r\n", 0: b""}[lines.pitch - lines.width]
    step = max(1, _CHUNK // lines.pitch) * lines.pitch
    for start in range(lines.offset, lines.end, step):
        chunk = _pread(file, start, min(step, lines.end - start))
        whole = len(chunk) // lines.pitch
        rest = len(chunk) - whole * lines.pitch
        ends = whole + (rest > 0 and chunk.endswith(b"\n"))
        if chunk.translate(None, LETTERS) != line_end * ends:
            return False
        if line_end and chunk[lines.width :: lines.pitch][:whole] != line_end[:1] * whole:
            return False
    return True


def _pread(file: BinaryIO, offset: int, size: int) -> bytes:
    return os.pread(file.fileno(), max(0, size), offset)


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    while chunk := file.read(size):
        yield chunk
