"""Files of a signal: how they are opened and put on one scale, and which control is whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError, InputFormatError, listed
from genoseq.files.atomic import PathLike
from genoseq.genome.contig_names import contigs_there
from genoseq.genome.regions import Strand, check_lengths
from genoseq.labels.signal_names import SignalFile

if TYPE_CHECKING:
    from genoseq.readers.signal import Signal

Values = NDArray[np.float32]
_CHUNK_BASES = 1 << 22


@dataclass
class Library:
    """An open file of a signal, and what its values are multiplied by."""

    file: SignalFile
    reader: Signal
    factor: float = 1.0


@dataclass
class Source:
    """All files of one signal on one strand."""

    name: str
    strand: Strand
    libraries: list[Library] = field(default_factory=list)
    controls: list[Library] = field(default_factory=list)


def mean_known(values: Sequence[Values]) -> Values:
    """Mean of the values that are known, NaN where none is."""
    if len(values) == 1:
        return values[0]
    stacked = np.stack(values).astype(np.float64)
    known = (~np.isnan(stacked)).sum(0)
    sums = np.nansum(stacked, 0)
    mean: Values = np.where(known > 0, sums / np.maximum(known, 1), np.nan).astype(np.float32)
    return mean


def summed(library: Library, lengths: Mapping[str, int]) -> tuple[float, int]:
    """Sum of a library's values, and bases of the contigs that it has."""
    total, bases = 0.0, 0
    for chrom, length in lengths.items():
        stop = min(length, library.reader.chroms.get(chrom, 0))
        bases += length if stop else 0
        for at in range(0, stop, _CHUNK_BASES):
            values = library.reader.values(chrom, at, min(at + _CHUNK_BASES, stop))
            total += float(np.nansum(values, dtype=np.float64))
    return total * library.factor, bases


def take_sizes(sources: Sequence[Source]) -> None:
    """Turn - strands that are written as negative numbers."""
    plus = {source.name: source for source in sources if source.strand == "+"}
    for source in sources:
        if source.strand == "-" and source.name in plus:
            forward = [library.reader.extremes() for library in plus[source.name].libraries]
            for library in [*source.libraries, *source.controls]:
                low, high = library.reader.extremes()
                if low < 0 and high <= 0 and all(least >= 0 for least, _ in forward):
                    library.factor = -1.0


class Named(Protocol):
    """What has the name and the strand of a signal."""

    @property
    def name(self) -> str: ...

    @property
    def strand(self) -> Strand: ...


Target = TypeVar("Target", bound=Named)


def controlled(
    control: Named, controls: Sequence[Named], signals: Sequence[Target]
) -> list[Target]:
    """The signals that a control is of: those of its name, or else all; and of its strand.

    Raises
    ------
    ConfigError
        If several controls are of no signal, or one has strands and its signal has none.
    """
    named = {signal.name for signal in signals}
    mine = [signal for signal in signals if signal.name == control.name]
    if not mine:
        others = {each.name for each in controls} - named
        if len(others) > 1:
            raise ConfigError(
                f"controls {listed(sorted(others))} are of no signal ({listed(sorted(named))}): "
                f"name each as its signal, NAME=FILE, or give one control of all"
            )
        own = {each.name for each in controls} & named
        mine = [signal for signal in signals if signal.name not in own]
    found = [each for each in mine if control.strand in (".", each.strand)]
    if not found:
        raise ConfigError(
            f"control {control.name!r} has strands and its signal has none: give one control "
            f"without strand, NAME=FILE"
        )
    return found


def check_contigs(signal: Signal, lengths: Mapping[str, int] | None, path: PathLike) -> None:
    chroms = signal.chroms
    if lengths is None:
        return
    if not chroms.keys() & lengths.keys():
        raise InputFormatError(
            f"none of its contigs ({listed(chroms)}) is in the FASTA, which has "
            f"{contigs_there(lengths, chroms)}: names must be equal (chr is never added or "
            f"removed)",
            path,
        )
    # Where a bedGraph's last values end, its contigs may go on.
    longer = {chrom: end for chrom, end in chroms.items() if end > lengths.get(chrom, end)}
    check_lengths(chroms if signal.has_lengths else longer, lengths, path)
