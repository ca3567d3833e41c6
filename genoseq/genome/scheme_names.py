"""The names of label schemes: a file of its own, which costs the command line nothing."""

from __future__ import annotations

from typing import Literal

SchemeName = Literal["cds-phase", "gene-phase", "stranded", "unstranded", "signal"]
"""What is predicted of a base."""
