"""Annotation of any kind in one model: GFF, GTF, GenBank, EMBL or BED, told by content."""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike
from pathlib import Path
from typing import Literal

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.genome.annotation import Annotation
from genoseq.readers.bed import bed_features, read_bed
from genoseq.readers.genbank import read_genbank
from genoseq.readers.gff import read_gff

AnnotationFormat = Literal["gff", "genbank", "embl", "bed"]

_SUFFIXES: dict[str, AnnotationFormat] = {
    ".gff": "gff",
    ".gff3": "gff",
    ".gtf": "gff",
    ".gb": "genbank",
    ".gbk": "genbank",
    ".gbff": "genbank",
    ".genbank": "genbank",
    ".embl": "embl",
    ".bed": "bed",
}
_COMPRESSED = (".gz", ".bgz", ".bz2", ".xz", ".zst")


def read_annotation(
    path: str | PathLike[str], types: Collection[str] | None = None, kind: str | None = None
) -> Annotation:
    """An annotation file, plain or compressed: its features in file order, and its transcripts.

    Parameters
    ----------
    types
        Keep only features of these types: GFF's column 3, GenBank's feature key, BED's name
        column (BED12: ``transcript``, ``exon`` and ``CDS``).
    kind
        The type of every record of a BED, whose names often tell peaks or sites apart.

    Raises
    ------
    InputFormatError
        If the format is none of them, the file breaks its rules, or ``kind`` meets features that
        have types.
    """
    found = annotation_format(path)
    if kind is not None and found != "bed":
        raise InputFormatError(f"{kind}= is for BED: these features have types of their own", path)
    if found == "gff":
        return read_gff(path, types)
    if found == "bed":
        whole = Annotation(bed_features(read_bed(path), kind))
    else:
        whole = read_genbank(path, found).annotation
    features = [feature for feature in whole.features if types is None or feature.type in types]
    return Annotation(features, whole.circles)


def annotation_format(path: str | PathLike[str]) -> AnnotationFormat:
    """The format, by the first line that is not a comment, or else by the file's name.

    Raises
    ------
    InputFormatError
        If neither says which format it is.
    """
    strange = None
    for number, line in numbered_lines(path):
        if line.startswith("LOCUS "):
            return "genbank"
        if line.startswith("ID   "):
            return "embl"
        if line.startswith("##gff-version"):
            return "gff"
        if not line.strip() or line.startswith(("#", "track ", "browser ")):
            continue
        found = _format_of_record(line)
        if found is not None:
            return found
        strange = number
        break
    # A line of no known format: the reader that the file's name suggests says what is wrong.
    by_name = _format_of_name(Path(path))
    if by_name is None:
        raise InputFormatError(
            "not GFF3, GTF, GenBank, EMBL or BED: expected 9 columns separated by tabs, a LOCUS or "
            "ID line, or chrom, start and end",
            path,
            strange,
        )
    return by_name


def _format_of_record(line: str) -> AnnotationFormat | None:
    tabbed = line.split("\t")
    if len(tabbed) in (8, 9) and _are_numbers(tabbed[3:5]):
        return "gff"
    return "bed" if _are_numbers(line.split()[1:3]) else None


def _are_numbers(texts: list[str]) -> bool:
    return len(texts) == 2 and all(text.isascii() and text.isdigit() for text in texts)


def _format_of_name(path: Path) -> AnnotationFormat | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None
