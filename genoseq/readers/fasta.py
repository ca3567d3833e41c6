"""FASTA: contig lengths at once, any stretch of sequence on demand, writing.

Whatever the file looks like, the bases come from a plain file with an index of even lines
(:mod:`genoseq.readers.fasta_index`), so that a stretch is one read.  Nothing is ever written beside
the input.  A file that is compressed, ragged or unwrapped is copied once into the temporary folder
(``TMPDIR``); the copy is unlinked while it is open, so that it vanishes with the process.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from genoseq.errors import InputFormatError, RegionError
from genoseq.files.atomic import atomic_file
from genoseq.files.compression import source_path
from genoseq.files.journal import complete
from genoseq.files.watched import Watched
from genoseq.genome.regions import Region, check_bounds
from genoseq.readers.fasta_copy import LETTERS, SPACE
from genoseq.readers.fasta_index import Index, plain_and_index

if TYPE_CHECKING:
    from genoseq.genome.sequences import Codes

_COPY_WIDTH = 1 << 15
_COPY_BASES = _COPY_WIDTH << 7


class Fasta:
    """An open FASTA; a context manager.  Made by :func:`open_fasta`.

    Attributes
    ----------
    path
        The file that was asked for.
    lengths
        Bases of each contig, in the order of the file; contigs without a base are listed with 0.
    """

    def __init__(
        self, path: Path, plain: BinaryIO, index: Index, read: Watched | str | None = None
    ) -> None:
        self.path = path
        # What was read whole has its checksum; a file that is read on demand is watched.
        self._sha256 = read if isinstance(read, str) else None
        self._watched = read if isinstance(read, Watched) else None
        self.lengths: dict[str, int] = {name: lines.bases for name, lines in index.items()}
        self._index = index
        self._file = plain

    def __repr__(self) -> str:
        bases = sum(self.lengths.values())
        return f"<Fasta {self.path.name!r}: {len(self.lengths):,} contigs of {bases:,} bp>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._watched is not None and error is None:
                self._watched.check()
        finally:
            self.close()

    def close(self) -> None:
        """Close the file, which also removes a temporary copy of it."""
        self._file.close()
        if self._watched is not None:
            self._watched.close()

    def fetch(self, chrom: str, start: int, end: int) -> bytes:
        """Letters ``start <= i < end`` (0-based) of a contig, as the file has them, case kept.

        Raises
        ------
        RegionError
            If the contig does not exist or the stretch is not inside it.
        InputFormatError
            If the file changed since it was opened, or an index beside it does not fit it.
        """
        lines = self._index.get(chrom)
        if lines is None or not 0 <= start <= end <= lines.bases:
            check_bounds(Region(chrom, start, end), self.lengths)
            raise RegionError(f"contig {chrom!r}: no bases {start} to {end}")
        if start == end:
            return b""
        first, after = lines.byte_of(start), lines.byte_of(end - 1) + 1
        letters = _read(self._file.fileno(), first, after - first).translate(None, SPACE)
        if len(letters) != end - start:
            raise InputFormatError(
                f"contig {chrom!r}: the bases are not where the index says: the file changed while "
                f"it was open, or {self.path.name}.fai is wrong (remove it)",
                self.path,
            )
        return letters

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """:func:`genoseq.genome.sequences.encode` of :meth:`fetch`: (end - start,), values 0 to 4.

        Raises
        ------
        RegionError, InputFormatError
            As fetch; and at a letter that is no nucleotide, with file, contig and 1-based base.
        """
        from genoseq.genome import sequences  # numpy takes 70 ms, and letters do without

        letters = self.fetch(chrom, start, end)
        try:
            return sequences.encode(letters)
        except InputFormatError:
            raise self._stranger(chrom, start, letters) from None

    @property
    def sha256(self) -> str:
        """SHA-256 of the file that was asked for.

        What was decompressed on opening, or copied since, is not read again for it.

        Raises
        ------
        InputFormatError
            If the file was changed since it was opened.
        """
        if self._sha256 is None:
            from genoseq.files.provenance import file_sha256  # 10 ms, which few need

            self._sha256 = file_sha256(self.path)
        if self._watched is not None:
            self._watched.check()
            self._watched.sha256 = self._sha256
        return self._sha256

    def copy(self, path: Path) -> str:
        """Write every contig to ``path`` in even lines, with its index, ``path.fai``, beside it.

        What opens the copy reads its few stretches at once, whatever the original looks like.

        Returns
        -------
        SHA-256 of the copy.

        Raises
        ------
        InputFormatError
            As :meth:`codes`.
        """
        index = []
        original = _Followed(self._file)
        digest = hashlib.sha256()
        with path.open("wb") as out:
            for chrom, length in self.lengths.items():
                header = b">" + chrom.encode() + b"\n"
                digest.update(header)
                out.write(header)
                width = min(length, _COPY_WIDTH)
                index.append(f"{chrom}\t{length}\t{out.tell()}\t{width}\t{width + 1}\n")
                for start in range(0, length, _COPY_BASES):
                    letters = self.fetch(chrom, start, min(start + _COPY_BASES, length))
                    if letters.translate(None, LETTERS):
                        raise self._stranger(chrom, start, letters)
                    lines = b"".join(_wrapped(letters, _COPY_WIDTH))
                    digest.update(lines)
                    out.write(lines)
                    original.read_to(self._index[chrom].byte_of(start + len(letters)))
        if original.is_of(self.path):
            self._sha256 = original.sha256()
        path.with_name(f"{path.name}.fai").write_text("".join(index), encoding="utf-8")
        return digest.hexdigest()

    def _stranger(self, chrom: str, start: int, letters: bytes) -> InputFormatError:
        """What is wrong with letters of which one is no nucleotide."""
        stranger = letters.translate(None, LETTERS)[:1]
        return InputFormatError(
            f"contig {chrom!r}, base {start + letters.index(stranger) + 1}: "
            f"{stranger.decode('latin-1')!r} is not a nucleotide: use A, C, G, T, U or an "
            f"IUPAC code (n for unknown)",
            self.path,
        )


class _Followed:
    """SHA-256 of a file, taken right behind its reader while the pages are still in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._at, self._digest = file, 0, hashlib.sha256()

    def is_of(self, path: Path) -> bool:
        """Whether it is the file at ``path``, not a copy of it."""
        return os.path.samestat(os.fstat(self._file.fileno()), path.stat())

    def read_to(self, end: int) -> None:
        while self._at < end and (data := _read(self._file.fileno(), self._at, end - self._at)):
            self._digest.update(data)
            self._at += len(data)

    def sha256(self) -> str:
        """Of the whole file."""
        self.read_to(os.fstat(self._file.fileno()).st_size)
        return self._digest.hexdigest()


def open_fasta(path: str | os.PathLike[str]) -> Fasta:
    """Open a nucleotide FASTA.

    Plain, gzip, bgzip, bzip2 or xz (zstd with Python 3.14); any line width, ragged lines, blank
    lines and white space inside lines; ``\\n``, ``\\r\\n`` or ``\\r``; ``;`` comment lines; pipes,
    and ``-`` for stdin; folders that cannot be written to.  A contig's name is the header's first
    word.

    The sequences of a GenBank or EMBL file are taken as well, under the names that its features
    have (``VERSION``), so that one file can be genome and annotation; it is held in memory
    meanwhile.

    An index beside the file (``.fai``) is used if it is not older than the file and its records
    cover the file header by header; the letters are then checked as they are read.  Otherwise the
    whole file is checked now.

    Raises
    ------
    InputFormatError
        If it is no FASTA, has no record, a record without a name, a name twice, or letters that
        are not nucleotides (proteins, alignments).
    OSError
        If it cannot be read.
    """
    source = source_path(path)
    complete(source.parent)
    file = Watched(source) if source.is_file() else None
    try:
        plain, index, sha256 = plain_and_index(source)
    except BaseException:
        if file is not None:
            file.close()
        raise
    return Fasta(source, plain, index, sha256 or file)


@contextmanager
def opened(genome: str | os.PathLike[str] | Fasta) -> Iterator[Fasta]:
    """A genome that is open already, or a file that is open within the block.

    Raises
    ------
    InputFormatError, OSError
        As :func:`open_fasta`.
    """
    if isinstance(genome, Fasta):
        yield genome
        return
    with open_fasta(genome) as fasta:
        yield fasta


def write_fasta(
    path: str | os.PathLike[str], records: Iterable[tuple[str, bytes]], width: int = 80
) -> None:
    """Write records (name, letters) with ``width`` letters per line; 0: each sequence on one line.

    The records may come from a generator: one is held at a time.  The file appears whole or not at
    all.
    """
    with atomic_file(path) as partial, partial.open("wb") as out:
        for name, letters in records:
            out.write(b">" + name.encode() + b"\n")
            out.writelines(_wrapped(letters, width))


def _wrapped(letters: bytes, width: int) -> Iterator[bytes]:
    if not letters:
        return
    step = width or len(letters)
    for at in range(0, len(letters), step):
        yield letters[at : at + step]
        yield b"\n"


def _read(descriptor: int, offset: int, size: int) -> bytes:
    """``size`` bytes from ``offset``, fewer only at the file's end."""
    chunk = os.pread(descriptor, size, offset)
    if len(chunk) == size or not chunk:
        return chunk
    # Linux reads at most 2 GiB at a time.
    chunks = [chunk]
    while chunk and (missing := size - sum(map(len, chunks))):
        chunk = os.pread(descriptor, missing, offset + size - missing)
        chunks.append(chunk)
    return b"".join(chunks)
