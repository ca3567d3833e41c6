"""The annotation model: transcripts, whose parts stand in the order of transcription."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from genoseq.genome.circles import all_within
from genoseq.genome.features import Feature


@dataclass(frozen=True, slots=True)
class Cds:
    """What one protein is translated from.

    Attributes
    ----------
    parts
        5' to 3'; the phase of each is set.  A part never crosses the origin of a circle.
    partial_start, partial_end
        Whether it is cut off there: it then has no start or no stop codon.
    slippage
        Whether the ribosome slips between parts: a gap between them is no intron.
    """

    parts: tuple[Feature, ...]
    partial_start: bool = False
    partial_end: bool = False
    slippage: bool = False

    def __len__(self) -> int:
        return sum(map(len, self.parts))


@dataclass(frozen=True, slots=True)
class Transcript:
    """Parts that belong together, at one place of a genome.

    Attributes
    ----------
    name
        The ID that its parts share or have as their parent; empty if there is none.
    exons
        5' to 3'; none where the annotation has no exons.
    coding
        None for RNA that codes for nothing and for pseudogenes; several for an operon.
    own
        Other parts that the annotation states, by type: ``intron``, ``splice_donor``,
        ``splice_acceptor``, ``five_prime_UTR``, ``three_prime_UTR``, ``start_codon`` and
        ``stop_codon``.
    circle
        Length of its contig if that is a circle, else 0.
    """

    name: str
    exons: tuple[Feature, ...] = ()
    coding: tuple[Cds, ...] = ()
    own: Mapping[str, tuple[Feature, ...]] = field(default_factory=dict)
    circle: int = 0


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
    """

    features: Sequence[Feature]
    circles: Mapping[str, int] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def transcripts(self) -> list[Transcript]:
        """Transcripts, in the order of their first parts in the file."""
        from genoseq.genome.grouping import group_transcripts

        return group_transcripts(self.features, self.circles)

    def within(self) -> Iterator[Feature]:
        """Features in file order; those across the origin of a circle in two pieces."""
        return all_within(self.features, self.circles)
