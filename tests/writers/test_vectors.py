"""Tables of vectors: rows in any order, a format's limits, files that others read."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from genoseq.errors import BackendError, ConfigError
from genoseq.genome.spans import SpanRow
from genoseq.writers.vectors import RowFile, check_vector_format, write_parquet, write_rows

TABLE = [SpanRow(0, 1, "chr1", 0, 4, "x", "-"), SpanRow(1, 2, "chr2", 5, 7, ".", ".")]
KNOWN = np.array([4, 1, 0], np.uint32)


def test_row_file_takes_rows_in_any_order(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)
    with RowFile(tmp_path / "a.npy", (9, 3), "float32") as file:
        for rows in ([7, 3, 4], [], [0, 1, 2, 8], [6, 5]):
            file.write(np.array(rows, np.int64), values[rows])
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), values)


def test_row_file_refuses_numbers_that_float16_cannot_hold(tmp_path: Path) -> None:
    with RowFile(tmp_path / "a.npy", (2, 1), "float16") as file:
        file.write(np.array([0]), np.array([[np.nan]]))
        with pytest.raises(ConfigError, match=r"beyond 65,504, .*: use --dtype float32"):
            file.write(np.array([1]), np.array([[1e6]]))


def test_write_rows_has_a_line_for_each_entry(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.tsv", TABLE, KNOWN)
    assert (tmp_path / "rows.tsv").read_text() == (
        "row\tchrom\tstart\tend\tname\tstrand\tbases\n"
        "0\tchr1\t0\t4\tx\t-\t4\n"
        "1\tchr2\t5\t7\t.\t.\t1\n"
    )


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("group_bytes", [1, 1 << 20])
def test_write_parquet_has_a_row_for_each_vector(
    tmp_path: Path, dtype: str, group_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyarrow import parquet

    monkeypatch.setattr("genoseq.writers.vectors._GROUP_BYTES", group_bytes)
    vectors = np.array([[1, 2], [3, 4], [np.nan, np.nan]], dtype)
    write_parquet(tmp_path / "a.parquet", TABLE, KNOWN, vectors)
    read = parquet.ParquetFile(tmp_path / "a.parquet")
    assert read.num_row_groups == (3 if group_bytes == 1 else 1)
    table = read.read()
    found = np.array(table.column("embedding").to_pylist())
    np.testing.assert_array_equal(found, vectors)
    assert [list(row.values()) for row in table.drop(["embedding"]).to_pylist()] == [
        *[["chr1", 0, 4, "x", "-", 4], ["chr2", 5, 6, ".", ".", 1], ["chr2", 6, 7, ".", ".", 0]]
    ]


def test_check_vector_format_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    check_vector_format("npy")
    with pytest.raises(BackendError, match=r"needs pyarrow: pip install 'genoseq\[parquet\]'"):
        check_vector_format("parquet")
    with pytest.raises(ConfigError, match="format 'csv': use npy or parquet"):
        check_vector_format("csv")
