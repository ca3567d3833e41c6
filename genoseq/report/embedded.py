"""A genome and its tracks as text inside a page: whole, or the stretches that matter.

A page has *pieces* of genomes: whole contigs, or windows around loci.  All that is said of them is
compressed and in base64, as a page may hold it:

    sequence   three bases in a byte, the first counting 25: A 0, C 1, G 2, T 3, N 4; each piece
               begins with a byte
    values     a byte for each base: the step from the level of the base before, modulo 256, on from
               piece to piece; level 0 to 254 spans the axis, and 255 is a gap
    boxes      lines of columns separated by tabs, see ``_line``
"""

from __future__ import annotations

import base64
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import Region
from genoseq.genome.sequences import N
from genoseq.readers.signal import open_signal
from genoseq.report.browser_tracks import Box, BoxTrack, BrowserGenome, BrowserTrack, ValueTrack
from genoseq.report.hub_tracks import safe_label
from genoseq.report.shown_tracks import PROBABILITY, Limits
from genoseq.store.store import Store
from genoseq.writers.bigbed import rgb

LEVELS, GAP = 254, 255
_CHUNK = 3 << 20
"""Bases at a time, a multiple of three."""
_OF_LOCI = {ord(sign): f"%{ord(sign):02X}" for sign in " #,;"}
"""Signs that lists of loci and tables of contigs are made with."""
_GZIP = 31
"""What zlib calls a gzip header and the largest window."""


class FullError(Exception):
    """There is no room for more."""


class Texts:
    """Compressed texts of a page, of at most ``room`` characters in all."""

    def __init__(self, room: int) -> None:
        self._room = room
        self.texts: list[str] = []

    @property
    def size(self) -> int:
        """Characters so far."""
        return sum(map(len, self.texts))

    def add(self, parts: Iterable[bytes]) -> int:
        """Add what is made of parts; its number.  FullError, as soon as it is known."""
        room = self._room - self.size
        packer = zlib.compressobj(9, wbits=_GZIP)
        packed = bytearray()
        for part in parts:
            packed += packer.compress(part)
            if _base64(len(packed)) > room:
                raise FullError
        packed += packer.flush()
        if _base64(len(packed)) > room:
            raise FullError
        self.texts.append(base64.b64encode(packed).decode("ascii"))
        return len(self.texts) - 1


def _base64(size: int) -> int:
    return -(-size // 3) * 4


def contig_labels(lengths: Mapping[str, int]) -> dict[str, str]:
    """The name of each contig in a page: without signs that pages and loci take for others."""
    labels: dict[str, str] = {}
    taken = {"all"}  # igv.js means the whole genome with it
    for chrom in lengths:
        label = plain = safe_label(chrom).translate(_OF_LOCI)
        number = 1
        while label.lower() in taken:
            number += 1
            label = f"{plain}~{number}"
        taken.add(label.lower())
        labels[chrom] = label
    return labels


def embed(genome: BrowserGenome, pieces: Sequence[Region], texts: Texts) -> dict[str, Any]:
    """What the page's script is told of a genome; its data is added to ``texts``.

    Parameters
    ----------
    pieces
        Not empty, on contigs that the genome has; of one contig sorted and apart.

    Raises
    ------
    FullError
        If there is not enough room.
    """
    numbers = {chrom: number for number, chrom in enumerate(genome.lengths)}
    labels = contig_labels(genome.lengths)
    store = genome.store
    return {
        "name": genome.name,
        "label": safe_label(genome.name),
        "contigs": [[labels[chrom], length, chrom] for chrom, length in genome.lengths.items()],
        "pieces": [[numbers[piece.chrom], piece.start, piece.end] for piece in pieces],
        "sequence": None if store is None else texts.add(sequence_parts(store, pieces)),
        "tracks": [_track(track, genome, pieces, texts) for track in genome.tracks],
    }


def _track(
    track: BrowserTrack, genome: BrowserGenome, pieces: Sequence[Region], texts: Texts
) -> dict[str, Any]:
    if isinstance(track, ValueTrack):
        return described(track) | {"data": texts.add(value_parts(track, pieces))}
    numbers = {chrom: number for number, chrom in enumerate(genome.lengths)}
    return described(track) | {"data": texts.add(box_parts(track, numbers, pieces))}


def described(track: BrowserTrack) -> dict[str, Any]:
    """What the page's script is told of a track, beside its data."""
    if isinstance(track, BoxTrack):
        kind = "genes" if track.genes else "calls" if track.calls else "boxes"
        return {"name": safe_label(track.label), "kind": kind}
    low, high = _limits(track.shown.limits)
    return {
        "name": safe_label(track.label), "kind": "values", "flipped": track.flipped,
        "colour": f"rgb({rgb(track.shown.colour)})", "low": low, "high": high,
    }  # fmt: skip


def _limits(limits: Limits | None) -> Limits:
    low, high = limits or PROBABILITY
    return (low, high) if high > low else (low, low + 1)


def sequence_parts(store: Store, pieces: Iterable[Region]) -> Iterator[bytes]:
    """Bases, three in a byte."""
    for piece in pieces:
        for start, end in _chunks(piece):
            codes = np.full(-(-(end - start) // 3) * 3, N, np.uint8)
            codes[: end - start] = store.codes(piece.chrom, start, end)
            yield (codes[::3] * 25 + codes[1::3] * 5 + codes[2::3]).tobytes()


def value_parts(track: ValueTrack, pieces: Iterable[Region]) -> Iterator[bytes]:
    """Steps between levels, a byte each."""
    low, high = _limits(track.shown.limits)
    last = 0
    with open_signal(track.shown.path) as signal:
        for piece in pieces:
            for start, end in _chunks(piece):
                if piece.chrom in signal.chroms:
                    levels = _levels(signal.values(piece.chrom, start, end), low, high)
                else:
                    levels = np.full(end - start, GAP, np.uint8)
                yield np.diff(levels, prepend=np.uint8(last)).tobytes()
                last = int(levels[-1])


def _levels(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    scaled = np.clip((values - low) * np.float32(LEVELS / (high - low)), 0, LEVELS)
    return np.where(np.isnan(scaled), GAP, np.rint(scaled)).astype(np.uint8)


def _chunks(piece: Region) -> Iterator[tuple[int, int]]:
    for start in range(piece.start, piece.end, _CHUNK):
        yield start, min(start + _CHUNK, piece.end)


def box_parts(
    track: BoxTrack, numbers: Mapping[str, int], pieces: Iterable[Region]
) -> Iterator[bytes]:
    """Lines of the boxes that have a base in a piece."""
    of_contig: dict[str, list[Region]] = {}
    for piece in pieces:
        of_contig.setdefault(piece.chrom, []).append(piece)
    for box in track.read():
        near = of_contig.get(box.chrom, [])
        first = bisect_right(near, box.start, key=lambda piece: piece.end)
        if first < len(near) and near[first].start < box.end:
            yield _line(numbers[box.chrom], box).encode()


def _line(number: int, box: Box) -> str:
    """Contig's number, start, end, name, score, strand, colour; of genes from where to where it
    codes, and exons as ``start-end,start-end``."""
    columns = [number, box.start, box.end, box.name, box.score, box.strand, rgb(box.colour)]
    if box.blocks:
        exons = ",".join(f"{start}-{end}" for start, end in box.blocks)
        columns += [box.thick[0], box.thick[1], exons]
    return "\t".join(map(str, columns)) + "\n"
