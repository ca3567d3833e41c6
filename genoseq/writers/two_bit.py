"""2bit: a genome in two bits per base, as UCSC, IGV and JBrowse read it.

Format: https://genome.ucsc.edu/FAQ/FAQformat.html#format7, little-endian.  Bases are packed four to
a byte, the first in the highest bits, T 0, C 1, A 2, G 3; runs of N, and of lower case, are listed
by start and length.  Every letter that is not A, C, G, T or U is an N
(:mod:`genoseq.genome.sequences`); contigs without a base are left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import InputFormatError
from genoseq.genome.sequences import N

if TYPE_CHECKING:
    from genoseq.readers.fasta import Fasta

_MAGIC = 0x1A412743
_CHUNK = 1 << 22
"""Bases read at a time, a multiple of four."""
_CODES = np.array([2, 1, 3, 0, 0], np.uint8)
"""By A, C, G, T, N of ours."""
_LONGEST_NAME = 255
_LARGEST = 2**32

Runs = list[tuple[int, int]]
"""Starts and ends, 0-based half-open, ascending."""


def write_two_bit(path: Path, fasta: Fasta) -> None:
    """Write all contigs of an open FASTA, in its order, lower case kept as a mask.

    Raises
    ------
    InputFormatError
        If a contig's name is longer than 255 bytes, or the file would be larger than 4 GiB, which
        the format cannot say; or the FASTA has a letter that is no nucleotide.
    """
    names = [name for name, length in fasta.lengths.items() if length]
    for name in names:
        if len(name.encode()) > _LONGEST_NAME:
            raise InputFormatError(
                f"contig {name[:40]!r}...: its name has more than {_LONGEST_NAME} bytes, the most "
                f"that 2bit can hold: shorten it",
                fasta.path,
            )
    if sum(fasta.lengths.values()) // 4 >= _LARGEST:
        raise InputFormatError("more bases than a 2bit file of 4 GiB holds", fasta.path)
    with path.open("wb") as out:
        out.write(_index(names, [0] * len(names)))
        offsets = []
        for name in names:
            offsets.append(out.tell())
            _write_contig(out, fasta, name)
        if out.tell() >= _LARGEST:
            raise InputFormatError("more bases than a 2bit file of 4 GiB holds", fasta.path)
        out.seek(0)
        out.write(_index(names, offsets))


def _index(names: list[str], offsets: list[int]) -> bytes:
    parts = [struct.pack("<IIII", _MAGIC, 0, len(names), 0)]
    for name, offset in zip(names, offsets, strict=True):
        text = name.encode()
        parts.append(struct.pack("<B", len(text)) + text + struct.pack("<I", offset % _LARGEST))
    return b"".join(parts)


def _write_contig(out: IO[bytes], fasta: Fasta, name: str) -> None:
    length = fasta.lengths[name]
    unknown: Runs = []
    lower: Runs = []
    packed = []
    for start in range(0, length, _CHUNK):
        end = min(start + _CHUNK, length)
        codes = fasta.codes(name, start, end)
        letters = np.frombuffer(fasta.fetch(name, start, end), np.uint8)
        _extend(unknown, start, codes == N)
        _extend(lower, start, letters >= ord("a"))
        packed.append(_packed(_CODES[codes]))
    out.write(struct.pack("<I", length) + _blocks(unknown) + _blocks(lower) + bytes(4))
    out.writelines(packed)


def _extend(runs: Runs, start: int, mask: NDArray[np.bool_]) -> None:
    """Add the runs of a mask (L,) of bases from ``start`` on; one may go on from before."""
    for first, last in _true_runs(mask):
        if runs and runs[-1][1] == start + first:
            runs[-1] = runs[-1][0], start + last
        else:
            runs.append((start + first, start + last))


def _true_runs(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False)).tolist()
    return ((first, last) for number, (first, last) in enumerate(pairwise(edges)) if not number % 2)


def _packed(codes: NDArray[np.uint8]) -> bytes:
    """Codes (L,) of two bits, four to a byte; the last byte is filled up with T, as UCSC does."""
    padded = np.zeros(-(-len(codes) // 4) * 4, np.uint8)
    padded[: len(codes)] = codes
    # The bits of a code, highest first, one after the other: eight bits make a byte.
    bits = np.stack([padded >> 1, padded & 1], axis=1)
    return np.packbits(bits).tobytes()


def _blocks(runs: Runs) -> bytes:
    starts, sizes = [start for start, _ in runs], [end - start for start, end in runs]
    return struct.pack(f"<I{2 * len(runs)}I", len(runs), *starts, *sizes)
