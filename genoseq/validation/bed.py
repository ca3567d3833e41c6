"""BED: BEDv1 of hts-specs (Niu et al. 2021, https://samtools.github.io/hts-specs/BEDv1.pdf).

The same number of columns on every line; a score is a whole number from 0 to 1000; thick intervals
and blocks lie within the record; blocks have bases, begin at 0, are sorted and share none.

Other programs differ, and that is a warning at most: scores that are no whole number, or none
(``.``), scores beyond 1000 where columns of their own follow (MACS2's narrowPeak), ``track`` lines
(UCSC's custom tracks).  Order is advised by BEDv1, and asked for by an index.  ``0`` and ``0`` are
a thick interval of nothing, as UCSC writes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.readers.bed import BedRecord, bed_fields, bed_record
from genoseq.readers.whole_numbers import is_whole
from genoseq.validation.findings import Findings, Level
from genoseq.validation.positions import POSITIONS, Positions
from genoseq.validation.subject import Checks, Subject

_COLOUR = re.compile(r"(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:,(?:25[0-5]|2[0-4]\d|1?\d?\d)){2}|0")
_LIST = re.compile(r"(\d+,)*\d+,?")
_HIGHEST = 1000
_LONGEST_NAME = 255


def standard_columns(fields: Sequence[str]) -> int:
    """How many of a line's columns are BED's own; those behind them are of the file's maker.

    narrowPeak has 10 columns and broadPeak 9, of which 6 are BED's.
    """
    count = len(fields)
    if count >= 12 and is_whole(fields[9]) and all(map(_LIST.fullmatch, fields[10:12])):
        return 12
    if count >= 8 and is_whole(fields[6]) and is_whole(fields[7]):
        coloured = count >= 9 and (fields[8] in ("0", ".") or fields[8].count(",") == 2)
        if coloured or count == 8:
            return 9 if coloured else 8
    return min(count, 6)


def check_columns(fields: Sequence[str], own: int, findings: Findings, line: int) -> BedRecord:
    """The record of a line of which ``own`` columns are BED's; notes what is wrong with them.

    Raises
    ------
    InputFormatError
        If it is no record at all.
    """
    record = bed_record(list(fields[: own if own in (9, 12) else 6]))
    if own >= 4 and not (record.name.isprintable() and len(record.name) <= _LONGEST_NAME):
        what = f"name, column 4: printable letters, {_LONGEST_NAME} at most, are allowed"
        findings.add("columns", what, line, level="warning")
    if own >= 5:
        _check_score(record.score, len(fields) == own, findings, line)
    if own >= 8:
        _check_thick(fields, record, findings, line)
    if own >= 9 and not _COLOUR.fullmatch(fields[8]):
        level: Level = "warning" if fields[8] == "." else "error"
        what = f"itemRgb, column 9: {fields[8]!r} is not 0, or red,green,blue from 0 to 255"
        findings.add("colours", what, line, level=level)
    if own == 12 and any(start == end for start, end in record.blocks):
        findings.add("blocks", "a block without a base, column 11", line)
    return record


def _check_score(score: str, plain: bool, findings: Findings, line: int) -> None:
    if is_whole(score) and int(score) <= _HIGHEST:
        return
    try:
        within = 0 <= float(score) <= _HIGHEST
    except ValueError:
        within = True  # "." and words: no score
    what = f"score, column 5: {score!r} is no whole number from 0 to {_HIGHEST}"
    findings.add("score", what, line, level="warning" if within or not plain else "error")


def _check_thick(fields: Sequence[str], record: BedRecord, findings: Findings, line: int) -> None:
    low, high = fields[6], fields[7]
    if not (is_whole(low) and is_whole(high)):
        findings.add("thick", f"thickStart {low!r} and thickEnd {high!r}: no whole numbers", line)
    elif not record.start <= int(low) <= int(high) <= record.end and (low, high) != ("0", "0"):
        what = f"thick interval {low}-{high} is not within {record.start}-{record.end}"
        findings.add("thick", what, line)


def _check(subject: Subject) -> int:
    findings, records, width, own = subject.findings, 0, 0, 0
    unsorted: Level = "error" if subject.indexed else "warning"
    positions = Positions(subject.lengths, findings, unsorted)
    for number, line in numbered_lines(subject.path):
        fields = bed_fields(line)
        if not fields:
            if line.startswith(("track", "browser")):
                what = f"a {line.split()[0]} line is not BED: bedToBigBed and tabix refuse it"
                findings.add("columns", what, number, level="warning")
            continue
        records += 1
        width, own = width or len(fields), own or standard_columns(fields)
        try:
            if len(fields) != width:
                raise InputFormatError(f"{len(fields)} columns, but the first record has {width}")
            record = check_columns(fields, own, findings, number)
        except InputFormatError as error:
            block = "block" in error.problem
            thick = error.problem.startswith("thick")
            check = "blocks" if block else "thick" if thick else "columns"
            findings.add(check, error.problem, number)
            continue
        positions.add(record.chrom, record.start, record.end, number)
    return records


OWN = ("score", "thick", "colours", "blocks")
"""Checks of columns behind the third."""
BED = Checks("BED", ("columns", *POSITIONS, *OWN), _check)
