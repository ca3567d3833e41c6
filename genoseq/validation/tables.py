"""``predictions.tsv.gz`` of genoseq, and tables like it: ``#chrom start end`` and values.

0-based half-open, sorted, no base twice, the same columns on each line; a column without a value
is ``nan``, and a line without any value is not written.
"""

from __future__ import annotations

import math

import numpy as np

from genoseq.errors import InputFormatError
from genoseq.readers.line_blocks import Columns, line_blocks
from genoseq.readers.whole_numbers import is_whole
from genoseq.validation.positions import POSITIONS, Positions, span
from genoseq.validation.subject import Checks, Subject

_POSITION = 3
"""Columns before those of values."""
HEADER = "#chrom\tstart\tend\t"
"""How the first line begins."""


def _check(subject: Subject) -> int:
    findings, records, width = subject.findings, 0, 0
    positions = Positions(subject.lengths, findings, overlaps=False)
    for block in line_blocks(subject.path):
        columns = block.columns(width) if width > _POSITION else None
        if columns is not None and _is_right(columns, positions, subject):
            records += len(columns.starts)
            continue
        for number, line in block.lines():
            if number == 1:
                width = line.count("\t") + 1
                _check_header(line.split("\t"), subject)
                continue
            records += 1
            try:
                chrom, start, end, values = _row(line.split("\t"), width)
            except InputFormatError as error:
                findings.add("columns", error.problem, number)
                continue
            positions.add(chrom, start, end, number)
            _check_values(values, subject, number, span(chrom, start, end))
    return records


def _is_right(columns: Columns, positions: Positions, subject: Subject) -> bool:
    """Whether nothing is wrong with many lines; if so they are taken."""
    values = columns.values
    gaps = np.isnan(values)
    right = not np.isinf(values).any() and not gaps.all(axis=1).any()
    if subject.probabilities:
        right = right and bool((gaps | ((values >= 0) & (values <= 1))).all())
    return right and positions.follow(columns.chrom, columns.starts, columns.ends)


def _check_header(names: list[str], subject: Subject) -> None:
    if len(set(names)) < len(names):
        subject.findings.add("columns", "two columns have one name", 1)


def _row(fields: list[str], width: int) -> tuple[str, int, int, list[float]]:
    if len(fields) != width:
        raise InputFormatError(f"{len(fields)} columns, but the header names {width}")
    chrom, start, end, *values = fields
    if not (is_whole(start) and is_whole(end) and int(start) < int(end)):
        raise InputFormatError(f"start {start!r}, end {end!r}: no interval with a base")
    try:
        return chrom, int(start), int(end), [float(value) for value in values]
    except ValueError as error:
        raise InputFormatError(f"a value is no number: {error}") from None


def _check_values(values: list[float], subject: Subject, line: int, where: str) -> None:
    known = [value for value in values if value == value]
    if not known:
        subject.findings.add("values", "a line without a value", line, where)
    elif not all(map(math.isfinite, known)):
        subject.findings.add("values", "a value is infinite", line, where)
    elif subject.probabilities and not 0 <= min(known) <= max(known) <= 1:
        what = "a value is no probability, which lies between 0 and 1"
        subject.findings.add("range", what, line, where)


TABLE = Checks("TSV", ("columns", *POSITIONS, "overlaps", "values"), _check)
