"""The bytes of a bigWig or bigBed, of which nothing is trusted: see :mod:`genoseq.readers.bbi`."""

from __future__ import annotations

import os
import struct
from os import PathLike
from pathlib import Path
from typing import Any

from genoseq.errors import InputFormatError

_WIG, _BED = 0x888FFC26, 0x8789F2EB


class BbiBytes:
    """An open file.

    Attributes
    ----------
    size
        Bytes that it has.
    bed
        Whether it is a bigBed.
    order
        Its byte order, for :mod:`struct` and numpy.

    Raises
    ------
    InputFormatError
        If it is neither a bigWig nor a bigBed.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = path
        self._file = Path(path).open("rb", buffering=0)  # noqa: SIM115
        self.size = os.fstat(self._file.fileno()).st_size
        head = os.pread(self._file.fileno(), 4, 0)
        for self.order in "<>":
            magic = struct.unpack(self.order + "I", head)[0] if len(head) == 4 else 0
            if magic in (_WIG, _BED):
                self.bed = magic == _BED
                return
        self.close()
        raise InputFormatError("neither a bigWig nor a bigBed", path)

    def close(self) -> None:
        """Close it."""
        self._file.close()

    def unpack(self, form: str, at: int) -> tuple[Any, ...]:
        """Numbers that begin at a byte."""
        form = self.order + form
        return struct.unpack(form, self.at(at, struct.calcsize(form)))

    def at(self, first: int, size: int) -> bytes:
        """Bytes of the file; InputFormatError if it does not have them."""
        if not 0 <= first <= first + size <= self.size:
            raise self.damaged(f"it points to bytes {first} to {first + size} of {self.size}")
        data = os.pread(self._file.fileno(), size, first)
        if len(data) < size:
            raise self.damaged("it became shorter while it was read")
        return data

    def damaged(self, what: str) -> InputFormatError:
        """What is wrong with it, as an error."""
        kind = "bigBed" if self.bed else "bigWig"
        return InputFormatError(
            f"a {kind} that is damaged: {what}: cut off? Copy, download or make it again",
            self._path,
        )


class Walk:
    """One way through a tree: each node once, and no more bytes than the file has."""

    def __init__(self, file: BbiBytes) -> None:
        self._file, self._left, self._seen = file, file.size, set[int]()

    def node(self, at: int, leaf_row: int, inner_row: int) -> tuple[bool, bytes]:
        """Whether a node is a leaf, and its rows, whose widths are given in bytes."""
        if at in self._seen:
            raise self._file.damaged("one of its trees runs in a circle")
        self._seen.add(at)
        leaf, _, count = self._file.unpack("BBH", at)
        size = count * (leaf_row if leaf else inner_row)
        self._left -= 4 + size
        if self._left < 0:
            raise self._file.damaged("one of its trees is larger than the file")
        return bool(leaf), self._file.at(at + 4, size)
