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
_CHUNK_BASES = 1 << 20


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
            self._values = np.memmap(file, step, "r+", shape=shape)  # as long as it is needed

    def keeping(self, scorer: Scorer) -> Scorer:
        """The same scorer, whose values are kept; of contigs that it is given again the last."""

        def scored(contigs: Sequence[Contig]) -> Iterable[Values]:
            for one, values in zip(contigs, scorer(contigs), strict=True):
                self._keep(one, values)
                yield values

        return scored

    def tracks(self) -> Iterator[Track]:
        """The values of all contigs, by pieces; NaN where a base is none of A, C, G and T."""
        for chrom, length in self._lengths.items():
            for start in range(0, length, _CHUNK_BASES):
                first = self._offsets[chrom] + start
                steps = self._values[first : first + min(_CHUNK_BASES, length - start)]
                values = (steps / np.float32(10**DECIMALS)).astype(np.float32)
                values[steps == _NONE] = np.nan
                yield Track(chrom, start, values, CHANNELS)

    def _keep(self, one: Contig, values: Values) -> None:
        if not one.length:
            return
        own = np.stack([values[states].sum(0) for states in _COLUMNS], axis=1)
        known = np.isfinite(own)
        steps = np.where(known, np.where(known, own, 0).clip(0, 1) * 10**DECIMALS, _NONE).round()
        first = self._offsets[one.name]
        # A circle is turned while its genes are called, and lies as in its file here.
        turned = np.roll(steps, one.turned, axis=0) if one.turned else steps
        self._values[first : first + one.length] = turned
