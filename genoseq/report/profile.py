"""Values around sites: mean and quartiles of each class at each position, and the letters there.

Positions are relative to the site and run 5' to 3': a site on the - strand is read backwards, and
what is on its own strand is ``sense``.  A site of several bases counts by its middle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.config.base import parse_settings
from genoseq.config.labels import LabelSettings
from genoseq.errors import ConfigError, InputFormatError, RegionError
from genoseq.files.atomic import PathLike, atomic_folder, irreplaceable
from genoseq.genome.complement import reverse_complement
from genoseq.genome.regions import Region, Strand, check_bounds
from genoseq.genome.tracks import Channel
from genoseq.labels.conditions import kept_intervals
from genoseq.readers.annotation import annotation_format, read_annotation
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta, opened
from genoseq.readers.signal import Signal, open_signal
from genoseq.report.profile_figure import profile_figure, save_figure
from genoseq.report.shown_tracks import shown_tracks
from genoseq.writers.manifest import plain
from genoseq.writers.scores import INDEX, read_scores

Values = NDArray[np.float32]
LETTERS = "ACGT"
FLANK = 50
FILES = ("profile.tsv", "letters.tsv", "profile.svg", "profile.png")
_MOST = 10**8
"""Values that are held at once: 400 MB."""


@dataclass(frozen=True, slots=True)
class Profiled:
    """What was written: profiles of so many channels around so many sites, to ``out``."""

    out: Path
    sites: int
    channels: int

    def __str__(self) -> str:
        return f"{self.out}: {self.channels:,} profiles around {self.sites:,} sites"


class Profile(NamedTuple):
    """Of one class around the sites, each of shape (2 * flank + 1,); NaN where no site has a value.

    ``label`` is its name with ``sense``, ``antisense`` or ``both``.
    """

    name: str
    label: str
    mean: NDArray[np.float64]
    quartiles: NDArray[np.float64]
    sites: NDArray[np.int64]


class _Source(NamedTuple):
    """Channels that are read together: values of a stretch have shape (L, C)."""

    channels: tuple[Channel, ...]
    lengths: Mapping[str, int]
    read: Callable[[str, int, int], Values]


def profile_sites(
    paths: Sequence[PathLike],
    sites: PathLike,
    out: PathLike,
    *,
    kind: str | None = None,
    keep: Sequence[str] = (),
    fasta: PathLike | Fasta | None = None,
    flank: int = FLANK,
) -> Profiled:
    """Write profiles around sites: what ``genoseq profile`` does.

    Parameters
    ----------
    paths
        Folders of scores and of tracks (bigWigs), bigWigs and bedGraphs.
    sites
        A BED, or an annotation, of which ``kind`` is meant.
    kind
        A class of the annotation, as labels have them: ``splice_donor``, ``start_codon``, ``TSS``;
        of a BED, its name column.
    keep
        Conditions that its features keep to, as ``labels.keep`` has them.
    out
        Folder for ``profile.tsv``, ``profile.svg`` and ``profile.png``.
    fasta
        The genome: with it ``letters.tsv``, shares and bits of letters, and a logo in the figure.
    flank
        bp on either side.

    Raises
    ------
    ConfigError
        If ``out`` holds anything else, or so many values cannot be held.
    InputFormatError, RegionError
        If a file is damaged, of another genome, or has no site.
    """
    out = Path(out)
    if problem := irreplaceable(out, FILES):
        raise ConfigError(problem)
    with ExitStack() as stack:
        sources = [_source(Path(path), stack) for path in paths]
        genome = None if fasta is None else stack.enter_context(opened(fasta))
        lengths = genome.lengths if genome is not None else sources[0].lengths
        wanted = _sites(sites, kind, keep, lengths)
        if not wanted:
            raise InputFormatError("no site: there is nothing to profile", sites)
        if flank < 0 or len(wanted) * (2 * flank + 1) > _MOST:
            raise ConfigError(f"--flank {flank} of {len(wanted):,} sites: at most {_MOST:,} values")
        told = [Path(path).name if len(paths) > 1 else "" for path in paths]
        profiles = [
            each
            for source, label in zip(sources, told, strict=True)
            for each in _profiles(source, wanted, flank, label)
        ]
        counts = None if genome is None else letter_counts(genome, wanted, flank)
    heights = None if counts is None else bits(counts)
    with atomic_folder(out) as stage:
        (stage / FILES[0]).write_text(_profile_text(profiles, flank))
        if counts is not None:
            (stage / FILES[1]).write_text(_letters_text(counts, flank))
        save_figure(profile_figure(profiles, heights, flank), stage / FILES[2], stage / FILES[3])
    return Profiled(out, len(wanted), len(profiles))


def _sites(
    path: PathLike, kind: str | None, keep: Sequence[str], lengths: Mapping[str, int]
) -> list[Region]:
    """What is profiled: records of a BED in its order, or features of a class."""
    if kind is None:
        if keep or annotation_format(path, measured=True) != "bed":
            raise ConfigError(
                f"{path}: --class says which features of an annotation are the sites: "
                f"splice_donor, start_codon, or a type of the file"
            )
        return [bed.region for bed in read_bed(path, lengths) if bed.end > bed.start]
    words = {"scheme": "stranded", "classes": [kind], "keep": list(keep)}
    settings = parse_settings(LabelSettings, words)
    annotation = read_annotation(path, attributes=settings.asked)
    try:
        found = [each.feature for each in kept_intervals(annotation, settings)]
        regions = [Region(each.chrom, each.start, each.end, each.strand) for each in found]
        return [check_bounds(region, lengths) for region in regions if len(region)]
    except (InputFormatError, RegionError) as error:
        raise InputFormatError(str(error), path) from None


def _source(path: Path, stack: ExitStack) -> _Source:
    if (path / INDEX).is_file():
        scores = read_scores(path)
        return _Source(scores.channels, scores.lengths, scores.values)
    shown = [track for track in shown_tracks([path]) if track.shape == "values"]
    if not shown:
        raise InputFormatError("no values here: give scores, a folder of tracks, or bigWigs", path)
    signals = [stack.enter_context(open_signal(track.path)) for track in shown]
    channels = tuple(Channel(track.name, track.strand) for track in shown)
    return _Source(channels, signals[0].chroms, lambda *where: _stacked(signals, *where))


def _stacked(signals: Sequence[Signal], chrom: str, start: int, end: int) -> Values:
    missing = np.full(end - start, np.nan, np.float32)
    return np.stack(
        [each.values(chrom, start, end) if chrom in each.chroms else missing for each in signals], 1
    )


def middle(site: Region) -> int:
    """The site's base; of two in the middle the one that is first 5' to 3'."""
    return (site.start + site.end - (site.strand != "-")) // 2


def _profiles(
    source: _Source, sites: Sequence[Region], flank: int, label: str = ""
) -> list[Profile]:
    values = np.full((len(sites), 2 * flank + 1, len(source.channels)), np.nan, np.float32)
    for number, site in enumerate(sites):
        low = middle(site) - flank
        start, end = max(low, 0), min(low + 2 * flank + 1, source.lengths.get(site.chrom, 0))
        if start < end:
            values[number, start - low : end - low] = source.read(site.chrom, start, end)
    back = np.array([site.strand == "-" for site in sites])
    values[back] = values[back, ::-1]
    index = {channel: number for number, channel in enumerate(source.channels)}
    found = []
    for channel, number in index.items():
        other = index.get(_opposite(channel))
        rows = values[:, :, number]
        if channel.strand == "." or other is None:
            found.append(_profile(channel, channel.label, rows))
            continue
        words = [channel.full_name, "sense" if channel.strand == "+" else "antisense"]
        rows = np.where(back[:, None], values[:, :, other], rows)
        found.append(_profile(channel, ".".join(filter(None, [*words, channel.measure])), rows))
    if not label:
        return found
    return [each._replace(label=f"{label} {each.label}") for each in found]


def _opposite(channel: Channel) -> Channel:
    strand: Strand = "-" if channel.strand == "+" else "+"
    return Channel(channel.name, strand, channel.phase, channel.measure)


def _profile(channel: Channel, label: str, rows: Values) -> Profile:
    known = np.count_nonzero(~np.isnan(rows), axis=0)
    mean = np.full(rows.shape[1], np.nan)
    quartiles = np.full((3, rows.shape[1]), np.nan)
    some = known > 0
    if some.any():
        mean[some] = np.nanmean(rows[:, some], axis=0, dtype=np.float64)
        quartiles[:, some] = np.nanquantile(rows[:, some], [0.25, 0.5, 0.75], axis=0)
    return Profile(channel.full_name, label, mean, quartiles, known)


def letter_counts(genome: Fasta, sites: Sequence[Region], flank: int) -> NDArray[np.int64]:
    """How often each of A, C, G and T is at each position, shape (2 * flank + 1, 4)."""
    counts = np.zeros((2 * flank + 1, 4), np.int64)
    for site in sites:
        low = middle(site) - flank
        start, end = max(low, 0), min(low + 2 * flank + 1, genome.lengths[site.chrom])
        text = genome.fetch(site.chrom, start, end).upper().rjust(end - low, b"N")
        text = text.ljust(2 * flank + 1, b"N")
        text = reverse_complement(text) if site.strand == "-" else text
        letters = np.frombuffer(text, np.uint8)
        counts += letters[:, None] == np.frombuffer(LETTERS.encode(), np.uint8)
    return counts


def _profile_text(profiles: Sequence[Profile], flank: int) -> str:
    lines = ["channel\tposition\tmean\tquartile1\tmedian\tquartile3\tsites"]
    for each in profiles:
        for at in range(2 * flank + 1):
            numbers = [each.mean[at], *each.quartiles[:, at]]
            told = "\t".join(f"{number:.6g}" for number in numbers)
            lines.append(f"{plain(each.label)}\t{at - flank}\t{told}\t{each.sites[at]}")
    return "\n".join(lines) + "\n"


def bits(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Height of each letter in a logo, in bits, of counts of shape (L, 4).

    Schneider and Stephens 1990, with their correction for few sites.
    """
    sums = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(sums, 1)
    entropy = -np.sum(shares * np.log2(np.where(shares > 0, shares, 1)), axis=1, keepdims=True)
    few = 3 / (2 * np.log(2) * np.maximum(sums, 1))
    heights: NDArray[np.float64] = shares * np.maximum(2 - entropy - few, 0)
    return heights


def _letters_text(counts: NDArray[np.int64], flank: int) -> str:
    lines = ["\t".join(["position", *LETTERS, "bits"])]
    for at, (row, height) in enumerate(zip(counts, bits(counts).sum(1), strict=True)):
        lines.append("\t".join([str(at - flank), *map(str, row.tolist()), f"{height:.4f}"]))
    return "\n".join(lines) + "\n"
