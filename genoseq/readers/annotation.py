"""Annotation of any kind in one model: GFF, GTF, GenBank, EMBL or BED, told by content."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Literal

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.files.inputs import Input, kept
from genoseq.genome.annotation import Annotation
from genoseq.readers import kinds
from genoseq.readers.bed import bed_features, read_bed
from genoseq.readers.genbank import read_genbank
from genoseq.readers.gff import read_gff

AnnotationFormat = Literal["gff", "genbank", "embl", "bed"]

_KINDS: dict[kinds.Kind, AnnotationFormat] = {
    kinds.GFF: "gff",
    kinds.GTF: "gff",
    kinds.GENBANK: "genbank",
    kinds.EMBL: "embl",
    kinds.BED: "bed",
}
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
COMPRESSIONS = (".gz", ".bgz", ".bz2", ".xz", ".zst")


def read_annotation(
    path: str | PathLike[str],
    types: Collection[str] | None = None,
    kind: str | None = None,
    attributes: Collection[str] = (),
) -> Annotation:
    """An annotation file, plain or compressed: its features in file order, and its transcripts.

    Parameters
    ----------
    types
        Keep only features of these types: GFF's column 3, GenBank's feature key, BED's name
        column (BED12: ``transcript``, ``exon`` and ``CDS``).
    kind
        The type of every record of a BED, whose names often tell peaks or sites apart.
    attributes
        Attributes of GFF, qualifiers of GenBank and EMBL, and columns (GFF's ``source`` and
        ``score``, BED's ``name`` and ``score``) whose values features keep.

    Raises
    ------
    InputFormatError
        If the format is none of them, the file breaks its rules, or ``kind`` meets features that
        have types.
    """
    with kept(path) as given:
        return _read(given, types, kind, attributes)


def _read(
    path: Input, types: Collection[str] | None, kind: str | None, attributes: Collection[str]
) -> Annotation:
    found = annotation_format(path, measured=kind is not None)
    if kind is not None and found != "bed":
        raise InputFormatError(f"{kind}= is for BED: these features have types of their own", path)
    if found == "gff":
        return read_gff(path, types, attributes)
    if found == "bed":
        whole = Annotation(bed_features(read_bed(path), kind, attributes))
    else:
        whole = read_genbank(path, found, attributes).annotation
    features = [feature for feature in whole.features if types is None or feature.type in types]
    return replace(whole, features=features)


def annotation_format(path: str | PathLike[str], measured: bool = False) -> AnnotationFormat:
    """The format by the file's content, or else by its name.

    Parameters
    ----------
    measured
        Take a bedGraph as BED: its fourth column is no type.

    Raises
    ------
    InputFormatError
        If it is a file of another kind, or neither says which it is.
    """
    kind = kinds.kind_of(path)
    if kind is not None and kind in _KINDS:
        return _KINDS[kind]
    if measured and kind == kinds.BEDGRAPH:
        return "bed"
    # A line of no known format: the reader that the file's name suggests says what is wrong.
    by_name = _format_of_name(Path(path))
    if kind is not None and (kind != kinds.EMPTY or by_name is None):
        raise kinds.not_wanted(kind, "GFF3, GTF, GenBank, EMBL or BED", path)
    if by_name is None:
        raise InputFormatError(
            "not GFF3, GTF, GenBank, EMBL or BED: expected 9 columns separated by tabs, a LOCUS or "
            "ID line, or chrom, start and end",
            path,
            _first_record(path),
        )
    return by_name


def _first_record(path: str | PathLike[str]) -> int | None:
    """Number of the first line that is no comment."""
    lines = (number for number, line in numbered_lines(path) if line.strip() and line[0] != "#")
    return next(lines, None)


def _format_of_name(path: Path) -> AnnotationFormat | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        suffixes.pop()
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None
