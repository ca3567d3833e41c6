"""Every error genoseq raises on purpose, in one tree.

    GenoseqError
    ├── InputFormatError(ValueError)   a file says something its format does not allow
    ├── RegionError(ValueError)        an interval that cannot be: reversed, outside its contig
    ├── ConfigError(ValueError)        settings that are not valid; carries every problem at once
    ├── StoreError(ValueError)         a store that is damaged or does not fit what is asked of it
    ├── BundleError(ValueError)        a model folder that is damaged or does not fit its input
    ├── BackendError(RuntimeError)     something this machine lacks: a processor feature, a package
    └── TrainingInterruptedError       a signal ended a training, after its state was saved

The command line turns each into one line and exit status 1, by custom 128 more than its number
after a signal; from Python they are caught by their built-in parent as well.  A message says where,
what was found and how to mend it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from signal import Signals

_LISTED = 12
_MOST_LINES = 100
_LONGEST_LINE = 1_000


def listed(names: Iterable[str]) -> str:
    """Sorted names for a message, the first dozen of many; ``none`` of none."""
    found = sorted(set(names))
    more = f" and {len(found) - _LISTED:,} more" if len(found) > _LISTED else ""
    return (", ".join(found[:_LISTED]) or "none") + more


def told(message: str) -> list[str]:
    """Lines of a message as a terminal takes them.

    Files may hold names of megabytes, and control characters in them: of a long line the beginning
    and the end are told, of many problems the first hundred.
    """
    lines = message.splitlines()
    shown = [_printable(_shortened(line)) for line in lines[:_MOST_LINES]]
    more = len(lines) - len(shown)
    return [*shown, f"and {more:,} more"] if more else shown


def _shortened(line: str) -> str:
    if len(line) <= _LONGEST_LINE:
        return line
    half = _LONGEST_LINE // 2
    return f"{line[:half]} ... {line[-half:]}"


def _printable(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


class GenoseqError(Exception):
    """Parent of every error that genoseq raises on purpose."""


class InputFormatError(GenoseqError, ValueError):
    """A file that does not keep to its format.

    Parameters
    ----------
    problem
        What was found and how to mend it.
    path
        The file.
    line
        Line number, 1-based, where one is known.
    """

    def __init__(
        self, problem: str, path: str | PathLike[str] | None = None, line: int | None = None
    ) -> None:
        self.problem = problem
        self.path = path
        self.line = line
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(where + problem)


class RegionError(GenoseqError, ValueError):
    """An impossible interval: reversed, negative, outside its contig, on an unknown contig."""


class ConfigError(GenoseqError, ValueError):
    """Settings that are not valid.  ``problems`` lists all of them, so that one run shows all."""

    def __init__(
        self, problems: str | Sequence[str], path: str | PathLike[str] | None = None
    ) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        self.path = path
        lead = "" if path is None else f"{path}: "
        super().__init__("\n".join(lead + problem for problem in self.problems))


class StoreError(GenoseqError, ValueError):
    """A store that is damaged, or does not fit what is asked of it."""


class BundleError(GenoseqError, ValueError):
    """A model bundle that is damaged, or does not fit its input."""


class BackendError(GenoseqError, RuntimeError):
    """Something that this machine lacks: a processor feature, a device, a package, a program."""


class TrainingInterruptedError(GenoseqError):
    """A signal ended the training, after its state was saved; ``signal`` is its number."""

    def __init__(self, received: int, where: str) -> None:
        self.signal = received
        super().__init__(f"{Signals(received).name} received: {where}")
