"""Where the records of a sorted file lie: names, bounds, order and overlaps, record by record."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.contig_names import contigs_there
from genoseq.validation.findings import Findings, Level

POSITIONS = ("names", "bounds", "sorted")
"""Checks of every file with positions."""

_ENDLESS = 1 << 62


def span(chrom: str, start: int, end: int) -> str:
    """0-based half-open bases as messages say them, 1-based and closed."""
    return f"{chrom}:{start + 1}-{end}"


class Positions:
    """The positions of a file's records, in the order of the file.

    Parameters
    ----------
    lengths
        bp of the genome's contigs; None if names and bounds are checked elsewhere.
    findings
        Gets what is wrong.
    unsorted
        How bad it is that starts go back, or that a contig comes again after another one.
    overlaps
        Whether two records may share a base.
    """

    def __init__(
        self,
        lengths: Mapping[str, int] | None,
        findings: Findings,
        unsorted: Level = "error",
        overlaps: bool = True,
    ) -> None:
        self._lengths, self._findings = lengths, findings
        self._unsorted, self._overlaps = unsorted, overlaps
        self._chrom: str | None = None
        self._length = self._start = self._end = 0
        self._seen: set[str] = set()

    def add(self, chrom: str, start: int, end: int, line: int | None = None) -> None:
        """Check the next record, 0-based half-open."""
        if chrom != self._chrom:
            self._begin(chrom, line)
        elif start < self._start:
            self._disorder(f"start {start} comes after start {self._start}", chrom, line)
            self._end = 0  # what overlaps is told of neighbours in order
        elif start < self._end and end > start and not self._overlaps:
            what = f"overlaps the record before it, which ends at {self._end}"
            self._findings.add("overlaps", what, line, span(chrom, start, end))
        self._start, self._end = start, max(end, self._end)
        if end > self._length:
            self._beyond(chrom, start, end, line)

    def follow(self, chrom: str, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> bool:
        """Take many records at once, shape (N,), if they are of the last one's contig and right.

        Right are those that are sorted, within the contig, and without overlaps.
        """
        right = (
            chrom == self._chrom
            and starts[0] >= self._end
            and bool((starts < ends).all())
            and bool((starts[1:] >= ends[:-1]).all())
            and int(ends.max()) <= self._length
        )
        if right:
            self._start, self._end = int(starts[-1]), max(int(ends.max()), self._end)
        return right

    def _begin(self, chrom: str, line: int | None) -> None:
        if chrom in self._seen:
            self._disorder("the contig comes again after another one", chrom, line)
        elif self._lengths is not None and chrom not in self._lengths:
            unknown_contig(self._findings, chrom, self._lengths, line)
        self._seen.add(chrom)
        self._chrom, self._start, self._end = chrom, 0, 0
        self._length = (self._lengths or {}).get(chrom, _ENDLESS)

    def _disorder(self, what: str, chrom: str, line: int | None) -> None:
        what = f"{chrom}: {what}: sort by contig and start (sort -k1,1 -k2,2n)"
        self._findings.add("sorted", what, line, level=self._unsorted)

    def _beyond(self, chrom: str, start: int, end: int, line: int | None) -> None:
        what = f"ends past the contig's last base, {self._length}"
        self._findings.add("bounds", what, line, span(chrom, start, end))


def check_contig(
    findings: Findings,
    chrom: str,
    length: int,
    lengths: Mapping[str, int],
    line: int | None = None,
) -> bool:
    """Whether a contig is the genome's, by its name and length; notes it if not."""
    own = lengths.get(chrom)
    if own is None:
        unknown_contig(findings, chrom, lengths, line)
    elif own != length:
        what = f"contig {chrom!r} has {length} bp here and {own} in the FASTA"
        findings.add("lengths", f"{what}: is it another assembly?", line)
    return own == length


def unknown_contig(
    findings: Findings, chrom: str, lengths: Mapping[str, int], line: int | None = None
) -> None:
    """Note that a contig is not in the genome."""
    # To look for the name that was meant takes long in a genome of many contigs.
    there = "" if findings.is_full("names") else f", which has {contigs_there(lengths, [chrom])}"
    findings.add("names", f"contig {chrom!r} is not in the FASTA{there}", line)
