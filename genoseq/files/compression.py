"""Files as bytes or lines, whatever they are compressed with: told by their first bytes.

bgzip ends a file with an empty block, so that one that was cut off between two blocks is known.
``-`` is stdin.
"""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import os
import re
import stat
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, Any, Literal, Protocol, cast

from genoseq.errors import InputFormatError
from genoseq.files.limits import LONGEST_LINE, TABLES, Bounded, Expansion, LongLineError, ShortLines

Compression = Literal["gzip", "bzip2", "xz", "zstd"]

_MAGIC: tuple[tuple[bytes, Compression], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_BGZIP_HEAD = 18
_BGZIP_BLOCK = re.compile(rb"\x1f\x8b\x08\x04.{6}\x06\0BC\x02\0", re.DOTALL)
"""How a block begins; in gzip data one such place in 2^80 is chance."""
_BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block (SAMv1, 4.1.2)."""
_CHUNK = 1 << 14
"""Bytes that are read at once: few, so that little of a bomb is decompressed before it is known."""
_BUFFER = 1 << 16
"""Decompressed bytes that are looked at at once."""
_STDIN = Path("/dev/stdin")
UTF16 = (BOM_UTF16_LE, BOM_UTF16_BE)
"""How text in UTF-16 begins."""
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)


def compression_of(head: bytes) -> Compression | None:
    """What a file that begins with ``head`` is compressed with; bgzip is gzip here."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


class Digest(Protocol):
    """Something that takes a checksum, such as ``hashlib.sha256()``."""

    def update(self, data: memoryview, /) -> None:
        """Take the next bytes."""


class _Followed(io.RawIOBase):
    """A file that is read once, from its beginning; its checksum is taken meanwhile.

    Where it is bgzip's, or has bgzip's blocks behind plain gzip data (``cat a.gz b.bgz``), its end
    must be bgzip's as well.  Reads are filled as far as the file goes: a pipe may give its first
    bytes one by one.
    """

    def __init__(self, file: io.FileIO, digest: Digest | None, path: str | PathLike[str]) -> None:
        self._file, self._digest, self._path = file, digest, path
        self.read_bytes = 0
        self._tail = b""
        self._bgzip: bool | None = None
        self._gzip = False

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: Any, /) -> int:
        view, size = memoryview(buffer), 0
        while size < len(view) and (more := self._file.readinto(view[size:])):
            size += more
        read = view[:size]
        self.read_bytes += size
        if self._bgzip is None:
            self._gzip = bytes(read[:2]) == _MAGIC[0][0]
            self._bgzip = is_bgzip(bytes(read[:_BGZIP_HEAD]))
        if self._gzip and not self._bgzip:
            self._bgzip = _BGZIP_BLOCK.search(self._tail + bytes(read)) is not None
        if self._digest is not None:
            self._digest.update(read)
        if size:
            self._tail = (self._tail + bytes(read[-len(_BGZIP_END) :]))[-len(_BGZIP_END) :]
        elif self._bgzip:
            _check_bgzip_end(self._tail, self._path)
        return size


def is_bgzip(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is in the blocks of bgzip."""
    return head.startswith(b"\x1f\x8b\x08\x04") and head[12:16] == b"BC\x02\x00"


def _check_bgzip_end(tail: bytes, path: str | PathLike[str]) -> None:
    if tail != _BGZIP_END:
        raise InputFormatError(
            "bgzip data without the empty block that ends it: cut off? Copy or download it again; "
            "if it is whole (an old tool's, or joined by cat): gzip -dc old.gz | bgzip > new.gz",
            path,
        )


def source_path(path: str | PathLike[str]) -> Path:
    """The path itself; for ``-`` that of stdin."""
    return _STDIN if os.fspath(path) == "-" else Path(path)


@contextmanager
def open_bytes(
    path: str | PathLike[str], digest: Digest | None = None, limit: Expansion = TABLES
) -> Iterator[IO[bytes]]:
    """The file's decompressed bytes, as a buffered stream.  A pipe or ``-`` can be read once.

    ``digest`` gets all bytes of the file, before they are decompressed.

    Raises
    ------
    InputFormatError
        If the compressed data is cut off or damaged, or becomes larger than ``limit``; raised where
        the block reads that far.
    """
    with _opened(path, digest) as raw:
        kind = compression_of(raw.peek(6)[:6])
        try:
            with _decompressor(raw, kind, path) as stream:
                if kind is None:
                    yield stream
                else:
                    yield io.BufferedReader(Bounded(stream, raw.raw, limit, path), _BUFFER)
                while digest is not None and not raw.closed and raw.read(_CHUNK):
                    pass
        except _DAMAGE as error:
            raise _damaged(path, kind, error) from error
        except OSError as error:
            # bz2 says "Invalid data stream" by a bare OSError; real ones carry an errno.
            if kind is None or error.errno is not None:
                raise
            raise _damaged(path, kind, error) from error


@contextmanager
def _opened(path: str | PathLike[str], digest: Digest | None) -> Iterator[io.BufferedReader[Any]]:
    with open_raw(source_path(path)) as file:
        state = os.fstat(file.fileno())
        if stat.S_ISREG(state.st_mode) and is_bgzip(os.pread(file.fileno(), _BGZIP_HEAD, 0)):
            before = max(0, state.st_size - len(_BGZIP_END))
            _check_bgzip_end(os.pread(file.fileno(), len(_BGZIP_END), before), path)
        with io.BufferedReader(_Followed(file, digest, path), _CHUNK) as stream:
            yield stream


def open_raw(path: Path) -> io.FileIO:
    """The file's bytes as they are, unbuffered."""
    if path == _STDIN and stat.S_ISSOCK(os.fstat(0).st_mode):  # which cannot be opened by a path
        return io.FileIO(os.dup(0))
    return path.open("rb", buffering=0)


def numbered_lines(
    path: str | PathLike[str], longest: int = LONGEST_LINE
) -> Iterator[tuple[int, str]]:
    """Lines without their line ends, counted from 1, of at most ``longest`` bytes.

    ``\\n``, ``\\r\\n`` and ``\\r`` all end a line; encodings are those of :func:`text_of`.

    Raises
    ------
    InputFormatError
        If the file holds binary data, its compressed data is damaged, or a line is longer.
    """
    number = 0
    with open_bytes(path) as stream:
        try:
            for number, line in enumerate(text_of(stream, path, longest), 1):
                if number == 1 and "\0" in line:
                    raise InputFormatError("binary data where text was expected", path)
                yield number, line[:-1] if line.endswith("\n") else line
        except LongLineError as error:
            raise InputFormatError(error.problem, path, number + 1) from None


def text_of(
    stream: IO[bytes], path: str | PathLike[str], longest: int = LONGEST_LINE
) -> io.TextIOWrapper:
    """The text of decompressed bytes, without a byte order mark.

    It is UTF-8, or, where a byte order mark says so, UTF-16.  Bytes that are neither appear as
    ``\\xNN`` escapes: free text in annotation is often Latin-1.

    Raises
    ------
    InputFormatError
        Where it is read, if a line has more than ``longest`` bytes.
    """
    head = cast(io.BufferedReader, stream).peek(2)[:2]  # as all have that open_bytes gives
    encoding = "utf-16" if head in UTF16 else "utf-8-sig"
    lines = io.BufferedReader(ShortLines(stream, longest, path), _BUFFER)
    return io.TextIOWrapper(lines, encoding, errors="backslashreplace")


def _damaged(path: str | PathLike[str], kind: str | None, error: Exception) -> InputFormatError:
    return InputFormatError(
        f"damaged or cut off {kind} data ({error}): copy or download the file again", path
    )


def _decompressor(raw: IO[bytes], kind: Compression | None, path: str | PathLike[str]) -> IO[bytes]:
    if kind == "gzip":
        return cast(IO[bytes], gzip.GzipFile(fileobj=raw, mode="rb"))
    if kind == "bzip2":
        return cast(IO[bytes], bz2.BZ2File(raw))
    if kind == "xz":
        return cast(IO[bytes], lzma.LZMAFile(raw))
    return _zstandard(raw, path) if kind == "zstd" else raw


def _zstandard(raw: IO[bytes], path: str | PathLike[str]) -> IO[bytes]:
    try:
        zstd = importlib.import_module("compression.zstd")  # Python 3.14 and later
    except ImportError:
        raise InputFormatError(
            f"zstd needs Python 3.14 or later: decompress it first, with zstd -d {path}", path
        ) from None
    return cast(IO[bytes], zstd.ZstdFile(raw))
