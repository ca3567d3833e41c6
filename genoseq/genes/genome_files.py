"""What calling genes reads of a genome, contigs, circles, a mask, and the record of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genoseq.errors import ConfigError, InputFormatError, listed
from genoseq.files.inputs import Input
from genoseq.files.names import WEIGHTS
from genoseq.genome.regions import Region, check_bounds
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import Fasta
from genoseq.writers.formats import BED_WORDS

if TYPE_CHECKING:
    from genoseq.genes.layout import Contig


def read_contigs(genome: Fasta, circles: Collection[str] = ()) -> list[Contig]:
    """All contigs of a genome, with the names of those that are circles."""
    from genoseq.genes.layout import contig

    return [
        contig(name, genome.codes(name, 0, length), name in circles)
        for name, length in genome.lengths.items()
    ]


def check_names(names: Iterable[str]) -> None:
    """ConfigError if a contig's genes would be lost in BED."""
    if refused := [name for name in names if name.startswith(BED_WORDS)]:
        raise ConfigError(
            f"contigs {listed(refused)}: genome browsers skip BED lines that begin so; rename them "
            f"in the FASTA"
        )


def circular_names(asked: str, lengths: Mapping[str, int]) -> frozenset[str]:
    """Contigs that are circles: ``all``, ``none``, or names separated by commas.

    Raises
    ------
    ConfigError
        If a name is no contig's.
    """
    if asked in ("all", "none"):
        return frozenset(lengths if asked == "all" else ())
    names = [name.strip() for name in asked.split(",")]
    if unknown := [name for name in names if name not in lengths]:
        raise ConfigError(
            f"circular contigs {listed(unknown)}: the FASTA has no such contig but "
            f"{listed(lengths)}; or use all or none"
        )
    return frozenset(names)


def mask_regions(path: Input | None, lengths: Mapping[str, int]) -> list[Region]:
    """Regions of all features of an annotation, on the genome's contigs.

    Raises
    ------
    InputFormatError
        If the file cannot be read, or a feature is not on the genome.
    """
    if path is None:
        return []
    found = []
    for feature in read_annotation(path).within():
        # The line of GFF3 that is about a whole contig masks nothing.
        if feature.type in ("region", "source") and len(feature) == lengths.get(feature.chrom):
            continue
        try:
            region = Region(feature.chrom, feature.start, feature.end)
            found.append(check_bounds(region, lengths))
        except ValueError as error:
            raise InputFormatError(f"{error}: is it of this genome?", path) from None
    return found


def genes_record(
    genome: Fasta,
    model: Path,
    decoder: Path | None,
    settings: Mapping[str, Any],
    mask: Input | None,
    made: Mapping[str, str],
) -> Mapping[str, Any]:
    """What ``provenance.json`` says; ``made`` is the device and number format."""
    from genoseq.extraction.shard_folder import original_of
    from genoseq.files.provenance import file_sha256, make_record
    from genoseq.models.bundle import bundle_identity

    inputs: dict[str, Mapping[str, str]] = {
        "genome": original_of(genome),
        "model": {WEIGHTS: file_sha256(model / WEIGHTS)},
    }
    if decoder is not None:
        inputs["decoder"] = {decoder.name: file_sha256(decoder)}
    if mask is not None:
        inputs["mask"] = {mask.name: mask.sha256}
    return make_record("genes", settings, inputs, made, model=bundle_identity(model))
