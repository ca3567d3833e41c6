"""Settings of signals: what their files leave out, how tracks are made comparable, and what
controls are for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from genoseq.config.base import Settings


class SignalSettings(Settings):
    """How the files of signals are read, for `labels.scheme: signal`."""

    gaps: Literal["unknown", "zero"] = Field(
        "unknown",
        description="what a base without a value is: nothing is known of it, or (coverage whose "
        "program leaves zeros out) 0",
    )
    normalise: Literal["none", "library"] = Field(
        "none",
        description="library: each library, both strands together, is divided by its mean over the "
        "genome, so that 1 is average coverage; factors are in the store",
    )
    control: Literal["subtract", "learn"] = Field(
        "subtract",
        description="what is done with controls: they are taken off, or learned beside the "
        "sequence, so that predictions without them are free of what they explain",
    )
