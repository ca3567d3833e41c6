"""Tables as people and spreadsheets write them: tab-separated text, with a header line."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from genoseq.errors import InputFormatError
from genoseq.files.compression import compression_of
from genoseq.readers.kinds import BINARY, binary_kind

LARGEST = 1 << 25
"""Bytes of a table: more than a hundred thousand rows."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MEND = "save it as text, UTF-8, with columns separated by tabs"


def read_table(
    path: str | Path, columns: Collection[str], needed: Sequence[str]
) -> dict[int, dict[str, str]]:
    """Fields of each row by column, under the row's line number.

    Blank lines and those that start with ``#`` are skipped, blanks around fields are cut off.
    Columns at the end that are empty in all lines are none; fields that are missing at the end of
    a row are empty.

    Parameters
    ----------
    columns
        That there may be.
    needed
        That there must be.

    Raises
    ------
    InputFormatError
        If it is no such table, with the header line and the columns that it may have; if it cannot
        be read, or has no row; with every row that does not fit.
    """
    lines = _text(Path(path)).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    numbered = [(n, x) for n, x in enumerate(lines, 1) if x.strip() and not x.startswith("#")]
    if not numbered:
        raise InputFormatError("the sample sheet is empty: it needs a header and a row", path)
    (first, head), *body = numbered
    header = _header(head, columns, needed, path, first)
    if not body:
        raise InputFormatError("no genome yet: add a row below the header", path, first)
    rows, problems = {}, []
    for number, line in body:
        try:
            rows[number] = _row(line, header)
        except InputFormatError as error:
            problems.append(str(InputFormatError(error.problem, path, number)))
    if problems:
        raise InputFormatError("\n".join(problems))
    return rows


def _text(path: Path) -> str:
    """All of a file, in the encoding that its first bytes name."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise InputFormatError(f"the sample sheet cannot be read: {error.strerror}", path) from None
    packed, kind = compression_of(data[:6]), binary_kind(data)
    if packed is not None or kind not in (None, BINARY):
        what = f"compressed by {packed}" if kind is None or packed is not None else kind.said
        raise InputFormatError(f"the sample sheet is {what}: {_MEND}", path)
    if len(data) > LARGEST:
        raise InputFormatError(f"more than {LARGEST:,} bytes: this is no sample sheet", path)
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputFormatError(f"the sample sheet is not {encoding}: {_MEND}", path, line) from None
    if "\0" in text:
        raise InputFormatError(
            f"the sample sheet is no text, or UTF-16 without its mark: {_MEND}", path
        )
    return text


def _header(
    line: str, columns: Collection[str], needed: Sequence[str], path: str | Path, number: int
) -> list[str]:
    """Names of the columns; those at the end without a name are none."""
    fields = _fields(line, path, number)
    while fields and not fields[-1]:
        fields.pop()
    there = f"the header is {line.strip()!r}, columns are {', '.join(columns)}"
    if len(fields) == 1 and len(columns) > 1:
        raise InputFormatError(f"not tab-separated: {there}; {_MEND}", path, number)
    problems = [f"a second column {x!r}: remove one" for x, n in Counter(fields).items() if n > 1]
    if strange := [repr(name) for name in fields if name not in columns]:
        problems.append(f"unknown column {', '.join(strange)}, misspelt? {there}")
    if missing := [name for name in needed if name not in fields]:
        problems.append(f"no column {', '.join(missing)}: {there}")
    if problems:
        raise InputFormatError("; ".join(problems), path, number)
    return fields


def _row(line: str, header: Sequence[str]) -> dict[str, str]:
    fields = _fields(line)
    while len(fields) > len(header) and not fields[-1]:
        fields.pop()
    # Spreadsheets and editors cut empty fields off the end of a line.
    if len(fields) > len(header) or len(fields) == 1 < len(header):
        raise InputFormatError(
            f"{len(fields)} columns, the header has {len(header)}: separate them by tabs"
        )
    return dict.fromkeys(header, "") | dict(zip(header, fields, strict=False))


def _fields(line: str, path: str | Path | None = None, number: int | None = None) -> list[str]:
    try:
        return [field.strip() for field in next(csv.reader([line], delimiter="\t", strict=True))]
    except csv.Error as error:
        raise InputFormatError(
            f'quotes (") that do not fit, {error}: write the line without quotes', path, number
        ) from None
