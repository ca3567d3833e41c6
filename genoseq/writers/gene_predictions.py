"""Transcripts as rows of bigGenePred, BED12 with frames and names.

Columns: https://genome.ucsc.edu/goldenPath/help/bigGenePred.html.  A transcript across the origin
of a circle has a row on either side of it, one of a trans-spliced gene a row for each stretch: no
row of BED can hold them.  Where two parts share a base, at a slip of the ribosome, it is of one
block only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from genoseq.genome.features import Feature
from genoseq.genome.genes import Cds, Transcript
from genoseq.genome.tracks import STRAND_COLOURS
from genoseq.writers.bigbed import BigBedRow, rgb

CONFIDENCE = "conf"
NAMES = ("gene", "gene_name", "Name", "product")
"""Attributes that hold names for people, the best first."""
_TEXT = str.maketrans(dict.fromkeys("\t\r\n\x00", " "))


def gene_rows(transcripts: Iterable[Transcript]) -> Iterator[BigBedRow]:
    """Rows of all transcripts with exons or a CDS: one for each CDS, and for each without."""
    for transcript in transcripts:
        for cds in transcript.coding or (None,):
            for exons, coding in _stretches(transcript.exons, cds.parts if cds else ()):
                yield _row(transcript, cds, exons, coding)


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


def _row(transcript: Transcript, cds: Cds | None, exons: _Parts, coding: _Parts) -> BigBedRow:
    blocks = _blocks(exons)
    start, end = blocks[0].start, blocks[-1].end
    thick = (start, start)
    if coding:
        thick = min(part.start for part in coding), max(part.end for part in coding)
    said = {key: text for part in (*coding, *exons) for key, text in part.attributes}
    name = _text((coding or exons)[0].id or transcript.name)
    other = _text(next((said[key] for key in NAMES if said.get(key)), name))
    kind = "coding" if coding else "noncoding"
    columns = (
        name, _score(said), exons[0].strand, *thick, rgb(STRAND_COLOURS[exons[0].strand]),
        len(blocks),
        _listed(block.end - block.start for block in blocks),
        _listed(block.start - start for block in blocks),
        other, *_status(cds, coding), _listed(_frame(block, coding) for block in blocks),
        kind, name, other, kind,
    )  # fmt: skip
    return BigBedRow(exons[0].chrom, start, end, "\t".join(map(str, columns)))


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
