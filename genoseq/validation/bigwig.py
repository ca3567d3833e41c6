"""bigWig: its contigs, values, index, zoom levels and summary.

Kent et al. (2010), Bioinformatics 26:2204; read by :mod:`genoseq.readers.bbi`.  A file without any
value is an error: UCSC's own reader refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from genoseq.readers.bbi import BbiFile
from genoseq.readers.bbi_sections import Box, Section, Spans, wig_values
from genoseq.validation.findings import Findings, Level
from genoseq.validation.positions import check_contig, span
from genoseq.validation.subject import Checks, Subject
from genoseq.validation.zooms import Intervals, Total, ZoomLevel, joined, running_sums

_BATCH = 1 << 17
"""Intervals that are compared with zoom levels at once."""


def check_contigs(file: BbiFile, subject: Subject) -> None:
    """Note contigs that the genome does not have, or has with another length; and a cut-off end."""
    if not file.whole:
        subject.findings.add("format", "its last bytes are not those of its kind: cut off?")
    for name, length in file.contigs.values():
        check_contig(subject.findings, name, length, subject.lengths)


def compare_zooms(
    file: BbiFile,
    spans: Iterator[Spans],
    findings: Findings,
    summed: Callable[[], bool],
    summary: Level = "error",
) -> None:
    """Compare zoom levels and summary with values, which are sorted and have no overlaps.

    ``summed`` says whether they are, up to now; once they are not, nothing more is compared.
    ``summary`` is how bad it is that the summary is wrong.
    """
    levels = [
        ZoomLevel(zoom, file.records(zoom), file.contigs, findings) for zoom in file.header.zooms
    ]
    total = Total()
    for batch in _batches(spans):
        if not summed():
            return
        sums = running_sums(batch)
        total.add(sums)
        for level in levels:
            level.add(sums)
    if not summed():
        return
    for level in levels:
        level.finish(total.covered)
    if file.header.summary is not None and total.covered:
        total.compare(file.header.summary, findings, summary)


def check_buffer(file: BbiFile, section: Section, findings: Findings) -> None:
    """Note a section that is larger than the header says that the largest one is."""
    if 0 < file.header.buffer < len(section.data):
        what = f"a section of {len(section.data)} bytes: the header says {file.header.buffer}"
        findings.add("index", f"{what} at most, and readers trust it")


def _batches(spans: Iterator[Spans]) -> Iterator[Intervals]:
    """The same intervals, at least :data:`_BATCH` at once."""
    waiting: list[Spans] = []
    count = 0
    for each in spans:
        waiting.append(each)
        count += len(each.starts)
        if count >= _BATCH:
            yield joined(waiting)
            waiting, count = [], 0
    if waiting:
        yield joined(waiting)


class _Values:
    """The values of a bigWig, checked as they pass by."""

    def __init__(self, file: BbiFile, subject: Subject) -> None:
        self._file, self._subject = file, subject
        self._findings = subject.findings
        self._last = Box(-1, -1, -1, -1)
        self.records = 0
        self.summed = True

    def spans(self) -> Iterator[Spans]:
        """Intervals that can be summed up: as in the file, without those that have no bases."""
        for section in self._file.sections(self._file.header.index):
            check_buffer(self._file, section, self._findings)
            spans = wig_values(section.data, self._file.header.order)
            if len(spans.starts):
                self.records += len(spans.starts)
                yield from self._checked(spans, section.box)

    def _checked(self, spans: Spans, box: Box) -> Iterator[Spans]:
        contig, starts, ends, values = spans
        name, length = self._file.contigs.get(contig, ("", 0))
        if not name:
            self._findings.add("index", f"a section is of contig number {contig}, which is none")
            self.summed = False
            return
        lies = Box(contig, int(starts[0]), contig, int(ends[-1]))
        if not box.holds(lies):
            where = span(name, lies.start, lies.end)
            self._findings.add("index", "a section is not where the index says", None, where)
        empty, infinite = starts >= ends, ~np.isfinite(values)
        behind = np.concatenate([[self._last.end if contig == self._last.last else 0], ends[:-1]])
        low = self._last.start if contig == self._last.last else 0
        unsorted = np.diff(starts, prepend=low) < 0
        unsorted[0] |= contig < self._last.last
        overlaps = (starts < behind) & ~unsorted
        self._note("columns", "an interval without a base", empty, name, spans)
        self._note("bounds", f"ends past the contig's last base, {length}", ends > length, name,
                   spans)  # fmt: skip
        self._note("sorted", "begins before the interval before it", unsorted, name, spans)
        self._note("overlaps", "overlaps the interval before it", overlaps, name, spans)
        self._note("values", "a value that is not finite", infinite, name, spans)
        if self._subject.probabilities:
            outside = ~infinite & ((values < 0) | (values > 1))
            self._note("range", "a value that is no probability", outside, name, spans)
        self._last = Box(contig, int(starts[-1]), contig, int(ends.max()))
        self.summed = self.summed and not (unsorted | overlaps | empty | infinite).any()
        yield spans

    def _note(
        self, check: str, what: str, wrong: NDArray[np.bool_], name: str, spans: Spans
    ) -> None:
        at = np.flatnonzero(wrong)
        if len(at):
            where = span(name, int(spans.starts[at[0]]), int(spans.ends[at[0]]))
            self._findings.add(check, what, None, where, times=len(at))


def _check(subject: Subject) -> int:
    with BbiFile(subject.path) as file:
        check_contigs(file, subject)
        values = _Values(file, subject)
        compare_zooms(file, values.spans(), subject.findings, lambda: values.summed)
        if not values.records:
            subject.findings.add("values", "no value in it: UCSC's reader refuses such a file")
        return values.records


BIGWIG = Checks(
    "bigWig",
    ("names", "lengths", "bounds", "sorted", "overlaps", "values", "index", "zooms", "summary"),
    _check,
)
