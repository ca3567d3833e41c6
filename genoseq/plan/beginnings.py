"""The beginnings of large files: enough to meet a mistake before hours of work, in seconds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from genoseq.errors import GenoseqError
from genoseq.files.compression import open_bytes
from genoseq.files.limits import LONGEST_LINE, SEQUENCES
from genoseq.files.staging import temporary_folder
from genoseq.genome.annotation import Annotation
from genoseq.readers.annotation import annotation_format, read_annotation
from genoseq.readers.fasta_copy import SPACE, name_of
from genoseq.readers.genome_size import BESIDE_LETTERS, record_name
from genoseq.readers.kinds import EMBL, GENBANK, kind_of_stream

ANNOTATION = 4 << 20
"""Letters of an annotation that are read, of a bacterium all of it: 3 s or so."""
ANNOTATIONS = 16 << 20
"""Letters of all annotations; of those beyond it :data:`LEAST` of each."""
LEAST = 1 << 14
FASTA = 16 << 20
"""Letters of a FASTA in which CDS are looked up; beyond those annotations a sixteenth."""
SCANNED = 1 << 30
"""Letters of all FASTA files without an index whose contigs are counted: 4 s."""
TABLE = 32 << 20
"""Bytes of a BED or bedGraph that is read; of a larger one nothing is."""
_CHUNK = 1 << 24
_SEQUENCE = re.compile(rb"^(?:ORIGIN|SQ  ).*\n", re.MULTILINE)
"""The line before the letters of a record of GenBank or EMBL."""


@dataclass
class Budget:
    """Letters that may still be read, over all genomes of a sheet."""

    annotations: int = ANNOTATIONS
    scanned: int = SCANNED

    def annotation(self) -> int:
        """Letters for the next annotation."""
        return max(LEAST, min(ANNOTATION, self.annotations))

    def fasta(self) -> int:
        """Letters of the FASTA of an annotation that was just read."""
        return FASTA if self.annotations > 0 else FASTA >> 4


@dataclass(frozen=True)
class Beginning:
    """What was read of an annotation.

    Attributes
    ----------
    letters
        How many were read.
    whole
        Whether that is all of it.
    """

    annotation: Annotation
    letters: int = 0
    whole: bool = True


def annotation_beginning(
    path: Path, kind: str | None, most: int, attributes: Collection[str] = ()
) -> Beginning:
    """An annotation, or the genes of its first letters; features keep the attributes named.

    Raises
    ------
    InputFormatError
        As :func:`genoseq.readers.annotation.read_annotation`, of a file that is read whole.
    """
    with open_bytes(path) as stream:
        text = stream.read(most + 1)
    if len(text) <= most:
        return Beginning(read_annotation(path, kind=kind, attributes=attributes), len(text))
    form = annotation_format(path)
    end = text.rfind(b"\n//\n") + 4 if form in ("genbank", "embl") else _last_gene(text)
    with temporary_folder() as folder:
        cut = Path(folder, "beginning")
        cut.write_bytes(text[:end])
        try:
            found = read_annotation(cut, kind=kind, attributes=attributes)
            found.transcripts  # noqa: B018 - cut off within a gene, it may not group
        except GenoseqError:
            found = Annotation([])
    return Beginning(found, end, whole=False)


def _last_gene(text: bytes) -> int:
    """Where the last line begins that is no part of what stands before it."""
    end = text.rfind(b"\n") + 1
    for _ in range(10_000):
        start = text.rfind(b"\n", 0, end - 1) + 1
        line = text[start:end]
        if not start or (b"Parent=" not in line and b"_id " not in line) or b"\tgene\t" in line:
            return start
        end = start
    return end


def fasta_beginning(path: Path, letters: int) -> Mapping[str, bytes]:
    """Letters of the first contigs of a FASTA, GenBank or EMBL file by name."""
    with open_bytes(path, limit=SEQUENCES) as stream:
        text = stream.read(letters)
    text = text.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    kind = kind_of_stream(BytesIO(text))
    if kind in (GENBANK, EMBL):
        return dict(_flat_records(text))
    records = (b"\n" + text).split(b"\n>")[1:]
    parts = (record.partition(b"\n") for record in records)
    return {name_of(head): body.translate(None, b" \t\n") for head, _, body in parts if body}


def _flat_records(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and letters of records of GenBank or EMBL, of which the last may be cut off."""
    for record in text.split(b"\n//"):
        sequence = _SEQUENCE.search(record)
        name = None if sequence is None else record_name(record[: sequence.start()])
        if sequence is not None and sequence.end() < len(record) and name is not None:
            yield name, record[sequence.end() :].translate(None, BESIDE_LETTERS)


def contig_lengths(path: Path) -> dict[str, int]:
    """bp of each contig of a FASTA: of a large one without an index.  Nothing of a file whose
    lines end by carriage returns alone.

    Raises
    ------
    InputFormatError
        If a record has no name, or compressed data is damaged.
    """
    found: dict[str, int] = {}
    name, text = "", b"\n"
    with open_bytes(path, limit=SEQUENCES) as stream:
        while chunk := stream.read(_CHUNK):
            text, at = text[-1:] + chunk, 1  # a record may begin between two chunks
            while (mark := text.find(b"\n>", at - 1)) >= 0:
                _add(found, name, text[at : mark + 1])
                while (end := text.find(b"\n", mark + 1)) < 0 and (chunk := stream.read(_CHUNK)):
                    text = text[mark : mark + 2 + LONGEST_LINE] + chunk  # only the name is told
                    mark = 0
                header = text[mark + 2 : end if end >= 0 else len(text)].rstrip(b"\r")
                if b"\r" in header:
                    return {}
                name, at = name_of(header), end if end >= 0 else len(text)
                found[name] = 0
            _add(found, name, text[at:])
    return found


def _add(found: dict[str, int], name: str, lines: bytes) -> None:
    if name:
        found[name] += len(lines.translate(None, SPACE))
