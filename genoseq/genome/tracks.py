"""Per-base values on a contig, and the colours and names they have in every output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import RegionError
from genoseq.genome.regions import Strand

Kind = Literal["classes", "signal", "log-odds", "independent"]
"""What the values of tracks are: probabilities of classes that exclude one another, numbers in the
unit of a signal, natural log-odds of every state of a model, or probabilities of classes of which a
base may have several."""

Measure = Literal["margin", "entropy", "disagreement", "spread", "importance"]
"""What tells how sure values are: margin and entropy of a base's classes, disagreement of its two
strands, spread of several models; and what a base contributes to them, its importance."""
MEASURES: tuple[Measure, ...] = get_args(Measure)

DECIMALS = 3
"""Decimals of probabilities in tracks, in steps of ``10**-DECIMALS``; rare classes have more."""
STRAND_WORDS: dict[Strand, str] = {"+": "plus", "-": "minus", ".": "both"}

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
# Okabe and Ito (2008), Color Universal Design: eight colours that colour-blind people tell apart.
OKABE_ITO: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (240, 228, 66),
    (0, 0, 0),
)
STRAND_COLOURS: dict[Strand, Colour] = {"+": OKABE_ITO[0], "-": OKABE_ITO[1], ".": OKABE_ITO[7]}
"""Of what has a strand and no class, as genes."""
CALL_COLOURS: dict[str, Colour] = {"TP": OKABE_ITO[2], "FP": OKABE_ITO[3], "FN": OKABE_ITO[4]}
"""Of bases that a model calls as they are labelled, calls though they are not, or misses."""
UNKNOWN_COLOUR: Colour = (150, 150, 150)
"""Of bases of which nothing is known."""
SPLIT_COLOURS: dict[str, Colour] = {
    "train": OKABE_ITO[5], "valid": OKABE_ITO[6], "test": OKABE_ITO[7], "score": UNKNOWN_COLOUR,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of a track: a class or signal on one strand (``.`` for both).

    ``phase`` is that of :class:`genoseq.genome.schemes.State`, if the column is for a single codon
    phase.  ``measure`` is what the column tells of how sure values are, of this class or signal, or
    without a name of all of them; such columns come last.
    """

    name: str
    strand: Strand = "."
    phase: int | None = None
    measure: Measure | None = None

    @property
    def full_name(self) -> str:
        """The name, and the codon phase where there is one: ``CDS_phase0``."""
        return self.name if self.phase is None else f"{self.name}_phase{self.phase}"

    @property
    def label(self) -> str:
        """``name.plus``, ``name.minus`` or ``name.both``, and the measure; or that alone."""
        return self._stem(self.full_name)

    @property
    def file_stem(self) -> str:
        """The label as a safe file name, see :func:`safe_name`."""
        return self._stem(safe_name(self.full_name))

    def _stem(self, name: str) -> str:
        own = [name, STRAND_WORDS[self.strand]] if name else []
        return ".".join(own if self.measure is None else [*own, self.measure])


@dataclass(frozen=True, slots=True, repr=False)
class Track:
    """Values of consecutive bases of one contig.

    Attributes
    ----------
    chrom, start
        Contig and 0-based first base.
    values
        float32, shape (L, C).  NaN means that the base has no value: never the same as 0.
    channels
        The C columns.
    """

    chrom: str
    start: int
    values: NDArray[np.float32]
    channels: tuple[Channel, ...]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.channels):
            raise RegionError(
                f"track of {self.chrom}: values of shape {self.values.shape} "
                f"do not have {len(self.channels)} channels"
            )

    def __repr__(self) -> str:
        labels = ", ".join(channel.label for channel in self.channels[:4])
        more = ", ..." if len(self.channels) > 4 else ""
        return f"<Track {self.chrom}, 0-based [{self.start}, {self.end}): {labels}{more}>"

    @property
    def end(self) -> int:
        """One past the last base, 0-based."""
        return self.start + len(self.values)


def safe_name(text: str) -> str:
    """Any text as part of a file name: all but letters, digits and ``_-.`` becomes ``%XX``.

    A dot at the beginning does too: it would hide the file or lead out of its folder.
    """
    name = quote(text, safe="").replace("~", "%7E")
    return f"%2E{name[1:]}" if name.startswith(".") else name


def fractions(colour: Colour) -> tuple[float, float, float]:
    """Red, green and blue from 0 to 1."""
    red, green, blue = colour
    return red / 255, green / 255, blue / 255


def channel_colours(channels: Sequence[Channel]) -> list[Colour]:
    """RGB of each channel: a colour for each class and strand, in order of appearance; black for
    what tells how sure they are."""
    return [
        OKABE_ITO[index % len(OKABE_ITO)] if channel.measure is None else STRAND_COLOURS["."]
        for index, channel in enumerate(channels)
    ]


def stitch(
    pieces: Iterable[tuple[str, int, NDArray[np.float32]]], channels: tuple[Channel, ...]
) -> Iterator[Track]:
    """Tracks of consecutive pieces, each base once.

    Parameters
    ----------
    pieces
        Contig, first base and values, shape (L, C), of stretches in order.
    channels
        What the C columns are.

    Yields
    ------
    A track for each piece.

    Raises
    ------
    RegionError
        If a piece overlaps the one before it on the same contig, or comes before it.
    """
    last, end = None, 0
    for chrom, start, values in pieces:
        if chrom == last and start < end:
            raise RegionError(f"{chrom}:{start + 1} was scored twice")
        last, end = chrom, start + len(values)
        yield Track(chrom, start, values, channels)


def round_channels(
    values: NDArray[np.float32], decimals: int | Sequence[int]
) -> NDArray[np.float32]:
    """Values (C, L) rounded to so many decimals, of all channels or of each; twice is as once."""
    if isinstance(decimals, int):
        return values.round(decimals)
    rows = zip(values.astype(np.float64), decimals, strict=True)
    return np.stack([row.round(many) for row, many in rows]).astype(np.float32)
