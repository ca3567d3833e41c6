"""What an annotation file says: features, and the transcripts that they make up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from genoseq.genome.circles import all_within
from genoseq.genome.features import Feature
from genoseq.genome.genes import Cds, Transcript
from genoseq.genome.grouping import group_transcripts


@dataclass(frozen=True)
class Annotation:
    """What an annotation file says.

    Attributes
    ----------
    features
        In the order of the file.
    circles
        Length (bp) of each contig that the file says is a circle.
    lengths
        Length (bp) of each contig of which the file says it.
    grouped
        Its transcripts, where they are known; None: those that its features make up.
    """

    features: Sequence[Feature]
    circles: Mapping[str, int] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    grouped: Sequence[Transcript] | None = field(default=None, repr=False)

    @cached_property
    def transcripts(self) -> Sequence[Transcript]:
        """Transcripts, in the order of their first parts in the file."""
        if self.grouped is not None:
            return self.grouped
        return group_transcripts(self.features, self.circles)

    def coding(self) -> Iterator[Cds]:
        """CDS of all transcripts, in their order."""
        return (cds for transcript in self.transcripts for cds in transcript.coding)

    def within(self) -> Iterator[Feature]:
        """Features in file order; those across the origin of a circle in two pieces."""
        return all_within(self.features, self.circles)
