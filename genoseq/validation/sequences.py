"""Sequences that come with an annotation, behind ``##FASTA``: they must be those of the genome."""

from __future__ import annotations

from genoseq.validation.positions import unknown_contig
from genoseq.validation.subject import Subject


class Sequences:
    """Takes the lines of FASTA one by one, and compares letters with the genome's."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._chrom: str | None = None
        self._line = self._at = 0
        self._same = True

    def add(self, line: str, number: int) -> None:
        """Take the next line, a header or letters."""
        if line.startswith(">"):
            self.finish()
            self._chrom, self._line = (line[1:].split() or [""])[0], number
            self._at, self._same = 0, True
            if self._chrom not in self._subject.lengths:
                unknown_contig(self._subject.findings, self._chrom, self._subject.lengths, number)
                self._chrom = None
        elif self._chrom is not None and not line.startswith(("#", ";")):
            self._compare("".join(line.split()).encode())

    def finish(self) -> None:
        """Check the length of the last sequence."""
        if self._chrom is None:
            return
        length = self._subject.lengths[self._chrom]
        if self._at != length:
            what = f"##FASTA has {self._at} letters of {self._chrom}, the genome has {length}"
            self._subject.findings.add("lengths", what, self._line)
        elif not self._same:
            what = f"##FASTA has other letters of {self._chrom} than the genome"
            self._subject.findings.add("lengths", what, self._line)
        self._chrom = None

    def _compare(self, letters: bytes) -> None:
        assert self._chrom is not None
        start, end = self._at, self._at + len(letters)
        self._at = end
        if self._same and end <= self._subject.lengths[self._chrom]:
            own = self._subject.genome.fetch(self._chrom, start, end)
            self._same = own.upper() == letters.upper()
