"""Settings of where training windows are drawn: everywhere, or more often around rare classes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from genoseq.config.base import Settings


class SamplingSettings(Settings):
    """Windows around rare classes; the others are drawn from everywhere."""

    share: Annotated[float, Field(gt=0, le=0.95)] = Field(
        0.5, description="of the windows, drawn around a base of a rare class"
    )
    classes: tuple[str, ...] = Field(
        (), description="around which; none listed: those of less than 1% of the bases"
    )
