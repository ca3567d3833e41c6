"""The sample sheet: which genomes there are, and what is done with each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import model_validator

from genoseq.config.base import Settings, ShardCount, parse_settings
from genoseq.config.evidence import file_of_evidence, file_of_starts
from genoseq.config.genes import GeneticCode
from genoseq.config.schema import NAME
from genoseq.config.tables import read_table
from genoseq.errors import ConfigError, InputFormatError

PAIRS = "pairs"
"""Split of a row of pairs: each has its own, as its table says."""


class GenomeRow(Settings):
    """One row of the sample sheet; paths are relative to the working directory.

    A row of ``pairs`` is learned from by tasks that map sequences to sequences, and what it has in
    ``fasta`` is then translated.
    """

    name: str
    fasta: str = ""
    annotation: str | None = None
    mask: str | None = None
    evidence: str | None = None
    starts: str | None = None
    signal: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    pairs: str | None = None
    targets: str | None = None
    split: str = "score"
    shards: ShardCount | None = None
    code: GeneticCode | None = None
    circular: str | None = None

    @property
    def evidence_file(self) -> str | None:
        """The table of evidence; None without one, or if an attribute has it."""
        return file_of_evidence(self.evidence)

    @property
    def starts_file(self) -> str | None:
        """The annotation of trusted starts, if there is one."""
        return file_of_starts(self.starts)

    def labelled(self, signals: bool) -> bool:
        """Whether it has labels: signals, if these are learned, or an annotation."""
        return bool(self.signal) if signals else self.annotation is not None

    @model_validator(mode="before")
    @classmethod
    def _of_pairs(cls, data: Any) -> Any:
        """Pairs are in the splits that their table says, where the sheet does not."""
        return {"split": PAIRS, **data} if isinstance(data, dict) and data.get("pairs") else data

    @model_validator(mode="after")
    def _fields(self) -> GenomeRow:
        if not NAME.match(self.name):
            raise ValueError(f"genome name {self.name!r}: use letters, digits, _ and -")
        if not self.fasta and self.pairs is None:
            raise ValueError(f"genome {self.name!r}: its fasta column is empty: give a file")
        if not re.match(r"^(train|valid|test|score|blocks|pairs|contigs:.+)$", self.split):
            raise ValueError(
                f"split {self.split!r}: use train, valid, test, score, blocks, "
                f"or contigs:valid=chrA,chrB;test=chrC; of pairs, pairs"
            )
        if self.targets is not None and self.pairs is None:
            raise ValueError(f"genome {self.name!r}: it has targets without pairs: give sources")
        if self.split.startswith("contigs:"):
            contig_rule(self.split)
        return self


def contig_rule(rule: str) -> dict[str, str]:
    r"""Split of each contig that a rule ``contigs:valid=a,b;test=c`` names; spaces do not count.

    Within a name ``\,``, ``\;``, ``\=`` and ``\\`` stand for the character behind the backslash.

    Raises
    ------
    ConfigError
        If the rule does not parse, or a contig is named twice.
    """
    splits: dict[str, str] = {}
    for part in _unescaped(rule.removeprefix("contigs:"), ";"):
        name, *contigs = (text.strip() for text in _unescaped(part, "=", most=1))
        if not contigs or name not in ("train", "valid", "test", "score"):
            raise ConfigError(
                f"split rule {rule!r}: {part!r} is not such as valid=chrA,chrB or test=chrC "
                f"(in the name of a contig write \\; for ; and \\, for a comma)"
            )
        for text in _unescaped(contigs[0], ","):
            chrom = re.sub(r"\\([,;=\\])", r"\1", text.strip())
            if not chrom:
                raise ConfigError(f"split rule {rule!r}: {part!r} has a contig without a name")
            if chrom in splits:
                raise ConfigError(f"split rule {rule!r}: contig {chrom!r} is named twice")
            splits[chrom] = name
    return splits


def _unescaped(text: str, separator: str, most: int = 0) -> list[str]:
    """The text between separators, up to as many, that have no backslash before them."""
    parts, rest = [""], most or len(text)
    for found in re.findall(r"\\.|.", text, re.DOTALL):
        if found == separator and rest:
            parts.append("")
            rest -= 1
        else:
            parts[-1] += found
    return parts


def read_genomes(path: str | Path) -> dict[str, GenomeRow]:
    """Rows of the sample sheet by name: tab separated, header line, ``-`` or empty for none.

    ``signal`` and ``control`` hold several files separated by commas.  Lines starting with ``#``
    are comments.

    Raises
    ------
    InputFormatError
        With every line that does not fit.
    """
    table = read_table(path, tuple(GenomeRow.model_fields), ("name", "fasta"))
    rows: dict[str, GenomeRow] = {}
    problems = []
    for number, fields in table.items():
        try:
            row = _genome_row(fields, path, number)
            if row.name in rows:
                raise InputFormatError(f"genome {row.name!r} is listed twice", path, number)
            rows[row.name] = row
        except InputFormatError as error:
            problems.append(str(error))
    if problems:
        raise InputFormatError("\n".join(problems))
    return rows


def named_file(text: str) -> tuple[str | None, Path]:
    """Name (or None) and file of ``NAME=FILE`` or ``FILE``; ``=`` behind a ``/`` is the file's."""
    name, equals, path = text.partition("=")
    return (name, Path(path)) if equals and name and "/" not in name else (None, Path(text))


def _genome_row(fields: dict[str, str], path: str | Path, line: int) -> GenomeRow:
    filled: dict[str, Any] = {k: v.strip() for k, v in fields.items() if v.strip() not in ("", "-")}
    for column in ("signal", "control"):
        if column in filled:
            filled[column] = tuple(part.strip() for part in filled[column].split(","))
    try:
        return parse_settings(GenomeRow, filled)
    except ConfigError as error:
        raise InputFormatError("; ".join(error.problems), path, line) from None
