"""Pairs of sequences, source and target: a table of two columns, or two FASTA files by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import NamedTuple

from genoseq.errors import InputFormatError, listed
from genoseq.files.compression import numbered_lines
from genoseq.files.limits import LONGEST_SEQUENCE_LINE
from genoseq.genome.sequences import Codes, encode
from genoseq.readers.records import read_records

_COLUMNS = ("source", "target", "split")


class Pair(NamedTuple):
    """A sequence and what it is mapped to.

    Attributes
    ----------
    source
        Base codes, shape (L,).
    target
        Letters, upper case.
    split
        As the file says it; None where it does not.
    line
        Where it stands in its file, 1-based.
    """

    source: Codes
    target: bytes
    split: str | None
    line: int


def read_pair_table(path: str | PathLike[str]) -> Iterator[Pair]:
    """Pairs of a table: source and target, between them a tab.

    A header line may name the columns ``source``, ``target`` and ``split``, in any order and among
    others, which are passed over.  Without one a third column is the split.

    Raises
    ------
    InputFormatError
        At the first line that is not such, with its number.
    """
    columns: Mapping[str, int] | None = None
    for number, line in numbered_lines(path, LONGEST_SEQUENCE_LINE):
        fields = line.split("\t")
        if not line.strip() or (line.startswith("#") and columns is None):
            continue
        if columns is None:
            names = [field.strip().lower() for field in fields]
            if {"source", "target"} <= set(names):
                columns = {name: names.index(name) for name in _COLUMNS if name in names}
                continue
            columns = dict(zip(_COLUMNS, range(len(fields)), strict=False))
            if not 2 <= len(fields) <= 3:
                raise InputFormatError(
                    f"{len(fields)} columns: a source, a tab and its target are wanted, and maybe "
                    "a split; more columns need a header line that names source and target",
                    path,
                    number,
                )
        yield _pair(fields, columns, path, number)


def _pair(
    fields: list[str], columns: Mapping[str, int], path: str | PathLike[str], line: int
) -> Pair:
    if len(fields) <= max(columns.values()):
        raise InputFormatError(f"{len(fields)} columns where others have more", path, line)
    said = {name: fields[column].strip() for name, column in columns.items()}
    split = said.get("split") or None
    letters = said["source"].encode("latin-1", "replace")
    return _checked(letters, said["target"].encode("latin-1", "replace"), split, path, line)


def _checked(
    source: bytes, target: bytes, split: str | None, path: str | PathLike[str], line: int
) -> Pair:
    if not source or not target:
        raise InputFormatError("a pair without a source or without a target", path, line)
    try:
        codes = encode(source)
    except InputFormatError as error:
        raise InputFormatError(f"source: {error.problem}", path, line) from None
    return Pair(codes, target.upper(), split, line)


def read_paired_records(
    sources: str | PathLike[str], targets: str | PathLike[str]
) -> Iterator[Pair]:
    """Pairs of two FASTA files, or FASTQ: records of one name belong together; targets are held.

    Raises
    ------
    InputFormatError
        If a name is in one file only, or twice in one; or as :func:`read_pair_table`.
    """
    waiting: dict[str, bytes] = {}
    for record in read_records(targets):
        if record.name in waiting:
            raise InputFormatError(f"{record.name!r} comes twice", targets, record.line)
        waiting[record.name] = record.letters
    met: set[str] = set()
    for record in read_records(sources):
        if record.name in met:
            raise InputFormatError(f"{record.name!r} comes twice", sources, record.line)
        if record.name not in waiting:
            raise InputFormatError(
                f"{record.name!r} has no target of that name in {targets}", sources, record.line
            )
        met.add(record.name)
        yield _checked(record.letters, waiting.pop(record.name), None, sources, record.line)
    if waiting:
        raise InputFormatError(f"no source of these names in {sources}: {listed(waiting)}", targets)
