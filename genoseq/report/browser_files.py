"""The folder beside a page: all of the genomes that do not fit into it, for a page that is served.

    N/codes.bin     base codes of every contig, one after the other, see :mod:`genoseq.store.store`
    N/K.bw, N/K.bb  track K: values as they were scored, and intervals and genes
    N/index.json    which of these files there are

N is the genome's number in the page.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from genoseq.errors import ConfigError
from genoseq.files.atomic import irreplaceable
from genoseq.report.browser_tracks import Box, BoxTrack, BrowserGenome, BrowserTrack, ValueTrack
from genoseq.store.files import CODES
from genoseq.writers.bigbed import GENES_SQL, SEGMENTS_SQL, BigBedRow, rgb, write_bigbed

INDEX = "index.json"
_NUMBERED = ("[0-9]*",)
"""What is in the folder."""


def files_beside(out: Path) -> str:
    """The name of the folder for a page; empty where the page is a pipe or a device.

    Raises
    ------
    ConfigError
        If the folder holds anything else.
    """
    if out.exists() and not out.is_file():
        return ""
    folder = _folder(out)
    if problem := irreplaceable(folder, _NUMBERED):
        raise ConfigError(problem)
    return folder.name


def _folder(out: Path) -> Path:
    return out.with_name(f"{out.stem}_files")


def replaced_folder(out: Path, genomes: Mapping[int, BrowserGenome]) -> list[Path]:
    """The folder for a page, if it is to be written or, without genomes, an older one is to go."""
    folder = _folder(out)
    older = folder.is_dir() and not folder.is_symlink()
    return [folder] if genomes or older else []


def write_files(genomes: Mapping[int, BrowserGenome], folder: Path) -> None:
    """Write files of genomes, by their numbers in the page, to a new folder.

    Raises
    ------
    InputFormatError
        If a file of a track is damaged, or of a genome with other contigs.
    """
    folder.mkdir()
    for number, genome in genomes.items():
        _write_genome(genome, folder / str(number))


def _write_genome(genome: BrowserGenome, folder: Path) -> None:
    folder.mkdir()
    if genome.store is not None:
        shutil.copyfile(genome.store.path / CODES, folder / CODES)
    names = [_write(track, genome, folder, number) for number, track in enumerate(genome.tracks)]
    index = {"sequence": None if genome.store is None else CODES, "tracks": names}
    (folder / INDEX).write_text(json.dumps(index) + "\n", encoding="utf-8")


def _write(track: BrowserTrack, genome: BrowserGenome, folder: Path, number: int) -> str | None:
    """Write a track's file; its name, or None if there is nothing in it."""
    if isinstance(track, ValueTrack):
        shutil.copyfile(track.shown.path, folder / f"{number}.bw")
        return f"{number}.bw"
    rows = list(_rows(track))
    if not any(row.start < row.end for row in rows):
        return None
    sql, defined = (GENES_SQL, 12) if track.genes else (SEGMENTS_SQL, 9)
    write_bigbed(folder / f"{number}.bb", rows, genome.lengths, sql, defined)
    return f"{number}.bb"


def _rows(track: BoxTrack) -> Iterator[BigBedRow]:
    for box in track.read():
        yield box.row or _row(box)


def _row(box: Box) -> BigBedRow:
    columns = (box.name, box.score, box.strand, box.start, box.end, rgb(box.colour))
    return BigBedRow(box.chrom, box.start, box.end, "\t".join(map(str, columns)))
