"""Tables of vectors, one per row: NumPy's .npy beside a TSV, or Parquet; in flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from genoseq.errors import BackendError, ConfigError
from genoseq.genome.spans import Numbers, SpanRow
from genoseq.writers.manifest import plain

VectorFormat = Literal["npy", "parquet"]
VECTORS, VECTORS_PARQUET, ROWS = "embeddings.npy", "embeddings.parquet", "rows.tsv"

_COLUMNS = ("row", "chrom", "start", "end", "name", "strand", "bases")
_GROUP_BYTES = 1 << 25
"""Of vectors in a row group of Parquet."""


def check_vector_format(name: str) -> None:
    """Raise ConfigError if there is no such format, BackendError if its package is missing."""
    if name not in get_args(VectorFormat):
        raise ConfigError(f"format {name!r}: use {' or '.join(get_args(VectorFormat))}")
    if name == "parquet":
        _pyarrow()


class RowFile:
    """A .npy of rows of one shape, written in any order and piece by piece.

    Rows are written, not mapped: pages of a map count as this process's memory.  What is never
    written is 0.

    Parameters
    ----------
    path
        The file.
    shape
        Of all of it, rows first.
    dtype
        Number format.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: str) -> None:
        header = open_memmap(path, "w+", np.dtype(dtype), shape)
        self.dtype, self._first = header.dtype, header.offset
        self._row_bytes = header.itemsize * int(np.prod(shape[1:]))
        del header
        self._file = path.open("r+b")

    def __enter__(self) -> RowFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, rows: Numbers, values: NDArray[Any]) -> None:
        """Write rows; consecutive ones at once."""
        if not len(rows):
            return
        order = np.argsort(rows, kind="stable")
        rows, cast = rows[order], _cast(values[order], self.dtype)
        borders = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1), len(rows)]
        for start, end in pairwise(borders):
            self._file.seek(self._first + int(rows[start]) * self._row_bytes)
            self._file.write(cast[start:end].tobytes())


def _cast(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Values in a number format that has room for them."""
    with np.errstate(over="ignore"):
        cast = values.astype(dtype)
    if dtype == np.float16 and (np.isinf(cast) & np.isfinite(values)).any():
        raise ConfigError("numbers beyond 65,504, which float16 cannot hold: use --dtype float32")
    return cast


def write_rows(path: Path, table: Iterable[SpanRow], known: NDArray[np.uint32]) -> None:
    """Write what each row stands for.

    The columns are row, chrom, start, end (0-based, half-open), name, strand, and bases: how many
    are A, C, G or T.  A line of several rows has the first of them.

    Parameters
    ----------
    known
        Known bases of each row.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write("\t".join(_COLUMNS) + "\n")
        for row, many, chrom, start, end, name, strand in table:
            bases = known[row] if many == 1 else known[row : row + many].sum(dtype=np.int64)
            fields = (row, chrom, start, end, plain(name), strand, bases)
            file.write("\t".join(map(str, fields)) + "\n")


def write_parquet(
    path: Path, table: Iterable[SpanRow], known: NDArray[np.uint32], vectors: NDArray[np.floating]
) -> None:
    """Write rows and their vectors, shape (R, D), as one Parquet file.

    Columns are those of :func:`write_rows` but ``row``, and ``embedding``, a list of D numbers.
    """
    pa = _pyarrow()
    parquet = __import__("pyarrow.parquet").parquet
    number = pa.from_numpy_dtype(vectors.dtype)
    types = (pa.string(), pa.int64(), pa.int64(), pa.string(), pa.string(), pa.uint32())
    schema = pa.schema(
        [
            *zip(_COLUMNS[1:], types, strict=True),
            ("embedding", pa.list_(number, vectors.shape[1])),
        ]
    )
    many = max(1, _GROUP_BYTES // (vectors.itemsize * vectors.shape[1]))
    rows, first = _single_rows(table), 0
    with parquet.ParquetWriter(path, schema) as file:
        while group := list(islice(rows, many)):
            last = first + len(group)
            _, _, *named = zip(*group, strict=True)
            flat = pa.array(np.array(vectors[first:last]).ravel())
            nested = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
            columns = [*named, np.array(known[first:last]), nested]
            file.write_table(pa.table([pa.array(each) for each in columns], schema=schema))
            first = last


def _single_rows(table: Iterable[SpanRow]) -> Iterator[SpanRow]:
    """One entry per row: of several, each is of one base."""
    for entry in table:
        if entry.many == 1:
            yield entry
            continue
        for number in range(entry.many):
            start = entry.start + number
            yield SpanRow(entry.row + number, 1, entry.chrom, start, start + 1, ".", ".")


def _pyarrow() -> ModuleType:
    try:
        return __import__("pyarrow")
    except ImportError:
        raise BackendError("Parquet needs pyarrow: pip install 'genoseq[parquet]'") from None
