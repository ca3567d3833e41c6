"""bigBed: the records as BED, the contigs, index, zoom levels and summary as of a bigWig.

Kent et al. (2010), Bioinformatics 26:2204.  Zoom levels are of how many records cover a base.
Without autoSql browsers know only as many columns as are BED's.  A wrong summary, which no browser
shows, is a warning: bigtools does not count all bases of records that overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from genoseq.errors import InputFormatError
from genoseq.readers.bbi import BbiFile
from genoseq.readers.bbi_sections import Box, Section, Spans, bed_records
from genoseq.validation.bed import OWN, check_columns
from genoseq.validation.bigwig import check_buffer, check_contigs, compare_zooms
from genoseq.validation.positions import span
from genoseq.validation.subject import Checks, Subject

_MOST_ERRORS = 100_000
"""A few kB can hold millions of wrong records, compressed."""
_QUOTED = re.compile(r'"[^"]*"')


class _Records:
    """The records of a bigBed, checked as they pass by."""

    def __init__(self, file: BbiFile, subject: Subject) -> None:
        self._file, self._subject = file, subject
        self._findings = subject.findings
        self._last = (-1, -1)
        self.records = 0
        self.summed = True

    def depths(self) -> Iterator[Spans]:
        """How many records cover each base, contig by contig."""
        contig, starts, ends = -1, list[int](), list[int]()
        for section in self._file.sections(self._file.header.index):
            check_buffer(self._file, section, self._findings)
            if self._findings.counts["error"] > _MOST_ERRORS:
                raise InputFormatError(f"more than {_MOST_ERRORS:,} errors: no more are looked for")
            for number, start, end in self._section(section):
                if number != contig:
                    yield from _depths(contig, starts, ends)
                    contig, starts, ends = number, [], []
                starts.append(start)
                ends.append(end)
        yield from _depths(contig, starts, ends)

    def _section(self, section: Section) -> Iterator[tuple[int, int, int]]:
        for number, start, end, rest in bed_records(section.data, self._file.header.order):
            self.records += 1
            name, length = self._file.contigs.get(number, ("", 0))
            if not name:
                what = f"a record is on contig number {number}, which is none"
                self._findings.add("index", what)
                self.summed = False
                continue
            where = span(name, start, end)
            if not section.box.holds(Box(number, start, number, end)):
                self._findings.add("index", "a record is not where the index says", None, where)
            if end > length:
                what = f"ends past the contig's last base, {length}"
                self._findings.add("bounds", what, None, where)
            if (number, start) < self._last:
                self._findings.add("sorted", "begins before the one before it", None, where)
                self.summed = self.summed and number >= self._last[0]
            self._last = number, start
            self._columns([name, str(start), str(end), *_text(rest)], where)
            yield number, start, end

    def _columns(self, fields: list[str], where: str) -> None:
        said = self._file.header
        if said.fields and len(fields) != said.fields:
            what = f"{len(fields)} columns, the header says {said.fields}"
            self._findings.add("columns", what, None, where)
        own = min(said.own or 3, len(fields))
        try:
            check_columns(fields, own, self._findings, self.records)
        except InputFormatError as error:
            check = "blocks" if "block" in error.problem else "columns"
            self._findings.add(check, error.problem, None, where)


def _text(rest: bytes) -> list[str]:
    return rest.decode(errors="backslashreplace").split("\t") if rest else []


def _depths(contig: int, starts: list[int], ends: list[int]) -> Iterator[Spans]:
    if not starts:
        return
    edges = np.concatenate([np.array(starts), np.array(ends)])
    steps = np.concatenate([np.ones(len(starts)), -np.ones(len(ends))])
    at, which = np.unique(edges, return_inverse=True)
    depth = np.cumsum(np.bincount(which, steps))[:-1]
    some = depth > 0
    if some.any():
        yield Spans(contig, at[:-1][some], at[1:][some], depth[some].astype(np.float32))


def _check(subject: Subject) -> int:
    with BbiFile(subject.path) as file:
        check_contigs(file, subject)
        sql = file.header.sql
        columns = _QUOTED.sub("", sql).count(";")
        if not sql:
            what = "no autoSql: browsers know no column but chrom, start and end"
            subject.findings.add("autosql", what, level="warning")
        elif columns != file.header.fields:
            what = f"autoSql names {columns} columns, the header says {file.header.fields}"
            subject.findings.add("autosql", what)
        records = _Records(file, subject)
        compare_zooms(file, records.depths(), subject.findings, lambda: records.summed, "warning")
        if not records.records:
            subject.findings.add("columns", "no record in it", level="warning")
        return records.records


BIGBED = Checks(
    "bigBed",
    ("names", "lengths", "bounds", "sorted", "columns", *OWN, "autosql", "index", "zooms",
     "summary"),
    _check,
)  # fmt: skip
