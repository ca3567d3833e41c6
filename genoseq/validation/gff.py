"""GFF3 1.26 and GTF, line by line.

https://github.com/The-Sequence-Ontology/Specifications/blob/master/gff3.md.  What lines say of one
another is checked by :mod:`genoseq.validation.gff_wholes`, sequences behind ``##FASTA`` by
:mod:`genoseq.validation.sequences`.

A pragma that is missing or late is a warning: many programs leave it out.  A feature may run
past the end of a contig that a feature says is a circle (``Is_circular=true``).  A file of GTF is
checked for all that GTF asks for; it has no pragmas, IDs and parents.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.genome.features import Feature
from genoseq.readers.attributes import Said, decode
from genoseq.readers.gff import gff_feature
from genoseq.readers.whole_numbers import is_whole
from genoseq.validation.findings import Level
from genoseq.validation.gff_wholes import Wholes
from genoseq.validation.positions import Positions, check_contig, span, unknown_contig
from genoseq.validation.sequences import Sequences
from genoseq.validation.subject import Checks, Subject

_VERSION = re.compile(r"##gff-version\s+3(\.\d+)*\s*$")
_SEQID = re.compile(r"(?:[a-zA-Z0-9.:^*$@!+_?|-]|%[0-9A-Fa-f]{2})+")
_KEPT = ("exception", "part")


@dataclass
class _File:
    """What is known of a file at some line."""

    subject: Subject
    order: Positions | None
    version3: bool = False
    records: int = 0
    regions: dict[str, tuple[int, int]] = field(default_factory=dict)
    circles: dict[str, int] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    beyond: list[tuple[Feature, int]] = field(default_factory=list)

    def add(self, check: str, what: str, line: int | None = None, level: Level = "error") -> None:
        self.subject.findings.add(check, what, line, level=level)


def _check(subject: Subject) -> int:
    # The format asks for no order; an index does.
    order = Positions(None, subject.findings) if subject.indexed else None
    file, wholes = _File(subject, order), Wholes(subject.findings)
    sequences: Sequences | None = None
    for number, line in numbered_lines(subject.path):
        if sequences is not None and not (line.startswith("##") or line.count("\t") == 8):
            sequences.add(line, number)
        elif line.startswith((">", "##FASTA")):
            sequences = sequences or Sequences(subject)
            sequences.add(line, number)
        elif line.startswith("##"):
            _pragma(file, line, number)
        elif line.startswith(("track", "browser")):
            file.add("columns", "a line for a browser is not GFF", number, "warning")
        elif line.strip() and line[0] != "#":
            _record(file, wholes, line, number)
    if sequences is not None:
        sequences.finish()
    _finish(file, wholes)
    return file.records


def _pragma(file: _File, line: str, number: int) -> None:
    if line.startswith("##gff-version"):
        if not _VERSION.match(line):
            file.add("pragma", f"{line!r}: ##gff-version 3 is checked here", number, "warning")
        elif number > 1:
            file.add("pragma", "##gff-version must be the first line", number, "warning")
        file.version3 = file.version3 or _VERSION.match(line) is not None
    elif line.startswith("##sequence-region"):
        _region(file, line.split(), number)


def _region(file: _File, words: list[str], number: int) -> None:
    if len(words) != 4 or not all(map(is_whole, words[2:])):
        file.add("pragma", "##sequence-region wants seqid, start and end", number)
        return
    chrom, first, last = decode(words[1]), int(words[2]), int(words[3])
    length = _length(file, chrom, number)
    if length is not None and first == 1 <= last:
        check_contig(file.subject.findings, chrom, last, file.subject.lengths, number)
    elif length is not None and not 1 <= first <= last <= length:
        what = f"##sequence-region {chrom} {first} {last}, but the contig has {length} bp"
        file.add("lengths", what, number)
    file.regions[chrom] = first - 1, last


def _length(file: _File, chrom: str, number: int) -> int | None:
    """bp of a contig; one that is not in the genome is told once."""
    length = file.subject.lengths.get(chrom)
    if length is None and chrom not in file.unknown:
        file.unknown.add(chrom)
        unknown_contig(file.subject.findings, chrom, file.subject.lengths, number)
    return length


def _record(file: _File, wholes: Wholes, line: str, number: int) -> None:
    fields = line.split("\t")
    file.records += 1
    try:
        feature, said = gff_feature(fields, file.version3, _KEPT)
    except InputFormatError as error:
        phase = error.problem.startswith("phase")
        file.add("phases" if phase else "columns", error.problem, number)
        return
    _columns(file, fields, feature, number)
    _bounds(file, feature, said, number)
    if file.order is not None:
        file.order.add(feature.chrom, feature.start, feature.end, number)
    wholes.add(feature, said, number, file.version3)


def _columns(file: _File, fields: list[str], feature: Feature, number: int) -> None:
    if fields[5] != ".":
        try:
            finite = math.isfinite(float(fields[5]))
        except ValueError:
            finite = False
        if not finite:
            file.add("score", f"score, column 6: {fields[5]!r} is no finite number", number)
    if file.version3 and not _SEQID.fullmatch(fields[0]):
        what = f"seqid, column 1: {fields[0]!r} has letters that must be written as %XX"
        file.add("columns", what, number, "warning")
    if feature.type == "CDS" and feature.phase is None:
        file.add("phases", "a CDS without a phase, column 8: 0, 1 or 2", number)
    if feature.type == "CDS" and feature.strand == ".":
        file.add("strands", "a CDS without a strand, column 7", number)


def _bounds(file: _File, feature: Feature, said: Said, number: int) -> None:
    length = _length(file, feature.chrom, number)
    if said.circular and feature.start == 0:
        file.circles[feature.chrom] = feature.end
    if length is None:
        return
    low, high = file.regions.get(feature.chrom, (0, length))
    if feature.start < low or feature.end > min(high, length):
        file.beyond.append((feature, number))  # perhaps across the origin of a circle


def _finish(file: _File, wholes: Wholes) -> None:
    for feature, number in file.beyond:
        length = file.subject.lengths[feature.chrom]
        low, high = file.regions.get(feature.chrom, (0, length))
        circle = file.circles.get(feature.chrom) == length
        if circle and low <= feature.start < length and feature.end <= feature.start + length:
            continue
        what = f"ends past the contig's last base, {length}"
        if feature.end <= length:
            what = f"is outside its ##sequence-region, {low + 1}-{high}"
        where = span(feature.chrom, feature.start, feature.end)
        file.subject.findings.add("bounds", f"{feature.type} {what}", number, where)
    if not file.records:
        file.add("columns", "no feature in it", level="warning")
    wholes.finish(file.circles)
    if not file.version3 and not wholes.gtf:
        what = "no ##gff-version 3 as the first line: some programs take it for GFF2"
        file.add("pragma", what, 1, "warning")


_OF_WHOLES = ("ids", "parents", "strands", "phases")
GFF = Checks(
    "GFF3", ("pragma", "columns", "names", "lengths", "bounds", "score", *_OF_WHOLES), _check
)
