"""Which lines of an annotation are parts of one transcript, and in which order.

Parts belong to each of their parents (or to their own id, or each to itself), on one strand of one
contig.  What is said to be trans-spliced may lie on both strands, in the order of the file.

*Two loci.*  One name at two loci is two transcripts.  They are told apart by what bears the
name (two ``transcript`` lines), by exon numbers that begin again, and by a CDS that ends within one
exon and begins again within another.

*CDS.*  Lines of one transcript are one CDS if they share an id, or have none.  Lines with an id of
their own each are one CDS if they end and begin where exons do, or, where there are no exons, if
their phases go on from one to the next and they are not all of whole codons (an operon); lines
that overlap by more than a slip of the ribosome never are.  A CDS out of frame, of which nothing
says that it goes on, is cut off at an end that is not known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from genoseq.genome.circles import all_within, from_gap, meets_itself
from genoseq.genome.features import Feature
from genoseq.genome.genes import Cds, Transcript
from genoseq.genome.regions import Region, merge, subtract

SPELLINGS = {
    "five_prime_UTR": ("five_prime_UTR", "five_prime_utr", "5UTR", "5'UTR"),
    "three_prime_UTR": ("three_prime_UTR", "three_prime_utr", "3UTR", "3'UTR"),
}
"""How files write the types that are spelled in several ways."""
_OWN = {name: name for name in ("intron", "splice_donor", "splice_acceptor", "start_codon",
                                "stop_codon")}  # fmt: skip
_OWN |= {spelling: name for name, all_ in SPELLINGS.items() for spelling in all_}
_PARTS = {"CDS", "exon", *_OWN}
_TRANSLATED = ("CDS", "start_codon", "stop_codon")
_SLIP = 3  # bp that two parts of one CDS may share

Family = tuple[str, str, str]
"""Contig and strand (empty if trans-spliced), and name."""


def group_transcripts(features: Sequence[Feature], circles: Mapping[str, int]) -> list[Transcript]:
    """Transcripts of a whole annotation, in the order of their first parts.

    Parameters
    ----------
    features
        In the order of the file.
    circles
        Length (bp) of each contig that is a circle.
    """
    pseudo = _pseudogenes(features)
    families: dict[Family, list[Feature]] = defaultdict(list)
    wholes: dict[Family, list[Feature]] = defaultdict(list)
    for number, feature in enumerate(features):
        if feature.type not in _PARTS:
            if feature.id is not None:
                wholes[feature.chrom, feature.strand, feature.id].append(feature)
            continue
        for name in feature.parents or (feature.id or f"\0{number}",):
            families[_family(feature, name)].append(feature)
    return [
        _transcript(family[2].partition("\0")[0], parts, circles, pseudo)
        for family, all_parts in families.items()
        for parts in _loci(all_parts, wholes.get(family, ()), circles.get(family[0], 0))
    ]


def _family(feature: Feature, name: str) -> Family:
    anywhere = "trans-spliced" in feature.marks
    return ("", "", name) if anywhere else (feature.chrom, feature.strand, name)


def _pseudogenes(features: Iterable[Feature]) -> set[str]:
    """IDs of pseudogenes and of all that is part of them."""
    found = {f.id for f in features if f.id is not None and "pseudo" in f.marks}
    children: dict[str, set[str]] = defaultdict(set)
    for feature in features:
        if feature.id is not None:
            for parent in feature.parents:
                children[parent].add(feature.id)
    new = set(found)
    while new:
        new = {child for parent in new for child in children[parent]} - found
        found |= new
    return found


def _transcript(
    name: str, parts: Sequence[Feature], circles: Mapping[str, int], pseudo: set[str]
) -> Transcript:
    by_type: dict[str, list[Feature]] = defaultdict(list)
    for part in dict.fromkeys(parts):
        dead = "pseudo" in part.marks or pseudo & {part.id, *part.parents}
        if not (dead and part.type in _TRANSLATED):
            by_type[_OWN.get(part.type, part.type)].append(part)
    exons = in_order(by_type.pop("exon", ()), circles)
    lines = by_type.pop("CDS", [])
    groups = [in_order(whole, circles) for whole in _coding(lines, exons, name)]
    stops = by_type.get("stop_codon", ()) if len(groups) == 1 else ()
    coding = tuple(_cds(group, stops, circles) for group in groups)
    own = {kind: in_order(others, circles) for kind, others in by_type.items()}
    return Transcript(name, exons, coding, own, circles.get(parts[0].chrom, 0))


def in_order(parts: Sequence[Feature], circles: Mapping[str, int]) -> tuple[Feature, ...]:
    """Parts of one whole 5' to 3', none of which crosses the origin."""
    strands = {part.strand for part in parts}
    if parts and all(part.number is not None for part in parts):
        ordered = sorted(parts, key=lambda part: part.number or 0)
    elif len(strands) > 1 or any("trans-spliced" in part.marks for part in parts):
        ordered = list(parts)
    else:
        ordered = sorted(parts, key=lambda part: (part.start, part.end))
        ordered = from_gap(ordered, circles.get(ordered[0].chrom, 0)) if ordered else []
        if strands == {"-"}:
            ordered.reverse()
    return tuple(all_within(ordered, circles))


def _loci(
    parts: Sequence[Feature], wholes: Sequence[Feature], circle: int
) -> Iterator[list[Feature]]:
    """The parts of each place at which there is a transcript of their name."""
    spans: list[Region] = []
    if len(wholes) > 1 and not meets_itself(sorted(wholes, key=lambda each: each.start), circle):
        spans = merge(Region(whole.chrom, whole.start, whole.end) for whole in wholes)
    if len(spans) < 2 and len(parts) > 1:
        spans = _counted_again(parts) or _coding_again(parts)
    if len(spans) < 2:
        yield list(parts)
        return
    loci: list[list[Feature]] = [[] for _ in spans]
    for part in parts:
        near = [max(part.start - span.end, span.start - part.end) for span in spans]
        loci[near.index(min(near))].append(part)
    yield from filter(None, loci)


def _counted_again(parts: Sequence[Feature]) -> list[Region]:
    """Spans of exons whose numbers begin again; none if they do not, or the spans overlap."""
    times: Counter[int] = Counter()
    spans: dict[int, Region] = {}
    exons = [part for part in parts if part.type == "exon"]
    for exon in exons or [part for part in parts if part.type == "CDS"]:
        if exon.exon_number is None:
            return []
        locus = times[exon.exon_number]
        times[exon.exon_number] += 1
        known = spans.get(locus, Region(exon.chrom, exon.start, exon.end))
        spans[locus] = replace(
            known, start=min(known.start, exon.start), end=max(known.end, exon.end)
        )
    found = merge(spans.values())
    return found if len(found) == len(spans) else []


def _coding_again(parts: Sequence[Feature]) -> list[Region]:
    """Spans between which a CDS ends within one exon and begins again within another."""
    counts = Counter(part.type for part in parts)
    if min(counts["exon"], counts["CDS"]) < 2:
        return []
    if any(part.number is not None or "trans-spliced" in part.marks for part in parts):
        return []
    exons = merge(Region(p.chrom, p.start, p.end) for p in parts if p.type == "exon")
    coding = merge(Region(p.chrom, p.start, p.end) for p in parts if p.type == "CDS")
    within = [
        next((e for e in exons if e.start <= each.start and each.end <= e.end), None)
        for each in coding
    ]
    spans: list[Region] = []
    for (left, ours), (right, theirs) in pairwise(zip(coding, within, strict=True)):
        if ours is None or theirs is None or ours == theirs:
            continue
        if left.end < ours.end and theirs.start < right.start:
            start = spans[-1].end if spans else exons[0].start
            first = replace(ours, start=start)
            spans = [*spans[:-1], first] if spans else [first]
            spans.append(replace(theirs, end=exons[-1].end))
    return spans


def _coding(
    lines: Sequence[Feature], exons: Sequence[Feature], parent: str
) -> Iterator[list[Feature]]:
    """The lines of each CDS of a transcript."""
    by_id: dict[str | None, list[Feature]] = defaultdict(list)
    for line in lines:
        by_id[line.id].append(line)
    nameless = by_id.pop(None, [])
    if _overlap(nameless):
        yield from ([line] for line in nameless)
    elif nameless:
        yield nameless
    alone = [group[0] for group in by_id.values() if len(group) == 1]
    yield from (group for group in by_id.values() if len(group) > 1)
    if len(alone) > 1 and not _overlap(alone) and _joined(alone, exons, parent):
        yield alone
    else:
        yield from ([line] for line in alone)


def _overlap(lines: Sequence[Feature]) -> bool:
    """Whether two lines share more bases than a slip of the ribosome."""
    ordered = sorted(lines, key=lambda line: (line.start, line.end))
    return any(left.end - right.start > _SLIP for left, right in pairwise(ordered))


def _joined(lines: Sequence[Feature], exons: Sequence[Feature], parent: str) -> bool:
    """Whether lines with an id each are one CDS."""
    ordered = in_order(lines, {})
    if exons:
        starts, stops = {exon.start for exon in exons}, {exon.end for exon in exons}
        inner = [*ordered[1:]], [*ordered[:-1]]
        after, before = inner if ordered[0].strand != "-" else inner[::-1]
        return {part.start for part in after} <= starts and {part.end for part in before} <= stops
    if all(line.id is not None and line.id.startswith(parent) for line in lines):
        return True
    if all(len(line) % 3 == 0 and not line.phase for line in lines):
        return False
    chained = zip(in_phase(ordered, afresh=True), ordered, strict=True)
    return all(line.phase in (None, part.phase) for part, line in chained)


def _cds(parts: tuple[Feature, ...], stops: Sequence[Feature], circles: Mapping[str, int]) -> Cds:
    if outside := list(_outside(stops, parts)):
        parts = in_order([*parts, *outside], circles)
    phased = tuple(in_phase(parts))
    if outside:
        phased = tuple(_contiguous(phased))
    first, last = phased[0], phased[-1]
    marked = any(part.open_start or part.open_end for part in parts)
    out_of_frame = (len(last) - (last.phase or 0)) % 3 != 0 and not last.open_3prime
    somewhere = out_of_frame or (not marked and any("partial" in part.marks for part in parts))
    return Cds(
        phased,
        somewhere or first.open_5prime or first.phase != 0,
        somewhere or last.open_3prime,
        any("slippage" in part.marks for part in parts),
    )


def _outside(stops: Sequence[Feature], parts: Sequence[Feature]) -> Iterator[Feature]:
    """The bases of stop codons that lie outside the CDS, as further parts of it (GTF)."""
    if not stops:
        return
    holes = merge(Region(part.chrom, part.start, part.end) for part in parts)
    for stop in stops:
        for left in subtract(Region(parts[0].chrom, stop.start, stop.end), holes):
            whole = (left.start, left.end) == (stop.start, stop.end)
            phase = stop.phase if whole else None
            yield replace(parts[-1], start=left.start, end=left.end, phase=phase)


def _contiguous(parts: Iterable[Feature]) -> Iterator[Feature]:
    """Parts of a CDS, those that go on where the one before ends joined to it."""
    last: Feature | None = None
    for part in parts:
        if last is None:
            last = part
            continue
        low, high = (part, last) if part.strand == "-" else (last, part)
        goes_on = low.end == high.start and part.phase == ((last.phase or 0) - len(last)) % 3
        if goes_on:
            last = replace(last, start=low.start, end=high.end)
        else:
            yield last
            last = part
    if last is not None:
        yield last


def in_phase(parts: Iterable[Feature], afresh: bool = False) -> Iterator[Feature]:
    """Parts of a CDS, 5' to 3', each with a phase.

    A part keeps the phase of its file, which is right by definition even across a frameshift; one
    without a phase goes on where the part before it ended, and a first part starts in phase 0.
    ``afresh``: only the first part's is kept.
    """
    phase: int | None = None
    for part in parts:
        known = part.phase if phase is None or not afresh else None
        phase = (phase or 0) if known is None else known
        yield part if part.phase == phase else replace(part, phase=phase)
        phase = (phase - len(part)) % 3
