"""manifest.tsv: what a folder of outputs holds, by relative path, with checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from genoseq.errors import InputFormatError
from genoseq.files.journal import complete, is_inside
from genoseq.genome.tracks import Channel, Kind

MANIFEST = "manifest.tsv"
COORDINATES = "0-based half-open"
MANY = "*"
"""Class and strand of a file that holds several."""
VALUE_KINDS: dict[Kind, str] = {
    "classes": "probability",
    "signal": "signal",
    "log-odds": "log-odds",
    "independent": "probability",
}
"""What a file of one channel's values is called."""

_COLUMNS = ("path", "kind", "class", "strand", "format", "coordinates", "md5")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One line of the manifest.

    Attributes
    ----------
    path
        Name relative to the folder, with ``/``.
    kind
        ``probability``, ``signal``, ``log-odds``, one of
        :data:`genoseq.genome.tracks.MEASURES`, ``segments``, ``scores``, ``index``, or what the
        writer of another format says.
    name, strand
        Class (with its codon phase, if it is of one) or signal, and its strand; ``*`` for a file of
        several.
    format
        A name of :data:`genoseq.writers.formats.FORMATS`, ``tbi`` or ``csi``.
    md5
        Of the file's bytes; empty while the file is being written.
    holds
        What is in it, for people who see it written; not in the manifest.
    """

    path: str
    kind: str
    name: str
    strand: str
    format: str
    md5: str = ""
    holds: str = field(default="", compare=False)


def value_file(path: str, channel: Channel, kind: Kind, written: str) -> OutputFile:
    """The line of a file that holds one channel, in a format of this name."""
    name = channel.full_name or MANY
    strand = channel.strand if channel.full_name else MANY
    return OutputFile(path, channel.measure or VALUE_KINDS[kind], name, strand, written)


def plain(text: str) -> str:
    """The text safe as a column or a BED name: all but printable ASCII percent-encoded."""
    return quote(text, safe=" !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~")


def md5_of(path: Path) -> str:
    """Hexadecimal MD5 of a file, read in pieces."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def write_manifest(path: Path, files: Iterable[OutputFile]) -> None:
    """Write the manifest of ``files`` to ``path``."""
    lines = ["\t".join(_COLUMNS)]
    for file in files:
        fields = (file.path, file.kind, plain(file.name), file.strand, file.format)
        lines.append("\t".join((*fields, COORDINATES, file.md5)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_manifest(path: str | Path) -> list[OutputFile]:
    """Files listed in a manifest.

    Raises
    ------
    InputFormatError
        If the header or a line is not what :func:`write_manifest` writes, or a path leaves the
        folder.
    """
    complete(Path(path).parent)
    text = Path(path).read_text(encoding="utf-8", errors="replace").removesuffix("\n")
    rows = [line.split("\t") for line in text.split("\n")]
    if tuple(rows[0]) != _COLUMNS:
        raise InputFormatError(
            "not a genoseq manifest, the header line differs: name another folder", path, 1
        )
    files = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(_COLUMNS):
            raise InputFormatError(f"{len(row)} columns, expected {len(_COLUMNS)}", path, number)
        if not is_inside(row[0]):
            raise InputFormatError(
                f"path {row[0]!r} leaves the folder, or is no plain path in it", path, number
            )
        files.append(OutputFile(row[0], row[1], row[2], row[3], row[4], row[6]))
    return files


def written_files(folder: Path) -> tuple[str, ...]:
    """Names of the files that an older run wrote into a folder of tracks, by its manifest; none of
    a folder without."""
    if not (folder / MANIFEST).is_file():
        return ()
    return (MANIFEST, *(file.path for file in read_manifest(folder / MANIFEST)))
