"""Which bases are asked for: regions out of BED files, region strings and annotations.

Two forms, because 100,000 small regions are the common case.  :class:`Intervals` holds many regions
as columns and is what extraction works on; where regions are reshaped (flanks, tiles, blacklist)
they are :class:`~genoseq.genome.regions.Region` objects, one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from operator import le
from os import PathLike
from typing import TYPE_CHECKING, NamedTuple, cast

from genoseq.errors import ConfigError, InputFormatError, listed
from genoseq.files.compression import open_bytes, text_of
from genoseq.files.inputs import Input, kept
from genoseq.genome.derived import meant_type
from genoseq.genome.features import Feature
from genoseq.genome.regions import Region, Strand, cut_out, flank, known_holes, tiles
from genoseq.readers.bed import read_bed

if TYPE_CHECKING:
    from genoseq.readers.fasta import Fasta

NO_NAME = "."

# Characters of BED per chunk: some 900 lines, whose sequences at 500 bp fit into the L2 cache, and
# into memory that Python keeps from chunk to chunk.
_CHUNK_TEXT = 1 << 15
_CHUNK_REGIONS = 8192


class Intervals(NamedTuple):
    """Regions as columns of equal length, 0-based half-open, in the order of the source."""

    chroms: list[str]
    starts: list[int]
    ends: list[int]
    strands: list[str]
    names: list[str]

    def pick(self, kept: Iterable[bool]) -> Intervals:
        """The regions where ``kept`` is true."""
        indices = [index for index, keep in enumerate(kept) if keep]
        chroms, starts, ends, strands, names = self
        return Intervals(
            [chroms[index] for index in indices],
            [starts[index] for index in indices],
            [ends[index] for index in indices],
            [strands[index] for index in indices],
            [names[index] for index in indices],
        )

    def regions(self) -> Iterator[NamedRegion]:
        """The same regions one by one."""
        for chrom, start, end, strand, name in zip(*self, strict=True):
            yield NamedRegion(Region(chrom, start, end, cast(Strand, strand)), name)


class NamedRegion(NamedTuple):
    """A region and its name in BED, which is the source's name or the split."""

    region: Region
    name: str = NO_NAME


@dataclass(frozen=True, slots=True)
class Reshape:
    """What happens to each region before it is extracted, in this order.

    Attributes
    ----------
    upstream, downstream
        bp added 5' and 3' of it, on its own strand, clipped to the contig.
    holes
        Blacklist by contig, as :func:`known_holes` makes it: bases here are cut out, and a
        region that holds some falls into pieces.
    tile, step
        bp of the pieces that each region is cut into, and bp from one to the next (default:
        ``tile``), from the region's lower coordinate on; the last one may be shorter.  0: whole.
    min_length
        bp; shorter pieces are dropped.
    """

    upstream: int = 0
    downstream: int = 0
    holes: Mapping[str, list[Region]] | None = None
    tile: int = 0
    step: int = 0
    min_length: int = 0

    def __post_init__(self) -> None:
        if min(self.upstream, self.downstream, self.tile, self.step, self.min_length) < 0:
            raise ConfigError("flanks, tile, step and min length cannot be negative")
        if self.step and not self.tile:
            raise ConfigError("a step needs a tile size")

    def __call__(self, named: NamedRegion, lengths: Mapping[str, int]) -> Iterator[NamedRegion]:
        """The pieces of one region that lies inside its contig."""
        region, name = named
        if self.upstream or self.downstream:
            region = flank(region, self.upstream, self.downstream, lengths[region.chrom])
        for piece in cut_out(region, (self.holes or {}).get(region.chrom, ())):
            for part in tiles(piece, self.tile, self.step or self.tile):
                if len(part) >= self.min_length:
                    yield NamedRegion(part, name)


def blacklist_holes(blacklist: Iterable[Region], fasta: Fasta) -> dict[str, list[Region]]:
    """The blacklist as holes; RegionError if it is of other contigs than the FASTA's."""
    return known_holes(blacklist, fasta.lengths, "blacklist", str(fasta.path))


def in_chunks(regions: Iterable[NamedRegion], bases: int) -> Iterator[Intervals]:
    """Columns of consecutive regions, at most 8,192 and about ``bases`` bp at a time."""
    chunk: list[NamedRegion] = []
    held = 0
    for named in regions:
        if chunk and (len(chunk) == _CHUNK_REGIONS or held + len(named.region) > bases):
            yield _columns(chunk)
            chunk, held = [], 0
        chunk.append(named)
        held += len(named.region)
    if chunk:
        yield _columns(chunk)


def _columns(chunk: list[NamedRegion]) -> Intervals:
    return Intervals(
        [named.region.chrom for named in chunk],
        [named.region.start for named in chunk],
        [named.region.end for named in chunk],
        [named.region.strand for named in chunk],
        [named.name for named in chunk],
    )


def feature_regions(
    features: Iterable[Feature], types: Collection[str], path: str | PathLike[str] | None = None
) -> Iterator[NamedRegion]:
    """One region for each annotated interval of the types; its name is the id, or else the type.

    Errors name ``path``, the annotation's.

    Raises
    ------
    InputFormatError
        If there is none of these types; the message lists those that exist.
    """
    found = list(features)
    wanted = [feature for feature in found if feature.type in types]
    if not wanted:
        there = {feature.type for feature in found}
        meanings = [meant_type(name, there) for name in types]
        close = [name for name in meanings if name is not None and name in there]
        meant = f", did you mean {listed(close)}?" if close else ";"
        problem = f"no feature of type {', '.join(types)}{meant} types there: {listed(there)}"
        raise InputFormatError(problem, path)
    for item in wanted:
        yield NamedRegion(
            Region(item.chrom, item.start, item.end, item.strand), item.id or item.type
        )


def bed_intervals(
    path: str | PathLike[str], lengths: Mapping[str, int] | None = None
) -> Iterator[Intervals]:
    """Regions of a BED file in chunks, on contigs of these lengths if it says any.

    Plain tables (3 to 6 columns, no comments) are split column-wise, five times as fast as line by
    line.  From the first chunk that is anything else, ``read_bed`` takes over: it knows the whole
    format and its errors carry line numbers.

    Raises
    ------
    InputFormatError
        If the file is not BED.
    """
    done = 0
    with kept(path) as given:
        for chunk in _plain_chunks(given):
            if chunk is None:
                rows = islice(read_bed(given, lengths, inside=False), done, None)
                yield from in_chunks((NamedRegion(row.region, row.name) for row in rows), 1 << 24)
                return
            done += len(chunk.starts)
            yield chunk


def _plain_chunks(path: Input) -> Iterator[Intervals | None]:
    """Chunks of a plain table, and None instead of the first that is none."""
    width = 0
    with open_bytes(path) as stream:
        file = text_of(stream, path)
        while text := file.read(_CHUNK_TEXT):
            text += file.readline()
            # A line end becomes a field of its own, so that every line has width fields.
            width = width or text.partition("\n")[0].count("\t") + 2
            chunk = _plain_table(text, width)
            yield chunk
            if chunk is None:
                return


def _plain_table(text: str, width: int) -> Intervals | None:
    """Columns of BED3 to BED6 lines of ``width - 1`` columns; None if any line is anything else."""
    if not text.endswith("\n"):
        text += "\n"
    if not 4 <= width <= 7 or text.startswith("#") or "\n#" in text:
        return None
    fields = text.replace("\n", "\t\n\t").split("\t")
    fields.pop()
    count = len(fields) // width
    if len(fields) % width or fields[width - 1 :: width].count("\n") != count:
        return None
    chroms, starts, ends = fields[0::width], fields[1::width], fields[2::width]
    digits = "".join(starts) + "".join(ends)
    if not (digits.isascii() and digits.isdigit() and all(starts) and all(ends)):
        return None
    try:
        low, high = list(map(int, starts)), list(map(int, ends))
    except ValueError:  # of more digits than Python reads
        return None
    strands = fields[5::width] if width == 7 else [NO_NAME] * count
    names = fields[3::width] if width > 4 else [NO_NAME] * count
    if not set(strands) <= {"+", "-", "."} or not all(map(le, low, high)) or max(high) >> 62:
        return None
    return Intervals(chroms, low, high, strands, names) if all(chroms) and all(names) else None
