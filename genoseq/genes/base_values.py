"""What a model says of each base, kept on disk while genes are called, to be written as tracks."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

import numpy as np

from genoseq.files.staging import temporary_folder
from genoseq.genes.content import Values
from genoseq.genes.layout import Contig
from genoseq.genes.state_values import STATES, Scorer
from genoseq.genome.tracks import DECIMALS, Channel, Track

CHANNELS = (Channel("CDS", "+"), Channel("CDS", "-"))
"""Columns of the tracks, as ``genoseq score`` has them."""
_COLUMNS = [[i for i, state in enumerate(STATES) if state[1] == one.strand] for one in CHANNELS]
"""States of each channel."""
_NONE = 65535
_CHUNK_BASES = 1 << 18
_HELD_BASES = 1 << 16
"""Bases of short contigs that are written together."""


class KeptValues:
    """Probabilities of coding sequence on either strand, of every base of a genome.

    In steps of ``10**-DECIMALS``, as tracks have them: 4 bytes per base, in a temporary file.

    Parameters
    ----------
    lengths
        bp of each contig, in order.
    """

    def __init__(self, lengths: Mapping[str, int]) -> None:
        *offsets, total = accumulate(lengths.values(), initial=0)
        self._lengths = dict(lengths)
        self._offsets = dict(zip(lengths, offsets, strict=True))
        shape, step = (max(total, 1), len(CHANNELS)), np.dtype(np.uint16)
        with temporary_folder() as folder, (folder / "values").open("w+b") as file:
            # A map of a file that finds the disk full ends the process: the room is taken before.
            os.posix_fallocate(file.fileno(), 0, math.prod(shape) * step.itemsize)
            # As long as it is needed, and without what a memmap does whenever it is cut.
            self._values = np.asarray(np.memmap(file, step, "r+", shape=shape))
        self._held: list[tuple[Contig, Values]] = []
        self._bases_held = 0

    def keeping(self, scorer: Scorer) -> Scorer:
        """The same scorer, whose values are kept; of contigs that it is given again the last."""

        def scored(contigs: Sequence[Contig]) -> Iterable[Values]:
            return map(self._keep, contigs, scorer(contigs))

        return scored

    def tracks(self) -> Iterator[Track]:
        """The values of all contigs, by pieces; NaN where a base is none of A, C, G and T."""
        self._write()
        begun, values = 0, np.empty((0, len(CHANNELS)), np.float32)
        for chrom, length in self._lengths.items():
            for start in range(0, length, _CHUNK_BASES):
                first = self._offsets[chrom] + start
                end = first + min(_CHUNK_BASES, length - start)
                if end > begun + len(values):  # the next bases, of however many contigs
                    steps = self._values[first : first + _CHUNK_BASES]
                    begun, values = first, (steps / np.float32(10**DECIMALS)).astype(np.float32)
                    values[steps == _NONE] = np.nan
                yield Track(chrom, start, values[first - begun : end - begun], CHANNELS)

    def _keep(self, one: Contig, values: Values) -> Values:
        """The same values, of which the tracks' are kept; those of reads many at once."""
        self._held.append((one, values))
        self._bases_held += one.length
        if self._bases_held >= _HELD_BASES:
            self._write()
        return values

    def _write(self) -> None:
        held, self._held, self._bases_held = self._held, [], 0
        if not held:
            return
        whole = held[0][1] if len(held) == 1 else np.concatenate([each for _, each in held], axis=1)
        # A circle is turned while its genes are called, and lies as in its file here.
        at = [
            self._offsets[one.name] + (np.arange(one.length) + one.turned) % max(one.length, 1)
            for one, _ in held
        ]
        where = np.concatenate(at)
        for begin in range(0, len(where), _CHUNK_BASES):
            part = whole[:, begin : begin + _CHUNK_BASES]
            own = np.stack([part[states].sum(0) for states in _COLUMNS], axis=1)
            known = np.isfinite(own)
            steps = np.where(known, np.where(known, own, 0).clip(0, 1) * 10**DECIMALS, _NONE)
            self._values[where[begin : begin + _CHUNK_BASES]] = steps.round()
