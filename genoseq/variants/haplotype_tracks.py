"""Scores of haplotypes at the bases of the reference, and what two of them differ by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.edits import EditedContig
from genoseq.genome.regions import Region, tiles
from genoseq.genome.tracks import DECIMALS, Channel, Track
from genoseq.inference.score import score
from genoseq.models.bundle import Bundle
from genoseq.variants.haplotypes import HaplotypeGenome
from genoseq.writers.scores import Scores

_STRETCH = 1 << 18
"""Bases of the reference at a time."""

Values = NDArray[np.float32]


def score_haplotype(
    genome: HaplotypeGenome, bundle: Bundle, regions: Sequence[Region], **options: Any
) -> Iterator[Track]:
    """Scores of regions of a haplotype, at the bases of the reference.

    Values are those of :func:`genoseq.inference.score.score` of the haplotype's own sequence: a
    base has that of the base that stands for it, one before inserted bases the largest of its own
    and theirs, a deleted one NaN.

    Parameters
    ----------
    genome
        The haplotype.
    regions
        Of the reference, merged and in the genome's order; those on contigs that the haplotype has
        not are left out.
    options
        As of :func:`~genoseq.inference.score.score`.
    """
    own = [region for region in regions if region.chrom in genome.contigs]
    spans = [_span(genome.contigs[region.chrom], region) for region in own]
    tracks = score(genome, bundle, regions=[span for span in spans if len(span)], **options)
    yield from on_reference(tracks, genome, own)


def _span(contig: EditedContig, region: Region) -> Region:
    return Region(region.chrom, *contig.span(region.start, region.end))


def on_reference(
    tracks: Iterator[Track], genome: HaplotypeGenome, regions: Iterable[Region]
) -> Iterator[Track]:
    """Tracks of a haplotype's bases, in order, as tracks of the reference's."""
    reader = _Reader(tracks)
    for region in regions:
        contig = genome.contigs[region.chrom]
        for part in tiles(region, _STRETCH, _STRETCH):
            span = _span(contig, part)
            if not len(span):
                continue  # deleted as a whole
            values, channels = reader.values(span)
            told = contig.on_reference(values, part.start, part.end)
            yield Track(part.chrom, part.start, told.T, channels)


class _Reader:
    """Stretches of a stream of tracks, one after the other."""

    def __init__(self, tracks: Iterator[Track]) -> None:
        self._tracks, self._held = tracks, list[Track]()

    def values(self, span: Region) -> tuple[Values, tuple[Channel, ...]]:
        """Values (C, L) of a stretch that the stream has whole, and its channels."""
        here = [track for track in self._held if _shares(track, span)]
        while not here or here[-1].end < span.end:
            track = next(self._tracks)
            here += [track] if _shares(track, span) else []
        assert all(one.end == after.start for one, after in pairwise(here))
        self._held = here
        whole = np.concatenate([track.values for track in here])
        first = span.start - here[0].start
        return whole[first : first + len(span)].T, here[0].channels


def _shares(track: Track, span: Region) -> bool:
    return track.chrom == span.chrom and track.start < span.end and track.end > span.start


def difference(left: Scores, right: Scores, regions: Iterable[Region]) -> Iterator[Track]:
    """Values of one less those of the other; NaN where one has none."""
    rounded = left.kind == "classes" and left.digits is None
    for region in regions:
        for part in tiles(region, _STRETCH, _STRETCH):
            before = right.values(part.chrom, part.start, part.end)
            found = left.values(part.chrom, part.start, part.end) - before
            # What both tell in steps differs in steps, but for the last bits.
            values = found.round(DECIMALS) + np.float32(0) if rounded else found
            yield Track(part.chrom, part.start, values, left.channels)
