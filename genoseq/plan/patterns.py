"""Paths that Snakemake would take for patterns: ``{x}`` is a wildcard to it, ``<x>`` a variable.

It has no escape for them in inputs.  Such files are no inputs of a rule but words of its command;
their size and time are parameters, so that a rule runs again when they change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from genoseq.errors import ConfigError

_PATTERN = re.compile("[{}<>]")


def plain_paths(paths: Iterable[str]) -> list[str]:
    """Those that Snakemake can have as inputs."""
    return [path for path in paths if not _PATTERN.search(path)]


def where_brought(paths: Iterable[str], inputs: Sequence[str]) -> list[str]:
    """Where each file is: as Snakemake's input, which storage may have brought, or as it is.

    Parameters
    ----------
    inputs
        What Snakemake made of :func:`plain_paths` of the same paths.
    """
    brought = iter(inputs)
    return [path if _PATTERN.search(path) else next(brought) for path in paths]


def stamps(paths: Iterable[str]) -> list[str]:
    """Path, size and time of change of each file that is no input.

    Raises
    ------
    ConfigError
        If one is missing.
    """
    found = []
    for path in filter(_PATTERN.search, paths):
        try:
            state = Path(path).stat()
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", path) from None
        found.append(f"{path} {state.st_size} {state.st_mtime_ns}")
    return found
