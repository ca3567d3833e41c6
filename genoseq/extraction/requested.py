"""The regions that ``genoseq extract`` is asked for, in chunks: which, and cut in what way."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from genoseq.errors import ConfigError
from genoseq.extraction.extract import ExtractionOptions, reshaped
from genoseq.extraction.intervals import (
    Intervals,
    NamedRegion,
    Reshape,
    bed_intervals,
    blacklist_holes,
    feature_regions,
    in_chunks,
)
from genoseq.extraction.tally import Tally
from genoseq.files.atomic import PathLike
from genoseq.genome.regions import Region, check_lengths, parse_region
from genoseq.readers.annotation import read_annotation
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta

if TYPE_CHECKING:
    from genoseq.extraction.splits import Assigned


# bp of a chunk of regions: what one read may hold.
_CHUNK = 1 << 23

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RegionRequest:
    """Which regions of a FASTA to extract, and what happens to them, in the order given here.

    Attributes
    ----------
    regions, region, annotation, split
        Where regions come from; at most one of the four, and none is the whole contigs: a BED;
        texts such as ``chr1:1-100`` (1-based, closed) or ``chr1``; features of a GFF3, GTF, GenBank
        or BED; or the whole genome by split: ``train``, ``valid``, ``test``, ``score``, ``blocks``
        or ``contigs:valid=a,b;test=c`` (the others train).
    features
        Types of the annotation's features, by commas.
    block, gap, valid, test, seed
        Of split ``blocks``: bp of a block, bp unused between two, fractions, where they begin.
    strand
        Reverse-complement minus-strand regions; so are those whose text ends in a strand.
    split_blocks
        Join the blocks of a BED12.
    flank_up, flank_down
        bp added 5' and 3', on the region's strand.
    blacklist
        BED of bases that are cut out.
    tile, step
        bp of the pieces that regions are cut into, and from one to the next; 0: whole, as ``tile``.
    min_length, max_n_fraction
        Shorter pieces, and those with a larger share of N, are dropped; None: none are, but with
        ``split`` those below 300 bp or above 0.5.
    on_error
        What to do about regions that are not on the FASTA; ``skip`` counts them.

    Raises
    ------
    ConfigError
        If these do not go together.
    """

    regions: PathLike | None = None
    region: Sequence[str] = ()
    annotation: PathLike | None = None
    features: str = "CDS"
    split: str | None = None
    block: int = 50_000
    gap: int = 2_000
    valid: float = 0.1
    test: float = 0.2
    seed: int = 0
    strand: bool = False
    split_blocks: bool = False
    flank_up: int = 0
    flank_down: int = 0
    blacklist: PathLike | None = None
    tile: int = 0
    step: int = 0
    min_length: int | None = None
    max_n_fraction: float | None = None
    on_error: Literal["fail", "skip"] = "fail"

    def __post_init__(self) -> None:
        sources = (self.regions, self.region or None, self.annotation, self.split)
        if sum(one is not None for one in sources) > 1:
            raise ConfigError("give one of --regions, --region, --annotation and --split")
        shaped = self.flank_up or self.flank_down or self.tile or self.step
        if (self.split or self.split_blocks) and shaped:
            raise ConfigError("--split and --split-blocks take no flanks and no tiles")
        filtered = self.min_length or self.max_n_fraction or self.blacklist
        if self.split_blocks and (self.regions is None or filtered):
            raise ConfigError("--split-blocks needs --regions, and takes no filters")

    @property
    def files(self) -> dict[str, PathLike]:
        """Files that are read beside the FASTA, by their role."""
        asked = {role: getattr(self, role) for role in ("regions", "annotation", "blacklist")}
        return {role: path for role, path in asked.items() if path is not None}

    @property
    def settings(self) -> dict[str, Any]:
        """The rest: what decides the output, as plain JSON data."""
        roles = ("regions", "annotation", "blacklist")
        said = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in roles}
        return said | {"region": list(self.region)}

    @property
    def options(self) -> ExtractionOptions:
        """How each region is written."""
        share = 1.0 if self.split or self.max_n_fraction is None else self.max_n_fraction
        # A strand that was typed is meant.
        stranded = self.strand or any(text.endswith(("(+)", "(-)")) for text in self.region)
        return ExtractionOptions(stranded, share, self.on_error == "skip")


def requested(
    genome: Fasta, request: RegionRequest, tally: Tally, bed: BinaryIO | None = None
) -> Iterator[Intervals]:
    """The regions of a request in chunks, reshaped where something is to be done to them.

    Parameters
    ----------
    tally
        Counts those that are left out.
    bed
        Told the contigs' lengths, where regions are splits.
    """
    if request.split is not None:
        return _split_chunks(genome, request, request.split, bed)
    files = request.files
    chunks = (
        bed_intervals(files["regions"], genome.lengths)
        if "regions" in files
        else _listed(genome, request)
    )
    holes = _blacklist(genome, request)
    shape = Reshape(
        upstream=request.flank_up,
        downstream=request.flank_down,
        holes=blacklist_holes(holes, genome) if holes else None,
        tile=request.tile,
        step=request.step,
        min_length=request.min_length or 0,
    )
    if shape == Reshape() and "blacklist" not in files:
        return chunks
    return reshaped(chunks, shape, genome.lengths, tally, request.options.skip_outside)


def _listed(genome: Fasta, request: RegionRequest) -> Iterator[Intervals]:
    """Regions of texts or of an annotation, or else the whole contigs."""
    if request.annotation is not None:
        types = [name.strip() for name in request.features.split(",")]
        annotation = read_annotation(request.annotation)
        check_lengths(annotation.lengths, genome.lengths, request.annotation)
        found = feature_regions(annotation.within(), types, request.annotation)
    elif request.region:
        found = (NamedRegion(parse_region(text, genome.lengths)) for text in request.region)
    else:
        whole = (Region(chrom, 0, length) for chrom, length in genome.lengths.items() if length)
        found = map(NamedRegion, whole)
    return in_chunks(found, _CHUNK)


def _split_chunks(
    genome: Fasta, request: RegionRequest, rule: str, bed: BinaryIO | None
) -> Iterator[Intervals]:
    """The genome's regions by split; what the splits share is said on stderr."""
    from genoseq.config.base import parse_settings
    from genoseq.config.splits import RegionSettings, SplitSettings
    from genoseq.extraction.located import contig_line
    from genoseq.extraction.splits import assign_splits  # numpy: only where there are splits

    blocks = {name: getattr(request, name) for name in ("block", "gap", "valid", "test")}
    filters = {name: getattr(request, name) for name in ("min_length", "max_n_fraction")}
    given = {name: value for name, value in filters.items() if value is not None}
    assigned = assign_splits(
        genome,
        rule,
        parse_settings(SplitSettings, blocks),
        parse_settings(RegionSettings, given),
        _blacklist(genome, request),
        request.seed,
    )
    _say_splits(genome, assigned)
    if bed is not None:
        # Lengths let later steps check an annotation: the regions alone do not tell them.
        lines = (contig_line(name, length) for name, length in genome.lengths.items())
        bed.write("".join(lines).encode())
    return in_chunks((NamedRegion(region, name) for region, name in assigned), _CHUNK)


def _say_splits(genome: Fasta, assigned: Assigned) -> None:
    """Log the share of each split, and of its 31-mers that another one has."""
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


def _blacklist(genome: Fasta, request: RegionRequest) -> list[Region]:
    """Bases never to use."""
    path = request.files.get("blacklist")
    records = [] if path is None else read_bed(path, genome.lengths, inside=False)
    return [record.region for record in records]
