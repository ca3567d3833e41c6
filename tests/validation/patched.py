"""bigWigs and bigBeds with a section exchanged: faults that no writer makes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genoseq.readers.bbi import BbiFile
from genoseq.readers.bbi_sections import record_type

Records = NDArray[np.void]


def exchange(path: Path, index_at: int, number: int, change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of a section, by its number in the index that begins there.

    The new bytes are put behind the file, and the leaf of the index points to them; the file ends
    as it began, as such files do.
    """
    data = bytearray(path.read_bytes())
    (count,) = struct.unpack_from("<H", data, index_at + 50)
    assert data[index_at + 48] == 1
    assert number < count
    leaf = index_at + 52 + 32 * number + 16
    offset, size = struct.unpack_from("<QQ", data, leaf)
    section = zlib.compress(change(zlib.decompress(data[offset : offset + size])))
    struct.pack_into("<QQ", data, leaf, len(data), len(section))
    path.write_bytes(data + section + data[:4])


def exchange_values(path: Path, change: Callable[[bytearray], None], number: int = 0) -> None:
    """Change a section of values: 24 bytes of a head, then items."""
    with BbiFile(path) as file:
        index_at = file.header.index

    def changed(data: bytes) -> bytes:
        whole = bytearray(data)
        change(whole)
        return bytes(whole)

    exchange(path, index_at, number, changed)


def exchange_zoom(path: Path, change: Callable[[Records], None], level: int = 0) -> None:
    """Change the records of a level's first section."""
    with BbiFile(path) as file:
        index_at = file.header.zooms[level].index_at

    def changed(data: bytes) -> bytes:
        records = np.frombuffer(data, record_type("<")).copy()
        change(records)
        return records.tobytes()

    exchange(path, index_at, 0, changed)


def exchange_bytes(path: Path, at: int, form: str, *values: float) -> None:
    """Write values at a byte of the file."""
    data = bytearray(path.read_bytes())
    struct.pack_into("<" + form, data, at, *values)
    path.write_bytes(data)
