"""GFF3, GTF and GFF2, told apart by the header or by their attributes.

All are 1-based and closed; features here are 0-based and half-open.  Attributes are read by
:mod:`genoseq.readers.attributes`.  Sequences after ``##FASTA`` are passed over; where features
begin again after them, as in files that were put together, they are read on.

A feature may run past its contig's end: across the origin of a circle, where a feature with
``Is_circular=true`` says so, and else for the caller to judge, who has the lengths.

In GTF the stop codon lies outside the CDS, in GFF3 inside; each is kept as its file says.  A GTF
with lines of start or stop codons says by their absence that a CDS is cut off there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from os import PathLike
from typing import cast

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.regions import Strand
from genoseq.readers.attributes import Said, decode, gff3_attributes, gtf_attributes, is_gff3
from genoseq.readers.whole_numbers import is_whole

_STRANDS = {"+": "+", "-": "-", ".": ".", "?": "."}
_PHASES = {"0": 0, "1": 1, "2": 2, ".": None}
_CODONS = ("start_codon", "stop_codon")


def read_gff(
    path: str | PathLike[str],
    types: Collection[str] | None = None,
    attributes: Collection[str] = (),
) -> Annotation:
    """Features of a GFF3, GTF or GFF2 file, plain or compressed, in file order, and its circles.

    Parameters
    ----------
    types
        Keep only features of these types (column 3); every line is checked all the same.
    attributes
        Names of attributes (column 9) whose values to keep; ``source`` and ``score`` are columns 2
        and 6, where no attribute is called so.

    Raises
    ------
    InputFormatError
        At the first line that is not GFF.
    """
    features: list[Feature] = []
    circles: dict[str, int] = {}
    lengths: dict[str, int] = {}
    gtf = False
    for number, line, version3 in _records(path, lengths):
        try:
            feature, said = gff_feature(line.split("\t"), version3, attributes)
        except InputFormatError as error:
            raise InputFormatError(error.problem, path, number) from None
        gtf = gtf or said.gtf
        if said.circular and feature.start == 0:
            circles[feature.chrom] = feature.end
        if types is None or feature.type in types:
            features.append(feature)
    return Annotation(_without_codons(features) if gtf else features, circles, lengths | circles)


def _records(path: str | PathLike[str], lengths: dict[str, int]) -> Iterator[tuple[int, str, bool]]:
    """Lines of features with their numbers, and whether a header before them says GFF3.

    ``lengths`` gets those of contigs of which headers say them.
    """
    version3 = sequence = False
    for number, line in numbered_lines(path):
        if line.startswith((">", "##FASTA")):
            sequence = True
        elif line.startswith("##"):
            version3 = version3 or line.startswith("##gff-version 3")
            lengths |= _stated_length(line.split())
            sequence = False
        elif not line or line[0] == "#" or line.isspace() or _is_browser_line(line):
            continue
        elif not sequence or line.count("\t") >= 7:
            sequence = False
            yield number, line, version3


def _stated_length(words: list[str]) -> dict[str, int]:
    """A contig and its length of ``##sequence-region NAME 1 LENGTH``; nothing of other headers.

    One that begins behind base 1 is about a part of its contig.
    """
    whole = len(words) == 4 and words[0] == "##sequence-region" and words[2] == "1"
    return {decode(words[1]): int(words[3])} if whole and is_whole(words[3]) else {}


def _is_browser_line(line: str) -> bool:
    return line.startswith(("track ", "browser "))


def gff_feature(
    fields: list[str], version3: bool, keep: Collection[str] = ()
) -> tuple[Feature, Said]:
    """The feature of a line's columns, and what its attributes say.

    Parameters
    ----------
    version3
        Whether the file says that it is GFF3; else the attributes tell.
    keep
        Names of attributes to keep.

    Raises
    ------
    InputFormatError
        Without file and line, if the line is not GFF.
    """
    if len(fields) != 9:
        raise InputFormatError(
            f"{len(fields)} columns separated by tabs, but GFF3 and GTF have 9: seqid, source, "
            f"type, start, end, score, strand, phase, attributes"
        )
    chrom, source, kind, first, last, score, sign, frame, text = fields
    if not chrom or not kind:
        raise InputFormatError("the seqid (column 1) or type (column 3) is empty")
    start, end = _number(first, "start, column 4"), _number(last, "end, column 5")
    if not 1 <= start <= end:
        raise InputFormatError(
            f"start {start}, end {end}: bases are counted from 1 and start is not after end (the "
            f"strand goes into column 7)"
        )
    strand = _STRANDS.get(sign)
    if strand is None:
        raise InputFormatError(f"strand, column 7: {sign!r} is not +, -, . or ?")
    if frame not in _PHASES:
        raise InputFormatError(f"phase, column 8: {frame!r} is not 0, 1, 2 or .")
    if version3 or is_gff3(text):
        chrom, kind = decode(chrom), decode(kind)
        said = gff3_attributes(text, kind, keep)
    else:
        said = gtf_attributes(text, kind, keep)
    if kind == "CDS" and "pseudo" in said.marks:
        kind = "pseudogene"
    columns = {"source": decode(source), "score": score}
    named = dict(said.kept)
    kept = said.kept + tuple(
        (name, columns[name])
        for name in keep
        if columns.get(name, ".") != "." and name not in named
    )
    begins, ends = said.open
    if said.by_strand and strand == "-":
        begins, ends = ends, begins
    feature = Feature(
        chrom, start - 1, end, cast(Strand, strand), kind, _PHASES[frame], said.id, said.parents,
        begins, ends, said.number, said.exon_number, said.marks, kept,
    )  # fmt: skip
    return feature, said


def _number(text: str, what: str) -> int:
    if not is_whole(text):
        raise InputFormatError(f"{what}: {text!r} is not a whole number")
    return int(text)


def _without_codons(features: list[Feature]) -> list[Feature]:
    """Open the ends of CDS that have no line of a codon, where others of the file have one."""
    having = {
        kind: {parent for f in features if f.type == kind for parent in f.parents}
        for kind in _CODONS
    }
    starts, stops = (having[kind] for kind in _CODONS)
    opened = []
    for feature in features:
        if feature.type == "CDS" and feature.parents:
            before = bool(starts) and starts.isdisjoint(feature.parents)
            after = bool(stops) and stops.isdisjoint(feature.parents)
            before, after = (after, before) if feature.strand == "-" else (before, after)
            feature = replace(
                feature,
                open_start=feature.open_start or before,
                open_end=feature.open_end or after,
            )
        opened.append(feature)
    return opened
