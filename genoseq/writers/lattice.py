"""Tracks of any piece size, regrouped on a fixed lattice: the input of every writer.

A *slab* holds at most :data:`SLAB` bases of one contig, begins on a multiple of :data:`PAGE` and
ends on one or at the contig's end; bases without a value inside it are gaps.  Slabs depend on the
values alone, never on the pieces in which they arrived, and so do the bytes of every output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import RegionError
from genoseq.genome.tracks import DECIMALS, Channel, Kind, Track, round_channels

Thousandths = NDArray[np.uint16]
Row = NDArray[np.uint16] | NDArray[np.float32]

SLAB = 1 << 18
"""Bases of a slab: they fit the processor's cache; a power of 4 times the finest zoom bin."""
PAGE = 4096
SHORT = 512
"""Bases of contigs that are handled many at a time, of :data:`TOGETHER` bases or a few more."""
TOGETHER = 1 << 16
ONE = 10**DECIMALS
"""Thousandths of probability 1."""
GAP = 65535
"""Thousandths of a base without a value."""
DIGITS = range(1, 7)
"""Significant digits that may be asked for: float32 has 7."""
KEPT_DECIMALS = range(DECIMALS, 8)
"""Decimals that a channel may have."""


@dataclass(frozen=True, slots=True)
class Slab:
    """Values of consecutive bases of one contig, one row per channel.

    Attributes
    ----------
    chrom, start
        Contig and 0-based first base, a multiple of :data:`PAGE`.
    values
        Shape (C, L), C-contiguous: uint16 thousandths with :data:`GAP` for classes, float32 with
        NaN for signals, log-odds (these rounded to float16) and classes of more decimals.  At least
        one base has a value.
    """

    chrom: str
    start: int
    values: Row


def thousandths(values: NDArray[np.float32]) -> Thousandths:
    """Probabilities of any shape as thousandths, NaN as :data:`GAP`.

    Raises
    ------
    RegionError
        If a value lies outside [0, 1].
    """
    scaled = values * np.float32(ONE)
    least, most = (scaled.min(), scaled.max()) if scaled.size else (np.float32(0), np.float32(0))
    gaps = np.isnan(scaled) if np.isnan(least) else None
    if gaps is not None:
        scaled[gaps] = 0
        least, most = scaled.min(), scaled.max()
    if least < -0.5 or most > ONE + 0.5:
        known = ~np.isnan(values)
        worst = values[known][np.argmax(np.abs(scaled[known] - ONE / 2))]
        raise RegionError(f"{worst:g} is no probability: values of classes lie between 0 and 1")
    np.rint(scaled, out=scaled)
    result = scaled.astype(np.uint16)
    if gaps is not None:
        result[gaps] = GAP
    return result


def floats(row: Row) -> NDArray[np.float32]:
    """The row as float32 values with NaN for gaps; thousandths become probabilities."""
    if row.dtype != np.uint16:
        return row.astype(np.float32, copy=False)
    values = np.divide(row, np.float32(ONE), dtype=np.float32)
    gaps = row == GAP
    if gaps.any():
        values[gaps] = np.nan
    return values


def is_gap(row: Row) -> NDArray[np.bool_]:
    """True where a base has no value; same shape as the row."""
    return row == GAP if row.dtype == np.uint16 else np.isnan(row)


def run_starts(row: Row, borders: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Where runs of equal values (or of gaps) begin in a row of shape (L,), L at least 1.

    ``borders``: where contigs begin, the first at 0, and the last ends; a run lies in one.
    """
    bits = row.view(np.uint32) if row.dtype == np.float32 else row
    changed = bits[1:] != bits[:-1]
    if borders is not None:
        changed[borders[1:-1] - 1] = True
    changes = np.flatnonzero(changed)
    starts = np.empty(len(changes) + 1, np.int64)
    starts[0] = 0
    np.add(changes, 1, out=starts[1:])
    return starts


def slabs(
    tracks: Iterable[Track],
    lengths: Mapping[str, int],
    channels: tuple[Channel, ...],
    kind: Kind,
    digits: int | None = None,
    decimals: Sequence[int] | None = None,
) -> Iterator[Slab]:
    """Slabs of consecutive tracks; slabs without any value are left out.

    Parameters
    ----------
    tracks
        Pieces in the order of ``lengths`` and of their bases; bases may be skipped.
    lengths
        Contig lengths, in FASTA order.
    digits
        Significant digits of probabilities, kept as float32; None: of classes, thousandths.
    decimals
        Of each channel of classes, kept as float32; None: thousandths.

    Raises
    ------
    RegionError
        If a track is out of order, overlaps the one before it, leaves its contig, has other
        channels, or holds a value that cannot be: infinite, or for classes outside [0, 1].
    """
    parts: list[Track] = []
    short: list[Track] = []
    held = 0
    for track in _checked(tracks, lengths, channels):
        whole = len(track.values) == lengths[track.chrom] <= SHORT
        if short and (not whole or held >= TOGETHER):
            yield from _short_slabs(short, lengths, kind, digits, decimals)
            short, held = [], 0
        if whole:
            if parts:
                yield from _slab(parts, lengths, kind, digits, decimals)
                parts.clear()
            short.append(track)
            held += len(track.values)
            continue
        for part in _cut(track):
            if parts and _slab_of(part) != _slab_of(parts[0]):
                yield from _slab(parts, lengths, kind, digits, decimals)
                parts.clear()
            parts.append(part)
    if short:
        yield from _short_slabs(short, lengths, kind, digits, decimals)
    if parts:
        yield from _slab(parts, lengths, kind, digits, decimals)


def _short_slabs(
    tracks: Sequence[Track],
    lengths: Mapping[str, int],
    kind: Kind,
    digits: int | None,
    decimals: Sequence[int] | None,
) -> Iterator[Slab]:
    """Slabs of contigs that have one track each."""
    values = np.ascontiguousarray(np.concatenate([track.values for track in tracks]).T)
    try:
        rows = as_kept(values, kind, digits, decimals)
    except RegionError:
        for track in tracks:  # which says whose value it is
            yield from _slab([track], lengths, kind, digits, decimals)
        raise
    ends = np.cumsum([len(track.values) for track in tracks])
    starts = np.append(0, ends[:-1])
    known = ~np.logical_and.reduceat(is_gap(rows).all(0), starts)
    for index in np.flatnonzero(known).tolist():
        # In C order, as slabs are.
        own: Row = rows[:, starts[index] : ends[index]].copy()
        yield Slab(tracks[index].chrom, 0, own)


def _checked(
    tracks: Iterable[Track], lengths: Mapping[str, int], channels: tuple[Channel, ...]
) -> Iterator[Track]:
    order = {chrom: index for index, chrom in enumerate(lengths)}
    last = (-1, 0)
    for track in tracks:
        if track.channels != channels:
            raise RegionError(f"a track of {track.chrom} has channels {track.channels}")
        if track.chrom not in order or not 0 <= track.start <= track.end <= lengths[track.chrom]:
            raise RegionError(
                f"track {track.chrom}:{track.start + 1}-{track.end} lies outside the contigs"
            )
        if (order[track.chrom], track.start) < last:
            raise RegionError(
                f"track {track.chrom}:{track.start + 1}-{track.end} came too late: "
                f"tracks must be in the order of the FASTA and must not overlap"
            )
        last = order[track.chrom], track.end
        if track.end > track.start:
            yield track


def _cut(track: Track) -> Iterator[Track]:
    if _slab_of(track)[1] == (track.end - 1) // SLAB:
        yield track
        return
    for edge in range(track.start // SLAB * SLAB, track.end, SLAB):
        low, high = max(edge, track.start), min(edge + SLAB, track.end)
        values = track.values[low - track.start : high - track.start]
        yield Track(track.chrom, low, values, track.channels)


def _slab_of(track: Track) -> tuple[str, int]:
    return track.chrom, track.start // SLAB


def _slab(
    parts: list[Track],
    lengths: Mapping[str, int],
    kind: Kind,
    digits: int | None,
    decimals: Sequence[int] | None,
) -> Iterator[Slab]:
    chrom = parts[0].chrom
    start = parts[0].start // PAGE * PAGE
    end = min(-(-parts[-1].end // PAGE) * PAGE, lengths[chrom])
    where = f"{chrom}:{parts[0].start + 1}-{parts[-1].end}"
    values = np.full((len(parts[0].channels), end - start), np.nan, np.float32)
    for part in parts:
        values[:, part.start - start : part.end - start] = part.values.T
    try:
        rows = as_kept(values, kind, digits, decimals)
    except RegionError as error:
        raise RegionError(f"{where}: {error}") from None
    if not is_gap(rows).all():
        yield Slab(chrom, start, rows)


def as_kept(
    values: NDArray[np.float32],
    kind: Kind,
    digits: int | None,
    decimals: Sequence[int] | None = None,
) -> Row:
    """Values (C, L), which may be changed, as every output keeps them.

    Raises
    ------
    RegionError
        If one is infinite, or of classes outside [0, 1].
    """
    if kind == "classes":
        rows = thousandths(values)  # checks them
        if decimals is not None:
            return round_channels(values, decimals)
        return rows if digits is None else significant(values, digits)
    if kind == "log-odds":
        values = values.astype(np.float16).astype(np.float32)
    values += 0.0  # -0 becomes 0: equal values have equal bits
    if np.isinf(values).any():
        raise RegionError("infinite values")
    return values if digits is None else significant(values, digits)


def significant(values: NDArray[np.float32], digits: int) -> NDArray[np.float32]:
    """Values of any shape with this many significant digits, 1 to 6; twice is as once."""
    wide = values.astype(np.float64)
    sizes = np.abs(wide)
    known = sizes > 0  # neither 0 nor NaN
    steps = 10.0 ** (np.floor(np.log10(sizes, where=known, out=np.zeros_like(wide))) - digits + 1)
    return (np.rint(wide / steps) * steps).astype(np.float32) + np.float32(0)
