"""Measured signals as labels: names and strands of signal files, and their values on regions.

A file is named on the command line as ``NAME=PATH`` or ``PATH``; the name is then the file's stem.
A name that ends in ``plus``, ``fwd``, ``forward`` or ``pos`` after ``.``, ``_`` or ``-`` is the +
strand of a signal **if its twin is there too**: the same name with ``minus``, ``rev``, ``reverse``
or ``neg``.  Every other file is a signal without strand.  Values are taken as they are: where a
file has negative numbers for the minus strand, so do the labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from genoseq.config.sheet import named_file
from genoseq.errors import ConfigError, InputFormatError, listed
from genoseq.files.atomic import PathLike
from genoseq.files.compression import source_path
from genoseq.genome.contig_names import contigs_there
from genoseq.genome.regions import Region, Strand, check_lengths, known_holes, touching
from genoseq.genome.schemes import signal_scheme

if TYPE_CHECKING:
    from genoseq.readers.signal import Signal

_SUFFIXES = (".bw", ".bigwig", ".bedgraph", ".bdg", ".bg", ".wig", ".gz")
_TWINS = {"plus": "minus", "fwd": "rev", "forward": "reverse", "pos": "neg"}
_STRANDED = re.compile(rf"^(.+)[._-]({'|'.join([*_TWINS, *_TWINS.values()])})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SignalFile:
    """One signal: its name, strand, and file."""

    name: str
    strand: Strand
    path: PathLike


def name_signals(texts: Sequence[str]) -> list[SignalFile]:
    """Signals of ``NAME=PATH`` or ``PATH`` arguments, in order.

    Raises
    ------
    ConfigError
        If two have the same name and strand.
    """
    pairs = [parse_signal(text) for text in texts]
    stranded = {
        (match[1], match[2].lower())
        for name, _ in pairs
        if (match := _STRANDED.match(name)) is not None
    }
    signals: list[SignalFile] = []
    for name, path in pairs:
        match = _STRANDED.match(name)
        strand: Strand = "."
        if match is not None:
            word = match[2].lower()
            twins = {**_TWINS, **{minus: plus for plus, minus in _TWINS.items()}}
            if (match[1], twins[word]) in stranded:
                name, strand = match[1], "+" if word in _TWINS else "-"
        signals.append(SignalFile(name, strand, path))
    keys = [(signal.name, signal.strand) for signal in signals]
    for signal, key in zip(signals, keys, strict=True):
        if keys.count(key) > 1:
            raise ConfigError(
                f"two signals are called {signal.name!r}: name them, --signal NAME={signal.path}"
            )
    return signals


def parse_signal(text: str) -> tuple[str, Path]:
    """Name and file of ``NAME=PATH`` or ``PATH``; a path may hold ``=`` behind a ``/``."""
    name, path = named_file(text)
    if name is not None:
        return name, path
    stem = source_path(path).name
    while stem.lower().endswith(_SUFFIXES):
        stem = Path(stem).stem
    return stem, path


class SignalLabels:
    """Open signal files as labels; a context manager.

    Parameters
    ----------
    signals
        By :func:`name_signals`; they are the S columns of the labels.
    mask
        Regions whose values are not to be used: NaN.
    lengths
        Contig lengths of the genome, to check the files and mask against; None if not known.

    Raises
    ------
    InputFormatError
        If a file is not a signal, has none of the contigs, or has one of another length.
    RegionError
        If the mask is of other contigs alone.
    """

    def __init__(
        self,
        signals: Sequence[SignalFile],
        mask: Iterable[Region] = (),
        lengths: Mapping[str, int] | None = None,
    ) -> None:
        from genoseq.readers.signal import open_signal

        self.scheme = signal_scheme((signal.name, signal.strand) for signal in signals)
        self._mask = known_holes(mask, lengths, "mask")
        self._stack = ExitStack()
        self._readers: list[Signal] = []
        try:
            for signal in signals:
                self._readers.append(self._stack.enter_context(open_signal(signal.path)))
                _check_contigs(self._readers[-1], lengths, signal.path)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def of(self, chrom: str, start: int, end: int) -> NDArray[np.float32]:
        """Values of bases ``start <= i < end`` (0-based): float32 (L, S), NaN where unknown.

        A contig that a file does not have is NaN there, as is every base without a value.
        """
        labels = np.full((end - start, len(self._readers)), np.nan, np.float32)
        for column, reader in enumerate(self._readers):
            # A bedGraph knows a contig only up to its last value.
            stop = min(end, reader.chroms.get(chrom, 0))
            if start < stop:
                labels[: stop - start, column] = reader.values(chrom, start, stop)
        for hole in touching(self._mask.get(chrom, []), start, end):
            labels[max(0, hole.start - start) : hole.end - start] = np.nan
        return labels


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
