"""Other names of contigs: UCSC's chromAlias.txt, or two columns.

With a header line (``# ucsc assembly genbank``) a contig is found by its name in any column, and
gets that of the column that is asked for (``chromAlias.txt:genbank``), or of the first.  Without
one, the first column has the genome's names and the second what they become.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.genome.contig_names import contigs_there
from genoseq.genome.tracks import Track


def read_aliases(table: str | Path, lengths: Mapping[str, int]) -> dict[str, str]:
    """What each contig of a genome is called by a table.

    Parameters
    ----------
    table
        The file, with ``:COLUMN`` behind it where another than the first is wanted.

    Raises
    ------
    ConfigError
        If the table has no such column.
    InputFormatError
        If a line has too few columns, or a name twice; a contig is not in the table; or two get the
        same name.
    """
    path, column = _named(str(table))
    names: dict[str, str] = {}
    header: list[str] | None = None
    for number, line in numbered_lines(path):
        if line.startswith("#"):
            header = header or (None if names else line.lstrip("# ").split("\t"))
            continue
        fields = line.split("\t")
        if not line.strip():
            continue
        if len(fields) < 2:
            raise InputFormatError("one column: two names are wanted, with a tab", path, number)
        index = _index(header, column, path)
        new = fields[1] if index is None else fields[index] if index < len(fields) else ""
        for name in filter(None, fields[:1] if index is None else fields):
            if names.setdefault(name, new) != new:
                raise InputFormatError(f"{name!r} has two names", path, number)
    if column and header is None:
        raise ConfigError(f"--alias {table}: {path} has no header line that names columns")
    return _of_contigs(path, names, lengths)


def _named(table: str) -> tuple[Path, str]:
    """The file and the column that is asked for, if any."""
    path, _, column = table.rpartition(":")
    return (Path(path), column) if path and not Path(table).exists() else (Path(table), "")


def _index(header: list[str] | None, column: str, path: Path) -> int | None:
    """Which column has the new names; None: the second, as there is no header."""
    if header is None:
        return None
    if column and column not in header:
        raise ConfigError(f"--alias {path}:{column}: no such column; there are {', '.join(header)}")
    return header.index(column) if column else 0


def _of_contigs(path: Path, names: Mapping[str, str], lengths: Mapping[str, int]) -> dict[str, str]:
    kept = {*names.values()}  # what already has the name that is wanted
    found = {chrom: names.get(chrom, chrom if chrom in kept else "") for chrom in lengths}
    if strange := [chrom for chrom, name in found.items() if not name]:
        there = contigs_there(list(names), strange)
        raise InputFormatError(f"no name for contig {strange[0]!r}; it has {there}", path)
    owners: dict[str, str] = {}
    for chrom, name in found.items():
        if owners.setdefault(name, chrom) != chrom:
            raise InputFormatError(f"{owners[name]!r} and {chrom!r} both become {name!r}", path)
    return found


def renamed(tracks: Iterator[Track], names: Mapping[str, str]) -> Iterator[Track]:
    """The same tracks under other names of their contigs."""
    for track in tracks:
        yield replace(track, chrom=names[track.chrom])
