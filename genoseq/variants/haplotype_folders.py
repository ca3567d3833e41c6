"""Folders of tracks of haplotypes, and of what they differ by.

Scores lie in the temporary folder meanwhile: no more than the reference's and one sample's.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, Literal

from genoseq.errors import ConfigError
from genoseq.files.progress import Report
from genoseq.files.provenance import Record
from genoseq.genome.edits import EditedContig
from genoseq.genome.regions import Region
from genoseq.genome.tracks import Channel, Kind, Track, safe_name
from genoseq.models.bundle import Bundle
from genoseq.tasks.outputs import Output
from genoseq.variants.haplotype_tracks import difference, score_haplotype
from genoseq.variants.haplotypes import HaplotypeGenome, Haplotypes
from genoseq.writers.formats import FORMATS
from genoseq.writers.origin import Origin
from genoseq.writers.outputs import reported, write_tracks
from genoseq.writers.scores import Scores, read_scores

Against = Literal["reference", "first", "both", "none"]
"""What each haplotype is compared with: the reference, the sample's first one, both, nothing."""
REFERENCE, SAMPLES = "reference", "samples"
DIFFERENCE: Kind = "signal"
"""Kind of what two haplotypes differ by: numbers of either sign."""
_LONGEST_NAME = 240
"""Bytes of a folder's name; file systems take 255."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """What is scored and written, of every haplotype.

    Attributes
    ----------
    bundle, options
        The model, and how it is asked: options of :func:`genoseq.inference.score.score`.
    regions
        Of the reference, merged and in its order.
    lengths
        Of the reference's contigs.
    output, formats, digits
        What values are, and how they are written.
    against
        What haplotypes are compared with.
    origin, record
        Where the values come from.
    """

    bundle: Bundle
    options: Mapping[str, Any]
    regions: Sequence[Region]
    lengths: Mapping[str, int]
    output: Output
    formats: Collection[str]
    digits: int | None
    against: Against
    origin: Origin
    record: Record

    @property
    def compared(self) -> list[str]:
        """Formats that differences can be written in."""
        return [name for name in self.formats if DIFFERENCE in FORMATS[name].kinds]

    @property
    def with_reference(self) -> bool:
        """Whether the reference is scored as well."""
        return self.against in ("reference", "both")


@dataclass
class _Progress:
    """Bases of all haplotypes, told as of one genome."""

    report: Report
    whole: int
    before: int = 0

    def of(self, bases: int) -> Report:
        """What is called with the bases of the next one that are done."""
        first = self.before
        self.before += bases
        return lambda done, _: self.report(first + done, self.whole)


@dataclass
class _Scored:
    """Scores of haplotypes, in folders of their own as long as they are needed."""

    asked: Asked
    temporary: Path
    progress: _Progress

    def scores(self, genome: HaplotypeGenome, name: str) -> Scores:
        """Scores of a haplotype at the bases of the reference, in a folder of this name."""
        asked = self.asked
        own = [region for region in asked.regions if region.chrom in genome.contigs]
        bases = sum(map(len, own))
        tracks = score_haplotype(genome, asked.bundle, own, **asked.options)
        folder = self.temporary / name
        write_tracks(
            reported(tracks, bases, self.progress.of(bases)), asked.lengths, asked.output.channels,
            asked.output.kind, folder, ["scores"], asked.origin, digits=asked.digits,
        )  # fmt: skip
        return read_scores(folder)


def sample_folders(samples: Iterable[str]) -> dict[str, str]:
    """Names of folders of samples.

    Raises
    ------
    ConfigError
        If a name is none, or too long for a folder.
    """
    names = {sample: safe_name(sample) for sample in samples}
    for sample, name in names.items():
        if not name or len(name) > _LONGEST_NAME:
            raise ConfigError(
                f"sample {sample!r}: its name becomes a folder of {len(name)} bytes, and 1 to "
                f"{_LONGEST_NAME} can be: rename it (bcftools reheader -s)"
            )
    return names


def write_haplotypes(
    found: Haplotypes, asked: Asked, out: Path, temporary: Path, report: Report
) -> int:
    """Write the tracks of every haplotype into ``out``; how many there are.

    Those of which no base has a value, as where all of a region is deleted, are left out with a
    line that says so.
    """
    folders = sample_folders(found.samples.names)
    progress = _Progress(report, _bases(found, asked))
    scored = _Scored(asked, temporary, progress)
    reference = None
    if asked.with_reference:
        reference = scored.scores(_unedited(found, asked), REFERENCE)
        _write(reference.tracks(), asked, out / REFERENCE)
    count = 0
    for sample, name in folders.items():
        count += _write_sample(found.of(sample), scored, reference, out / SAMPLES / name)
        for folder in temporary.glob("hap*"):
            rmtree(folder)
    return count


def _unedited(found: Haplotypes, asked: Asked) -> HaplotypeGenome:
    chroms = {region.chrom for region in asked.regions}
    contigs = {chrom: EditedContig(asked.lengths[chrom], []) for chrom in chroms}
    return HaplotypeGenome(found.genome, contigs)


def _bases(found: Haplotypes, asked: Asked) -> int:
    """Bases of all haplotypes that are scored, the reference among them."""
    ploidy = (
        found.ploidy(sample, region.chrom) * len(region)
        for sample in found.samples.names
        for region in asked.regions
    )
    return sum(ploidy) + (sum(map(len, asked.regions)) if asked.with_reference else 0)


def _write_sample(
    genomes: Mapping[int, HaplotypeGenome], scored: _Scored, reference: Scores | None, folder: Path
) -> int:
    """Tracks of one sample; how many haplotypes have some."""
    asked = scored.asked
    told: dict[str, Scores] = {}
    for number, genome in genomes.items():
        name = f"hap{number}"
        scores = scored.scores(genome, name)
        if not scores.intervals:
            _log.warning("%s/%s: no base has a value: no tracks", folder.name, name)
            continue
        told[name] = scores
        _write(scores.tracks(), asked, folder / name)
        if reference is not None:
            _compare(scores, reference, asked, folder / f"{name}-{REFERENCE}")
    if asked.against in ("first", "both"):
        first, *others = told or [""]
        for name in others:
            _compare(told[name], told[first], asked, folder / f"{name}-{first}")
    return len(told)


def _compare(left: Scores, right: Scores, asked: Asked, folder: Path) -> None:
    """Tracks of the difference, if a base has a value in both and a format can tell it."""
    if asked.compared:
        tracks = difference(left, right, asked.regions)
        _write_all(tracks, asked, folder, asked.compared, DIFFERENCE, None)


def _write(tracks: Iterator[Track], asked: Asked, folder: Path) -> None:
    _write_all(tracks, asked, folder, asked.formats, asked.output.kind, asked.digits)


def _write_all(
    tracks: Iterator[Track],
    asked: Asked,
    folder: Path,
    formats: Collection[str],
    kind: Kind,
    digits: int | None,
) -> None:
    channels: tuple[Channel, ...] = asked.output.channels
    write_tracks(
        tracks, asked.lengths, channels, kind, folder, formats, asked.origin, asked.record,
        digits=digits,
    )  # fmt: skip
