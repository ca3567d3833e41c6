"""A folder of tracks that UCSC, IGV and JBrowse open: one description, four texts.

    hub.txt, index.html     UCSC's track hub, for any web server
    igv.xml, igv.json       session of IGV on a desk; of igv.js and IGV-Web
    config.json             JBrowse 2
    GENOME/                 GENOME.2bit, groups.txt, and a bigWig or bigBed and a page per track

All paths in them are relative, so that the folder can be moved as a whole.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from genoseq.config.schema import NAME
from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.atomic import PathLike, atomic_folder, irreplaceable
from genoseq.genome.regions import Region, parse_region
from genoseq.genome.tracks import STRAND_WORDS, safe_name
from genoseq.readers.fasta import Fasta, opened
from genoseq.report.hub_igv import igv_json, igv_xml
from genoseq.report.hub_jbrowse import jbrowse_config
from genoseq.report.hub_pages import index_page, track_page
from genoseq.report.hub_rows import write_rows
from genoseq.report.hub_tracks import Hub, HubTrack
from genoseq.report.hub_ucsc import groups_text, hub_text
from genoseq.report.shown_tracks import ShownTrack, check_contigs, shown_tracks
from genoseq.writers.two_bit import write_two_bit

_FILES = ("hub.txt", "index.html", "igv.xml", "igv.json", "config.json")
_VIEW = 20_000
"""bp that browsers show at first."""
_LONGEST_STEM = 100


@dataclass(frozen=True, slots=True)
class HubWritten:
    """What was written: tracks in the folder ``out``, and names of those without any item."""

    out: Path
    tracks: int
    empty: tuple[str, ...]

    def __str__(self) -> str:
        left = f"; left out, as nothing is in them: {', '.join(self.empty)}" if self.empty else ""
        return f"{self.out}: {self.tracks:,} track{'' if self.tracks == 1 else 's'}{left}"


def write_hub(
    paths: Sequence[PathLike],
    fasta: PathLike | Fasta,
    out: PathLike,
    *,
    name: str | None = None,
    title: str = "",
    email: str = "",
    region: str | None = None,
) -> HubWritten:
    """Write a hub of tracks: what ``genoseq hub`` does.

    Parameters
    ----------
    paths
        Folders and files, see :func:`genoseq.report.shown_tracks.shown_tracks`.
    fasta
        The genome that they are of.
    out
        Folder, which appears whole or not at all, in place of an older hub.
    name
        Of the genome: letters, digits, _ and -; by default that of the FASTA's file.
    title
        Of the hub, one line; by default its genome's name.
    email
        Whom UCSC's pages name for questions; without it there is no such line.
    region
        What is shown at first, such as ``chr1:1-20000``; by default the beginning of the longest
        contig.

    Raises
    ------
    ConfigError
        If ``out`` holds anything else, or the name cannot be one.
    InputFormatError, RegionError
        If a file is damaged, or of another genome; or no track has any item.
    """
    out = Path(out)
    with opened(fasta) as genome:
        name = _genome_name(genome, name)
        _check_out(out, name, [genome.path, *map(Path, paths)])
        shown = shown_tracks(paths)
        view = _first_view(genome, region)
        with atomic_folder(out, _older(out, name)) as stage:
            (stage / name).mkdir()
            write_two_bit(stage / name / f"{name}.2bit", genome)
            tracks, empty = _write_files(shown, genome, stage / name)
            if not tracks:
                raise InputFormatError(f"nothing to show: no item in {', '.join(empty)}")
            hub = Hub(name, _one_line(title) or name, _one_line(email), view, tuple(tracks))
            _write_texts(stage, hub)
    return HubWritten(out, len(tracks), tuple(empty))


def _check_out(out: Path, name: str, inputs: Sequence[Path]) -> None:
    """ConfigError if a hub in ``out`` would replace anything but an older hub."""
    if problem := irreplaceable(out, _older(out, name)):
        raise ConfigError(problem)
    for path in inputs:
        if path.resolve().is_relative_to(out.resolve()):
            raise ConfigError(f"{out} holds {path} and would be replaced: name another folder")


def _older(out: Path, name: str) -> tuple[str, ...]:
    """What an older hub has."""
    # A folder of the genome's name is an older hub's only beside the hub's own file.
    return (*_FILES, name) if (out / _FILES[0]).is_file() else _FILES


def _genome_name(genome: Fasta, name: str | None) -> str:
    """The name that was asked for, or one made of the file's."""
    if name is None:
        stem = genome.path.name.split(".")[0]
        return re.sub(r"[^A-Za-z0-9_-]+", "_", safe_name(stem)).lstrip("_-") or "genome"
    if not NAME.match(name):
        raise ConfigError(f"--name {name!r}: use letters, digits, _ and -")
    return name


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _first_view(genome: Fasta, region: str | None) -> Region:
    if region is not None:
        return replace(parse_region(region, genome.lengths), strand=".")
    chrom = max(genome.lengths, key=lambda each: genome.lengths[each])
    return Region(chrom, 0, min(_VIEW, genome.lengths[chrom]))


def _write_files(
    shown: Sequence[ShownTrack], genome: Fasta, folder: Path
) -> tuple[list[HubTrack], list[str]]:
    """Write each track's file; the tracks, and labels of those without an item."""
    tracks: list[HubTrack] = []
    empty: list[str] = []
    for track in shown:
        stem = _stem(track, {each.stem for each in tracks})
        if track.shape == "values":
            check_contigs(track.path, genome)
            shutil.copyfile(track.path, folder / f"{stem}.bw")
        elif not write_rows(track, genome.lengths, folder / f"{stem}.bb"):
            empty.append(track.title)
            continue
        tracks.append(HubTrack(track, stem))
    return tracks, empty


def _stem(track: ShownTrack, taken: set[str]) -> str:
    """A name of letters, digits and _ alone, the same for the file and for UCSC's track."""
    words = [
        track.group,
        track.name,
        *([] if track.strand == "." else [STRAND_WORDS[track.strand]]),
    ]
    text = re.sub(r"[^A-Za-z0-9]+", "_", safe_name("_".join(filter(None, words)))).strip("_")
    text = text[:_LONGEST_STEM] if text[:1].isalpha() else f"track_{text}"[:_LONGEST_STEM]
    number = 1
    stem = text
    while stem.lower() in {each.lower() for each in taken}:
        number += 1
        stem = f"{text}_{number}"
    return stem


def _write_texts(folder: Path, hub: Hub) -> None:
    """Write all that browsers read first, and the pages about the tracks."""
    texts = {
        "hub.txt": hub_text(hub),
        "index.html": index_page(hub),
        "igv.xml": igv_xml(hub),
        "igv.json": igv_json(hub),
        "config.json": jbrowse_config(hub),
        f"{hub.name}/groups.txt": groups_text(hub),
        **{f"{hub.name}/{each.stem}.html": track_page(hub, each) for each in hub.tracks},
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
