"""How much is read of a file before it is trusted: limits, far beyond real data, of every reader.

Files that hold ten gigabytes in ten megabytes, in one line or in a billion, end as one error,
within seconds and in little memory.  Configurations have limits of their own
(:mod:`genoseq.config.yaml_text`), as have numbers (:mod:`genoseq.readers.whole_numbers`).
"""

from __future__ import annotations

import io
import os
from os import PathLike
from typing import IO, Any, NamedTuple

from genoseq.errors import ConfigError, InputFormatError

VARIABLE = "GENOSEQ_MAX_EXPANSION"
"""Environment variable: how many times larger any file may become, instead of what follows."""


class Expansion(NamedTuple):
    """What decompression may make of a file: it stops where both are exceeded.

    Attributes
    ----------
    size
        Bytes that are always allowed.
    ratio
        Times the compressed bytes that were read.
    """

    size: int
    ratio: int


TABLES = Expansion(1 << 22, 200)
"""Of tables and annotation; gzip makes 12 to 1 of large ones, xz 60 to 1."""
SEQUENCES = Expansion(1 << 28, 500)
"""Of FASTA; gzip makes 4 to 1 of bases, 1,000 to 1 of N: of a human genome masked but for its exons
170 to 1."""
LONGEST_LINE = 1 << 20
"""Bytes of a line of a table or an annotation; titin's, the longest of Ensembl, has 10,000."""
LONGEST_SEQUENCE_LINE = 1 << 28
"""Of a line that holds sequence and is read into memory: a human chromosome.  Lines of a genome,
which is not, have no limit."""
LONGEST_NAME = 1 << 12
"""Bytes of the name of a contig."""
LONGEST_HEAD = 1 << 24
"""Bytes of comments before the first line that tells what a file is."""


def expansion_limit(usual: Expansion) -> Expansion:
    """The usual one, or what :data:`VARIABLE` says.

    Raises
    ------
    ConfigError
        If that is no whole number above 0.
    """
    said = os.environ.get(VARIABLE)
    if not said:
        return usual
    if not (said.isascii() and said.isdecimal() and int(said[:18])):
        raise ConfigError(f"{VARIABLE}={said}: give a whole number above 0, such as 5000")
    return usual._replace(ratio=int(said[:18]))


class LongLineError(InputFormatError):
    """A line that is too long; readers that count lines say which."""


def long_line(most: int, path: str | PathLike[str], line: int | None = None) -> LongLineError:
    """What is wrong with a line of more than ``most`` bytes."""
    said = f"a line of more than {most >> 20:,} MB: is it the right file, undamaged?"
    return LongLineError(said, path, line)


class Bounded(io.RawIOBase):
    """Decompressed bytes, as far as they are not too many for those that they came from.

    Parameters
    ----------
    stream
        The decompressed bytes.
    source
        Where the compressed ones come from; ``read_bytes`` is how many were read.
    """

    def __init__(
        self, stream: IO[bytes], source: Any, usual: Expansion, path: str | PathLike[str]
    ) -> None:
        self._stream, self._source, self._path = stream, source, path
        self._limit, self._size = expansion_limit(usual), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._size += len(data)
        most = max(self._limit.size, self._limit.ratio * self._source.read_bytes)
        if self._size > most:
            raise InputFormatError(
                f"expands to more than {most >> 20:,} MB, over {self._limit.ratio:,} times its "
                f"size: if it is meant to, raise that by {VARIABLE} in the environment",
                self._path,
            )
        return len(data)


class ShortLines(io.RawIOBase):
    """The same bytes, as far as no line of them is longer than ``most``."""

    def __init__(self, stream: IO[bytes], most: int, path: str | PathLike[str]) -> None:
        self._stream, self._most, self._path = stream, most, path
        self._open = 0  # bytes since the last line end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        last = data.rfind(b"\n")
        end = b"\n" if last >= 0 else b"\r"
        last = last if last >= 0 else data.rfind(b"\r")
        first = data.find(end) if last >= 0 else len(data)
        if self._open + first > self._most:
            raise long_line(self._most, self._path)
        self._open = len(data) - last - 1 if last >= 0 else self._open + len(data)
        return len(data)
