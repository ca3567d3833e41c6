"""Where scores come from: what was scored, with which model, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genoseq.genome.regions import Region


@dataclass(frozen=True, slots=True)
class Origin:
    """Where scores come from.

    Attributes
    ----------
    regions
        What was scored, in FASTA order; None for the whole genome.
    model
        :func:`genoseq.models.bundle.bundle_identity`; None where it is not known, as for all
        attributes below.
    genome
        SHA-256 of the genome's file.
    settings
        Those of scoring that decide the bytes; plain JSON data.
    device
        ``cpu`` or ``cuda``.
    precision
        The number format, ``bf16`` or ``fp32``.
    """

    regions: tuple[Region, ...] | None = None
    model: str | None = None
    genome: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    device: str | None = None
    precision: str | None = None


UNKNOWN_ORIGIN = Origin()
MADE_BY = ("model", "genome", "settings", "device", "precision")
"""What the shards of a genome have in common: entries of ``scores.json`` and of :class:`Origin`."""
