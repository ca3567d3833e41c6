"""Measured signals as labels: the values of signal files on regions.

A signal's value is the mean of its replicates, less its control where it has one (0 where the
control has more).  The - strand of coverage is often written as negative numbers: where a file has
no positive number, and its + strand no negative one, its values are taken without the sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from genoseq.config.signals import SignalSettings
from genoseq.errors import ConfigError, InputFormatError, listed
from genoseq.files.atomic import PathLike
from genoseq.genome.contig_names import contigs_there
from genoseq.genome.regions import Region, Strand, check_lengths, known_holes, touching
from genoseq.genome.schemes import signal_scheme
from genoseq.labels.signal_counts import SignalCounts
from genoseq.labels.signal_names import SignalFile

if TYPE_CHECKING:
    from genoseq.readers.signal import Signal

Values = NDArray[np.float32]
_CHUNK_BASES = 1 << 22


@dataclass
class _Library:
    """An open file of a signal, and what its values are multiplied by."""

    file: SignalFile
    reader: Signal
    factor: float = 1.0


@dataclass
class _Source:
    """All files of one signal on one strand."""

    name: str
    strand: Strand
    libraries: list[_Library] = field(default_factory=list)
    controls: list[_Library] = field(default_factory=list)


class SignalLabels:
    """Open signal files as labels; a context manager.

    Parameters
    ----------
    signals
        By :func:`genoseq.labels.signal_names.name_signals`; their S different names and strands
        are the first columns of the labels.
    mask
        Regions whose values are not to be used: NaN.
    lengths
        Contig lengths of the genome, to check the files and mask against; None if not known.
    settings
        What gaps are, and whether libraries are brought to one scale, which needs ``lengths``.
    controls
        What is taken off the signals: those of the same name, or else one control of all.

    Raises
    ------
    InputFormatError
        If a file is not a signal, has none of the contigs, or has one of another length.
    ConfigError
        If a control is of no signal.
    RegionError
        If the mask is of other contigs alone.

    Attributes
    ----------
    scheme
        The S signals.
    replicates
        Name and strand of the R columns behind them: each library of signals that have several.
    """

    def __init__(
        self,
        signals: Sequence[SignalFile],
        mask: Iterable[Region] = (),
        lengths: Mapping[str, int] | None = None,
        settings: SignalSettings | None = None,
        controls: Sequence[SignalFile] = (),
    ) -> None:
        self._settings = settings or SignalSettings()
        keys = dict.fromkeys((signal.name, signal.strand) for signal in signals)
        self.scheme = signal_scheme(keys)
        self._sources = {key: _Source(*key) for key in keys}
        self._mask = known_holes(mask, lengths, "mask")
        self._stack = ExitStack()
        try:
            for signal in signals:
                found = self._sources[signal.name, signal.strand]
                found.libraries.append(self._opened(signal, lengths))
            for control in controls:
                library = self._opened(control, lengths)
                for source in _controlled(control, controls, list(self._sources.values())):
                    source.controls.append(library)
            _take_sizes([*self._sources.values()])
            if self._settings.normalise == "library":
                self._normalise(lengths or {})
        except BaseException:
            self._stack.close()
            raise
        several = [each for each in self._sources.values() if len(each.libraries) > 1]
        self.replicates = tuple((s.name, s.strand) for s in several for _ in s.libraries)
        self.counts = SignalCounts([f"{each.name} {each.strand}" for each in self.scheme.states])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def of(self, chrom: str, start: int, end: int) -> Values:
        """Values of bases ``start <= i < end`` (0-based): float32 (L, S + R), NaN where unknown.

        A contig that a file does not have is NaN there, as is every base without a value unless
        the settings say that it is 0.
        """
        columns, beside = [], []
        for source in self._sources.values():
            each = [self._values(library, chrom, start, end) for library in source.libraries]
            control = [self._values(library, chrom, start, end) for library in source.controls]
            if control:
                off = _mean(control)
                each = [np.maximum(values - off, 0) for values in each]
            columns.append(_mean(each))
            beside += each if len(each) > 1 else []
        labels = np.stack([*columns, *beside], axis=1)
        for hole in touching(self._mask.get(chrom, []), start, end):
            labels[max(0, hole.start - start) : hole.end - start] = np.nan
        return labels

    def facts(self) -> dict[str, Any]:
        """What was done to the files, and what was found in the regions; plain JSON data."""
        return {
            "unit": "input" if self._settings.normalise == "none" else "mean coverage",
            **self._settings.model_dump(),
            "replicates": [list(key) for key in self.replicates],
            "files": [
                {
                    "name": source.name,
                    "strand": source.strand,
                    "factors": [library.factor for library in source.libraries],
                    "control_factors": [library.factor for library in source.controls],
                }
                for source in self._sources.values()
            ],
            "found": self.counts.to_json(),
        }

    def notes(self) -> list[str]:
        """What people should know of the files and of what was found in the regions."""
        turned = [
            f"{source.name} {source.strand}: its values are negative, and are taken without sign"
            for source in self._sources.values()
            if any(library.factor < 0 for library in source.libraries)
        ]
        counted = self.counts.notes(self._settings.gaps == "zero") if self.counts.bases else []
        return turned + counted

    def _opened(self, signal: SignalFile, lengths: Mapping[str, int] | None) -> _Library:
        from genoseq.readers.signal import open_signal

        reader = self._stack.enter_context(open_signal(signal.path))
        _check_contigs(reader, lengths, signal.path)
        return _Library(signal, reader)

    def _values(self, library: _Library, chrom: str, start: int, end: int) -> Values:
        """Values (L,) of a file, in the labels' unit."""
        found = np.full(end - start, np.nan, np.float32)
        # A bedGraph knows a contig only up to its last value.
        stop = min(end, library.reader.chroms.get(chrom, 0))
        if start < stop:
            found[: stop - start] = library.reader.values(chrom, start, stop)
        if self._settings.gaps == "zero" and chrom in library.reader.chroms:
            found[np.isnan(found)] = 0
        return found if library.factor == 1 else found * np.float32(library.factor)

    def _normalise(self, lengths: Mapping[str, int]) -> None:
        """Divide each library, both strands together, by its mean over the genome."""
        together: dict[tuple[str, int, bool], list[_Library]] = {}
        for source in self._sources.values():
            for control, libraries in ((False, source.libraries), (True, source.controls)):
                for library in libraries:
                    key = library.file.name, library.file.replicate, control
                    if all(library is not other for other in together.get(key, [])):
                        together.setdefault(key, []).append(library)
        for libraries in together.values():
            total, bases = 0.0, 0
            for library in libraries:
                own, known = _sum(library, lengths)
                total, bases = total + own, max(bases, known)
            if not total > 0:
                raise InputFormatError(
                    "its sum is not above 0, so it cannot be divided by its mean: "
                    "labels.signals.normalise: none",
                    libraries[0].file.path,
                )
            for library in libraries:
                library.factor *= bases / total


def _mean(values: Sequence[Values]) -> Values:
    """Mean of the values that are known, NaN where none is."""
    if len(values) == 1:
        return values[0]
    stacked = np.stack(values).astype(np.float64)
    known = (~np.isnan(stacked)).sum(0)
    sums = np.nansum(stacked, 0)
    mean: Values = np.where(known > 0, sums / np.maximum(known, 1), np.nan).astype(np.float32)
    return mean


def _sum(library: _Library, lengths: Mapping[str, int]) -> tuple[float, int]:
    """Sum of a library's values, and bases of the contigs that it has."""
    total, bases = 0.0, 0
    for chrom, length in lengths.items():
        stop = min(length, library.reader.chroms.get(chrom, 0))
        bases += length if stop else 0
        for at in range(0, stop, _CHUNK_BASES):
            values = library.reader.values(chrom, at, min(at + _CHUNK_BASES, stop))
            total += float(np.nansum(values, dtype=np.float64))
    return total * library.factor, bases


def _take_sizes(sources: Sequence[_Source]) -> None:
    """Turn - strands that are written as negative numbers."""
    plus = {source.name: source for source in sources if source.strand == "+"}
    for source in sources:
        if source.strand == "-" and source.name in plus:
            forward = [library.reader.extremes() for library in plus[source.name].libraries]
            for library in [*source.libraries, *source.controls]:
                low, high = library.reader.extremes()
                if low < 0 and high <= 0 and all(least >= 0 for least, _ in forward):
                    library.factor = -1.0


def _controlled(
    control: SignalFile, controls: Sequence[SignalFile], sources: Sequence[_Source]
) -> list[_Source]:
    """The signals that a control is taken off: of its name, or all; and of its strand."""
    named = {source.name for source in sources}
    mine = [source for source in sources if source.name == control.name]
    if not mine:
        others = {each.name for each in controls} - named
        if len(others) > 1:
            raise ConfigError(
                f"controls {listed(sorted(others))} are of no signal ({listed(sorted(named))}): "
                f"name each as its signal, NAME=FILE, or give one control of all"
            )
        own = {each.name for each in controls} & named
        mine = [source for source in sources if source.name not in own]
    found = [each for each in mine if control.strand in (".", each.strand)]
    if not found:
        raise ConfigError(
            f"control {control.name!r} has strands and its signal has none: give one control "
            f"without strand, NAME=FILE"
        )
    return found


def _check_contigs(signal: Signal, lengths: Mapping[str, int] | None, path: PathLike) -> None:
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
