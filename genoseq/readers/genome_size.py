"""How large a genome is, without reading all of a large one: for estimates only."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from genoseq.errors import InputFormatError
from genoseq.files.compression import compression_of, open_bytes
from genoseq.files.limits import SEQUENCES, TABLES
from genoseq.files.staging import temporary_folder
from genoseq.readers import kinds
from genoseq.readers.fasta_copy import SPACE, even_copy, name_of
from genoseq.readers.fasta_index import index_beside, read_fai
from genoseq.readers.genbank import no_sequence

WHOLE = 4 << 20
"""Files of up to this many letters are read whole: a thousand bacteria then take seconds."""
SAMPLE = 1 << 20
"""Of a larger file this many letters are read."""
HEAD = 1 << 16
"""This many of them are checked as scoring will check them."""
PARSED = 1 << 19
"""GenBank and EMBL files are read whole up to this many letters: Biopython takes 0.13 s per
million, which would be twenty minutes for a thousand bacteria."""
COMPRESSED = 3.4
"""Letters per byte of a gzip file: 3.3 in hg38.fa.gz of UCSC, 3.4 in bacteria of RefSeq."""
DENSEST = 16
"""An index with more letters per compressed byte than this belongs to another file."""

_VERSION = re.compile(rb"^VERSION +([^.\s]\S*)", re.MULTILINE)
_ID_NAME = re.compile(rb"^ID   ([\w.-]+); +SV (\d+);", re.MULTILINE)
_LOCUS_NAME = re.compile(rb"^LOCUS +(\S+)", re.MULTILINE)
BESIDE_LETTERS = SPACE + b"0123456789"
"""What stands among the letters of GenBank and EMBL records."""
_COMMENT = re.compile(rb"^;[^\n]*", re.MULTILINE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Flat(NamedTuple):
    """How a record of GenBank or EMBL begins and says its length, the line before its sequence, and
    what is wrong with a file of no such record."""

    first: re.Pattern[bytes]
    origin: bytes
    none: str


_FLAT = {
    kinds.GENBANK: _Flat(
        re.compile(rb"^LOCUS +\S+ +(\d{1,18}) bp", re.MULTILINE),
        b"\nORIGIN",
        "no GenBank record says its length in bp: proteins?",
    ),
    kinds.EMBL: _Flat(
        re.compile(rb"^ID   .* (\d{1,18}) BP\.", re.MULTILINE),
        b"\nSQ   ",
        "no EMBL record says its length in BP",
    ),
}


@dataclass(frozen=True)
class GenomeSize:
    """Bases and contigs of a genome.

    Attributes
    ----------
    bases, contigs
        Counted, or estimated.
    lengths
        Of each contig, by name, in the file's order; None where they were not counted.
    """

    bases: int
    contigs: int
    lengths: dict[str, int] | None = None


def genome_size(path: str | Path) -> GenomeSize:
    """Size of a FASTA, GenBank or EMBL file, plain or compressed.

    It is exact where an index lies beside the file (``.fai``, not older, of this file) or the file
    holds no more than about :data:`WHOLE` letters; otherwise its beginning, and the bytes of the
    file, say how much it holds.  Of GenBank and EMBL beyond :data:`PARSED` letters the lengths in
    LOCUS and ID lines are added up, and each record must have its sequence.

    Raises
    ------
    InputFormatError
        If the beginning of the file is no nucleotide FASTA, nothing is in it, a record that was
        read has no name or that of another, a GenBank or EMBL record has no sequence, or
        the compressed data is damaged.  What follows the beginning is not checked here.
    OSError
        If it cannot be read.
    """
    path = Path(path)
    with path.open("rb") as file:
        packed = compression_of(file.read(6)) is not None
    letters = path.stat().st_size * (COMPRESSED if packed else 1)
    whole = letters <= WHOLE
    kind = kinds.kind_of(path)
    with open_bytes(path, limit=TABLES if kind in _FLAT else SEQUENCES) as stream:
        text = stream.read(HEAD).removeprefix(_BYTE_ORDER_MARK)
        if kind in _FLAT:
            return _flat_size(text + stream.read(), _FLAT[kind], path)
        indexed: list[tuple[str, int]] = []
        if not packed:
            indexed = _plain_index(path)
        elif not whole:
            indexed = _packed_index(path, text)
        if not indexed:
            text += stream.read(16 * WHOLE if whole else SAMPLE - HEAD)
            whole = whole and not stream.read(1)
    _check_head(text, path)
    if indexed:
        return _counted(indexed, path)
    counted = _counted(_records(text if whole else _without_cut_header(text), path), path)
    if whole:
        return counted
    times = letters / len(text)
    return GenomeSize(round(counted.bases * times), max(1, round(counted.contigs * times)))


def _plain_index(path: Path) -> list[tuple[str, int]]:
    """Names and bases by the index beside a file, if scoring would use it; else nothing."""
    index = index_beside(path) or {}
    return [(name, lines.bases) for name, lines in index.items()]


def _packed_index(path: Path, head: bytes) -> list[tuple[str, int]]:
    """The same of a compressed file, of which the first letters alone can be compared."""
    fai, state = path.with_name(f"{path.name}.fai"), path.stat()
    if not fai.is_file() or fai.stat().st_mtime_ns < state.st_mtime_ns:
        return []
    found = [(name, lines.bases) for name, lines in (read_fai(fai) or {}).items()]
    first = _records(_whole_lines(head), path)
    if not first or len(found) < len(first) or found[: len(first) - 1] != first[:-1]:
        return []
    (name, bases), (cut_name, cut_bases) = found[len(first) - 1], first[-1]
    if name != cut_name or bases < cut_bases:
        return []
    return found if sum(bases for _, bases in found) <= DENSEST * state.st_size else []


def _whole_lines(text: bytes) -> bytes:
    """A beginning without its last line, which may be cut; all of it if it is one line."""
    return text[: max(text.rfind(b"\n"), text.rfind(b"\r")) + 1] or text


def _without_cut_header(text: bytes) -> bytes:
    """A beginning that ends before the name that it would cut."""
    before, _, last = text.rpartition(b">")
    return text if b"\n" in last or b"\r" in last else before


def _check_head(text: bytes, path: Path) -> None:
    """Read the first lines as scoring will."""
    head = text[:HEAD] if b">" in text[:HEAD] else text
    if len(head) < len(text):
        head = _whole_lines(head)
    _copied(head, path)


def _copied(text: bytes, path: Path) -> bytes:
    """The even FASTA that scoring would read of a file with this text."""
    with temporary_folder() as name:
        plain, even = Path(name, "plain"), Path(name, "even.fa")
        plain.write_bytes(text)
        even_copy(plain, even, path)
        return even.read_bytes()


def _counted(lengths: list[tuple[str, int]], path: Path) -> GenomeSize:
    named = dict(lengths)
    if len(named) < len(lengths):
        twice, _ = Counter(name for name, _ in lengths).most_common(1)[0]
        raise InputFormatError(f"two records named {twice!r}: rename or remove one", path)
    return GenomeSize(sum(named.values()), len(named), named)


def _flat_size(text: bytes, flat: _Flat, path: Path) -> GenomeSize:
    """Size of a GenBank or EMBL file; of a large one the lengths that records say are added up.

    They are not named where an ID line is of EMBL's form before 2006, which has no version.
    """
    if len(text) <= PARSED:
        return _counted(_records(_copied(text, path), path), path)
    if b"\r" in text:
        text = text.replace(b"\r", b"\n")
    records = list(flat.first.finditer(text))
    if not records:
        raise InputFormatError(flat.none, path)
    found, named = [], True
    for record, end in zip(records, [*(r.start() for r in records[1:]), len(text)], strict=True):
        origin = text.find(flat.origin, record.end(), end)
        name, said = record_name(text[record.start() : max(record.end(), origin)]), int(record[1])
        named = named and name is not None
        name = name or record[0].split()[1].decode(errors="replace")
        if origin < 0:
            raise no_sequence(name, path)
        _check_sequence(text, origin, said, name, path)
        found.append((name, said))
    if named:
        return _counted(found, path)
    return GenomeSize(sum(bases for _, bases in found), len(found))


def record_name(head: bytes) -> str | None:
    """What a record of GenBank or EMBL is called, by its lines before the sequence.

    None of EMBL's form before 2006, which has no version in its ID line.
    """
    if match := _ID_NAME.search(head):
        return f"{match[1].decode()}.{match[2].decode()}"
    found = _VERSION.search(head) or _LOCUS_NAME.search(head)
    return None if found is None else found[1].decode(errors="replace")


def _check_sequence(text: bytes, origin: int, said: int, name: str, path: Path) -> None:
    """Whether a record has the letters that it says it has, behind its ``ORIGIN``."""
    first, end = text.find(b"\n", origin + 1), text.find(b"\n//", origin)
    if first < 0:
        raise no_sequence(name, path)
    letters = len(text[first : end if end >= 0 else None].translate(None, BESIDE_LETTERS))
    if not letters and said:
        raise no_sequence(name, path)
    if letters != said:
        raise InputFormatError(
            f"record {name!r} says {said:,} bp and has {letters:,}: cut off? Download it again",
            path,
        )


def _records(text: bytes, path: Path) -> list[tuple[str, int]]:
    """Names and bases of the records of a FASTA."""
    if b"\r" in text:
        text = text.replace(b"\r", b"\n")
    text = _COMMENT.sub(b"", text)
    found = []
    for record in (b"\n" + text).split(b"\n>")[1:]:
        header, _, body = record.partition(b"\n")
        bases = len(body) - sum(body.count(letter) for letter in SPACE)
        try:
            found.append((name_of(header), bases))
        except InputFormatError as error:
            raise InputFormatError(error.problem, path) from None
    return found
