"""The sample sheet: which genomes there are, and what is done with each."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import model_validator

from genoseq.config.base import Settings, ShardCount, parse_settings
from genoseq.config.schema import NAME
from genoseq.errors import ConfigError, InputFormatError


class GenomeRow(Settings):
    """One row of the sample sheet; paths are relative to the working directory."""

    name: str
    fasta: str
    annotation: str | None = None
    mask: str | None = None
    signal: tuple[str, ...] = ()
    split: str = "score"
    shards: ShardCount | None = None

    @model_validator(mode="after")
    def _fields(self) -> GenomeRow:
        if not NAME.match(self.name):
            raise ValueError(f"genome name {self.name!r}: use letters, digits, _ and -")
        if not re.match(r"^(train|valid|test|score|blocks|contigs:.+)$", self.split):
            raise ValueError(
                f"split {self.split!r}: use train, valid, test, score, blocks, "
                f"or contigs:valid=chrA,chrB;test=chrC"
            )
        if self.split.startswith("contigs:"):
            contig_rule(self.split)
        return self


def contig_rule(rule: str) -> dict[str, str]:
    """Split of each contig that a rule ``contigs:valid=a,b;test=c`` names; spaces do not count.

    Raises
    ------
    ConfigError
        If the rule does not parse, or a contig is named twice.
    """
    splits: dict[str, str] = {}
    for part in rule.removeprefix("contigs:").split(";"):
        name, equals, contigs = (text.strip() for text in part.partition("="))
        if not equals or name not in ("train", "valid", "test", "score"):
            raise ConfigError(
                f"split rule {rule!r}: {part!r} is not such as valid=chrA,chrB or test=chrC"
            )
        for chrom in (text.strip() for text in contigs.split(",")):
            if chrom in splits:
                raise ConfigError(f"split rule {rule!r}: contig {chrom!r} is named twice")
            splits[chrom] = name
    return splits


def read_genomes(path: str | Path) -> dict[str, GenomeRow]:
    """Rows of the sample sheet by name: tab separated, header line, ``-`` or empty for none.

    ``signal`` holds several files separated by commas.  Lines starting with ``#`` are comments.

    Raises
    ------
    InputFormatError
        With the line, at whatever is no such sheet.
    """
    rows: dict[str, GenomeRow] = {}
    try:
        # Excel writes a byte order mark, which else would be part of the first column's name.
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputFormatError(f"the sample sheet cannot be read: {error}", path) from None
    numbered = [(n, x) for n, x in enumerate(lines, 1) if x.strip() and not x.startswith("#")]
    if not numbered:
        raise InputFormatError("the sample sheet is empty: it needs a header and a row", path)
    (first, header), *body = ((n, next(csv.reader([x], delimiter="\t"))) for n, x in numbered)
    header = [column.strip() for column in header]
    if twice := [column for column, count in Counter(header).items() if count > 1]:
        raise InputFormatError(f"a second column {twice[0]!r}: remove one", path, first)
    for number, fields in body:
        if len(fields) != len(header):
            raise InputFormatError(
                f"{len(fields)} columns, the header has {len(header)}: separate them by tabs",
                path,
                number,
            )
        row = _genome_row(dict(zip(header, fields, strict=True)), path, number)
        if row.name in rows:
            raise InputFormatError(f"genome {row.name!r} is listed twice", path, number)
        rows[row.name] = row
    return rows


def named_file(text: str) -> tuple[str | None, Path]:
    """Name (or None) and file of ``NAME=FILE`` or ``FILE``; ``=`` behind a ``/`` is the file's."""
    name, equals, path = text.partition("=")
    return (name, Path(path)) if equals and name and "/" not in name else (None, Path(text))


def _genome_row(fields: dict[str, str], path: str | Path, line: int) -> GenomeRow:
    filled: dict[str, Any] = {k: v.strip() for k, v in fields.items() if v.strip() not in ("", "-")}
    if "signal" in filled:
        filled["signal"] = tuple(part.strip() for part in filled["signal"].split(","))
    try:
        return parse_settings(GenomeRow, filled)
    except ConfigError as error:
        raise InputFormatError("; ".join(error.problems), path, line) from None
