"""Measured signals as labels: the values of signal files on regions.

A signal's value is the mean of its replicates, less its control where it has one (0 where the
control has more); or the control is kept beside it, to be learned.  The - strand of coverage is
often written as negative numbers: where a file has no positive number, and its + strand no negative
one, its values are taken without the sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Self

import numpy as np

from genoseq.config.signals import SignalSettings
from genoseq.errors import InputFormatError
from genoseq.genome.regions import Region, known_holes, touching
from genoseq.genome.schemes import signal_scheme
from genoseq.labels.signal_counts import SignalCounts
from genoseq.labels.signal_files import (
    Library,
    Source,
    Values,
    check_contigs,
    controlled,
    mean_known,
    summed,
    take_sizes,
)
from genoseq.labels.signal_names import SignalFile


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
        What is taken off the signals, or kept beside them: those of the same name, or else one
        control of all.

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
    controls
        How many columns follow those: the control of each signal, S, if it is to be learned.
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
        self._sources = {key: Source(*key) for key in keys}
        self._mask = known_holes(mask, lengths, "mask")
        self._stack = ExitStack()
        try:
            for signal in signals:
                found = self._sources[signal.name, signal.strand]
                found.libraries.append(self._opened(signal, lengths))
            for control in controls:
                library = self._opened(control, lengths)
                for source in controlled(control, controls, list(self._sources.values())):
                    source.controls.append(library)
            take_sizes([*self._sources.values()])
            if self._settings.normalise == "library":
                self._normalise(lengths or {})
        except BaseException:
            self._stack.close()
            raise
        several = [each for each in self._sources.values() if len(each.libraries) > 1]
        learned = self._settings.control == "learn" and bool(controls)
        self.controls = len(self.scheme) if learned else 0
        self.replicates = tuple((s.name, s.strand) for s in several for _ in s.libraries)
        self.counts = SignalCounts([f"{each.name} {each.strand}" for each in self.scheme.states])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def of(self, chrom: str, start: int, end: int) -> Values:
        """Values of bases ``start <= i < end`` (0-based), NaN where unknown: float32
        (L, S + R), or (L, S + R + S) with controls to learn.

        A contig that a file does not have is NaN there, as is every base without a value unless
        the settings say that it is 0.
        """
        columns: list[Values] = []
        beside: list[Values] = []
        controls: list[Values] = []
        for source in self._sources.values():
            each = [self._values(library, chrom, start, end) for library in source.libraries]
            control = [self._values(library, chrom, start, end) for library in source.controls]
            off = mean_known(control) if control else np.full(end - start, np.nan, np.float32)
            if self.controls:
                controls.append(off)
            elif control:
                each = [np.maximum(values - off, 0) for values in each]
            columns.append(mean_known(each))
            beside += each if len(each) > 1 else []
        labels = np.stack([*columns, *beside, *controls], axis=1)
        for hole in touching(self._mask.get(chrom, []), start, end):
            labels[max(0, hole.start - start) : hole.end - start] = np.nan
        return labels

    def facts(self) -> dict[str, Any]:
        """What was done to the files, and what was found in the regions; plain JSON data."""
        return {
            "unit": "input" if self._settings.normalise == "none" else "mean coverage",
            **self._settings.model_dump(),
            "replicates": [list(key) for key in self.replicates],
            "controls": self.controls,
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

    def _opened(self, signal: SignalFile, lengths: Mapping[str, int] | None) -> Library:
        from genoseq.readers.signal import open_signal

        reader = self._stack.enter_context(open_signal(signal.path))
        check_contigs(reader, lengths, signal.path)
        return Library(signal, reader)

    def _values(self, library: Library, chrom: str, start: int, end: int) -> Values:
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
        together: dict[tuple[str, int, bool], list[Library]] = {}
        for source in self._sources.values():
            for control, libraries in ((False, source.libraries), (True, source.controls)):
                for library in libraries:
                    key = library.file.name, library.file.replicate, control
                    if all(library is not other for other in together.get(key, [])):
                        together.setdefault(key, []).append(library)
        for libraries in together.values():
            total, bases = 0.0, 0
            for library in libraries:
                own, known = summed(library, lengths)
                total, bases = total + own, max(bases, known)
            if not total > 0:
                raise InputFormatError(
                    "its sum is not above 0, so it cannot be divided by its mean: "
                    "labels.signals.normalise: none",
                    libraries[0].file.path,
                )
            for library in libraries:
                library.factor *= bases / total
