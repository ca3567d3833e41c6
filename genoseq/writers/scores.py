"""The scores folder: every value of a genome, memory-mapped, between ``score`` and ``tracks``.

``scores.npy`` holds one row per base and one column per channel: uint16 thousandths with 65535 for
a gap (classes), float32 with NaN (signals, and probabilities with digits or decimals of their own),
or float16 with NaN (log-odds).  ``scores.json`` says which bases the rows are, what they were
computed from and how (:data:`~genoseq.writers.origin.MADE_BY`), and which bases were asked for (a
base that has no row may be a gap).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError, RegionError
from genoseq.files.journal import complete
from genoseq.files.stored import LARGEST_INDEX, check_seal, read_json
from genoseq.genome.regions import Region, Strand, check_bounds
from genoseq.genome.schemes import MOST_SIGNALS
from genoseq.genome.tracks import MEASURES, Channel, Kind, Track
from genoseq.writers.lattice import DIGITS, KEPT_DECIMALS, ONE, SLAB, Row, floats
from genoseq.writers.origin import MADE_BY, UNKNOWN_ORIGIN, Origin

VALUES = "scores.npy"
INDEX = "scores.json"
FORMAT = "genoseq-scores"
VERSION, UNSEALED = 5, 4
"""Of what is written, and of earlier releases, whose index has no checksum of its own."""
HEADER = 128
"""Bytes before the first row of ``scores.npy``."""
DTYPES: dict[Kind, Literal["<u2", "<f4", "<f2"]] = {
    "classes": "<u2",
    "signal": "<f4",
    "log-odds": "<f2",
    "independent": "<f4",
}
"""Type of the values of each kind."""


@dataclass(frozen=True, slots=True)
class ScoredInterval:
    """Bases ``start <= i < end`` of ``chrom``, in the rows from ``row`` on."""

    chrom: str
    start: int
    end: int
    row: int


@dataclass(frozen=True)
class Scores:
    """An opened scores folder.

    Attributes
    ----------
    path
        The folder.
    lengths
        Contig lengths, in FASTA order.
    channels, kind
        What the columns are: probabilities of ``classes``, ``signal`` values, or ``log-odds`` of
        states, each with its codon phase.
    intervals
        Which bases have rows, in order.
    sha256
        Of the rows' bytes.
    origin
        The model, and what was asked of it.
    digits
        Significant digits of probabilities, kept as float32; None: of classes, thousandths.
    decimals
        Of each channel of classes, kept as float32; None: thousandths.
    """

    path: Path
    lengths: dict[str, int]
    channels: tuple[Channel, ...]
    kind: Kind
    intervals: tuple[ScoredInterval, ...]
    sha256: str
    origin: Origin = UNKNOWN_ORIGIN
    digits: int | None = None
    decimals: tuple[int, ...] | None = None

    @property
    def dtype(self) -> str:
        """Type of the values in ``scores.npy``."""
        return dtype_of(self.kind, self.digits, self.decimals)

    def tracks(self) -> Iterator[Track]:
        """Every value in order, at most :data:`~genoseq.writers.lattice.SLAB` bases per track.

        Raises
        ------
        InputFormatError
            After the last track, if the rows do not have the checksum of the index.
        """
        digest, problem = hashlib.sha256(), None
        width = len(self.channels)
        # Read, not mapped: pages of a memory map count as resident memory until it is closed.
        with (self.path / VALUES).open("rb") as file:
            file.seek(HEADER)
            for interval in self.intervals:
                for start in range(interval.start, interval.end, SLAB):
                    end = min(start + SLAB, interval.end)
                    rows = np.fromfile(file, self.dtype, (end - start) * width)
                    digest.update(rows.data)
                    problem = problem or self._unlikely(rows)
                    values = floats(rows.reshape(-1, width))
                    yield Track(interval.chrom, start, values, self.channels)
        if digest.hexdigest() != self.sha256:
            problem = "the values do not have the checksum of scores.json"
        if problem is not None:
            raise InputFormatError(
                f"{problem}: the file is damaged, run genoseq score again", self.path / VALUES
            )

    def _unlikely(self, rows: NDArray[Any]) -> str | None:
        """What cannot be among values as they are stored."""
        if self.kind == "classes" and self.dtype == "<f4":
            return "a probability is above 1" if np.fmax.reduce(rows, initial=0) > 1 else None
        # A gap is 0 here.
        if self.kind == "classes" and int((rows + np.uint16(1)).max(initial=0)) > ONE + 1:
            return "a probability is above 1"
        return None

    @cached_property
    def whole(self) -> bool:
        """True, once all values were read and are as they were written; InputFormatError if not."""
        return all(track.start >= 0 for track in self.tracks())

    def values(self, chrom: str, start: int, end: int) -> NDArray[np.float32]:
        """Values of bases [start, end), 0-based: shape (end - start, C), NaN for gaps.

        The first call reads all values once, and compares their checksum.

        Raises
        ------
        RegionError
            If the contig does not exist or the stretch is not inside it.
        InputFormatError
            As :meth:`tracks`.
        """
        if chrom not in self.lengths or not 0 <= start <= end <= self.lengths[chrom]:
            raise RegionError(f"{chrom}:{start + 1}-{end} is not in the scores of {self.path}")
        assert self.whole
        values = np.full((end - start, len(self.channels)), np.nan, np.float32)
        mapped: Row = np.load(self.path / VALUES, mmap_mode="r")
        for interval in self._by_contig.get(chrom, ()):
            low, high = max(start, interval.start), min(end, interval.end)
            if low < high:
                rows = mapped[interval.row + low - interval.start :][: high - low]
                values[low - start : high - start] = floats(rows)
        return values

    @cached_property
    def _by_contig(self) -> dict[str, list[ScoredInterval]]:
        intervals: dict[str, list[ScoredInterval]] = {}
        for interval in self.intervals:
            intervals.setdefault(interval.chrom, []).append(interval)
        return intervals


def read_scores(path: str | Path) -> Scores:
    """The scores in the folder that ``genoseq score --formats scores`` wrote.

    Raises
    ------
    InputFormatError
        If a file is missing, not of this format, or shorter than the index says.
    """
    index = Path(path) / INDEX
    complete(path)
    try:
        data = read_json(index, LARGEST_INDEX)
        scores = _parse_index(Path(path), data)
        check_seal(data)
    except FileNotFoundError:
        raise InputFormatError(
            f"no {INDEX} here: give a folder written by genoseq score --formats scores", path
        ) from None
    # The last three come from JSON that is not shaped like an index.
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputFormatError(f"not an index of scores ({error})", index) from None
    _check_values(scores)
    return scores


def _parse_index(path: Path, data: dict[str, Any]) -> Scores:
    if data["format"] != FORMAT or data["version"] not in (VERSION, UNSEALED):
        raise ValueError("another version: run genoseq score again")
    if data["version"] == VERSION and "seal" not in data:
        raise ValueError("without its seal")
    if len(data["channels"]) > MOST_SIGNALS:
        raise ValueError(f"{len(data['channels']):,} channels")
    if data["kind"] not in DTYPES:
        raise ValueError(f"kind {data['kind']!r}")
    lengths = {str(name): _count(length) for name, length in data["lengths"]}
    names = list(lengths)
    if len(names) < len(data["lengths"]):
        raise ValueError("a contig is there twice")
    channels = tuple(_channel(*row) for row in data["channels"])

    def region(row: tuple[int, int, int]) -> Region:
        number, start, end = map(_count, row)
        return check_bounds(Region(names[number], start, end), lengths)

    asked = data["regions"]
    origin = Origin(
        None if asked is None else tuple(map(region, asked)),
        **{name: data[name] for name in MADE_BY},
    )
    intervals: list[ScoredInterval] = []
    row = 0
    for interval in map(region, data["pieces"]):
        last = intervals[-1] if intervals else None
        if last and last.chrom == interval.chrom and interval.start < last.end:
            raise ValueError(f"{interval} is not behind the one before it")
        intervals.append(ScoredInterval(interval.chrom, interval.start, interval.end, row))
        row += len(interval)
    kind, digest = data["kind"], data["sha256"]
    digits = data.get("digits")
    if digits is not None and (type(digits) is not int or digits not in DIGITS):
        raise ValueError(f"{digits!r} significant digits")
    decimals = data.get("decimals")
    if decimals is not None:
        whole = [*map(type, decimals)] == [int] * len(channels)
        if kind != "classes" or not whole or not {*decimals} <= {*KEPT_DECIMALS}:
            raise ValueError(f"decimals {decimals!r}")
        decimals = tuple(decimals)
    return Scores(path, lengths, channels, kind, tuple(intervals), digest, origin, digits, decimals)


def _channel(name: Any, strand: Any, phase: Any, measure: Any = None) -> Channel:
    if strand not in get_args(Strand):
        raise ValueError(f"strand {strand!r}")
    if phase is not None and (type(phase) is not int or phase not in range(3)):
        raise ValueError(f"codon phase {phase!r}")
    if measure is not None and measure not in MEASURES:
        raise ValueError(f"measure {measure!r}")
    return Channel(str(name), strand, phase, measure)


def _count(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise ValueError(f"{number!r} is no number of bases or contigs")
    return number


def _check_values(scores: Scores) -> None:
    """InputFormatError if the values are not as many as the index says, or not of its kind."""
    path = scores.path / VALUES
    rows = sum(interval.end - interval.start for interval in scores.intervals)
    header = npy_header(scores.dtype, (rows, len(scores.channels)))
    size = HEADER + rows * len(scores.channels) * np.dtype(scores.dtype).itemsize
    try:
        with path.open("rb") as file:
            found = file.read(HEADER)
    except OSError as error:
        raise InputFormatError(f"the values cannot be read ({error.strerror})", path) from None
    if found != header or path.stat().st_size != size:
        raise InputFormatError(
            f"not the {rows:,} rows of {len(scores.channels)} columns that {INDEX} tells of: "
            f"the file is damaged or of other scores, run genoseq score again",
            path,
        )


def dtype_of(kind: Kind, digits: int | None = None, decimals: tuple[int, ...] | None = None) -> str:
    """Type of values of a kind: float32 of probabilities with digits or decimals of their own."""
    return DTYPES[kind] if digits is None and decimals is None else "<f4"


def npy_header(dtype: str, shape: tuple[int, int]) -> bytes:
    """The first bytes of ``scores.npy``, of this many rows and columns."""
    # NumPy format 1.0, padded to a fixed size: the number of rows is known only at the end.
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    body = text.ljust(HEADER - 11) + "\n"
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body.encode()
