"""BED, 3 to 12 columns (BEDv1, Niu et al. 2021): intervals, and transcripts in BED12.

BED is 0-based and half-open already.  Columns are separated by tabs, or, in a line without a tab,
by any white space.  Blank lines, lines that begin with ``#``, and ``track`` and ``browser`` lines
are skipped.  The first six columns are checked and kept; columns 7 and on only mean something as a
whole BED12 line (narrowPeak and other BED6+n files use them otherwise), so a file with exactly 12
columns must be BED12, and one with 7 to 11, or more than 12, is read as BED6+n.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from os import PathLike
from typing import cast

from genoseq.errors import InputFormatError, RegionError
from genoseq.files.compression import numbered_lines
from genoseq.files.inputs import Input, kept
from genoseq.genome.features import Feature
from genoseq.genome.regions import Region, Strand, check_bounds, check_lengths
from genoseq.readers import kinds
from genoseq.readers.whole_numbers import is_whole

Span = tuple[int, int]

CONTIG_LINE = "#contig"
"""Behind it a comment line may give a contig's name and length, separated by tabs."""

_INTERVALS = (kinds.BED, kinds.BEDGRAPH, kinds.EMPTY)
"""What has intervals as BED has them."""


@dataclass(frozen=True, slots=True)
class BedRecord:
    """One BED line.

    Attributes
    ----------
    chrom, start, end
        Contig and interval, 0-based half-open; ``start == end`` is a point between two bases.
    name, score
        As written; ``.`` where the file has no such column.  A score need not be a number.
    strand
        ``+``, ``-`` or ``.``.
    thick
        The coding interval of a BED12 line, else None.
    blocks
        Exons of a BED12 line on the contig, 0-based half-open, in order; else empty.
    colour
        Red, green and blue of column 9 (BED9 and BED12), where it has them; else None.
    """

    chrom: str
    start: int
    end: int
    name: str = "."
    score: str = "."
    strand: Strand = "."
    thick: Span | None = None
    blocks: tuple[Span, ...] = ()
    colour: tuple[int, int, int] | None = None

    @property
    def region(self) -> Region:
        """Where it is, on its strand."""
        return Region(self.chrom, self.start, self.end, self.strand)


def read_bed(
    path: str | PathLike[str], lengths: Mapping[str, int] | None = None, inside: bool = True
) -> list[BedRecord]:
    """Records of a BED file, plain or compressed, in file order.

    Parameters
    ----------
    lengths
        Of the genome's contigs, to check what the file says of them.
    inside
        Check that the records are on these contigs, too.

    Raises
    ------
    InputFormatError
        If it is a file of another kind; at the first line that is not BED, or has another number of
        columns than those before it; or does not fit the contigs.
    """
    with kept(path) as given:
        kind = kinds.kind_of(given)
        if kind is not None and kind not in _INTERVALS:
            raise kinds.not_wanted(kind, "BED", given)
        return _read(given, lengths, inside)


def _read(path: Input, lengths: Mapping[str, int] | None, inside: bool) -> list[BedRecord]:
    records: list[BedRecord] = []
    width = 0
    for number, line in numbered_lines(path):
        fields = bed_fields(line)
        try:
            if lengths is not None and line.startswith(CONTIG_LINE):
                check_lengths(_stated_length(line), lengths)
            if not fields:
                continue
            width = width or len(fields)
            if len(fields) != width:
                raise InputFormatError(f"{len(fields)} columns, but the lines before have {width}")
            records.append(bed_record(fields))
            if lengths is not None and inside:
                check_bounds(records[-1].region, lengths)
        except InputFormatError as error:
            raise InputFormatError(error.problem, path, number) from None
        except RegionError as error:
            raise InputFormatError(str(error), path, number) from None
    return records


def _stated_length(line: str) -> dict[str, int]:
    """A contig and its length, if the line says them."""
    fields = line.split("\t")
    stated = len(fields) == 3 and fields[0] == CONTIG_LINE and is_whole(fields[2])
    return {fields[1]: int(fields[2])} if stated else {}


def bed_features(
    records: Iterable[BedRecord], kind: str | None = None, attributes: Collection[str] = ()
) -> list[Feature]:
    """Annotation of BED records.

    A BED12 record gives a ``transcript``, an ``exon`` for each block and a ``CDS`` for each part of
    a block within the thick interval, with its phase.  Any other record gives one feature whose
    type is its name, or ``region`` without a name.

    Parameters
    ----------
    kind
        If given, every record is one feature of this type instead.
    attributes
        Of ``name`` and ``score``, those that features keep.
    """
    if kind is not None:
        return [_feature(record, kind, attributes) for record in records]
    records = list(records)
    again = Counter(record.name for record in records)
    features: list[Feature] = []
    for number, record in enumerate(records, 1):
        if not record.blocks:
            name = "region" if record.name == "." else record.name
            features.append(_feature(record, name, attributes))
            continue
        unique = again[record.name] == 1 and record.name != "."
        parts = _transcript(record, record.name if unique else f"{record.name}#{number}")
        features += [replace(part, attributes=_kept(record, attributes)) for part in parts]
    return features


def _feature(record: BedRecord, kind: str, attributes: Collection[str]) -> Feature:
    kept = _kept(record, attributes)
    return Feature(record.chrom, record.start, record.end, record.strand, kind, attributes=kept)


def _kept(record: BedRecord, names: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Columns that are asked for, where the record has them."""
    columns = {"name": record.name, "score": record.score}
    return tuple((name, columns[name]) for name in names if columns.get(name, ".") != ".")


def bed_fields(line: str) -> list[str]:
    """Columns of a line; none for a blank, comment, ``track`` or ``browser`` line."""
    line = line.rstrip()
    if not line or line[0] == "#":
        return []
    fields = line.split("\t") if "\t" in line else line.split()
    if fields[0].split(" ", 1)[0] in ("track", "browser") and not is_whole("".join(fields[1:2])):
        return []
    return fields


def bed_record(fields: list[str]) -> BedRecord:
    """The record of a line's columns.  InputFormatError, without file and line, if it is none."""
    if len(fields) < 3:
        raise InputFormatError(
            f"{len(fields)} columns, but BED has at least 3: chrom, start, end, separated by tabs"
        )
    chrom = fields[0]
    start, end = _number(fields[1], "start, column 2"), _number(fields[2], "end, column 3")
    if not chrom:
        raise InputFormatError("the contig name, column 1, is empty")
    if start > end:
        raise InputFormatError(
            f"start {start} is after end {end}: BED wants the smaller first, and the strand in "
            f"column 6"
        )
    name = (fields[3] or ".") if len(fields) > 3 else "."
    score = (fields[4] or ".") if len(fields) > 4 else "."
    strand = _strand(fields[5]) if len(fields) > 5 else "."
    if len(fields) != 12:
        return BedRecord(chrom, start, end, name, score, strand, colour=_colour(fields))
    thick = (_number(fields[6], "thickStart"), _number(fields[7], "thickEnd"))
    blocks = _blocks(fields, start, end)
    if thick[0] != thick[1] and not start <= thick[0] < thick[1] <= end:
        raise InputFormatError(f"thick interval {thick[0]}-{thick[1]} is not within {start}-{end}")
    return BedRecord(chrom, start, end, name, score, strand, thick, blocks, _colour(fields))


def _colour(fields: list[str]) -> tuple[int, int, int] | None:
    """Column 9, if it is a colour: files of other kinds have other things there."""
    parts = fields[8].split(",") if len(fields) in (9, 12) else []
    if len(parts) != 3 or not all(is_whole(part) and int(part) < 256 for part in parts):
        return None
    return int(parts[0]), int(parts[1]), int(parts[2])


def _number(text: str, what: str) -> int:
    if not is_whole(text):
        raise InputFormatError(f"{what}: {text!r} is not a whole number of at least 0")
    return int(text)


def _strand(text: str) -> Strand:
    if text not in ("+", "-", "."):
        raise InputFormatError(
            f"strand, column 6: {text!r} is not +, - or . (. for none or both): if the columns are "
            f"not those of BED6, keep the first three with cut -f1-3"
        )
    return cast(Strand, text)


def _blocks(fields: list[str], start: int, end: int) -> tuple[Span, ...]:
    count = _number(fields[9], "blockCount, column 10")
    sizes = _numbers(fields[10], "blockSizes, column 11")
    starts = _numbers(fields[11], "blockStarts, column 12")
    if not count or len(sizes) != count or len(starts) != count:
        raise InputFormatError(
            f"{count} blocks announced, but {len(sizes)} sizes and {len(starts)} starts given"
        )
    blocks = tuple((start + at, start + at + size) for at, size in zip(starts, sizes, strict=True))
    if blocks[0][0] != start or blocks[-1][1] != end:
        raise InputFormatError(f"blocks span {blocks[0][0]}-{blocks[-1][1]}, not {start}-{end}")
    if any(left[1] > right[0] for left, right in pairwise(blocks)):
        raise InputFormatError("blocks overlap or are out of order")
    return blocks


def _numbers(text: str, what: str) -> list[int]:
    return [_number(part, what) for part in text.removesuffix(",").split(",")]


def _transcript(record: BedRecord, name: str) -> Iterator[Feature]:
    chrom, strand = record.chrom, record.strand
    yield Feature(chrom, record.start, record.end, strand, "transcript", id=name)
    for start, end in record.blocks:
        yield Feature(chrom, start, end, strand, "exon", parents=(name,))
    low, high = record.thick or (0, 0)
    coding = [(max(s, low), min(e, high)) for s, e in record.blocks if max(s, low) < min(e, high)]
    phase = 0
    for start, end in reversed(coding) if strand == "-" else coding:
        yield Feature(chrom, start, end, strand, "CDS", phase, parents=(name,))
        phase = (phase - (end - start)) % 3
