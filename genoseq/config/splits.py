"""Settings of what is learned from: which parts of the genomes, and what each of them is for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from genoseq.config.base import Basepairs, Fraction, Settings


class RegionSettings(Settings):
    """Which parts of the genomes are learned from."""

    min_length: Basepairs = Field(300, description="bp; shorter pieces are dropped")
    max_n_fraction: Fraction = Field(0.5, description="pieces with more N than this are dropped")
    blacklist: str | None = Field(None, description="BED of regions never to use")


class SplitSettings(Settings):
    """How rows whose split is `blocks` are divided."""

    block: Basepairs = Field(50_000, description="bp per block")
    gap: Annotated[int, Field(ge=0, le=10**12)] = Field(
        2_000, description="bp unused between two splits"
    )
    valid: Fraction = Field(0.1, description="fraction of blocks for validation")
    test: Fraction = Field(0.2, description="fraction of blocks for the test")
