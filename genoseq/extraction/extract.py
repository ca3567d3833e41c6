"""Letters of many regions of a FASTA: the bytes of ``bedtools getfasta``, read a stretch at a time.

Regions come in the order of their source and leave in it.  Those of a chunk that lie near one
another on a contig share one read of at most 8 Mb, and the reverse complement of that stretch is
made once.  Names are ``chrom:start-end``, 0-based as bedtools writes them, with ``(+)``, ``(-)``
or ``(.)`` where extraction is stranded.  Minus-strand regions are then reverse-complemented: case
is kept, and IUPAC codes become their complements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from operator import le, lt
from typing import TYPE_CHECKING, BinaryIO

from genoseq.errors import RegionError
from genoseq.extraction.intervals import Intervals, NamedRegion, Reshape, in_chunks
from genoseq.extraction.stretches import STRETCH, Cutter
from genoseq.genome.complement import reverse_complement
from genoseq.genome.regions import Region, check_bounds

if TYPE_CHECKING:
    from genoseq.readers.bed import BedRecord
    from genoseq.readers.fasta import Fasta


@dataclass(slots=True)
class Tally:
    """Counts of regions that were written and left out, updated chunk by chunk."""

    written: int = 0
    bases: int = 0
    n_rich: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class ExtractionOptions:
    """How regions are extracted.

    Attributes
    ----------
    stranded
        Reverse-complement minus-strand regions and write the strand into names.
    max_n_fraction
        Regions with a larger share of letters other than A, C, G, T, U are dropped; 1 keeps all.
    skip_outside
        Leave out, and count, regions that are empty, on unknown contigs or past a contig's end;
        otherwise the first one is an error.
    """

    stranded: bool = False
    max_n_fraction: float = 1.0
    skip_outside: bool = False


def extract(
    fasta: Fasta, regions: Iterable[Region], stranded: bool = False
) -> Iterator[tuple[str, bytes]]:
    """Name and letters of each region, in order.

    Parameters
    ----------
    fasta
        An open FASTA.
    regions
        Where to read; at most 8 Mb of them are in memory at a time.
    stranded
        As ``bedtools getfasta -s``.

    Raises
    ------
    RegionError
        If a region is empty or not on the FASTA.
    """
    cutter = Cutter(fasta, stranded)
    for chunk in in_chunks(map(NamedRegion, regions), STRETCH):
        checked = inside(chunk, fasta.lengths)
        for name, text in zip(_names(checked, stranded), cutter.cut(checked), strict=True):
            yield name, text.encode("latin-1")


def write_extracted(
    fasta: Fasta,
    chunks: Iterable[Intervals],
    options: ExtractionOptions,
    tally: Tally,
    out: BinaryIO,
    bed: BinaryIO | None = None,
) -> None:
    """Write regions as FASTA, one line of letters each, and as BED6 beside it.

    Memory: about four times 8 Mb, however many and large the regions are.

    Parameters
    ----------
    tally
        Counts what is written and left out.

    Raises
    ------
    RegionError
        If a region is empty or not on the FASTA, unless ``options.skip_outside``; if a BED row
        would be a comment, because its contig's name begins with ``#``.
    """
    cutter = Cutter(fasta, options.stranded)
    for chunk in chunks:
        for piece in _bounded(inside(chunk, fasta.lengths, tally, options.skip_outside)):
            if len(piece.starts) == 1 and piece.ends[0] - piece.starts[0] > STRETCH:
                kept = _write_long(cutter, piece, options, out)
            else:
                kept = _write_short(cutter, piece, options, out)
            tally.n_rich += len(piece.starts) - len(kept.starts)
            tally.written += len(kept.starts)
            tally.bases += sum(kept.ends) - sum(kept.starts)
            if bed is not None:
                bed.write(_bed_rows(kept))


def write_blocks(
    fasta: Fasta,
    records: Iterable[BedRecord],
    options: ExtractionOptions,
    tally: Tally,
    out: BinaryIO,
    bed: BinaryIO | None = None,
) -> None:
    """Write the joined blocks of each BED12 record, as ``bedtools getfasta -split``.

    A record is named for its whole interval; one without blocks is a single block.  ``options`` and
    errors are as in :func:`write_extracted`, but N is not counted.
    """
    for record in records:
        chrom, start, end, strand = record.chrom, record.start, record.end, record.strand
        row = Intervals([chrom], [start], [end], [strand], [record.name])
        if not inside(row, fasta.lengths, tally, options.skip_outside).starts:
            continue
        letters = b"".join(fasta.fetch(chrom, *span) for span in record.blocks or ((start, end),))
        if options.stranded and strand == "-":
            letters = reverse_complement(letters)
        out.write(f">{_names(row, options.stranded)[0]}\n".encode() + letters + b"\n")
        tally.written += 1
        tally.bases += len(letters)
        if bed is not None:
            bed.write(_bed_rows(row))


def inside(
    chunk: Intervals, lengths: Mapping[str, int], tally: Tally | None = None, skip: bool = False
) -> Intervals:
    """The chunk, after checking that all its regions have a base and lie on the FASTA.

    Parameters
    ----------
    tally, skip
        With ``skip``, regions that do not are left out and counted by reason.

    Raises
    ------
    RegionError
        At the first that does not, unless ``skip``.
    """
    if all(map(lt, chunk.starts, chunk.ends)):
        ends_of_contigs = map(lengths.get, chunk.chroms, repeat(-1))
        if all(map(le, chunk.ends, ends_of_contigs)):
            return chunk
    fits = [
        start < end <= lengths.get(chrom, -1)
        for chrom, start, end in zip(chunk.chroms, chunk.starts, chunk.ends, strict=True)
    ]
    if not skip:
        named = next(chunk.pick(not fit for fit in fits).regions())
        raise RegionError(_problem(named.region, lengths))
    if tally is not None:
        for chrom, start, end in zip(*chunk.pick(not fit for fit in fits)[:3], strict=True):
            tally.skipped[_reason(chrom, start, end, lengths)] += 1
    return chunk.pick(fits)


def reshaped(
    chunks: Iterable[Intervals],
    reshape: Reshape,
    lengths: Mapping[str, int],
    tally: Tally | None = None,
    skip: bool = False,
) -> Iterator[Intervals]:
    """Chunks of the pieces that ``reshape`` makes of the regions; bounds are checked before."""

    def pieces() -> Iterator[NamedRegion]:
        for chunk in chunks:
            for named in inside(chunk, lengths, tally, skip).regions():
                yield from reshape(named, lengths)

    return in_chunks(pieces(), STRETCH)


def n_share(letters: str) -> float:
    """Share of letters other than A, C, G, T and U, any case; 0 for none."""
    if not letters:
        return 0.0
    return len(letters.encode("latin-1").translate(None, b"ACGTUacgtu")) / len(letters)


def _bounded(chunk: Intervals) -> Iterator[Intervals]:
    """The chunk itself if its bases fit into a stretch, else in parts that do, or one region."""
    if sum(chunk.ends) - sum(chunk.starts) <= 2 * STRETCH:
        if chunk.starts:
            yield chunk
    else:
        yield from in_chunks(chunk.regions(), STRETCH)


def _write_short(
    cutter: Cutter, chunk: Intervals, options: ExtractionOptions, out: BinaryIO
) -> Intervals:
    letters = cutter.cut(chunk)
    if options.max_n_fraction < 1:
        kept = [n_share(text) <= options.max_n_fraction for text in letters]
        chunk = chunk.pick(kept)
        letters = [text for text, keep in zip(letters, kept, strict=True) if keep]
    if options.stranded:
        rows = [
            f">{chrom}:{start}-{end}({strand})\n{text}\n"
            for chrom, start, end, strand, text in zip(*chunk[:4], letters)  # noqa: B905
        ]
    else:
        rows = [
            f">{chrom}:{start}-{end}\n{text}\n"
            for chrom, start, end, text in zip(*chunk[:3], letters)  # noqa: B905
        ]
    out.write("".join(rows).encode())
    return chunk


def _write_long(
    cutter: Cutter, chunk: Intervals, options: ExtractionOptions, out: BinaryIO
) -> Intervals:
    """One region that is larger than a stretch, piece by piece from its 5' end."""
    start, end, strand = chunk.starts[0], chunk.ends[0], chunk.strands[0]
    pieces = [(at, min(at + STRETCH, end)) for at in range(start, end, STRETCH)]
    if options.stranded and strand == "-":
        pieces.reverse()
    if options.max_n_fraction < 1:
        unknown = sum(n_share(text) * len(text) for text in _pieces(cutter, chunk, pieces))
        if unknown > options.max_n_fraction * (end - start):
            return chunk.pick([False])
    out.write(f">{_names(chunk, options.stranded)[0]}\n".encode())
    for text in _pieces(cutter, chunk, pieces):
        out.write(text.encode("latin-1"))
    out.write(b"\n")
    return chunk


def _pieces(cutter: Cutter, chunk: Intervals, pieces: list[tuple[int, int]]) -> Iterator[str]:
    for start, end in pieces:
        yield cutter.cut(chunk._replace(starts=[start], ends=[end]))[0]


def _names(chunk: Intervals, stranded: bool) -> list[str]:
    rows = zip(*chunk[:4], strict=True)
    if stranded:
        return [f"{chrom}:{start}-{end}({strand})" for chrom, start, end, strand in rows]
    return [f"{chrom}:{start}-{end}" for chrom, start, end, _ in rows]


def _bed_rows(chunk: Intervals) -> bytes:
    if any(chrom.startswith("#") for chrom in chunk.chroms):
        raise RegionError("a contig's name begins with #, as BED's comments do: rename it")
    rows = zip(*chunk, strict=True)
    return "".join(
        f"{chrom}\t{start}\t{end}\t{name}\t0\t{strand}\n"
        for chrom, start, end, strand, name in rows
    ).encode()


def _problem(region: Region, lengths: Mapping[str, int]) -> str:
    try:
        check_bounds(region, lengths)
    except RegionError as error:
        return str(error)
    return f"region {region.chrom}, 0-based [{region.start}, {region.end}), holds no base"


def _reason(chrom: str, start: int, end: int, lengths: Mapping[str, int]) -> str:
    if chrom not in lengths:
        return "contig not in the FASTA"
    return "no base" if start >= end else "past the contig's end"
