"""Records of FASTA and FASTQ, one after the other: names and letters, of any alphabet."""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike
from typing import NamedTuple

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.files.limits import LONGEST_SEQUENCE_LINE
from genoseq.readers.kinds import FASTA, FASTQ, PROTEINS, kind_of, not_wanted


class SequenceRecord(NamedTuple):
    """A sequence of a file.

    Attributes
    ----------
    name
        First word of its header.
    letters
        ASCII, white space left out, case kept.
    line
        That of its header, 1-based.
    """

    name: str
    letters: bytes
    line: int


def read_records(path: str | PathLike[str]) -> Iterator[SequenceRecord]:
    """Records of a FASTA or FASTQ file, plain or compressed, in order; one is held at a time.

    Letters are not looked at, qualities are passed over.

    Raises
    ------
    InputFormatError
        If it is neither, a record has no name, or a FASTQ record is not whole.
    """
    kind = kind_of(path)
    if kind not in (FASTA, PROTEINS, FASTQ) and kind is not None:
        raise not_wanted(kind, "a FASTA or FASTQ file", path)
    if kind is None:
        raise InputFormatError("no FASTA or FASTQ: its first line begins with > or @", path)
    lines = numbered_lines(path, LONGEST_SEQUENCE_LINE)
    yield from _fastq(lines, path) if kind is FASTQ else _fasta(lines, path)


def _name(header: str, path: str | PathLike[str], line: int) -> str:
    words = header[1:].split(maxsplit=1)
    if not words:
        raise InputFormatError("a record without a name: add one behind its > or @", path, line)
    return words[0]


def _fasta(lines: Iterator[tuple[int, str]], path: str | PathLike[str]) -> Iterator[SequenceRecord]:
    name, first, parts = "", 0, list[str]()
    for number, line in lines:
        if line.startswith(">"):
            if first:
                yield SequenceRecord(name, _letters(parts), first)
            name, first, parts = _name(line, path, number), number, []
        elif first and not line.startswith(";"):
            parts.append(line)
    if first:
        yield SequenceRecord(name, _letters(parts), first)


def _letters(parts: list[str]) -> bytes:
    # Latin-1 keeps what is no letter of any alphabet as one strange byte, to be told by its reader.
    return "".join("".join(parts).split()).encode("latin-1", "replace")


def _fastq(lines: Iterator[tuple[int, str]], path: str | PathLike[str]) -> Iterator[SequenceRecord]:
    """Letters between @ and +, then as many qualities, either of them wrapped or not."""
    for first, line in lines:
        if not line.strip():
            continue
        if not line.startswith("@"):
            raise InputFormatError("a FASTQ record begins with @: is a line missing?", path, first)
        name, parts = _name(line, path, first), list[str]()
        for _, more in lines:
            if more.startswith("+"):
                break
            parts.append(more)
        letters = _letters(parts)
        qualities = 0
        while qualities < len(letters) and (more := next(lines, (0, ""))[1]):
            qualities += len(more.strip())
        if qualities != len(letters):
            raise InputFormatError(
                f"record {name!r} has {len(letters):,} letters and {qualities:,} qualities: "
                f"cut off? Copy or download it again",
                path,
                first,
            )
        yield SequenceRecord(name, letters, first)
