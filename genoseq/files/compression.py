"""Files as bytes or lines, whatever they are compressed with: told by their first bytes."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, Any, Literal, Protocol, cast

from genoseq.errors import InputFormatError

Compression = Literal["gzip", "bzip2", "xz", "zstd"]

_MAGIC: tuple[tuple[bytes, Compression], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_CHUNK = 1 << 20
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)


def compression_of(head: bytes) -> Compression | None:
    """What a file that begins with ``head`` is compressed with; bgzip is gzip here."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


class Digest(Protocol):
    """Something that takes a checksum, such as ``hashlib.sha256()``."""

    def update(self, data: memoryview, /) -> None:
        """Take the next bytes."""


class _Digested(io.RawIOBase):
    """A file whose checksum is taken while it is read, once, from its beginning."""

    def __init__(self, file: io.FileIO, digest: Digest) -> None:
        self._file, self._digest = file, digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        size = self._file.readinto(buffer)
        self._digest.update(memoryview(buffer)[:size])
        return size


@contextmanager
def open_bytes(path: str | PathLike[str], digest: Digest | None = None) -> Iterator[IO[bytes]]:
    """The file's decompressed bytes, as a buffered stream.  Pipes work too.

    ``digest`` gets all bytes of the file, before they are decompressed.

    Raises
    ------
    InputFormatError
        If the compressed data is cut off or damaged; raised where the block reads that far.
    """
    with _opened(path, digest) as raw:
        kind = compression_of(raw.peek(6)[:6])
        try:
            with _decompressor(raw, kind, path) as stream:
                yield stream
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
def _opened(path: str | PathLike[str], digest: Digest | None) -> Iterator[io.BufferedReader]:
    if digest is None:
        with Path(path).open("rb") as plain:
            yield plain
    else:
        with Path(path).open("rb", buffering=0) as file:
            yield io.BufferedReader(_Digested(file, digest), _CHUNK)


def numbered_lines(path: str | PathLike[str]) -> Iterator[tuple[int, str]]:
    """Lines without their line ends, counted from 1.

    ``\\n``, ``\\r\\n`` and ``\\r`` all end a line; a UTF-8 byte order mark is dropped, and bytes
    that are not UTF-8 appear as ``\\xNN`` escapes (free text in annotation is often Latin-1).

    Raises
    ------
    InputFormatError
        If the file holds binary data, or its compressed data is damaged.
    """
    with open_bytes(path) as stream:
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="backslashreplace")
        for number, line in enumerate(text, 1):
            if number == 1 and "\0" in line:
                raise InputFormatError("binary data where text was expected", path)
            yield number, line[:-1] if line.endswith("\n") else line


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
