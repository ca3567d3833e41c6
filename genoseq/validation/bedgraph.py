"""bedGraph: https://genome.ucsc.edu/goldenPath/help/bedgraph.html.

Four columns, 0-based half-open, one value per base, sorted as bedGraphToBigWig wants it.  That
program takes ``nan``, ``inf`` and empty intervals in silence and writes files whose summaries are
NaN: they are errors here.  UCSC takes 50,000,000 lines at most.
"""

from __future__ import annotations

import math

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.readers.signal import bedgraph_row
from genoseq.validation.positions import POSITIONS, Positions, span
from genoseq.validation.subject import Checks, Subject

_MOST = 50_000_000


def _check(subject: Subject) -> int:
    findings, records = subject.findings, 0
    positions = Positions(subject.lengths, findings, overlaps=False)
    for number, line in numbered_lines(subject.path):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        records += 1
        try:
            chrom, start, end, value = bedgraph_row(line.split())
        except InputFormatError as error:
            check = "values" if error.problem.startswith("value") else "columns"
            findings.add(check, error.problem, number)
            continue
        positions.add(chrom, start, end, number)
        if not math.isfinite(value):
            findings.add("values", f"the value is {value}", number, span(chrom, start, end))
        elif subject.probabilities and not 0 <= value <= 1:
            what = f"{value:g} is no probability, which lies between 0 and 1"
            findings.add("range", what, number, span(chrom, start, end))
    if records > _MOST:
        what = f"{records:,} lines: UCSC's browser takes {_MOST:,}; make a bigWig of it"
        findings.add("size", what, level="warning")
    return records


BEDGRAPH = Checks("bedGraph", ("columns", *POSITIONS, "overlaps", "values"), _check)
