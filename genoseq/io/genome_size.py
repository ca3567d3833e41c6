"""How large a genome is, without reading all of a large one: for estimates only."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from genoseq.errors import InputFormatError
from genoseq.io.compression import compression_of, open_bytes
from genoseq.io.fasta_copy import GENBANK, SPACE, even_copy
from genoseq.io.fasta_index import index_beside, read_fai

WHOLE = 4 << 20
"""Letters up to which a file is read whole: a thousand bacteria are to take seconds."""
SAMPLE = 1 << 20
"""Letters that are read of a larger one."""
HEAD = 1 << 16
"""Letters that are read as scoring will read them."""
COMPRESSED = 3.4
"""Letters in a byte of gzip: 3.3 in hg38.fa.gz of UCSC, 3.4 in bacteria of RefSeq."""
DENSEST = 16
"""Letters in a byte of a compressed file beyond which its index is another file's."""

_LOCUS = re.compile(rb"^LOCUS +(\S+) +(\d+) bp|^VERSION +(\S+)", re.MULTILINE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class GenomeSize:
    """Bases and contigs of a genome.

    Attributes
    ----------
    bases, contigs
        As counted, or about so many.
    lengths
        Of each contig, by name, in the file's order; None where they were not counted.
    """

    bases: int
    contigs: int
    lengths: dict[str, int] | None = None


def genome_size(path: str | Path) -> GenomeSize:
    """Size of a FASTA or GenBank file, plain or compressed.

    It is exact where an index lies beside the file (``.fai``, not older, of this file) or the file
    holds no more than about :data:`WHOLE` letters; otherwise its beginning, and the bytes of the
    file, say how much it holds.

    Raises
    ------
    InputFormatError
        If the beginning of the file is no nucleotide FASTA, nothing is in it, a record that was
        read has the name of another, or its compressed data is damaged.  What follows the
        beginning is not checked here.
    OSError
        If it cannot be read.
    """
    path = Path(path)
    with path.open("rb") as file:
        packed = compression_of(file.read(6)) is not None
    letters = path.stat().st_size * (COMPRESSED if packed else 1)
    indexed = _packed_index(path) if packed else _plain_index(path)
    with open_bytes(path) as stream:
        text = stream.read(HEAD if indexed else SAMPLE)
        if not indexed and (letters <= WHOLE or text.startswith(GENBANK)):
            text += stream.read()
    if text.startswith(GENBANK):
        return _counted(_genbank_records(text, path), path)
    text = text.removeprefix(_BYTE_ORDER_MARK)
    _check_head(text, path)
    if indexed:
        return _counted(indexed, path)
    counted = _counted(_records(text), path)
    if letters <= WHOLE:
        return counted
    times = letters / len(text)
    return GenomeSize(round(counted.bases * times), max(1, round(counted.contigs * times)))


def _plain_index(path: Path) -> list[tuple[str, int]]:
    """Names and bases by the index beside a file, if scoring would use it; else nothing."""
    index = index_beside(path) or {}
    return [(name, lines.bases) for name, lines in index.items()]


def _packed_index(path: Path) -> list[tuple[str, int]]:
    """The same of a compressed file, in which no record can be looked up."""
    fai, state = path.with_name(f"{path.name}.fai"), path.stat()
    if not fai.is_file() or fai.stat().st_mtime_ns < state.st_mtime_ns:
        return []
    found = [(name, lines.bases) for name, lines in (read_fai(fai) or {}).items()]
    return found if sum(bases for _, bases in found) <= DENSEST * state.st_size else []


def _check_head(text: bytes, path: Path) -> None:
    """Read the first lines as scoring will."""
    head = text[:HEAD] if b">" in text[:HEAD] else text
    if len(head) < len(text):  # the last line is cut
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    with tempfile.TemporaryDirectory(prefix="genoseq-") as name:
        plain = Path(name, "head.fa")
        plain.write_bytes(head)
        even_copy(plain, Path(name, "even.fa"), path)


def _counted(lengths: list[tuple[str, int]], path: Path) -> GenomeSize:
    named = dict(lengths)
    if len(named) < len(lengths):
        twice, _ = Counter(name for name, _ in lengths).most_common(1)[0]
        raise InputFormatError(f"two records named {twice!r}: rename or remove one", path)
    return GenomeSize(sum(named.values()), len(named), named)


def _genbank_records(text: bytes, path: Path) -> list[tuple[str, int]]:
    """Names and bases of the records of a GenBank file."""
    found: list[tuple[str, int]] = []
    for locus, bases, version in _LOCUS.findall(text):
        name = (locus or version).decode(errors="replace")
        if locus:
            found.append((name, int(bases)))
        elif found:
            found[-1] = name, found[-1][1]
    if not found:
        raise InputFormatError("no GenBank record says its length in bp: proteins?", path)
    return found


def _records(text: bytes) -> list[tuple[str, int]]:
    """Names and bases of the records of a FASTA."""
    if b"\r" in text:
        text = text.replace(b"\r", b"\n")
    found = []
    for record in (b"\n" + text).split(b"\n>")[1:]:
        header, _, body = record.partition(b"\n")
        bases = len(body) - sum(body.count(letter) for letter in SPACE)
        found.append((b"".join(header.split()[:1]).decode(errors="replace"), bases))
    return found
