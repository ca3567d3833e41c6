"""Where the workflow lies that comes with this package, and what its rules' shells need.

``packaged/`` holds links to the repository's Snakefile, ``workflows/`` and ``config/``; a wheel has
their files there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

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
