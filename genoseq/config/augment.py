"""Settings of the damage that a model learns to bear: that of reads and of noisy assemblies."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from genoseq.config.base import Fraction, Settings, WindowLength

Rate = Annotated[float, Field(ge=0, le=0.5)]
"""Share of bases."""


class AugmentSettings(Settings):
    """Damage to training windows; validation, evaluation and scoring see none."""

    indels: Rate = Field(
        0.015, description="most indels per base, half of them insertions; 40% of samples have none"
    )
    substitutions: Rate = Field(
        0.01, description="most substitutions per base; half of the samples have none"
    )
    ambiguous: Rate = Field(
        0.005, description="most bases that become N, per base; 70% of samples have none"
    )
    shortest: WindowLength | None = Field(
        150,
        description="bp of the shortest fragment; null: windows stay whole. One length for each "
        "batch, even on a log scale; what is longer than the window is whole",
    )
    longest: WindowLength = Field(5_000, description="bp of the longest fragment")
    share: Fraction = Field(
        0.5, description="share of the batches that are damaged; the others are as they come"
    )
    begin: Fraction = Field(0.3, description="fraction of the steps before any damage")
    full: Fraction = Field(
        0.6,
        description="fraction of the steps from which on damage is as above; it grows until then",
    )

    @model_validator(mode="after")
    def _in_order(self) -> AugmentSettings:
        if self.full < self.begin:
            raise ValueError(f"full {self.full} comes before begin {self.begin}: raise it")
        if self.shortest is not None and self.longest < self.shortest:
            raise ValueError(
                f"longest {self.longest} is below shortest {self.shortest}: raise it, or set "
                f"shortest to null for whole windows"
            )
        return self
