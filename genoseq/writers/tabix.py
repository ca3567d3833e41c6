"""Text compressed in blocks (bgzip) and indexed by position (tabix).

A file is open only while blocks are appended to it: there may be more channels than a process may
have open files.
"""

from __future__ import annotations

import errno
import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from typing import Literal, NamedTuple

import numpy as np
from deflate import deflate_compress
from numpy.typing import NDArray

_BLOCK = 0xFF00
"""Bytes of text in a block of htslib's."""
_AT_ONCE, _WAITING = 24, 1024
"""Blocks of a file that are written at once, and, in all files, that wait at most (64 MB).  With
four at once bedGraph took 7% more CPU time than with a file that stays open, with 24 no more."""
_HEAD = bytes.fromhex("1f8b08040000000000ff060042430200")
"""How a block begins (SAMv1, 4.1): gzip with a field that says how long the block is."""
_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends a file."""
_TBI_LIMIT = 2**29
"""Bases: longer contigs do not fit a .tbi and get a .csi."""


class Blocks(NamedTuple):
    """Lines in blocks, and lines behind them that are too few for one."""

    data: NDArray[np.uint8]
    rest: bytes


def in_blocks(texts: Iterable[bytes]) -> Blocks:
    """Lines that may be compressed by themselves: wherever that is done, the bytes are the same."""
    text = b"".join(texts)
    blocks, rest = (b"", text) if len(text) < _BLOCK else (_blocks(text), b"")
    return Blocks(np.frombuffer(blocks, np.uint8), rest)


def _blocks(text: bytes) -> bytes:
    """Text in blocks, the last of which may be short.

    By libdeflate, at level 1, whose bytes depend on the data alone: it takes half the time of zlib,
    by which htslib may have been built, for a quarter less (``benchmarks/writers.py``).
    """
    return b"".join(_block(text[at : at + _BLOCK]) for at in range(0, len(text), _BLOCK))


def _block(text: bytes) -> bytes:
    data = bytes(deflate_compress(text, 1))
    if len(data) + len(_HEAD) + 10 > 1 << 16:  # what is random; it is kept as it is
        data = b"\1" + struct.pack("<HH", len(text), len(text) ^ 0xFFFF) + text
    size = struct.pack("<H", len(_HEAD) + len(data) + 9)
    return _HEAD + size + data + struct.pack("<II", zlib.crc32(text), len(text))


class TabixFile:
    """A bgzip file in the making; :meth:`finish` completes and indexes it.

    ``files`` is how many of them are made side by side.
    """

    def __init__(self, path: Path, lengths: Mapping[str, int], files: int = 1) -> None:
        self._path = path
        self._csi = max(lengths.values(), default=0) > _TBI_LIMIT
        self._waiting: list[bytes] = []
        self._size = 0
        self._most = max(1, min(_AT_ONCE, _WAITING // files)) * _BLOCK
        path.write_bytes(b"")

    def write(self, text: bytes) -> None:
        """Append lines."""
        self._waiting.append(text)
        self._size += len(text)
        if self._size >= self._most:
            joined = b"".join(self._waiting)
            cut = len(joined) // _BLOCK * _BLOCK
            self._waiting, self._size = [joined[cut:]], len(joined) - cut
            self._append(_blocks(joined[:cut]))

    def append(self, blocks: Blocks) -> None:
        """Append lines that are in blocks."""
        if len(blocks.data):
            before = _blocks(b"".join(self._waiting))
            self._waiting, self._size = [], 0
            self._append(before, blocks.data)
        if blocks.rest:
            self.write(blocks.rest)

    def finish(self, preset: Literal["bed", "vcf"] = "bed") -> str:
        """Complete and index; the index's format, ``tbi`` or ``csi``, which is also its suffix."""
        from pysam import set_verbosity, tabix_index

        self.complete()
        before = set_verbosity(0)  # htslib writes to stderr by itself
        try:
            with self._errors():
                tabix_index(str(self._path), preset=preset, force=True, csi=self._csi)
        finally:
            set_verbosity(before)
        return "csi" if self._csi else "tbi"

    def complete(self) -> None:
        """Complete, without an index: of lines that are not sorted there is none."""
        self._append(_blocks(b"".join(self._waiting)), _END)

    def _append(self, *parts: bytes | NDArray[np.uint8]) -> None:
        with self._errors(), self._path.open("ab") as file:
            for part in parts:
                file.write(part if isinstance(part, bytes) else part.data)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Errors name the file; htslib names neither it nor the reason: if the disk is full, that
        is the reason."""
        try:
            yield
        except OSError as error:
            number = errno.EIO if disk_usage(self._path.parent).free else errno.ENOSPC
            number = error.errno or number
            raise OSError(number, os.strerror(number), str(self._path)) from error
