"""Text by the block: the lines are those of the file, and arrays hold what they say."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.readers.line_blocks import LineBlock, line_blocks

ROWS = st.lists(
    st.tuples(
        st.integers(0, 10**10 - 1),
        st.integers(0, 10**10 - 1),
        st.floats(width=32),
        st.sampled_from(["nan", "0", "-1e-7", "inf", "0.125"]),
    ),
    min_size=1,
    max_size=40,
)


@given(ROWS)
def test_columns_are_what_the_lines_say(rows: list[tuple[int, int, float, str]]) -> None:
    text = "".join(
        f"chr.1|a\t{low}\t{high}\t{value!r}\t{word}\n" for low, high, value, word in rows
    )
    found = LineBlock(1, text.encode()).columns(5)
    assert found is not None
    assert found.chrom == "chr.1|a"
    assert found.starts.tolist() == [row[0] for row in rows]
    assert found.ends.tolist() == [row[1] for row in rows]
    expected = np.array([[row[2], float(row[3])] for row in rows])
    np.testing.assert_array_equal(found.values, expected)


@pytest.mark.parametrize(
    "line",
    ["b\t1\t2\t3", "ab\t1\t2\t3", "a\t1\t2", "a\t1\t2\t3\t4", "a\t-1\t2\t3", "a\t1\t2.0\t3",
     "a\t1\t2\tx", "a\t1\t2\t", "", "#a\t1\t2\t3", "a 1 2 3", "a\t11111111111\t2\t3"],
)  # fmt: skip
def test_lines_that_are_not_alike_are_no_columns(line: str) -> None:
    block = LineBlock(7, f"a\t1\t2\t3\n{line}\na\t5\t6\t7\n".encode())
    assert block.columns(4) is None
    assert list(block.lines()) == [(7, "a\t1\t2\t3"), (8, line), (9, "a\t5\t6\t7")]


@pytest.mark.parametrize("text", ["", "a", "a\n", "a\n\n\nb", "ä\n\ufeffb\n", "a\r\nb\rc\n"])
def test_line_blocks_have_the_lines_of_the_file(tmp_path: Path, text: str) -> None:
    for many in (1, 100_000):
        path = tmp_path / "x.gz"
        path.write_bytes(gzip.compress((text * many).encode(), 1))
        lines = [line for block in line_blocks(path) for line in block.lines()]
        assert lines == list(numbered_lines(path))


def test_line_blocks_refuse_binary_data(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a\0b")
    with pytest.raises(InputFormatError, match="binary data where text was expected"):
        list(line_blocks(tmp_path / "x"))


def test_line_blocks_refuse_a_line_without_end(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a\n" + b"x" * (2 << 20))
    with pytest.raises(InputFormatError, match=r"x:2: a line of more than 1 MB"):
        list(line_blocks(tmp_path / "x"))
