"""bedGraph: https://genome.ucsc.edu/goldenPath/help/bedgraph.html.

Four columns, 0-based half-open, one value per base, sorted as bedGraphToBigWig wants it.  That
program takes ``nan``, ``inf`` and empty intervals in silence and writes files whose summaries are
NaN: they are errors here.  UCSC takes 50,000,000 lines at most.
"""

from __future__ import annotations

import math

import numpy as np

from genoseq.errors import InputFormatError
from genoseq.readers.line_blocks import Columns, line_blocks
from genoseq.readers.signal import bedgraph_row
from genoseq.validation.positions import POSITIONS, Positions, span
from genoseq.validation.subject import Checks, Subject

_MOST = 50_000_000
_LARGEST = float(np.finfo(np.float32).max)


def _check(subject: Subject) -> int:
    findings, records = subject.findings, 0
    positions = Positions(subject.lengths, findings, overlaps=False)
    for block in line_blocks(subject.path):
        columns = block.columns(4)
        if columns is not None and _is_right(columns, positions, subject):
            records += len(columns.starts)
            continue
        for number, line in block.lines():
            if line.strip() and not line.startswith(("#", "track", "browser")):
                records += 1
                _check_line(line, number, positions, subject)
    if records > _MOST:
        what = f"{records:,} lines: UCSC's browser takes {_MOST:,}; make a bigWig of it"
        findings.add("size", what, level="warning")
    return records


def _is_right(columns: Columns, positions: Positions, subject: Subject) -> bool:
    """Whether nothing is wrong with many lines; if so they are taken."""
    values = columns.values
    finite = bool((np.abs(values) <= _LARGEST).all())
    within = not subject.probabilities or bool(((values >= 0) & (values <= 1)).all())
    return finite and within and positions.follow(columns.chrom, columns.starts, columns.ends)


def _check_line(line: str, number: int, positions: Positions, subject: Subject) -> None:
    findings = subject.findings
    try:
        chrom, start, end, value = bedgraph_row(line.split())
    except InputFormatError as error:
        check = "values" if error.problem.startswith("value") else "columns"
        findings.add(check, error.problem, number)
        return
    positions.add(chrom, start, end, number)
    if not math.isfinite(value):
        findings.add("values", f"the value is {value}", number, span(chrom, start, end))
    elif subject.probabilities and not 0 <= value <= 1:
        what = f"{value:g} is no probability, which lies between 0 and 1"
        findings.add("range", what, number, span(chrom, start, end))


BEDGRAPH = Checks("bedGraph", ("columns", *POSITIONS, "overlaps", "values"), _check)
