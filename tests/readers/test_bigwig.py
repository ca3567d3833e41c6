"""bigWigs that do harm to readers that trust them: one error each, in no time and no memory."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pytest
from patched import exchange_bytes, exchange_values

from genoseq.errors import InputFormatError
from genoseq.readers.bbi import BbiFile
from genoseq.readers.signal import open_signal
from genoseq.writers.bigwig import BigWigFile

LENGTH = 3_000


def given_bigwig(folder: Path) -> Path:
    path = folder / "x.bw"
    with TemporaryFile() as spool:
        file = BigWigFile(path, {"a": LENGTH, "bb": 7}, spool)
        row = np.repeat(np.arange(LENGTH // 30, dtype=np.float32), 30)
        row[20:30] = np.nan
        file.write(0, 0, row)
        file.write(1, 0, np.ones(7, np.float32))
        file.finish()
    return path


def read_all(path: Path) -> bytes:
    with open_signal(path) as signal:
        assert len(signal.extremes()) == 2
        lengths = signal.chroms.items()
        return b"".join(signal.values(chrom, 0, length).tobytes() for chrom, length in lengths)


def index_at(path: Path) -> int:
    with BbiFile(path) as file:
        return file.header.index


def contigs_at(path: Path) -> int:
    with BbiFile(path) as file:
        return file.header.contigs


def circle_of_the_index(path: Path) -> None:
    node = index_at(path) + 48
    exchange_bytes(path, node, "BBHIIIIQ", 0, 0, 1, 0, 0, 0, LENGTH, node)


def circle_of_contigs(path: Path) -> None:
    at = contigs_at(path)
    exchange_bytes(path, at + 8, "I", 2)
    exchange_bytes(path, at + 32, "BBH", 0, 0, 1)
    exchange_bytes(path, at + 38, "Q", at + 32)


def endless_chain(path: Path) -> None:
    """An index of 5,000 nodes, each in the one above: deeper than any stack."""
    data = bytearray(path.read_bytes())
    struct.pack_into("<Q", data, 24, len(data))
    data += data[index_at(path) : index_at(path) + 48]
    for _ in range(5_000):
        data += struct.pack("<BBHIIIIQ", 0, 0, 1, 0, 0, 1, 7, len(data) + 28)
    path.write_bytes(data)


def one_section_many_times(path: Path) -> None:
    data = bytearray(path.read_bytes())
    leaf = data[index_at(path) + 52 : index_at(path) + 84]
    struct.pack_into("<Q", data, 24, len(data))
    data += data[index_at(path) : index_at(path) + 48]
    path.write_bytes(data + struct.pack("<BBH", 1, 0, 60_000) + leaf * 60_000)


def bomb(path: Path) -> None:
    exchange_values(path, lambda data: data.extend(bytes(1 << 20)))


def uncompressed_of_the_whole_file(path: Path) -> None:
    exchange_bytes(path, 52, "I", 0)
    exchange_bytes(path, index_at(path) + 52 + 16, "QQ", 0, path.stat().st_size)


def at_leaf(at: int, form: str, *values: int) -> Callable[[Path], None]:
    return lambda path: exchange_bytes(path, index_at(path) + 52 + at, form, *values)


def at_contigs(at: int, form: str, *values: int) -> Callable[[Path], None]:
    return lambda path: exchange_bytes(path, contigs_at(path) + at, form, *values)


def at_header(at: int, form: str, *values: int) -> Callable[[Path], None]:
    return lambda path: exchange_bytes(path, at, form, *values)


def value(number: int, form: str, *values: float) -> Callable[[Path], None]:
    return lambda path: exchange_values(
        path, lambda data: struct.pack_into("<" + form, data, 24 + 12 * number, *values)
    )


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "circle of the index": (circle_of_the_index, "one of its trees runs in a circle"),
    "circle of contigs": (circle_of_contigs, "one of its trees runs in a circle"),
    "chain": (endless_chain, "it points to bytes"),
    "one section many times": (one_section_many_times, "from base 1: intervals overlap"),
    "bomb": (bomb, "has more than 786,444 bytes"),
    "not compressed": (uncompressed_of_the_whole_file, "cut off"),
    "a terabyte of section": (at_leaf(24, "Q", 1 << 40), "sections together are larger"),
    "section past the end": (at_leaf(16, "Q", 1 << 62), "it points to bytes 46116860184273"),
    "offset of 64 bits": (at_header(24, "Q", (1 << 64) - 1), "it points to bytes"),
    "contigs past the end": (at_header(8, "Q", 1 << 40), "it points to bytes"),
    "zoom levels": (at_header(6, "H", 65_535), "65535 zoom levels: more than 64"),
    "names of 4 GB": (at_contigs(8, "I", (1 << 32) - 1), "the list of contigs is not where"),
    "names of nothing": (at_contigs(8, "I", 0), "the list of contigs is not where"),
    "65,535 contigs": (at_contigs(34, "H", 65_535), "one of its trees is larger"),
    "contig twice": (at_contigs(32 + 4 + 10 + 2, "I", 0), "two contigs have number 0"),
    "name twice": (at_contigs(32 + 4 + 10, "2B", ord("a"), 0), "two of its contigs have one name"),
    "infinite value": (value(5, "IIf", 90, 120, np.inf), "from base 1: a value that is inf"),
    "overlap": (value(5, "IIf", 70, 120, 1), "contig 'a', from base 1: intervals overlap, or are"),
    "no bases": (value(5, "IIf", 90, 90, 1), "contig 'a', from base 1: intervals overlap, or are"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_open_signal_refuses_hostile_bigwig(tmp_path: Path, name: str) -> None:
    path = given_bigwig(tmp_path)
    harm, said = HOSTILE[name]
    harm(path)
    with pytest.raises(InputFormatError) as caught:
        read_all(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_open_signal_refuses_bigwig_cut_off_anywhere_before_the_end_of_its_index(
    tmp_path: Path,
) -> None:
    path = given_bigwig(tmp_path)
    data, end = path.read_bytes(), index_at(path) + 84
    for size in np.linspace(8, end - 1, 60, dtype=int):
        path.write_bytes(data[:size])
        with pytest.raises(InputFormatError, match="a bigWig that is damaged"):
            read_all(path)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("kind", [1, 2, 3])
def test_open_signal_reads_sections_of_every_kind(
    tmp_path: Path, order: str, packed: bool, kind: int
) -> None:
    """Values of bases 2 to 6, by hand, in either byte order, without zoom levels and summary."""
    items = {1: "IIf" * 2, 2: "If" * 2, 3: "f" * 2}[kind]
    numbers = {1: (2, 4, 0.5, 4, 6, 1.5), 2: (2, 0.5, 4, 1.5), 3: (0.5, 1.5)}[kind]
    section = struct.pack(f"{order}IIIIIBBH{items}", 0, 2, 6, 2, 2, kind, 0, 2, *numbers)
    data = zlib.compress(section) if packed else section
    contigs = struct.pack(f"{order}IIIIQQBBH1sII", 0x78CA8C91, 1, 1, 8, 1, 0, 1, 0, 1, b"a", 0, 9)
    at, behind = 64 + len(contigs), 64 + len(contigs) + len(data)
    head = struct.pack(
        f"{order}IHHQQQHHQQIQ", 0x888FFC26, 4, 0, 64, at, behind, 0, 0, 0, 0, 999 * packed, 0
    )
    box = (0, 2, 0, 6)
    index = struct.pack(f"{order}IIQIIIIQII", 0x2468ACE0, 256, 1, *box, 0, 1, 0)
    index += struct.pack(f"{order}BBHIIIIQQ", 1, 0, 1, *box, at, len(data))
    path = tmp_path / "x.bw"
    path.write_bytes(head + contigs + data + index)
    with open_signal(path) as signal:
        assert signal.chroms == {"a": 9}
        assert signal.extremes() == (0.5, 1.5)
        np.testing.assert_array_equal(
            signal.values("a", 1, 9), [np.nan, 0.5, 0.5, 1.5, 1.5, np.nan, np.nan, np.nan]
        )
