"""A FASTA and a model to a folder of what mutations change: what ``genoseq mutate`` does.

mutations.tsv.gz            one line per substitution and class, with its index
CLASS.STRAND.importance.bw  what each base contributes: letters in browsers (dynseq)
heatmaps/                   a picture per region and class
manifest.tsv, provenance.json
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from genoseq.errors import ConfigError
from genoseq.files.atomic import PathLike, atomic_folder, irreplaceable
from genoseq.files.inputs import Input, all_kept
from genoseq.files.names import WEIGHTS
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import PROVENANCE, file_sha256, make_record
from genoseq.genome.regions import Region, parse_region
from genoseq.genome.tracks import Track
from genoseq.pretrained.registry import model_folder
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta, open_fasta
from genoseq.writers.manifest import MANIFEST, OutputFile, md5_of, write_manifest
from genoseq.writers.outputs import Written, check_formats, write_tracks

if TYPE_CHECKING:
    from genoseq.variants.mutate import Method
    from genoseq.variants.mutations import Mutations

_NAMES = ("mutations.tsv.gz*", "*.importance.bw", "heatmaps", MANIFEST, PROVENANCE)
_FORMATS = ("bigwig", "tsv")
_PICTURES = 200
"""Heat maps at most: nobody looks at more."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is told of which mutations, as parameters of :func:`mutate_files`."""

    targets: tuple[str, ...]
    distance: int
    at: str | None
    method: Method
    steps: int

    def settings(self) -> dict[str, Any]:
        """As records say them."""
        told = {
            "targets": list(self.targets), "distance": self.distance, "at": self.at,
            "method": self.method,
        }  # fmt: skip
        return told | ({"steps": self.steps} if self.method == "integrated" else {})


def mutate_files(
    fasta: PathLike,
    model: PathLike | None,
    out: PathLike,
    *,
    region: Sequence[str] = (),
    regions: PathLike | None = None,
    targets: Sequence[str] = (),
    distance: int = 50,
    at: str | None = None,
    method: Method = "saturation",
    steps: int = 16,
    pictures: Literal["png", "svg", "none"] = "png",
    device: str | None = None,
    expect: str | Path | None = None,
    report: Report = unreported,
) -> Written:
    """Write what every substitution of every base of regions changes.

    Parameters
    ----------
    fasta, model
        FASTA, GenBank or EMBL, or ``-`` for stdin; a model's folder or name, or the default.
    out
        Folder, which appears whole or not at all, in place of an older one.
    region, regions
        What is mutated: ``chr1:1-1000`` or ``chr1``, 1-based; a BED, or ``-``; by default every
        contig.
    targets, distance, method, steps, device
        See :func:`genoseq.variants.mutate.mutate`.
    at
        Region in which changes are looked for, ``chr1:1-1000``; by default within ``distance``.
    pictures
        Format of heat maps, which regions of up to 2,000 bases get, 200 of them at most.
    expect, report
        See :func:`genoseq.inference.score_files.score_files`.

    Raises
    ------
    GenoseqError
        Before anything is written, with what is wrong with a file or an argument.
    """
    out = Path(out)
    if pictures not in ("png", "svg", "none"):
        raise ConfigError(f"pictures {pictures!r}: use png, svg or none")
    if region and regions is not None:
        raise ConfigError("give regions by --region or by --regions, one of the two")
    if problem := irreplaceable(out, _NAMES):
        raise ConfigError(problem)
    folder = model_folder(model)
    asked = Asked(tuple(targets), distance, at, method, steps)
    # Torch takes seconds to load: what is wrong with the inputs is told before.
    with all_kept({"regions": regions}, fasta) as given, open_fasta(fasta) as genome:
        bed = given.get("regions")
        named = [parse_region(text, genome.lengths) for text in region] or None
        if bed is not None:
            named = [record.region for record in read_bed(bed, genome.lengths)]
        looked = None if at is None else parse_region(at, genome.lengths)

        from genoseq.inference.predict import choose_computing
        from genoseq.inference.score import wanted_regions
        from genoseq.models.bundle import load_bundle
        from genoseq.models.expected import check_model
        from genoseq.variants.mutate import mutate

        bundle = load_bundle(folder)
        check_model(bundle, folder, expect)
        wanted = wanted_regions(genome, named)
        check_formats(_FORMATS, "signal", bundle.task.output().channels, genome.lengths)
        used = choose_computing(bundle.settings, device, "fp32")
        found = mutate(
            genome, bundle, regions=wanted, targets=targets, distance=distance, at=looked,
            method=method, steps=steps, device=str(used[0]),
        )  # fmt: skip
        record = _record(genome, folder, asked, bed, wanted, used)
        pieces = _reported(found, sum(map(len, wanted)), report)
        with atomic_folder(out, _NAMES) as stage:
            files = _write(stage, genome.lengths, pieces, wanted, pictures, record)
    return Written(out, tuple(files), sum(map(len, wanted)))


def _write(
    stage: Path,
    lengths: Mapping[str, int],
    pieces: Iterator[Mutations],
    wanted: Sequence[Region],
    pictures: Literal["png", "svg", "none"],
    record: Mapping[str, Any],
) -> list[OutputFile]:
    """All files of a folder, with their checksums."""
    from genoseq.variants.heat_map import LARGEST, HeatMaps
    from genoseq.variants.mutation_table import MutationTable

    first = next(pieces, None)
    if first is None:
        raise ConfigError("no base to mutate: no contig has a base, or no region is given")
    table = MutationTable(stage, lengths, first.extremes is not None)
    drawn = _drawn(wanted, len(first.channels), LARGEST) if pictures != "none" else []
    maps = HeatMaps(stage, drawn, "svg" if pictures == "svg" else "png")
    channels = tuple(replace(each, measure="importance") for each in first.channels)

    def tracks() -> Iterator[Track]:
        for piece in _chained(first, pieces):
            table.write(piece)
            maps.add(piece)
            yield Track(piece.chrom, piece.start, piece.importance, channels)

    files = write_tracks(tracks(), lengths, channels, "signal", stage, ["bigwig"], record=record)
    beside = table.finish()
    beside += [
        OutputFile(path, "heat map", each.full_name, each.strand, Path(path).suffix[1:])
        for path, each in maps.drawn
    ]
    files += [replace(each, md5=md5_of(stage / each.path)) for each in beside]
    write_manifest(stage / MANIFEST, files)
    return files


def _drawn(wanted: Sequence[Region], columns: int, largest: int) -> list[Region]:
    """Regions that get heat maps; what gets none is said."""
    short = [region for region in wanted if len(region) <= largest]
    drawn = short[: max(1, _PICTURES // columns)]
    if len(short) < len(wanted):
        _log.info("mutate: no heat maps of regions of more than %s bases", f"{largest:,}")
    if len(drawn) < len(short):
        _log.warning(
            "mutate: heat maps of the first %s regions alone: ask for fewer", f"{len(drawn):,}"
        )
    return drawn


def _chained(first: Mutations, rest: Iterable[Mutations]) -> Iterator[Mutations]:
    yield first
    yield from rest


def _reported(pieces: Iterable[Mutations], bases: int, report: Report) -> Iterator[Mutations]:
    done = 0
    report(done, bases)
    for piece in pieces:
        yield piece
        done += len(piece.codes)
        report(done, bases)


def _record(
    genome: Fasta,
    model: Path,
    asked: Asked,
    bed: Input | None,
    wanted: Sequence[Region],
    used: tuple[Any, Any],
) -> Mapping[str, Any]:
    """What ``provenance.json`` says."""
    from genoseq.extraction.shard_folder import original_of
    from genoseq.models.bundle import bundle_identity
    from genoseq.models.device import computing

    inputs: dict[str, Mapping[str, str]] = {
        "genome": original_of(genome),
        "model": {WEIGHTS: file_sha256(model / WEIGHTS)},
    }
    if bed is not None:
        inputs["regions"] = {bed.name: bed.sha256}
    settings = asked.settings() | {"bases": sum(map(len, wanted))}
    return make_record("mutate", settings, inputs, computing(*used), model=bundle_identity(model))
