"""Settings of where training windows are drawn: everywhere, or more often around rare classes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from genoseq.config.base import Fraction, Settings


class SamplingSettings(Settings):
    """Windows around rare classes; the others are drawn from everywhere."""

    share: Annotated[float, Field(gt=0, le=0.95)] = Field(
        0.5, description="of the windows, drawn around a base of a rare class"
    )
    classes: tuple[str, ...] = Field(
        (), description="around which; none listed: those of less than 1% of the bases"
    )


class NearbySettings(Settings):
    """What bases near sites teach, in training alone: where a site lies is known to some bp."""

    classes: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="the sites, such as TSS"
    )
    bp: Annotated[int, Field(ge=1, le=1000)] = Field(3, description="on either side of a site")
    teach: Literal["nothing", "same"] = Field(
        "nothing", description="nothing: they are not known; same: they are of the site's class"
    )


class NegativesSettings(Settings):
    """Hard negatives: bases that look like a site and are none count, of the others few."""

    motifs: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[ACGTRYSWKMBDHVN]{1,16}$")], ...],
        Field(min_length=1),
    ] = Field(description="what sites look like, on either strand, in IUPAC's letters: GT, AG")
    others: Fraction = Field(
        0.1, description="share of the bases without class and motif that are learned"
    )
