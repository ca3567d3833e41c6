"""The regions that ``genoseq extract`` is asked for, in chunks: which, and cut in what way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from genoseq.errors import ConfigError

if TYPE_CHECKING:
    from genoseq.extraction.extract import ExtractionOptions, Tally
    from genoseq.extraction.intervals import Intervals
    from genoseq.extraction.splits import Assigned
    from genoseq.genome.regions import Region
    from genoseq.readers.fasta import Fasta

# bp of a chunk of regions: what one read may hold.
_CHUNK = 1 << 23

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """Where regions come from: at most one of the four; none of them is the whole contigs."""

    bed: Path | None
    texts: list[str]
    annotation: Path | None
    split: str | None
    types: tuple[str, ...]

    def __post_init__(self) -> None:
        given = (self.bed, self.texts or None, self.annotation, self.split)
        if sum(one is not None for one in given) > 1:
            raise ConfigError("give one of --regions, --region, --annotation and --split")


def chunks_of(
    genome: Fasta,
    source: Source,
    options: ExtractionOptions,
    tally: Tally,
    shape: dict[str, int],
    min_length: int,
    blacklist: Path | None,
) -> Iterator[Intervals]:
    """The regions that were asked for, reshaped where something is to be done to them."""
    from genoseq.extraction.extract import reshaped
    from genoseq.extraction.intervals import Reshape, bed_intervals, blacklist_holes

    chunks = bed_intervals(source.bed) if source.bed else _listed(genome, source)
    if not (any(shape.values()) or min_length or blacklist):
        return chunks
    holes = blacklist_holes(_read_regions(blacklist), genome) if blacklist else None
    reshape = Reshape(**shape, min_length=min_length, holes=holes)
    return reshaped(chunks, reshape, genome.lengths, tally, options.skip_outside)


def _listed(genome: Fasta, source: Source) -> Iterator[Intervals]:
    """Regions of strings or of an annotation, or else the whole contigs."""
    from genoseq.extraction.intervals import NamedRegion, feature_regions, in_chunks
    from genoseq.genome.regions import Region, parse_region
    from genoseq.readers.annotation import read_annotation

    if source.annotation is not None:
        found = feature_regions(read_annotation(source.annotation), source.types)
    elif source.texts:
        found = (NamedRegion(parse_region(text, genome.lengths)) for text in source.texts)
    else:
        whole = (Region(chrom, 0, length) for chrom, length in genome.lengths.items() if length)
        found = map(NamedRegion, whole)
    return in_chunks(found, _CHUNK)


def split_chunks(
    genome: Fasta,
    rule: str,
    blocks: dict[str, float],
    filters: dict[str, float | None],
    blacklist: Path | None,
    seed: int,
    bed: BinaryIO | None,
) -> Iterator[Intervals]:
    """The genome's regions by split; what the splits share is said on stderr."""
    from genoseq.config.base import parse_settings
    from genoseq.config.schema import RegionSettings, SplitSettings
    from genoseq.extraction.intervals import NamedRegion, in_chunks
    from genoseq.extraction.located import contig_line
    from genoseq.extraction.splits import assign_splits

    given = {name: value for name, value in filters.items() if value is not None}
    assigned = assign_splits(
        genome,
        rule,
        parse_settings(SplitSettings, blocks),
        parse_settings(RegionSettings, given),
        _read_regions(blacklist) if blacklist else (),
        seed,
    )
    _report_splits(genome, assigned)
    if bed is not None:
        # Lengths let later steps check an annotation: the regions alone do not tell them.
        bed.write("".join(contig_line(*contig) for contig in genome.lengths.items()).encode())
    return in_chunks((NamedRegion(region, name) for region, name in assigned), _CHUNK)


def _report_splits(genome: Fasta, assigned: Assigned) -> None:
    from genoseq.extraction.leaks import sample_for, sketch, split_leaks

    bases: dict[str, int] = {}
    for region, name in assigned:
        bases[name] = bases.get(name, 0) + len(region)
    total = sum(bases.values())
    for name, count in bases.items():
        _log.info("split %s: %s bp, %.1f%%", name, f"{count:,}", 100 * count / total)
    if len(bases) < 2:
        return
    sketches = {
        name: sketch(
            (genome.codes(r.chrom, r.start, r.end) for r, split in assigned if split == name),
            sample_for(total),
        )
        for name in bases
    }
    for leak in split_leaks(sketches):
        _log.info("leak: %s", leak)


def _read_regions(path: Path) -> list[Region]:
    from genoseq.readers.bed import read_bed

    return [record.region for record in read_bed(path)]
