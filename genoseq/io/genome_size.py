"""How large a genome is, without reading all of a large one: for estimates only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from genoseq.io.compression import compression_of, open_bytes
from genoseq.io.fasta_copy import GENBANK
from genoseq.io.fasta_index import read_fai

WHOLE = 32 << 20
"""Bytes of a file up to which it is read whole; of a larger one only the beginning."""
SAMPLE = 4 << 20
COMPRESSED = 3.4
"""Letters in a byte of gzip: 3.3 in hg38.fa.gz of UCSC, 3.4 in bacteria of RefSeq."""

_LOCUS = re.compile(rb"^LOCUS +\S+ +(\d+) bp", re.MULTILINE)


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

    It is exact where an index lies beside the file (``.fai``, not older) or the file is not larger
    than :data:`WHOLE`; otherwise its beginning, and the bytes of the file, say how much it holds.
    A file that is no FASTA is not found out here.
    """
    path = Path(path)
    fai = path.with_name(f"{path.name}.fai")
    if fai.is_file() and fai.stat().st_mtime_ns >= path.stat().st_mtime_ns:
        index = read_fai(fai)
        if index is not None:
            return _counted([(name, lines.bases) for name, lines in index.items()])
    on_disk = path.stat().st_size
    with open_bytes(path) as stream:
        text = stream.read(-1 if on_disk <= WHOLE else SAMPLE)
    if text.startswith(GENBANK):
        return _counted([(str(n), int(found)) for n, found in enumerate(_LOCUS.findall(text))])
    counted = _counted(_records(text))
    if on_disk <= WHOLE:
        return counted
    with path.open("rb") as file:
        packed = compression_of(file.read(6)) is not None
    times = (on_disk * COMPRESSED if packed else on_disk) / len(text)
    return GenomeSize(round(counted.bases * times), max(1, round(counted.contigs * times)))


def _counted(lengths: list[tuple[str, int]]) -> GenomeSize:
    named = dict(lengths)
    return GenomeSize(sum(named.values()), len(named), named)


def _records(text: bytes) -> list[tuple[str, int]]:
    """Names and bases of the records of a FASTA."""
    found = []
    for record in (b"\n" + text).split(b"\n>")[1:]:
        header, _, body = record.partition(b"\n")
        bases = len(body) - sum(map(body.count, (b"\n", b"\r", b" ")))
        found.append((b"".join(header.split()[:1]).decode(errors="replace"), bases))
    return found
