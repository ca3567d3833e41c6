"""The scores folder: every value of a genome, memory-mapped, between ``score`` and ``tracks``.

``scores.npy`` holds one row per base and one column per channel: uint16 thousandths with 65535 for
a gap (classes), float32 with NaN (signals), or float16 with NaN (log-odds).  ``scores.json`` says
which bases the rows are, what they were computed from and how
(:data:`~genoseq.writers.origin.MADE_BY`), and which bases were asked for (a base that has no row
may be a gap).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError, RegionError
from genoseq.files.journal import complete
from genoseq.genome.regions import Region, Strand, check_bounds
from genoseq.genome.tracks import MEASURES, Channel, Kind, Track
from genoseq.writers.lattice import SLAB, Row, Slab, floats, is_gap
from genoseq.writers.manifest import MANY, OutputFile
from genoseq.writers.origin import MADE_BY, UNKNOWN_ORIGIN, Origin

VALUES = "scores.npy"
INDEX = "scores.json"
_FORMAT = "genoseq-scores"
_VERSION = 4
_HEADER = 128
_DTYPES: dict[Kind, Literal["<u2", "<f4", "<f2"]] = {
    "classes": "<u2",
    "signal": "<f4",
    "log-odds": "<f2",
}


@dataclass(frozen=True, slots=True)
class ScoredInterval:
    """Bases ``start <= i < end`` of ``chrom``, in the rows from ``row`` on."""

    chrom: str
    start: int
    end: int
    row: int


class ScoresWriter:
    """Writes a scores folder slab by slab."""

    def __init__(
        self,
        folder: Path,
        lengths: Mapping[str, int],
        channels: tuple[Channel, ...],
        kind: Kind,
        origin: Origin = UNKNOWN_ORIGIN,
    ) -> None:
        self._folder, self._lengths, self._channels, self._kind = folder, lengths, channels, kind
        self._origin = origin
        self._intervals: list[ScoredInterval] = []
        self._rows = 0
        self._digest = hashlib.sha256()
        self._file: IO[bytes] = (folder / VALUES).open("wb")
        self._file.write(bytes(_HEADER))

    def write(self, slab: Slab) -> None:
        """Append the slab from its first to its last base with a value."""
        known = np.flatnonzero(~is_gap(slab.values).all(axis=0))
        low, high = int(known[0]), int(known[-1]) + 1
        dtype = np.dtype(_DTYPES[self._kind])
        data = np.ascontiguousarray(slab.values[:, low:high].T, dtype).tobytes()
        self._file.write(data)
        self._digest.update(data)
        start, end = slab.start + low, slab.start + high
        last = self._intervals[-1] if self._intervals else None
        if last is not None and (last.chrom, last.end) == (slab.chrom, start):
            self._intervals[-1] = ScoredInterval(last.chrom, last.start, end, last.row)
        else:
            self._intervals.append(ScoredInterval(slab.chrom, start, end, self._rows))
        self._rows += high - low

    def finish(self) -> list[OutputFile]:
        """Complete the header, write the index, and say which files there are."""
        header = _npy_header(self._kind, (self._rows, len(self._channels)))
        self._file.seek(0)
        self._file.write(header)
        self.close()
        names = {chrom: number for number, chrom in enumerate(self._lengths)}
        asked = self._origin.regions
        index = {
            "format": _FORMAT,
            "version": _VERSION,
            "kind": self._kind,
            "channels": [_channel_row(channel) for channel in self._channels],
            **{name: getattr(self._origin, name) for name in MADE_BY},
            "lengths": list(self._lengths.items()),
            "regions": None if asked is None else [[names[r.chrom], r.start, r.end] for r in asked],
            "pieces": [[names[p.chrom], p.start, p.end] for p in self._intervals],
            "sha256": self._digest.hexdigest(),
        }
        (self._folder / INDEX).write_text(json.dumps(index) + "\n")
        return [OutputFile(name, "scores", MANY, MANY, "scores") for name in (VALUES, INDEX)]

    def close(self) -> None:
        """Release the file; may be called again."""
        self._file.close()


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
    """

    path: Path
    lengths: dict[str, int]
    channels: tuple[Channel, ...]
    kind: Kind
    intervals: tuple[ScoredInterval, ...]
    sha256: str
    origin: Origin = UNKNOWN_ORIGIN

    def tracks(self) -> Iterator[Track]:
        """Every value in order, at most :data:`~genoseq.writers.lattice.SLAB` bases per track.

        Raises
        ------
        InputFormatError
            After the last track, if the rows do not have the checksum of the index.
        """
        digest = hashlib.sha256()
        width = len(self.channels)
        # Read, not mapped: pages of a memory map count as resident memory until it is closed.
        with (self.path / VALUES).open("rb") as file:
            file.seek(_HEADER)
            for interval in self.intervals:
                for start in range(interval.start, interval.end, SLAB):
                    end = min(start + SLAB, interval.end)
                    rows = np.fromfile(file, _DTYPES[self.kind], (end - start) * width)
                    digest.update(rows.data)
                    values = floats(rows.reshape(-1, width))
                    yield Track(interval.chrom, start, values, self.channels)
        if digest.hexdigest() != self.sha256:
            raise InputFormatError(
                "the values do not have the checksum of scores.json: the file is damaged, "
                "run genoseq score again",
                self.path / VALUES,
            )

    def values(self, chrom: str, start: int, end: int) -> NDArray[np.float32]:
        """Values of bases [start, end), 0-based: shape (end - start, C), NaN for gaps."""
        if chrom not in self.lengths or not 0 <= start <= end <= self.lengths[chrom]:
            raise RegionError(f"{chrom}:{start + 1}-{end} is not in the scores of {self.path}")
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
        scores = _parse_index(Path(path), json.loads(index.read_text()))
    except FileNotFoundError:
        raise InputFormatError(
            f"no {INDEX} here: give a folder written by genoseq score --formats scores", path
        ) from None
    # The last three come from JSON that is not shaped like an index or is nested too deeply.
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InputFormatError(f"not an index of scores ({error})", index) from None
    _check_values(scores)
    return scores


def _parse_index(path: Path, data: dict[str, Any]) -> Scores:
    if (data["format"], data["version"]) != (_FORMAT, _VERSION):
        raise ValueError("another version: run genoseq score again")
    if data["kind"] not in _DTYPES:
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
        intervals.append(ScoredInterval(interval.chrom, interval.start, interval.end, row))
        row += len(interval)
    kind, digest = data["kind"], data["sha256"]
    return Scores(path, lengths, channels, kind, tuple(intervals), digest, origin)


def _channel_row(channel: Channel) -> list[Any]:
    """Of what tells how sure values are with its measure, of others as before there were any."""
    row = [channel.name, channel.strand, channel.phase]
    return row if channel.measure is None else [*row, channel.measure]


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
    header = _npy_header(scores.kind, (rows, len(scores.channels)))
    size = _HEADER + rows * len(scores.channels) * np.dtype(_DTYPES[scores.kind]).itemsize
    try:
        with path.open("rb") as file:
            found = file.read(_HEADER)
    except OSError as error:
        raise InputFormatError(f"the values cannot be read ({error.strerror})", path) from None
    if found != header or path.stat().st_size != size:
        raise InputFormatError(
            f"not the {rows:,} rows of {len(scores.channels)} columns that {INDEX} tells of: "
            f"the file is damaged or of other scores, run genoseq score again",
            path,
        )


def _npy_header(kind: Kind, shape: tuple[int, int]) -> bytes:
    # NumPy format 1.0, padded to a fixed size: the number of rows is known only at the end.
    text = f"{{'descr': '{_DTYPES[kind]}', 'fortran_order': False, 'shape': {shape}, }}"
    body = text.ljust(_HEADER - 11) + "\n"
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body.encode()
