"""Indexes of tabix whose numbers are not those of their bytes."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest
from right_files import BED12, indexed

from genoseq.errors import InputFormatError
from genoseq.readers.tabix_index import read_tabix_index

HOSTILE = {
    "tbi": {
        "contigs": (4, -1),
        "many contigs": (4, (1 << 31) - 1),
        "column": (12, -1),
        "comment": (24, -5),
        "names": (32, -8),
        "many names": (32, (1 << 31) - 1),
        "bins": (43, -1),
        "many bins": (43, (1 << 31) - 1),
        "chunks": (51, -1),
        "many chunks": (51, (1 << 31) - 1),
    },
    "csi": {
        "interval": (4, 63),
        "no interval": (4, 0),
        "levels": (8, (1 << 31) - 1),
        "no level": (8, -1),
        "extra": (12, -60),
        "names": (40, -8),
    },
}


@pytest.mark.parametrize(
    ("end", "name"), [(end, name) for end, found in HOSTILE.items() for name in found]
)
def test_read_tabix_index_refuses_numbers_that_no_file_has(
    tmp_path: Path, end: str, name: str
) -> None:
    path = Path(f"{indexed(tmp_path / 'x.bed.gz', BED12, csi=end == 'csi')}.{end}")
    assert list(read_tabix_index(path).extents) == ["a", "b.1|x"]
    data = bytearray(gzip.decompress(path.read_bytes()))
    at, number = HOSTILE[end][name]
    struct.pack_into("<i", data, at, number)
    path.write_bytes(gzip.compress(data))
    with pytest.raises(InputFormatError, match="an index that is damaged or cut off") as caught:
        read_tabix_index(path)
    assert caught.value.path == path
