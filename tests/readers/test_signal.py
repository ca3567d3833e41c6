"""bigWig and bedGraph values: NaN where the file says nothing."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pybigtools
import pytest

from genoseq.errors import InputFormatError, RegionError
from genoseq.readers.signal import open_signal

ROWS = [("a", 0, 3, 1.5), ("a", 5, 8, 2.0), ("b", 1, 2, -3.0)]


def given_bedgraph(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "in.bg"
    path.write_text(text)
    return path


def given_bigwig(tmp_path: Path, name: str = "in.bw") -> Path:
    path = tmp_path / "made.bw"
    pybigtools.open(str(path), "w").write({"a": 10, "b": 5}, iter(ROWS))
    return path.rename(tmp_path / name)


def rows(values: list[tuple[str, int, int, float]]) -> str:
    return "".join(f"{c}\t{s}\t{e}\t{v}\n" for c, s, e, v in values)


@pytest.mark.parametrize("name", ["in.bw", "in.dat"])
def test_open_signal_reads_bigwig_by_content(tmp_path: Path, name: str) -> None:
    with open_signal(given_bigwig(tmp_path, name)) as signal:
        assert signal.chroms == {"a": 10, "b": 5}
        values = signal.values("a", 1, 10)
        assert values.dtype == np.float32
        np.testing.assert_equal(
            values.astype(float), [1.5, 1.5, np.nan, np.nan, 2, 2, 2, np.nan, np.nan]
        )
        with pytest.raises(RegionError, match="region a:1-11 ends past the contig's last base, 10"):
            signal.values("a", 0, 11)
        with pytest.raises(RegionError, match="no values for contig 'c': its contigs are a, b"):
            signal.values("c", 0, 1)


def test_open_signal_reads_bedgraph_like_bigwig(tmp_path: Path) -> None:
    text = "track type=bedGraph\n#x\n" + rows(ROWS[::-1]).replace("\t", " ")
    with (
        open_signal(given_bedgraph(tmp_path, text)) as graph,
        open_signal(given_bigwig(tmp_path)) as wig,
    ):
        assert graph.chroms == {"b": 2, "a": 8}
        for start in range(10):
            for end in range(start, 11):
                found = graph.values("a", start, end)
                assert found.dtype == np.float32
                np.testing.assert_array_equal(found, wig.values("a", start, min(end, 10)))


def test_open_signal_reads_compressed_bedgraph(tmp_path: Path) -> None:
    path = tmp_path / "x.bedGraph.gz"
    path.write_bytes(gzip.compress(rows(ROWS).encode()))
    with open_signal(path) as signal:
        np.testing.assert_array_equal(signal.values("b", 0, 3), [np.nan, -3, np.nan])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\t1\t5\n", ":1: 3 columns, but bedGraph has 4"),
        ("a\t5\t5\t1\n", ":1: start 5 is not before end 5"),
        ("a\t-1\t5\t1\n", ":1: start '-1', end '5': not whole numbers"),
        ("a\t1\t5\tx\n", ":1: value, column 4: 'x' is not a number"),
        ("a\t1\t5\tinf\n", ":1: value, column 4: 'inf' is infinite or too large"),
        ("a\t1\t5\t1\na\t0\t2\t1\n", ": contig 'a': 0-2 and 1-5 overlap"),
    ],
)
def test_open_signal_refuses_bedgraph(tmp_path: Path, text: str, message: str) -> None:
    path = given_bedgraph(tmp_path, text)
    with pytest.raises(InputFormatError) as caught:
        open_signal(path)
    assert str(caught.value).removeprefix(str(path)).startswith(message)


def test_open_signal_refuses_cut_off_bigwig(tmp_path: Path) -> None:
    path = given_bigwig(tmp_path)
    data = path.read_bytes()
    for size in (10, 100):
        path.write_bytes(data[:size])
        with pytest.raises(InputFormatError, match="a bigWig that is"):
            open_signal(path)


def test_open_signal_refuses_bigbed(tmp_path: Path) -> None:
    path = tmp_path / "x.bb"
    path.write_bytes(b"\xeb\xf2\x89\x87" + b"\0" * 60)
    with pytest.raises(
        InputFormatError, match="a bigBed file, where bigWig or bedGraph is wanted: give a"
    ):
        open_signal(path)


@pytest.mark.parametrize("text", ["fixedStep chrom=a start=1\n1\n", "variableStep chrom=a\n1 2\n"])
def test_open_signal_says_what_a_wiggle_is(tmp_path: Path, text: str) -> None:
    with pytest.raises(
        InputFormatError, match="a wiggle file, where bigWig or bedGraph is wanted: c"
    ):
        open_signal(given_bedgraph(tmp_path, text))


def test_open_signal_says_that_a_file_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "x.bw"
    path.touch()
    with pytest.raises(
        InputFormatError, match=r"x\.bw: an empty file, where bigWig or bedGraph is"
    ):
        open_signal(path)


def test_open_signal_reads_a_bigwig_from_a_pipe(tmp_path: Path) -> None:
    source, sink = os.pipe()
    os.write(sink, given_bigwig(tmp_path).read_bytes())
    os.close(sink)
    with open_signal(f"/dev/fd/{source}") as signal:
        assert signal.values("a", 0, 4)[0] == 1.5
        assert signal.has_lengths
    os.close(source)


def test_open_signal_refuses_a_bigwig_without_a_value(tmp_path: Path) -> None:
    path = given_bigwig(tmp_path)
    data = bytearray(path.read_bytes())
    (index,) = struct.unpack("<24xQ", data[:32])
    struct.pack_into("<H", data, index + 50, 0)
    path.write_bytes(data)
    with pytest.raises(InputFormatError, match="a bigWig without a value: make or download it"):
        open_signal(path)
