"""Settings of how far the CDS of an annotation are trusted, by what each of them rests on."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import Field

from genoseq.config.base import Basepairs, Settings
from genoseq.files.atomic import PathLike

_File = TypeVar("_File", bound=PathLike)
Teaching = Literal["known", "unknown", "start-unknown"]
"""Whether the label of a CDS is known, unknown, or known but for where it starts."""


ATTRIBUTE = "attribute:"
"""Before the name of an attribute, where a table of evidence may stand."""
STARTS = ("known", "unknown")
"""What may stand in the place of a file of trusted starts: all of them, or none."""


def attribute_of(evidence: object) -> str | None:
    """The attribute that ``attribute:NAME`` names; None of a file."""
    if not isinstance(evidence, str) or not evidence.startswith(ATTRIBUTE):
        return None
    return evidence.removeprefix(ATTRIBUTE).strip()


def file_of_evidence(evidence: _File | None) -> _File | None:
    """The table of evidence; None without one, or if an attribute has it."""
    return evidence if attribute_of(evidence) is None else None


def file_of_starts(starts: _File | None) -> _File | None:
    """The annotation of trusted starts, if there is one."""
    return None if starts in STARTS else starts


class EvidenceSettings(Settings):
    """What CDS teach by their tiers, in genomes whose row has `evidence` or `starts`."""

    tiers: dict[str, Teaching] = Field(
        {"known": "known", "unknown": "unknown", "start-unknown": "start-unknown"},
        description="what a CDS of each tier teaches; * stands for any text, the first tier that "
        "fits decides",
    )
    unlisted: Teaching = Field("known", description="what a CDS without a tier teaches")
    start_reach: Basepairs = Field(
        150, description="bp before and behind an unknown start where another one may be the true"
    )
