"""What a model says of each base, kept on disk while genes are called, to be written as tracks."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

import numpy as np

from genoseq.files.jobs import Jobs
from genoseq.files.staging import temporary_folder
from genoseq.genes.content import Values
from genoseq.genes.layout import Contig
from genoseq.genes.state_values import STATES, Scorer
from genoseq.genome.tracks import Channel, Track
from genoseq.writers.lattice import floats, thousandths

CHANNELS = (Channel("CDS", "+"), Channel("CDS", "-"))
"""Columns of the tracks, as ``genoseq score`` has them."""
_STATES = [[i for i, state in enumerate(STATES) if state[1] == one.strand] for one in CHANNELS]
"""Of each channel."""
_CHUNK_BASES = 1 << 18
_HELD_BASES = 1 << 16
"""Bases of short contigs that are written together."""


class KeptValues:
    """Probabilities of coding sequence on either strand, of every base of a genome.

    In thousandths, as tracks have them: 4 bytes per base, in a temporary file.

    Parameters
    ----------
    lengths
        bp of each contig, in order.
    """

    def __init__(self, lengths: Mapping[str, int]) -> None:
        *offsets, total = accumulate(lengths.values(), initial=0)
        self._lengths = dict(lengths)
        self._offsets = dict(zip(lengths, offsets, strict=True))
        shape, step = (len(CHANNELS), max(total, 1)), np.dtype(np.uint16)
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

    def tracks(self, jobs: Jobs) -> Iterator[Track]:
        """The values of all contigs, by pieces; NaN where a base is none of A, C, G and T.

        Parameters
        ----------
        jobs
            Which share what is made of them; they start when the first piece is asked for.
        """
        self._write()
        if (processes := min(jobs.most, self._values.shape[1] // _CHUNK_BASES)) > 1:
            jobs.start(processes)
        begun, values = 0, np.empty((len(CHANNELS), 0), np.float32)
        for chrom, length in self._lengths.items():
            for start in range(0, length, _CHUNK_BASES):
                first = self._offsets[chrom] + start
                end = first + min(_CHUNK_BASES, length - start)
                if end > begun + values.shape[1]:  # the next bases, of however many contigs
                    begun = first
                    values = floats(self._values[:, first : first + _CHUNK_BASES])
                yield Track(chrom, start, values[:, first - begun : end - begun].T, CHANNELS)

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
        steps = np.empty((len(CHANNELS), whole.shape[1]), np.uint16)
        for begin in range(0, whole.shape[1], _CHUNK_BASES):
            part = slice(begin, begin + _CHUNK_BASES)
            own = np.stack([whole[states, part].sum(0) for states in _STATES])
            steps[:, part] = thousandths(own)
        begin = 0
        for one, _ in held:
            own, at = steps[:, begin : begin + one.length], self._offsets[one.name]
            # A circle is turned while its genes are called, and lies as in its file here.
            turned = np.roll(own, one.turned, axis=1) if one.turned else own
            self._values[:, at : at + one.length] = turned
            begin += one.length
