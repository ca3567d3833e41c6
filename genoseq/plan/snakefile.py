"""Where the workflow lies that comes with this package.

``packaged/`` holds links to the repository's Snakefile, ``workflows/`` and ``config/``; a wheel has
their files there.
"""

from __future__ import annotations

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
