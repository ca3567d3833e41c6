"""The index of a plain FASTA as samtools and pyfaidx write it, of the first line of each record.

pyfaidx looks at each line in Python.  What an index of first lines cannot see, lines of other
lengths and letters that are none, whoever uses it must look for:
:func:`genoseq.readers.fasta_index.index_fits` does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import BinaryIO

from genoseq.files.limits import LONGEST_LINE

_CHUNK = 1 << 20
_HEAD = 1 << 10
"""Bytes in which a header and the first line behind it mostly lie."""
_ENDS = b"\r\n"


def write_fai(plain: Path, fai: Path) -> bool:
    """Write the index of a FASTA that begins with a record; whether each record has a name, in
    UTF-8, and a line end behind it."""
    with plain.open("rb") as file, fai.open("w", encoding="utf-8", newline="\n") as index:
        size = os.fstat(file.fileno()).st_size
        for start, end in pairwise(chain(_starts(file), [size])):
            row = _row(file, start, end)
            if row is None:
                return False
            index.write(row)
    return True


def _starts(file: BinaryIO) -> Iterator[int]:
    """Where records begin: each ``>`` at the beginning of a line."""
    at, before = 0, b"\n"
    while chunk := os.pread(file.fileno(), _CHUNK, at):
        if before == b"\n" and chunk[:1] == b">":
            yield at
        found = chunk.find(b"\n>")
        while found >= 0:
            yield at + found + 1
            found = chunk.find(b"\n>", found + 1)
        at, before = at + len(chunk), chunk[-1:]


def _row(file: BinaryIO, start: int, end: int) -> str | None:
    """The line of the record in bytes [start, end)."""
    head = _head(file, start, end)
    header, line_end, rest = head.partition(b"\n")
    words = header[1:].split()
    if not words or not line_end:
        return None
    try:
        name = words[0].decode()
    except UnicodeDecodeError:
        return None
    first = rest[: rest.find(b"\n") + 1] or rest
    offset, pitch, width = start + len(header) + 1, len(first), len(first.rstrip(_ENDS))
    whole = len(head) == end - start  # as of a read
    after = start + len(head.rstrip(_ENDS)) if whole else _end_of_letters(file, offset, end)
    bases = 0
    if width and after > offset:
        lines, left = divmod(after - offset, pitch)
        bases = lines * width + min(left, width)
    return f"{name}\t{bases}\t{offset}\t{width}\t{pitch}\n"


def _head(file: BinaryIO, start: int, end: int) -> bytes:
    """Header and first line of a record, and more."""
    for size in (_HEAD, 2 * LONGEST_LINE):
        head = os.pread(file.fileno(), min(size, end - start), start)
        if len(head) == end - start or head.count(b"\n") >= 2:
            break
    return head


def _end_of_letters(file: BinaryIO, offset: int, end: int) -> int:
    """Where the line ends begin that a record ends with."""
    while end > offset:
        begin = max(offset, end - 16)
        kept = os.pread(file.fileno(), end - begin, begin).rstrip(_ENDS)
        if kept:
            return begin + len(kept)
        end = begin
    return offset
