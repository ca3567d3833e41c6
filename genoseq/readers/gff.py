"""GFF3 and GTF (and GFF2, without its groups), told apart by the header or by their attributes.

Both are 1-based and closed; features here are 0-based and half-open.  Of the attributes only those
that say what belongs together are kept: ``ID`` and ``Parent`` of GFF3, ``transcript_id`` and
``gene_id`` of GTF.  A feature may run past its contig's end (across the origin of a circle): that
is for the caller to judge, who has the lengths.

In GTF the stop codon lies outside the CDS, in GFF3 inside; each is kept as its file says.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from os import PathLike
from typing import cast
from urllib.parse import unquote

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.genome.features import Feature
from genoseq.genome.regions import Strand

_GTF_PAIR = re.compile(r'\b(transcript_id|gene_id)\s+(?:"([^"]*)"|([^\s;"]+))')
_STRANDS = {"+": "+", "-": "-", ".": ".", "?": "."}
_PHASES = {"0": 0, "1": 1, "2": 2, ".": None}


def read_gff(path: str | PathLike[str], types: Collection[str] | None = None) -> list[Feature]:
    """Features of a GFF3 or GTF file, plain or compressed, in file order.

    Parameters
    ----------
    types
        Keep only features of these types (column 3); every line is checked all the same.

    Raises
    ------
    InputFormatError
        At the first line that is not GFF.
    """
    features: list[Feature] = []
    version3 = False
    for number, line in numbered_lines(path):
        version3 = version3 or line.startswith("##gff-version 3")
        if line.startswith((">", "##FASTA")):
            break
        if not line or line[0] == "#" or line.isspace() or _is_browser_line(line):
            continue
        try:
            feature = _feature(line.split("\t"), types, version3)
        except InputFormatError as error:
            raise InputFormatError(error.problem, path, number) from None
        if feature is not None:
            features.append(feature)
    return features


def _is_browser_line(line: str) -> bool:
    return line.startswith(("track ", "browser "))


def _feature(fields: list[str], types: Collection[str] | None, version3: bool) -> Feature | None:
    if len(fields) != 9:
        raise InputFormatError(
            f"{len(fields)} columns separated by tabs, but GFF3 and GTF have 9: seqid, source, "
            f"type, start, end, score, strand, phase, attributes"
        )
    chrom, _, kind, first, last, _, sign, frame, attributes = fields
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
    gff3 = version3 or _is_gff3(attributes)
    chrom, kind = (_decode(chrom), _decode(kind)) if gff3 else (chrom, kind)
    if types is not None and kind not in types:
        return None
    identity, parents = _gff3_family(attributes) if gff3 else _gtf_family(attributes, kind)
    return Feature(
        chrom, start - 1, end, cast(Strand, strand), kind, _PHASES[frame], identity, parents
    )


def _number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise InputFormatError(f"{what}: {text!r} is not a whole number")
    return int(text)


def _is_gff3(attributes: str) -> bool:
    """Whether the first attribute is written ``key=value`` rather than ``key "value"``."""
    equals = attributes.find("=")
    return equals > 0 and '"' not in attributes[:equals]


def _decode(text: str) -> str:
    return unquote(text) if "%" in text else text


def _gff3_family(attributes: str) -> tuple[str | None, tuple[str, ...]]:
    identity: str | None = None
    parents: tuple[str, ...] = ()
    for pair in attributes.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == "ID":
            identity = _decode(value) or None
        elif key == "Parent":
            parents = tuple(_decode(parent) for parent in value.split(",") if parent)
    return identity, parents


def _gtf_family(attributes: str, kind: str) -> tuple[str | None, tuple[str, ...]]:
    found = {key: quoted or bare for key, quoted, bare in _GTF_PAIR.findall(attributes)}
    gene, transcript = found.get("gene_id") or None, found.get("transcript_id") or None
    if kind == "gene":
        return gene, ()
    if kind in ("transcript", "mRNA"):
        return transcript, () if gene is None else (gene,)
    parent = transcript or gene
    return None, () if parent is None else (parent,)
