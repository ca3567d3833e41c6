"""What a VCF consists of: header lines, and records as the lines that they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CONTIG = re.compile(rb"##contig=<(?:.*,)?ID=([^,>]+)")
_LENGTH = re.compile(rb"##contig=<(?:.*,)?length=(\d{1,18})[,>]")


@dataclass(frozen=True, slots=True)
class VcfHeader:
    """The lines before the records.

    Attributes
    ----------
    meta
        Those that begin with ``##``, without line ends.
    columns
        The one that begins with ``#CHROM``.
    """

    meta: tuple[bytes, ...]
    columns: bytes

    @property
    def contigs(self) -> dict[str, int | None]:
        """Contigs that are named, and their lengths (bp) where they are said."""
        found: dict[str, int | None] = {}
        for line in self.meta:
            if named := _CONTIG.match(line):
                length = _LENGTH.match(line)
                found[text_of_bytes(named[1])] = int(length[1]) if length else None
        return found


@dataclass(frozen=True, slots=True)
class VcfRecord:
    """A line of a VCF.

    Attributes
    ----------
    number
        Of the record in its file, 0-based.
    line
        Its bytes, without the line end; at least eight columns.
    chrom
        Contig as the file names it.
    start
        First base of REF, 0-based; -1 of POS 0, which is before the first base.
    ref, alts
        Alleles as written; no ALT where the file has ``.``.
    """

    number: int
    line: bytes
    chrom: str
    start: int
    ref: str
    alts: tuple[str, ...]


def text_of_bytes(data: bytes) -> str:
    """Text of bytes; those that are no UTF-8 come back as they were when it is encoded again."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of_text(text: str) -> bytes:
    """The inverse of :func:`text_of_bytes`."""
    return text.encode("utf-8", "surrogateescape")
