"""What follows from the parts of a transcript where it does not state it itself.

``intron``
    gaps of at least :data:`SHORTEST_INTRON` bp between its exons, and between the parts of a CDS
    that its exons do not hold, or that has none.  Shorter ones mend a frameshift, and where the
    ribosome is said to slip none is an intron.
``coding_intron``
    gaps as long between the parts of a CDS.
``splice_donor``, ``splice_acceptor``
    the first and last 2 bp of each intron on its strand.
``five_prime_UTR``, ``three_prime_UTR``
    its exons before the first coding base, and after the last.
``start_codon``, ``stop_codon``
    the first and last three coding bases of a CDS that is whole at that end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise

from genoseq.genome.circles import within_circle
from genoseq.genome.features import Feature
from genoseq.genome.genes import Cds, Transcript

CODING_INTRON = "coding_intron"
"""An intron between two parts of a CDS."""
SHORTEST_INTRON = 10
_SITE = 2
DERIVED = (
    "intron", "splice_donor", "splice_acceptor", "five_prime_UTR", "three_prime_UTR", "start_codon",
    "stop_codon", CODING_INTRON,
)  # fmt: skip
"""The types that are derived."""

Whole = Sequence[Feature]
"""The pieces of one intron, site or codon, 5' to 3'."""


def meant_type(name: str, types: Collection[str]) -> str | None:
    """The type, there or derived, that a misspelt one is likely to mean: ``CDS`` for ``cds``."""
    lower = {known.lower(): known for known in (*types, *DERIVED) if known != name}
    close = get_close_matches(name.lower(), lower, n=1, cutoff=0.8)
    return lower[close[0]] if close else None


def derived(transcript: Transcript, kind: str) -> list[Whole]:
    """What a transcript has of one of the types of :data:`DERIVED`: stated, or else derived."""
    if kind in transcript.own:
        return [[part] for part in transcript.own[kind]]
    if kind == "intron":
        return list(_introns(transcript))
    if kind == CODING_INTRON:
        return [gap for cds in transcript.coding for gap in _coding_gaps(cds, transcript)]
    if kind == "splice_donor":
        return [_first(intron, _SITE) for intron in derived(transcript, "intron")]
    if kind == "splice_acceptor":
        return [_last(intron, _SITE) for intron in derived(transcript, "intron")]
    if kind == "start_codon":
        return [_first(cds.parts, 3) for cds in transcript.coding if not cds.partial_start]
    if kind == "stop_codon":
        return [_last(cds.parts, 3) for cds in transcript.coding if not cds.partial_end]
    return [_untranslated(transcript, kind)]


def _introns(transcript: Transcript) -> Iterator[Whole]:
    if transcript.exons:
        yield from _gaps(transcript.exons, transcript)
    for cds in transcript.coding:
        # Of a gene that a file holds in part the exons may end before the CDS does.
        within = all(any(_holds(exon, part) for exon in transcript.exons) for part in cds.parts)
        if not within:
            yield from _coding_gaps(cds, transcript)


def _coding_gaps(cds: Cds, transcript: Transcript) -> Iterator[Whole]:
    """What lies between the parts of a CDS, unless the ribosome slips there."""
    if not cds.slippage:
        yield from _gaps(cds.parts, transcript)


def _gaps(parts: Whole, transcript: Transcript) -> Iterator[Whole]:
    """What lies between parts that follow one another on one strand of a contig."""
    for before, after in pairwise(_outermost(parts)):
        if (before.chrom, before.strand) != (after.chrom, after.strand):
            continue
        if None not in (before.number, after.number) and after.number != before.number + 1:  # type: ignore[operator]
            continue  # a part between them lies elsewhere
        left, right = (after, before) if before.strand == "-" else (before, after)
        end = right.start
        if left.start > right.start:
            end += transcript.circle  # across the origin
        if end - left.end < SHORTEST_INTRON:
            continue
        gap = Feature(left.chrom, left.end, end, left.strand, "intron", parents=(transcript.name,))
        yield within_circle(gap, transcript.circle)


def _outermost(parts: Whole) -> Iterator[Feature]:
    """Parts without those that lie within the one before (isoforms under one name)."""
    last: Feature | None = None
    for part in parts:
        if last is None or not _overlaps(last, part):
            if last is not None:
                yield last
            last = part
        else:
            last = replace(
                last,
                start=min(last.start, part.start),
                end=max(last.end, part.end),
                number=part.number,
            )
    if last is not None:
        yield last


def _overlaps(one: Feature, other: Feature) -> bool:
    here = (one.chrom, one.strand) == (other.chrom, other.strand)
    return here and one.start < other.end and other.start < one.end


def _holds(exon: Feature, part: Feature) -> bool:
    return _overlaps(exon, part) and exon.start <= part.start and part.end <= exon.end


def _first(parts: Whole, bases: int) -> list[Feature]:
    """The first bases of a whole."""
    return list(_taken(parts, bases, from_5prime=True))


def cut_after(parts: Whole, bases: int) -> tuple[list[Feature], list[Feature]]:
    """The first bases of a CDS, and the rest of it with its phases."""
    head: list[Feature] = []
    rest: list[Feature] = []
    for part in parts:
        size = min(bases, len(part))
        middle = part.end - size if part.strand == "-" else part.start + size
        low, high = replace(part, end=middle), replace(part, start=middle)
        first, last = (high, low) if part.strand == "-" else (low, high)
        phase = None if part.phase is None else (part.phase - size) % 3
        head += [first] if size else []
        rest += [replace(last, phase=phase)] if len(last) else []
        bases -= size
    return head, rest


def _last(parts: Whole, bases: int) -> list[Feature]:
    """The last bases of a whole, 5' to 3'."""
    return list(_taken(reversed(parts), bases, from_5prime=False))[::-1]


def _taken(parts: Iterable[Feature], bases: int, from_5prime: bool) -> Iterator[Feature]:
    for part in parts:
        size = min(bases, len(part))
        low = from_5prime == (part.strand != "-")
        start, end = (part.start, part.start + size) if low else (part.end - size, part.end)
        yield replace(part, start=start, end=end, phase=None)
        bases -= size
        if not bases:
            return


def _untranslated(transcript: Transcript, kind: str) -> list[Feature]:
    """Exons before the first coding base, or after the last."""
    if not transcript.coding:
        return []
    if kind == "five_prime_UTR":
        found = [_before(transcript.exons, cds.parts[0]) for cds in transcript.coding]
    else:
        found = [_after(transcript.exons, cds.parts[-1]) for cds in transcript.coding]
    return min(found, key=lambda parts: sum(map(len, parts)))


def _before(exons: Whole, first: Feature) -> list[Feature]:
    """Exons up to the part's first base; none if it is in no exon."""
    found: list[Feature] = []
    for exon in exons:
        if _overlaps(exon, first):
            cut = (
                replace(exon, start=max(exon.start, first.end))
                if exon.strand == "-"
                else replace(exon, end=min(exon.end, first.start))
            )
            return [*found, cut] if cut.end > cut.start else found
        found.append(exon)
    return []


def _after(exons: Whole, last: Feature) -> list[Feature]:
    """Exons from the base after the part's last one on; none if it is in no exon."""
    found: list[Feature] = []
    for exon in reversed(exons):
        if _overlaps(exon, last):
            cut = (
                replace(exon, end=min(exon.end, last.start))
                if exon.strand == "-"
                else replace(exon, start=max(exon.start, last.end))
            )
            return ([*found, cut] if cut.end > cut.start else found)[::-1]
        found.append(exon)
    return []
