"""Text compressed in blocks (bgzip) and indexed by position (tabix).

A file is open only while blocks are appended to it: there may be more channels than a process may
have open files.
"""

from __future__ import annotations

import errno
import os
import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from typing import Literal, NamedTuple

import numpy as np
from deflate import deflate_compress
from numpy.typing import NDArray

from genoseq.writers.tbi import Entry, Text, entry_of, tbi

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
    """Lines in blocks, the bytes of each block, lines behind them that are too few for one; and
    where all of them lie, in a text of so many bytes."""

    data: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    rest: bytes
    entries: list[Entry]
    length: int


def in_blocks(texts: Iterable[Text]) -> Blocks:
    """Lines that may be compressed by themselves: wherever that is done, the bytes are the same."""
    parts: list[bytes] = []
    entries: list[Entry] = []
    length = 0
    for lines in texts:
        parts.append(lines.text)
        entries.append(entry_of(lines).moved(length))
        length += len(lines.text)
    text = b"".join(parts)
    blocks, rest = ([], text) if len(text) < _BLOCK else (_blocks(text), b"")
    data = np.frombuffer(b"".join(blocks), np.uint8)
    return Blocks(data, np.array([*map(len, blocks)], np.int64), rest, entries, length)


def _blocks(text: bytes) -> list[bytes]:
    """Text in blocks, the last of which may be short.

    By libdeflate, at level 1, whose bytes depend on the data alone: it takes half the time of zlib,
    by which htslib may have been built, for a seventh less (``benchmarks/writers.py``).
    """
    return [_block(text[at : at + _BLOCK]) for at in range(0, len(text), _BLOCK)]


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
        self._entries: list[Entry] | None = []
        self._length = 0
        self._texts, self._offsets = array("q", [0]), array("q", [0])
        """Where blocks begin in the text and in the file, and where the next one will."""
        path.write_bytes(b"")

    def write(self, text: bytes, entries: list[Entry] | None = None) -> None:
        """Append lines, and where they lie in the text; if that is not known of all but comments,
        it is read again for an index."""
        if entries is None:
            self._entries = self._entries if text.startswith(b"#") else None
        elif self._entries is not None:
            self._entries += [entry.moved(self._length) for entry in entries]
        self._length += len(text)
        self._waiting.append(text)
        self._size += len(text)
        if self._size >= self._most:
            joined = b"".join(self._waiting)
            cut = len(joined) // _BLOCK * _BLOCK
            self._waiting, self._size = [joined[cut:]], len(joined) - cut
            self._compress(joined[:cut])

    def append(self, blocks: Blocks) -> None:
        """Append lines that are in blocks."""
        if blocks.rest:
            self.write(blocks.rest, blocks.entries)
        elif len(blocks.sizes):
            self._compress(b"".join(self._waiting))
            self._waiting, self._size = [], 0
            if self._entries is not None:
                self._entries += [entry.moved(self._length) for entry in blocks.entries]
            self._length += blocks.length
            self._append([blocks.data], blocks.sizes.tolist(), blocks.length)

    def finish(self, preset: Literal["bed", "vcf"] = "bed") -> str:
        """Complete and index; the index's format, ``tbi`` or ``csi``, which is also its suffix."""
        self.complete()
        if self._entries and preset == "bed" and not self._csi:
            texts, offsets = (np.array(column) for column in (self._texts, self._offsets))
            path = self._path.with_name(f"{self._path.name}.tbi")
            with self._errors():
                path.write_bytes(b"".join([*_blocks(tbi(self._entries, texts, offsets)), _END]))
            return "tbi"
        from pysam import set_verbosity, tabix_index

        before = set_verbosity(0)  # htslib writes to stderr by itself
        try:
            with self._errors():
                tabix_index(str(self._path), preset=preset, force=True, csi=self._csi)
        finally:
            set_verbosity(before)
        return "csi" if self._csi else "tbi"

    def complete(self) -> None:
        """Complete, without an index: of lines that are not sorted there is none."""
        self._compress(b"".join(self._waiting))
        with self._errors(), self._path.open("ab") as file:
            file.write(_END)

    def _compress(self, text: bytes) -> None:
        if text:
            blocks = _blocks(text)
            self._append(blocks, list(map(len, blocks)), len(text))

    def _append(
        self, data: Sequence[bytes | NDArray[np.uint8]], sizes: list[int], length: int
    ) -> None:
        """Append blocks of so many bytes each, of a text of ``length``."""
        end = self._texts[-1] + length
        for size in sizes:
            self._texts.append(min(self._texts[-1] + _BLOCK, end))
            self._offsets.append(self._offsets[-1] + size)
        with self._errors(), self._path.open("ab") as file:
            file.writelines(part if isinstance(part, bytes) else part.data for part in data)

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
