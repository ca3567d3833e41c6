"""The table of genomes and annotations that ``genoseq fit-genes`` learns from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from genoseq.config.evidence import STARTS
from genoseq.config.tables import read_table
from genoseq.errors import ConfigError, InputFormatError
from genoseq.genes.genetic_codes import genetic_code
from genoseq.readers.whole_numbers import is_whole

COLUMNS = ("fasta", "annotation", "mask", "evidence", "code", "starts")
"""Columns of the table; the first two are needed, and ``-`` is none."""


@dataclass(frozen=True, slots=True)
class KnownGenome:
    """A row of the table.

    Attributes
    ----------
    fasta, annotation
        Files of a genome and its genes.
    mask
        BED of where nothing is known, or None.
    evidence
        Table of what each CDS rests on, see :func:`genoseq.readers.evidence.read_evidence`, or
        None: of the CDS that it names only those of the tier ``homology`` count as known.
    code
        NCBI's number of the genetic code.
    starts
        Whether the annotation's starts can be trusted.
    """

    fasta: Path
    annotation: Path
    mask: Path | None = None
    evidence: Path | None = None
    code: int = 11
    starts: bool = True


def read_known_genomes(path: Path) -> list[KnownGenome]:
    """Rows of the table.

    Raises
    ------
    InputFormatError
        As :func:`genoseq.config.tables.read_table`; if a row has a value that cannot be.
    """
    table = read_table(path, COLUMNS, COLUMNS[:2])
    return [_row(path, number, fields) for number, fields in table.items()]


def _row(path: Path, number: int, fields: dict[str, str]) -> KnownGenome:
    said = {name: text for name, text in fields.items() if text not in ("", "-")}
    code, starts = said.get("code", "11"), said.get("starts", "known")
    if not is_whole(code):
        raise InputFormatError(f"code {code!r}: use a number such as 11", path, number)
    try:
        genetic_code(int(code))
    except ConfigError as error:
        raise InputFormatError(str(error), path, number) from None
    if starts not in STARTS:
        raise InputFormatError(f"starts {starts!r}: use {' or '.join(STARTS)}", path, number)
    if not {"fasta", "annotation"} <= said.keys():
        raise InputFormatError("fasta and annotation are needed", path, number)
    files = {name: path.parent / said[name] for name in COLUMNS[:4] if name in said}
    for name, file in files.items():
        if not file.exists():
            raise InputFormatError(f"{name} {file}: no such file", path, number)
    return KnownGenome(**files, code=int(code), starts=starts == "known")
