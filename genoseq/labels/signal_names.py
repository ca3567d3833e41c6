"""Names, strands and replicates of signal files.

A file is named as ``NAME+=PATH``, ``NAME-=PATH``, ``NAME=PATH`` (no strand) or ``PATH``, whose name
is the file's stem.  Where a part of a name between ``.``, ``_`` and ``-`` is a word for a strand
(:data:`STRAND_PAIRS`) and the same name with the opposite word is there too, they are the two
strands of one signal.  Half of a pair is an error, and never a signal without strand.  A name and
strand that are given several times, by ``NAME=``, are replicates.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from genoseq.config.sheet import named_file
from genoseq.errors import ConfigError
from genoseq.files.atomic import PathLike
from genoseq.files.compression import source_path
from genoseq.genome.regions import Strand

_SUFFIXES = (".bw", ".bigwig", ".bedgraph", ".bdg", ".bg", ".wig", ".gz")
STRAND_PAIRS = (
    ("+", "-"),
    ("plus", "minus"),
    ("fwd", "rev"),
    ("forward", "reverse"),
    ("pos", "neg"),
    ("positive", "negative"),
    ("watson", "crick"),
    ("top", "bottom"),
    ("f", "r"),
    ("p", "m"),
    ("w", "c"),
)
"""Words for the + and the - strand."""
_ALONE = {word for pair in STRAND_PAIRS for word in pair if len(word) > 1 or word in "+-"}
"""Words that say a strand even where there is no twin."""
_UNNAMED = "signal"
"""Of files that are called by their strand alone: ``watson.bw``."""


@dataclass(frozen=True, slots=True)
class SignalFile:
    """One file of a signal.

    Attributes
    ----------
    name, strand
        Of the signal.
    path
        The file.
    replicate
        Number of the library among those of the signal, from 0.
    """

    name: str
    strand: Strand
    path: PathLike
    replicate: int = 0


@dataclass(frozen=True, slots=True)
class _Half:
    """What a name would be as one strand of a pair."""

    base: str
    pair: tuple[str, str]
    strand: Strand


def name_signals(texts: Sequence[str]) -> list[SignalFile]:
    """Signals of ``NAME+=PATH``, ``NAME=PATH`` or ``PATH`` arguments, in order.

    Raises
    ------
    ConfigError
        If a strand lacks its twin, one file is given twice, two files without ``NAME=`` have one
        name, or the strands of a signal have different numbers of replicates.
    """
    parsed = [parse_signal(text) for text in texts]
    halves = {half for name, _ in parsed for half in _halves(name)}
    named = [(*_strand_of(name, halves), path) for name, path in parsed]
    explicit = [named_file(text)[0] is not None for text in texts]
    _check_names(named, explicit)
    seen: Counter[tuple[str, Strand]] = Counter()
    signals = []
    for name, strand, path in named:
        signals.append(SignalFile(name, strand, path, seen[name, strand]))
        seen[name, strand] += 1
    return signals


def parse_signal(text: str) -> tuple[str, Path]:
    """Name and file of ``NAME=PATH`` or ``PATH``; a path may hold ``=`` behind a ``/``."""
    name, path = named_file(text)
    if name is not None:
        return name, path
    stem = source_path(path).name
    while stem.lower().endswith(_SUFFIXES):
        stem = Path(stem).stem
    return stem, path


def said_strands(signals: Sequence[SignalFile]) -> str:
    """Signals by name, with their strands, and what it means that none has one."""
    found: dict[str, str] = {}
    for signal in signals:
        found.setdefault(signal.name, "no strand" if signal.strand == "." else "+ and -")
    counts = Counter(signal.name for signal in signals)
    words = []
    for name, strands in found.items():
        files = counts[name] // (1 if strands == "no strand" else 2)
        words.append(f"{name} ({strands}{f', {files} replicates' if files > 1 else ''})")
    listed = ", ".join(words)
    if any(strands != "no strand" for strands in found.values()):
        return listed
    return (
        f"{listed}: none has a strand, so each is told alike from either; if two of the files are "
        f"the strands of one signal, write NAME+=FILE and NAME-=FILE"
    )


def _halves(name: str) -> Iterator[_Half]:
    """Every way in which a name is one strand of a pair, the last word for a strand first."""
    words = re.split(r"([._-])", name)
    if name[-1:] in ("+", "-"):
        base = name[:-1].rstrip("._")
        yield _Half(base or _UNNAMED, STRAND_PAIRS[0], "+" if name[-1] == "+" else "-")
    for at in range(len(words) - 1, -1, -1):
        for pair in STRAND_PAIRS[1:]:
            if (word := words[at].lower()) in pair:
                # The separator before the word goes with it, or the one behind.
                rest = words[: max(at - 1, 0)] + words[at + (2 if at == 0 else 1) :]
                base = "".join(rest)
                yield _Half(base or _UNNAMED, pair, "+" if word == pair[0] else "-")


def _strand_of(name: str, halves: set[_Half]) -> tuple[str, Strand]:
    """Name and strand of a file, by what the others are called."""
    own = list(_halves(name))
    for half in own:
        twin: Strand = "-" if half.strand == "+" else "+"
        if _Half(half.base, half.pair, twin) in halves:
            return half.base, half.strand
    for half in own:
        if half.pair[0 if half.strand == "+" else 1] in _ALONE:
            other = "-" if half.strand == "+" else "+"
            raise ConfigError(
                f"signal {name!r} is the {half.strand} strand of a pair, and no signal is its "
                f"{other} strand: give both, {half.base}+=FILE and {half.base}-=FILE, or, if it "
                f"has no strand, a name that says none, NAME=FILE"
            )
    return name, "."


def _check_names(named: Sequence[tuple[str, Strand, Path]], explicit: Sequence[bool]) -> None:
    files = Counter(path for *_, path in named)
    if twice := next((path for path, count in files.items() if count > 1), None):
        raise ConfigError(f"signal file {twice} is given twice: each strand and replicate has one")
    counts = Counter((name, strand) for name, strand, _ in named)
    for (name, strand, path), own in zip(named, explicit, strict=True):
        if counts[name, strand] > 1 and not own:
            raise ConfigError(
                f"two signals are called {name!r}: name them, --signal NAME={path}; replicates of "
                f"one signal all get its name"
            )
        if strand != "." and counts[name, "."]:
            raise ConfigError(f"signal {name!r} is given with and without strand: name them apart")
        if strand != "." and counts[name, "+"] != counts[name, "-"]:
            raise ConfigError(
                f"signal {name!r} has {counts[name, '+']} files of its + strand and "
                f"{counts[name, '-']} of its - strand: each replicate needs both"
            )
