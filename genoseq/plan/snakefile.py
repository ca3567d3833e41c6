"""Where the workflow lies that comes with this package, and what its rules' shells need.

``packaged/`` holds links to the repository's Snakefile, ``workflows/`` and ``config/``; a wheel has
their files there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genoseq.errors import GenoseqError, told

PACKAGED = Path(__file__).parent / "packaged"
"""Snakefile, ``workflows/`` and ``config/`` as in the repository."""
PROFILES = PACKAGED / "workflows/profiles"
"""Snakemake's options: a folder for each profile."""
CONFIG = Path("config/config.yaml")
"""The configuration, in the folder that Snakemake runs in."""


def snakefile_path() -> str:
    """Path of the packaged Snakefile, for ``include:`` or ``module`` in one of your own."""
    return str(PACKAGED / "Snakefile")


def put_scripts_on_path() -> None:
    """Let the rules' shells find ``genoseq`` beside this Python, activated environment or not."""
    folder = os.path.dirname(sys.executable)  # noqa: PTH120 - not resolved: a venv's own folder
    parts = os.environ.get("PATH", "").split(os.pathsep)
    if folder not in parts:
        os.environ["PATH"] = os.pathsep.join([folder, *parts])


@contextmanager
def ends_with_a_line() -> Iterator[None]:
    """End the program with what is wrong, a line each, where a mistake is met.

    Snakemake would tell of each with the lines of Python that met it.
    """
    try:
        yield
    except GenoseqError as error:
        sys.exit("\n".join(f"genoseq: error: {line}" for line in told(str(error))))
