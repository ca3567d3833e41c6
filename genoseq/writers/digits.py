"""Numbers as text, a whole column at a time: arrays of characters that are joined to lines.

A column is uint8 of shape (N, W): the characters of N numbers, with zero bytes where a number
needs fewer than W.  :func:`lines` puts columns side by side and drops the zero bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.tracks import DECIMALS
from genoseq.writers.lattice import GAP, ONE, Row

Column = NDArray[np.uint8]

_FOUR = np.array([f"{number:04d}".encode() for number in range(10_000)])
_THOUSANDTHS = np.zeros(GAP + 1, "S5")
_THOUSANDTHS[: ONE + 1] = [f"{number / ONE:.{DECIMALS}f}".encode() for number in range(ONE + 1)]
_THOUSANDTHS[GAP] = b"nan"


def integers(numbers: NDArray[np.int64]) -> Column:
    """Column of integers from 0 to 10**12 - 1, shape (N,), N at least 1."""
    width = len(str(int(numbers.max())))
    groups = -(-width // 4)
    text = np.empty((len(numbers), groups), "S4")
    rest = numbers
    for group in range(groups - 1, 0, -1):
        higher = rest // 10_000
        text[:, group] = _FOUR[rest - higher * 10_000]
        rest = higher
    text[:, 0] = _FOUR[rest]
    column = text.view(np.uint8).reshape(len(numbers), 4 * groups)[:, 4 * groups - width :]
    for digit in range(width - 1):
        short = numbers < 10 ** (width - 1 - digit)
        if not short.any():
            break
        column[short, digit] = 0
    return column


def values(row: Row) -> Column:
    """Column of thousandths as ``0.123``, or of float32 as the shortest text that reads back."""
    text = _THOUSANDTHS[row] if row.dtype == np.uint16 else row.astype("S")
    return text.view(np.uint8).reshape(len(row), -1)


def lines(columns: Iterable[Column | bytes], count: int) -> bytes:
    """``count`` lines of tab-separated columns; bytes are the same on every line."""
    columns = list(columns)
    widths = [len(column) if isinstance(column, bytes) else column.shape[1] for column in columns]
    text = np.empty((count, sum(widths) + len(widths)), np.uint8)
    at = 0
    for column, width in zip(columns, widths, strict=True):
        same = isinstance(column, bytes)
        text[:, at : at + width] = np.frombuffer(column, np.uint8) if same else column
        text[:, at + width] = ord("\t")
        at += width + 1
    text[:, -1] = ord("\n")
    flat = text.reshape(-1)
    return (flat if flat.min() else flat[flat != 0]).tobytes()
