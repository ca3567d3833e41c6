"""Writing a scores folder, slab by slab: see :mod:`genoseq.writers.scores`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import IO, Any

import numpy as np

from genoseq.files.stored import sealed
from genoseq.genome.tracks import Channel
from genoseq.writers.contents import Contents
from genoseq.writers.lattice import Slab, is_gap
from genoseq.writers.manifest import MANY, OutputFile
from genoseq.writers.origin import MADE_BY
from genoseq.writers.scores import (
    FORMAT,
    HEADER,
    INDEX,
    VALUES,
    VERSION,
    ScoredInterval,
    dtype_of,
    npy_header,
)


class ScoresWriter:
    """Writes a scores folder slab by slab."""

    def __init__(self, folder: Path, of: Contents) -> None:
        self._folder, self._of = folder, of
        self._dtype = dtype_of(of.kind, of.digits, of.decimals)
        self._intervals: list[ScoredInterval] = []
        self._rows = 0
        self._digest = hashlib.sha256()
        self._file: IO[bytes] = (folder / VALUES).open("wb")
        self._file.write(bytes(HEADER))

    def write(self, slab: Slab) -> None:
        """Append the slab from its first to its last base with a value."""
        known = np.flatnonzero(~is_gap(slab.values).all(axis=0))
        low, high = int(known[0]), int(known[-1]) + 1
        data = np.ascontiguousarray(slab.values[:, low:high].T, self._dtype).tobytes()
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
        header = npy_header(self._dtype, (self._rows, len(self._of.channels)))
        self._file.seek(0)
        self._file.write(header)
        self.close()
        names = {chrom: number for number, chrom in enumerate(self._of.lengths)}
        asked = self._of.origin.regions
        index = {
            "format": FORMAT,
            "version": VERSION,
            "kind": self._of.kind,
            **({} if self._of.digits is None else {"digits": self._of.digits}),
            **({} if self._of.decimals is None else {"decimals": list(self._of.decimals)}),
            "channels": [_channel_row(channel) for channel in self._of.channels],
            **{name: getattr(self._of.origin, name) for name in MADE_BY},
            "lengths": list(self._of.lengths.items()),
            "regions": None if asked is None else [[names[r.chrom], r.start, r.end] for r in asked],
            "pieces": [[names[p.chrom], p.start, p.end] for p in self._intervals],
            "sha256": self._digest.hexdigest(),
        }
        (self._folder / INDEX).write_text(json.dumps(sealed(index)) + "\n")
        return [OutputFile(name, "scores", MANY, MANY, "scores") for name in (VALUES, INDEX)]

    def close(self) -> None:
        """Release the file; may be called again."""
        self._file.close()


def _channel_row(channel: Channel) -> list[Any]:
    """Of what tells how sure values are with its measure, of others as before there were any."""
    row = [channel.name, channel.strand, channel.phase]
    return row if channel.measure is None else [*row, channel.measure]
