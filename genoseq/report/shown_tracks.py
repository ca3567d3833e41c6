"""What browsers and figures show: one description of each track, from folders and files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from genoseq.errors import InputFormatError, RegionError
from genoseq.files.atomic import PathLike
from genoseq.files.journal import complete
from genoseq.files.names import GENES, TRACKS
from genoseq.genome.regions import Region, Strand, check_bounds, check_lengths
from genoseq.genome.tracks import (
    MEASURES,
    OKABE_ITO,
    STRAND_COLOURS,
    Channel,
    Colour,
    channel_colours,
)
from genoseq.readers import kinds
from genoseq.readers.annotation import COMPRESSIONS, annotation_format, read_annotation
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta
from genoseq.readers.signal import open_signal
from genoseq.writers.gene_predictions import ATTRIBUTES, GenePrediction, gene_predictions
from genoseq.writers.manifest import MANIFEST, MANY, OutputFile, read_manifest

Shape = Literal["values", "intervals", "genes"]
"""How a track is drawn: a curve; coloured boxes; boxes with introns and names."""
Limits = tuple[float, float]

PROBABILITY: Limits = (0.0, 1.0)
_UNIT_KINDS = ("probability", "margin", "entropy")
"""What lies between 0 and 1."""


@dataclass(frozen=True, slots=True)
class ShownTrack:
    """A file as people see it.

    Attributes
    ----------
    path
        A bigWig, a BED, or an annotation.
    shape
        How it is drawn.
    kind
        What it holds: ``probability``, ``signal``, ``log-odds``, ``segments``, ``genes``, or one of
        :data:`genoseq.genome.tracks.MEASURES`, which is then part of the name.
    name, strand
        Its class or signal and its strand; ``.`` for both, or for several.
    group
        The model or folder that it is from; empty for a file on its own.
    colour
        Of its class and strand; of intervals and genes, which have colours of their own, black.
    limits
        Of the y axis, the same in all tracks of values that can be compared; None without values.
    """

    path: Path
    shape: Shape
    kind: str
    name: str
    strand: Strand
    group: str
    colour: Colour
    limits: Limits | None = None

    @property
    def label(self) -> str:
        """Class and strand: ``CDS +``."""
        return self.name if self.strand == "." else f"{self.name} {self.strand}"

    @property
    def title(self) -> str:
        """What it is, in a few words: ``probability of CDS + by bilstm``."""
        by = f" by {self.group}" if self.group else ""
        if self.kind in MEASURES:
            return f"{self.label}{by}"
        return f"{self.kind} of {self.label}{by}" if self.shape == "values" else f"{self.name}{by}"


def shown_tracks(paths: Sequence[PathLike]) -> list[ShownTrack]:
    """The tracks of folders and files, in their order; of what is named twice once.

    Parameters
    ----------
    paths
        Folders of tracks (``manifest.tsv``: its bigWigs and segments) and of genes
        (``genes.gff3``); bigWigs, BED, GFF3, GTF, GenBank.

    Raises
    ------
    InputFormatError
        If a path is none of these, or a folder of tracks has neither a bigWig nor segments.
    """
    named: dict[Path, Path] = {}
    for path in map(Path, paths):
        named.setdefault(path.resolve(), path)
    found = [track for path in named.values() for track in _tracks(path)]
    return _with_limits(found)


def _tracks(path: Path) -> Iterator[ShownTrack]:
    complete(path if path.is_dir() else path.parent)
    if (path / MANIFEST).is_file():
        yield from _tracks_of_folder(path)
    elif (path / GENES[0]).is_file():
        yield _genes(path / GENES[0], path.name)
    elif path.is_dir():
        raise InputFormatError(
            f"no folder of tracks or genes: it has neither {MANIFEST} nor {GENES[0]}", path
        )
    else:
        yield _track_of_file(path)


def _tracks_of_folder(folder: Path) -> Iterator[ShownTrack]:
    listed = read_manifest(folder / MANIFEST)
    group = folder.resolve().parent.name if folder.name == TRACKS else folder.resolve().name
    values = [file for file in listed if file.format == "bigwig"]
    segments = [file for file in listed if file.format in ("bed", "peaks")]
    if not values and not segments:
        raise InputFormatError(
            "neither a bigWig nor segments here, which browsers show: write them with "
            "genoseq tracks --formats bigwig,bed",
            folder,
        )
    colours = channel_colours([_channel_of(file) for file in values])
    for file, colour in zip(values, colours, strict=True):
        path, name = folder / file.path, _shown_name(file)
        yield ShownTrack(path, "values", file.kind, name, strand_of(file), group, colour)
    for file in segments:
        yield _intervals(folder / file.path, file.kind, group)


def _channel_of(file: OutputFile) -> Channel:
    measure = next((one for one in MEASURES if one == file.kind), None)
    return Channel(file.name, strand_of(file), measure=measure)


def _shown_name(file: OutputFile) -> str:
    """Class or signal; of what tells how sure values are also, or only, that: ``CDS spread``."""
    if file.kind not in MEASURES:
        return file.name
    return file.kind if file.name == MANY else f"{file.name} {file.kind}"


def strand_of(file: OutputFile) -> Strand:
    """The strand of a file in a manifest, ``.`` of one with several."""
    return "+" if file.strand == "+" else "-" if file.strand == "-" else "."


def _track_of_file(path: Path) -> ShownTrack:
    if kinds.kind_of(path) == kinds.BIGWIG:
        return ShownTrack(path, "values", "signal", _name(path), ".", "", OKABE_ITO[0])
    # Genes are in BED with blocks, and every other BED is of intervals.
    if annotation_format(path) == "bed" and not any(bed.blocks for bed in read_bed(path)):
        return replace(_intervals(path, "intervals", ""), name=_name(path))
    return replace(_genes(path, ""), name=_name(path))


def _name(path: Path) -> str:
    """A file's name without what says its format."""
    name = path.with_suffix("") if path.suffix in COMPRESSIONS else path
    return name.stem


def _genes(path: Path, group: str) -> ShownTrack:
    return ShownTrack(path, "genes", "genes", "genes", ".", group, STRAND_COLOURS["."])


def _intervals(path: Path, kind: str, group: str) -> ShownTrack:
    return ShownTrack(path, "intervals", kind, kind, ".", group, STRAND_COLOURS["."])


def _with_limits(tracks: Sequence[ShownTrack]) -> list[ShownTrack]:
    """The tracks of values with their axes: 0 to 1, or what all of their kind and name span."""
    spans: dict[tuple[str, str], Limits] = {}
    for track in tracks:
        if track.shape == "values" and track.kind not in _UNIT_KINDS:
            key = axis_of(track)
            low, high = extremes(track.path)
            known = spans.get(key, (0.0, 0.0))
            spans[key] = min(known[0], low), max(known[1], high)
    return [_limited(track, spans) for track in tracks]


def axis_of(track: ShownTrack) -> tuple[str, str]:
    """What shares an axis: the same class or signal, on both strands and by every model."""
    return track.kind, track.name


def _limited(track: ShownTrack, spans: Mapping[tuple[str, str], Limits]) -> ShownTrack:
    if track.shape != "values":
        return track
    low, high = spans.get(axis_of(track), PROBABILITY)
    # An axis of no height cannot be drawn: the spread of equal models is 0.
    return replace(track, limits=(low, high if low < high else low + 1))


def extremes(path: Path) -> Limits:
    """The smallest and the largest value of a bigWig, rounded outwards to two digits."""
    with open_signal(path) as signal:
        low, high = signal.extremes()
    return -_upwards(-low), _upwards(high)


def _upwards(value: float) -> float:
    """The next number of two digits that is no smaller: 0.0123 gives 0.013."""
    if not value:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return float(f"{math.ceil(value / step) * step:.6g}")


def check_contigs(path: Path, genome: Fasta) -> None:
    """InputFormatError if a bigWig is of another genome."""
    with open_signal(path) as signal:
        check_lengths(signal.chroms, genome.lengths, path)
        strange = [chrom for chrom in signal.chroms if chrom not in genome.lengths]
    if strange:
        raise InputFormatError(
            f"contig {strange[0]!r} is not in {genome.path.name}: is it another assembly?", path
        )


def read_genes(path: Path, lengths: Mapping[str, int]) -> Iterator[GenePrediction]:
    """Genes of an annotation.

    Raises
    ------
    InputFormatError
        If the file is damaged, or of a genome with other contigs.
    """
    annotation = read_annotation(path, attributes=ATTRIBUTES)
    check_lengths(annotation.lengths, lengths, path)
    for gene in gene_predictions(annotation):
        try:
            check_bounds(Region(gene.chrom, gene.start, gene.end), lengths)
        except RegionError as error:
            raise InputFormatError(str(error), path) from None
        yield gene
