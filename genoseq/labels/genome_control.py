"""Controls of a genome that is scored, for a model that has learned what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np

from genoseq.config.signals import SignalSettings
from genoseq.genome.schemes import Scheme
from genoseq.labels.signal_files import Values, controlled, mean_known
from genoseq.labels.signal_names import SignalFile
from genoseq.labels.signals import SignalLabels


class GenomeControl:
    """Open files of controls; a context manager.

    Parameters
    ----------
    files
        By :func:`genoseq.labels.signal_names.name_signals`: of the signals of their names, or one
        of all.
    scheme
        The model's S signals.
    lengths
        Contig lengths of the genome.
    settings
        How files are read: as those that the model has learned from.

    Raises
    ------
    ConfigError, InputFormatError
        As :class:`genoseq.labels.signals.SignalLabels`.
    """

    def __init__(
        self,
        files: Sequence[SignalFile],
        scheme: Scheme,
        lengths: Mapping[str, int],
        settings: SignalSettings,
    ) -> None:
        self._columns: dict[int, list[int]] = {n: [] for n in range(len(scheme))}
        self._labels = SignalLabels(files, (), lengths, settings)
        try:
            own, signals = self._labels.scheme.states, scheme.states
            for column, state in enumerate(own):
                for signal in controlled(state, own, signals):
                    self._columns[signals.index(signal)].append(column)
        except BaseException:
            self._labels.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._labels.__exit__(*error)

    def of(self, chrom: str, start: int, end: int) -> Values:
        """Controls of bases ``start <= i < end`` (0-based): float32 (L, S), NaN where unknown."""
        found = self._labels.of(chrom, start, end)
        none = np.full(end - start, np.nan, np.float32)
        columns = [
            mean_known([found[:, column] for column in own]) if own else none
            for own in self._columns.values()
        ]
        return np.stack(columns, axis=1)
