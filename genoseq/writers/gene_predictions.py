"""Transcripts as gene predictions, and as rows of bigGenePred: BED12 with frames and names.

Columns: https://genome.ucsc.edu/goldenPath/help/bigGenePred.html.  A transcript across the origin
of a circle has a row on either side of it, one of a trans-spliced gene a row for each stretch: no
row of BED can hold them.  Where two parts share a base, at a slip of the ribosome, it is of one
block only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.genes import Cds, Transcript
from genoseq.genome.regions import Strand
from genoseq.genome.tracks import STRAND_COLOURS
from genoseq.writers.bigbed import BigBedRow, rgb

CONFIDENCE = "conf"
_LEVELS = 4
"""A part, its transcript, its gene, and one to spare."""
_SYMBOLS, _NAMES = ("gene", "gene_name"), ("Name", "locus_tag", "gene_id")
"""Attributes with a gene's name on any line of it; those that say it on the gene's own line."""
ATTRIBUTES = (CONFIDENCE, *_SYMBOLS, *_NAMES)
"""What features have to keep to be named."""
_TEXT = str.maketrans(dict.fromkeys("\t\r\n\x00", " "))


class GenePrediction(NamedTuple):
    """A transcript, or a stretch of one, as one row can hold it; 0-based half-open.

    Attributes
    ----------
    chrom, start, end, strand
        Where it is.
    name, other
        Its ID, and its name for people; equal if it has none.
    score
        0 to 1000: ``conf`` in thousandths, 1000 where nothing is said.
    thick
        From the first coding base on the contig to the last; empty without a CDS.
    blocks
        Exons, ascending.
    frames
        Of each block: bases of its first codon that come before it, 5' to 3'; -1 without a CDS.
    status
        Of the CDS at its first base on the contig and at its last: ``cmpl``, ``incmpl``, ``none``.
    """

    chrom: str
    start: int
    end: int
    strand: Strand
    name: str
    other: str
    score: int
    thick: tuple[int, int]
    blocks: tuple[tuple[int, int], ...]
    frames: tuple[int, ...]
    status: tuple[str, str]


def gene_predictions(annotation: Annotation) -> Iterator[GenePrediction]:
    """All transcripts with exons or a CDS: once for each CDS, and once without."""
    known = {feature.id: feature for feature in annotation.features if feature.id is not None}
    for transcript in annotation.transcripts:
        for cds in transcript.coding or (None,):
            for exons, coding in _stretches(transcript.exons, cds.parts if cds else ()):
                about = _said((coding or exons)[0], known)
                yield _prediction(transcript, about, cds, exons, coding)


def _said(part: Feature, known: Mapping[str, Feature]) -> list[dict[str, str]]:
    """Attributes of a part, and of what it is a part of, up to the gene."""
    found = [dict(part.attributes)]
    while part.parents and part.parents[0] in known and len(found) < _LEVELS:
        part = known[part.parents[0]]
        found.append(dict(part.attributes))
    return found


def _named(about: list[dict[str, str]]) -> str | None:
    """A name for people, if there is one."""
    symbols = (said.get(key) for key in _SYMBOLS for said in about)
    names = (about[-1].get(key) for key in _NAMES)
    return next(filter(None, (*symbols, *names)), None)


def gene_row(gene: GenePrediction) -> BigBedRow:
    """The row of bigGenePred."""
    kind = "noncoding" if gene.status[0] == "none" else "coding"
    columns = (
        gene.name, gene.score, gene.strand, *gene.thick, rgb(STRAND_COLOURS[gene.strand]),
        len(gene.blocks),
        _listed(end - start for start, end in gene.blocks),
        _listed(start - gene.start for start, _ in gene.blocks),
        gene.other, *gene.status, _listed(gene.frames), kind, gene.name, gene.other, kind,
    )  # fmt: skip
    return BigBedRow(gene.chrom, gene.start, gene.end, "\t".join(map(str, columns)))


_Parts = tuple[Feature, ...]


def _stretches(exons: _Parts, coding: _Parts) -> Iterator[tuple[_Parts, _Parts]]:
    """Exons and coding parts of each stretch that one row can hold."""
    for stretch in _one_way(exons or coding):
        low, high = min(part.start for part in stretch), max(part.end for part in stretch)
        chrom, strand = stretch[0].chrom, stretch[0].strand
        yield (
            stretch,
            tuple(
                part
                for part in coding
                if (part.chrom, part.strand) == (chrom, strand)
                and low <= part.start
                and part.end <= high
            ),
        )


def _one_way(parts: _Parts) -> Iterator[_Parts]:
    """Parts, 5' to 3', cut where they turn back or go to another strand or contig."""
    first = 0
    for at in range(1, len(parts) + 1):
        if at < len(parts):
            last, part = parts[at - 1], parts[at]
            ahead = part.start < last.start if part.strand == "-" else part.start > last.start
            if ahead and (part.chrom, part.strand) == (last.chrom, last.strand):
                continue
        if parts:
            yield parts[first:at]
        first = at


def _prediction(
    transcript: Transcript,
    about: list[dict[str, str]],
    cds: Cds | None,
    exons: _Parts,
    coding: _Parts,
) -> GenePrediction:
    blocks = _blocks(exons)
    start, end = blocks[0].start, blocks[-1].end
    thick = (start, start)
    if coding:
        thick = min(part.start for part in coding), max(part.end for part in coding)
    name = _text((coding or exons)[0].id or transcript.name)
    return GenePrediction(
        exons[0].chrom, start, end, exons[0].strand, name, _text(_named(about) or name),
        _score(about[0]), thick,
        tuple((block.start, block.end) for block in blocks),
        tuple(_frame(block, coding) for block in blocks),
        _status(cds, coding),
    )  # fmt: skip


def _blocks(parts: _Parts) -> list[Feature]:
    """Parts ascending; a base that two parts share is of the first only."""
    found: list[Feature] = []
    for part in sorted(parts, key=lambda part: (part.start, part.end)):
        start = max(part.start, found[-1].end) if found else part.start
        if start < part.end:
            found.append(replace(part, start=start))
    return found


def _frame(block: Feature, coding: _Parts) -> int:
    """How many bases of its first codon come before a block, 5' to 3'; -1 without a CDS."""
    within = [part for part in coding if part.start < block.end and block.start < part.end]
    if not within:
        return -1
    if within[0].strand == "-":
        first = max(within, key=lambda part: part.end)
        before = max(first.end - block.end, 0)
    else:
        first = min(within, key=lambda part: part.start)
        before = max(block.start - first.start, 0)
    return (before - (first.phase or 0)) % 3


def _status(cds: Cds | None, coding: _Parts) -> tuple[str, str]:
    """Whether a CDS is whole at its first base on the contig, and at its last."""
    if cds is None or not coding:
        return "none", "none"
    cut = [cds.partial_start, cds.partial_end]
    cut = cut[::-1] if coding[0].strand == "-" else cut
    return "incmpl" if cut[0] else "cmpl", "incmpl" if cut[1] else "cmpl"


def _score(said: Mapping[str, str]) -> int:
    """``conf`` in thousandths; 1000 where nothing is said."""
    try:
        return min(max(round(1000 * float(said[CONFIDENCE])), 0), 1000)
    except (KeyError, ValueError, OverflowError):
        return 1000


def _listed(numbers: Iterable[int]) -> str:
    return "".join(f"{number}," for number in numbers)


def _text(text: str) -> str:
    return text.translate(_TEXT).strip() or "."
