"""Genomes of one command, and the folder that each of them gets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genoseq.errors import ConfigError
from genoseq.files.provenance import PROVENANCE

_PACKED = (".gz", ".bgz", ".bz2", ".xz", ".zst")
_GENOMES = (".fa", ".fasta", ".fna", ".fas", ".gb", ".gbk", ".gbff", ".genbank", ".embl")
"""Ends of names by which the genomes of a folder are found; a file that is named may have any."""
_STREAM = "-"


def genome_folders(given: Sequence[Path], out: Path) -> list[tuple[Path, Path]]:
    """Each genome of a command, and the folder for what is made of it.

    Parameters
    ----------
    given
        Files, ``-``, or folders, whose genomes are those files in them that are called so, by name.
    out
        Folder of one genome; of several, or of a folder, each has one in it, called as its file
        without ``.fa.gz`` and the like.

    Raises
    ------
    ConfigError
        If a folder has no genome, two are called alike, or ``out`` is that of one genome.
    """
    if len(given) == 1 and not given[0].is_dir():
        return [(given[0], out)]
    genomes = [genome for one in given for genome in (_of_folder(one) if one.is_dir() else [one])]
    problems: list[str] = []
    by_name: dict[str, Path] = {}
    for genome in genomes:
        name = _name(genome)
        if str(genome) == _STREAM or name in ("", ".", ".."):
            problems.append(f"{genome}: of several genomes each needs a file with a name")
        elif name in by_name:
            problems.append(f"{by_name[name]} and {genome} would both be {out / name}: rename one")
        by_name.setdefault(name, genome)
    if (out / PROVENANCE).exists():
        problems.append(f"{out} is what was made of one genome: name another folder for several")
    if problems:
        raise ConfigError(problems)
    return [(genome, out / name) for name, genome in by_name.items()]


def _of_folder(folder: Path) -> list[Path]:
    """Genomes in a folder, by name."""
    found = [
        path
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".") and _unpacked(path.name).lower().endswith(_GENOMES)
    ]
    if not found:
        raise ConfigError(f"no genome in it: files called {', '.join(_GENOMES)}, or packed", folder)
    return found


def _unpacked(name: str) -> str:
    """A file's name without what tells how it is packed."""
    end = Path(name).suffix
    return name.removesuffix(end) if end.lower() in _PACKED else name


def _name(path: Path) -> str:
    """What a genome is called by its file."""
    name = _unpacked(path.name)
    end = Path(name).suffix
    return name.removesuffix(end) if end.lower() in _GENOMES else name
