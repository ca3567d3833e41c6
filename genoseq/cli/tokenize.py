"""``genoseq tokenize``: regions and their labels into a store."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genoseq.cli.progress import progress
from genoseq.errors import ConfigError, InputFormatError

if TYPE_CHECKING:
    from genoseq.config.schema import LabelSettings
    from genoseq.extraction.located import LocatedRegion
    from genoseq.genome.regions import Region
    from genoseq.labels.classes import ClassLabels
    from genoseq.labels.signals import SignalLabels
    from genoseq.readers.fasta import Fasta
    from genoseq.store.store import Piece
    from genoseq.tokenizers.kmer import KmerTokenizer

    Labels = ClassLabels | SignalLabels

EPILOG = (
    "Example: genoseq tokenize genome.fa -o genome.k3s1 --k 3 --annotation genes.gff3 "
    "--mask pseudogenes.bed"
)

_log = logging.getLogger(__name__)


class SchemeName(StrEnum):
    """What is predicted of a base."""

    cds_phase = "cds-phase"
    stranded = "stranded"
    unstranded = "unstranded"
    signal = "signal"


class Overlap(StrEnum):
    """What wins where genes overlap."""

    longest = "longest"
    unknown = "unknown"


FastaFile = Annotated[
    Path,
    typer.Argument(help="The genome's FASTA, or that of its regions as genoseq extract wrote it."),
]
Output = Annotated[Path, typer.Option("-o", "--out", help="Store to write: a folder.")]
BedFile = Annotated[
    Path | None,
    typer.Option(
        help="BED of the regions; the name column is the split.",
        show_default="whole contigs, split train",
    ),
]
K = Annotated[int, typer.Option("--k", help="Bases a token, 1 to 8.")]
Stride = Annotated[int, typer.Option(help="Bases from token to token, 1 to k.")]
Annotation = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="GFF3, GTF, GenBank or BED: the labels' features; CLASS=FILE takes all of a BED as "
        "that class.",
    ),
]
Mask = Annotated[Path | None, typer.Option(help="BED of bases whose label is not known.")]
Signals = Annotated[
    list[str] | None,
    typer.Option(
        "--signal", metavar="FILE", help="bigWig or bedGraph, or NAME=FILE; may be repeated."
    ),
]
SchemeOption = Annotated[SchemeName, typer.Option(help="What is predicted of a base.")]
Classes = Annotated[
    str | None, typer.Option(help="Schemes stranded, unstranded: classes by commas, first wins.")
]
OverlapOption = Annotated[
    Overlap, typer.Option(help="Two genes on one base: the longer wins, or not known.")
]
Name = Annotated[str | None, typer.Option(help="The store's name.", show_default="the FASTA's")]


def tokenize(
    fasta: FastaFile,
    out: Output,
    bed: BedFile = None,
    k: K = 3,
    stride: Stride = 1,
    annotation: Annotation = None,
    mask: Mask = None,
    signals: Signals = None,
    scheme: SchemeOption = SchemeName.cds_phase,
    classes: Classes = None,
    overlap: OverlapOption = Overlap.longest,
    name: Name = None,
) -> None:
    """Turn regions of a genome into tokens and labels, memory-mapped: a store to train from.

    Annotation, mask and signals are in the genome's coordinates. Without --annotation or --signal
    the store has no labels. Bases that are N have no label; beyond a region's ends a token sees N.
    """
    from genoseq.config.base import parse_settings
    from genoseq.config.schema import LabelSettings, TokenizerSettings
    from genoseq.config.sheet import named_file
    from genoseq.files.provenance import make_record
    from genoseq.readers.fasta import open_fasta
    from genoseq.store.store import write_store
    from genoseq.tokenizers.kmer import KmerTokenizer

    _check_labels(scheme, annotation, signals, mask)
    tokenizer = parse_settings(TokenizerSettings, {"k": k, "stride": stride})
    listed = tuple(part.strip() for part in classes.split(",")) if classes else ()
    chosen = {"scheme": scheme.value, "classes": listed, "overlap": overlap.value}
    settings = parse_settings(LabelSettings, chosen)
    if settings.classes and annotation is None:
        raise ConfigError("--classes needs --annotation")
    files = {"fasta": fasta, "bed": bed, "mask": mask}
    if scheme is SchemeName.signal:
        from genoseq.labels.signals import parse_signal

        files |= {f"signal {n}": parse_signal(s)[1] for n, s in enumerate(signals or [], 1)}
    else:
        files["annotation"] = None if annotation is None else named_file(annotation)[1]
    with ExitStack() as stack:
        genome = stack.enter_context(open_fasta(fasta))
        regions, lengths = _regions(genome, bed)
        labels: Labels | None = None
        if scheme is SchemeName.signal:
            labels = stack.enter_context(_signal_labels(signals or [], mask, lengths))
        elif annotation is not None:
            labels = _class_labels(settings, annotation, mask, lengths, regions)
        pieces = _pieces(genome, regions, KmerTokenizer(k, stride), labels)
        states = None if labels is None else labels.scheme
        sources = _sources(files, genome.sha256)
        inputs = {role: {Path(s["path"]).name: s["sha256"]} for role, s in sources.items()}
        asked = tokenizer.model_dump() | settings.model_dump(mode="json")
        record = make_record("tokenize", asked, inputs)
        write_store(out, name or _stem(fasta), tokenizer, states, pieces, sources, record)


def _check_labels(
    scheme: SchemeName, annotation: str | None, signals: list[str] | None, mask: Path | None
) -> None:
    """ConfigError for a file that would not be used, and for a scheme without its files."""
    if scheme is SchemeName.signal and not signals:
        raise ConfigError("scheme signal needs --signal")
    if scheme is SchemeName.signal and annotation is not None:
        raise ConfigError("scheme signal learns from --signal alone: leave out --annotation")
    if scheme is not SchemeName.signal and signals:
        raise ConfigError(f"scheme {scheme.value} does not use --signal: add --scheme signal")
    if mask is not None and annotation is None and not signals:
        raise ConfigError("--mask needs labels to mask: --annotation or --signal")


def _regions(
    genome: Fasta, bed: Path | None
) -> tuple[list[LocatedRegion], Mapping[str, int] | None]:
    from genoseq.extraction.located import locate, whole_contigs

    return (whole_contigs(genome), genome.lengths) if bed is None else locate(genome, bed)


def _class_labels(
    settings: LabelSettings,
    annotation: str,
    mask: Path | None,
    lengths: Mapping[str, int] | None,
    regions: list[LocatedRegion],
) -> ClassLabels:
    from genoseq.config.sheet import named_file
    from genoseq.labels.classes import plan_labels
    from genoseq.readers.annotation import read_annotation

    name, path = named_file(annotation)
    features = read_annotation(path, kind=name)
    labels = plan_labels(features, settings, _read_regions(mask), lengths, path)
    chroms = {located.region.chrom for located in regions}
    if not chroms & labels.chroms:
        raise InputFormatError(
            f"its features are on other contigs ({', '.join(sorted(labels.chroms)[:3])} ...) than "
            f"the regions ({', '.join(sorted(chroms)[:3])} ...): names must be equal",
            path,
        )
    return labels


def _signal_labels(
    signals: list[str], mask: Path | None, lengths: Mapping[str, int] | None
) -> SignalLabels:
    from genoseq.labels.signals import SignalLabels, name_signals

    return SignalLabels(name_signals(signals), _read_regions(mask), lengths)


def _pieces(
    genome: Fasta, regions: list[LocatedRegion], tokenizer: KmerTokenizer, labels: Labels | None
) -> Iterator[Piece]:
    """Regions as the store takes them, one at a time."""
    from genoseq.genome.sequences import N
    from genoseq.labels.counts import LabelCounts

    counts = None if labels is None else LabelCounts(labels.scheme)
    bases = sum(len(located.region) for located in regions)
    with progress("tokenize", bases, "bp") as advance:
        for located in regions:
            region = located.region
            codes = located.codes(genome)
            values = None
            if labels is not None and counts is not None:
                values = labels.of(region.chrom, region.start, region.end)
                values[codes == N] = labels.unknown
                counts.add(values)
            yield region, located.split, tokenizer.encode(codes), values
            advance(len(region))
    if counts is not None:
        _log.info("labels: %s", counts)


def _read_regions(path: Path | None) -> list[Region]:
    from genoseq.readers.bed import read_bed

    return [] if path is None else [record.region for record in read_bed(path)]


def _sources(files: Mapping[str, Path | None], genome: str) -> dict[str, Any]:
    """Path and checksum of every file that went into the store; that of the genome is given."""
    from genoseq.files.provenance import input_sha256

    return {
        role: {"path": str(path), "sha256": genome if role == "fasta" else input_sha256(path)}
        for role, path in files.items()
        if path is not None
    }


def _stem(fasta: Path) -> str:
    return fasta.name.removesuffix(".gz").rpartition(".")[0] or fasta.name
