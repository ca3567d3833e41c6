"""Intervals on contigs.  Everywhere inside genoseq an interval is 0-based and half-open.

Only readers, writers and region strings (``chr1:1-100``, 1-based and closed) count otherwise.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Literal

from genoseq.errors import InputFormatError, RegionError, listed
from genoseq.genome.contig_names import contigs_there

Strand = Literal["+", "-", "."]

_REGION = re.compile(
    r"^(?P<chrom>.+?)(?::(?P<start>[0-9][0-9,]{0,23})-(?P<end>[0-9][0-9,]{0,23}))?(?:\((?P<strand>[+-])\))?$"
)


@dataclass(frozen=True, slots=True)
class Region:
    """Bases ``start <= i < end`` of ``chrom``, 0-based; ``strand`` is ``+``, ``-`` or ``.``."""

    chrom: str
    start: int
    end: int
    strand: Strand = "."

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise RegionError(
                f"{self.chrom}: interval [{self.start}, {self.end}) is not possible: "
                f"start must be at least 0 and not after end"
            )

    def __len__(self) -> int:
        return self.end - self.start

    def __str__(self) -> str:
        return format_region(self)


def parse_region(text: str, lengths: Mapping[str, int] | None = None) -> Region:
    """Region of ``chrom``, ``chrom:start-end`` or ``chrom:start-end(strand)``, 1-based and closed.

    Parameters
    ----------
    text
        The region string; commas in numbers are allowed.
    lengths
        Contig lengths.  Names in it win over the pattern, so that a contig called ``a:1-5`` can be
        asked for, and a bare name means the whole contig.  Without it a bare name is an error.

    Raises
    ------
    RegionError
        If the string does not parse, or the contig or the bases do not exist.
    """
    if lengths is not None and text in lengths:
        return Region(text, 0, lengths[text])
    match = _REGION.match(text.strip())
    if match is None or (match["start"] is None and lengths is None):
        raise RegionError(
            f"region {text!r}: expected chrom:start-end, 1-based, such as chr1:1-1000"
        )
    chrom = match["chrom"]
    strand: Strand = "." if match["strand"] is None else "-" if match["strand"] == "-" else "+"
    if lengths is not None and chrom not in lengths:
        raise RegionError(
            f"region {text!r}: the FASTA has no contig {chrom!r} but "
            f"{contigs_there(lengths, [chrom])}"
        )
    if match["start"] is None:
        assert lengths is not None
        return Region(chrom, 0, lengths[chrom], strand)
    start, end = (int(match[key].replace(",", "")) for key in ("start", "end"))
    if start < 1 or end < start:
        raise RegionError(f"region {text!r}: bases are counted from 1 and start is not after end")
    region = Region(chrom, start - 1, end, strand)
    return region if lengths is None else check_bounds(region, lengths)


def format_region(region: Region) -> str:
    """``chrom:start-end``, 1-based and closed, with ``(+)`` or ``(-)`` where stranded."""
    strand = "" if region.strand == "." else f"({region.strand})"
    return f"{region.chrom}:{region.start + 1}-{region.end}{strand}"


def check_bounds(region: Region, lengths: Mapping[str, int], genome: str = "the FASTA") -> Region:
    """The region itself; RegionError if its contig is unknown or it runs past the contig's end.

    ``genome`` is what the error calls the place that has contigs of these lengths.
    """
    if region.chrom not in lengths:
        raise RegionError(
            f"contig {region.chrom!r} of region {region} is not in {genome}, which has "
            f"{contigs_there(lengths, [region.chrom])}: names must equal the first word of the "
            f"FASTA's headers (chr is never added or removed)"
        )
    if region.end > lengths[region.chrom]:
        raise RegionError(
            f"region {region} ends past the contig's last base, {lengths[region.chrom]}"
        )
    return region


def check_lengths(
    stated: Mapping[str, int],
    lengths: Mapping[str, int],
    path: str | PathLike[str] | None = None,
) -> None:
    """Raise InputFormatError if a file says another length of a contig than the genome has.

    Contigs that only one of them has are passed over.
    """
    for chrom, length in stated.items():
        if lengths.get(chrom, length) != length:
            raise InputFormatError(
                f"contig {chrom!r} has {length} bp here and {lengths[chrom]} in the FASTA: "
                f"is it another assembly?",
                path,
            )


def clip(region: Region, length: int) -> Region:
    """The part of the region inside a contig of ``length`` bases (perhaps of length 0)."""
    return replace(region, start=min(region.start, length), end=min(region.end, length))


def flank(region: Region, upstream: int, downstream: int, length: int) -> Region:
    """The region grown by bases 5' and 3' of it **on its strand**, clipped to the contig."""
    left, right = (downstream, upstream) if region.strand == "-" else (upstream, downstream)
    start = min(max(0, region.start - left), length)
    return replace(region, start=start, end=max(start, min(length, region.end + right)))


def merge(regions: Iterable[Region]) -> list[Region]:
    """Union of the regions without regard to strand, sorted by contig name and start."""
    merged: list[Region] = []
    for region in sorted(regions, key=lambda r: (r.chrom, r.start, r.end)):
        last = merged[-1] if merged else None
        if last is not None and last.chrom == region.chrom and region.start <= last.end:
            merged[-1] = replace(last, end=max(last.end, region.end))
        elif len(region):
            merged.append(replace(region, strand="."))
    return merged


def subtract(region: Region, holes: Iterable[Region]) -> Iterator[Region]:
    """Parts of ``region`` outside ``holes``; the holes are merged, sorted and on its contig."""
    start = region.start
    for hole in holes:
        if hole.end <= start or hole.start >= region.end:
            continue
        if hole.start > start:
            yield replace(region, start=start, end=hole.start)
        start = hole.end
    if start < region.end:
        yield replace(region, start=start)


def holes_by_contig(regions: Iterable[Region]) -> dict[str, list[Region]]:
    """Union of the regions, sorted, by contig, as :func:`cut_out` takes it."""
    holes: dict[str, list[Region]] = {}
    for hole in merge(regions):
        holes.setdefault(hole.chrom, []).append(hole)
    return holes


def known_holes(
    regions: Iterable[Region],
    lengths: Mapping[str, int] | None,
    role: str,
    genome: str = "the FASTA",
) -> dict[str, list[Region]]:
    """:func:`holes_by_contig` of a mask or blacklist, which is for a genome.

    Parameters
    ----------
    lengths
        bp of the genome's contigs; None if they are not known.
    role, genome
        How an error names the two.

    Raises
    ------
    RegionError
        If there are regions, and none is on a contig of the genome.
    """
    found = list(regions)
    chroms = {region.chrom for region in found}
    if lengths is not None and chroms and not chroms & lengths.keys():
        raise RegionError(
            f"{role}: its contigs are {listed(chroms)}, but {genome} has "
            f"{contigs_there(lengths, chroms)}: names must be equal (chr is never added or removed)"
        )
    return holes_by_contig(found)


def touching(holes: Sequence[Region], start: int, end: int) -> Sequence[Region]:
    """The sorted, merged regions of one contig that hold a base ``start <= i < end``."""
    first = bisect_right(holes, start, key=lambda hole: hole.end)
    return holes[first : bisect_left(holes, end, key=lambda hole: hole.start)]


def cut_out(region: Region, holes: Sequence[Region]) -> Iterator[Region]:
    """Parts of a region outside sorted, merged holes of its contig; looks only at those near."""
    return subtract(region, touching(holes, region.start, region.end))


def tiles(region: Region, size: int, step: int) -> Iterator[Region]:
    """Pieces of ``size`` bp every ``step`` bp; none begins after one that reached the end."""
    if not size:
        yield region
        return
    for start in range(region.start, region.end, step):
        yield replace(region, start=start, end=min(start + size, region.end))
        if start + size >= region.end:
            return
