"""A folder of tracks: one pass over the values feeds every writer, and all files appear together.

Files are written under a temporary folder inside OUT and renamed when all are complete, the
manifest last; a run that fails leaves OUT as it was.  A run that is killed while it renames leaves
files of one run or none, and never a manifest of another run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from genoseq.errors import ConfigError, InputFormatError, RegionError
from genoseq.files.atomic import PathLike, staging_folder
from genoseq.files.progress import Report
from genoseq.files.provenance import PROVENANCE, read_record, write_record
from genoseq.files.watched import check_unchanged
from genoseq.genome.tracks import Channel, Kind, Track
from genoseq.writers.formats import FORMATS, Contents, default_formats, format_named
from genoseq.writers.lattice import slabs
from genoseq.writers.manifest import MANIFEST, OutputFile, md5_of, read_manifest, write_manifest
from genoseq.writers.origin import UNKNOWN_ORIGIN, Origin

_COMMAND = "score"
"""What computes tracks: the command of their record."""
_LONGEST = 2**32 - 1
"""Bases; bigWig keeps positions in 32 bits."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a verb wrote: the files in the folder ``out``, with values of ``bases`` bases."""

    out: Path
    files: tuple[OutputFile, ...]
    bases: int

    def __str__(self) -> str:
        many = "file" if len(self.files) == 1 else "files"
        parts = [f"{self.out}: {len(self.files):,} {many}, {self.bases:,} bases"]
        return "; ".join(parts + [file.holds for file in self.files if file.holds])


def write_tracks(
    tracks: Iterable[Track],
    lengths: Mapping[str, int],
    channels: tuple[Channel, ...],
    kind: Kind,
    out: PathLike,
    formats: Collection[str],
    origin: Origin = UNKNOWN_ORIGIN,
    record: Mapping[str, Any] | None = None,
) -> list[OutputFile]:
    """Write tracks in every asked format to the folder ``out``, with a manifest.

    Parameters
    ----------
    tracks
        Consecutive pieces in FASTA order, of any length; bases may be skipped or NaN (gaps).
    lengths
        Contig lengths, in FASTA order.
    channels
        The columns of every track.
    kind
        ``classes``: probabilities, written in steps of 0.001; ``signal``: any finite float32;
        ``log-odds``: natural log-odds, written as the nearest float16.
    out
        Folder, made if missing.  Other files in it stay; files that an older manifest lists and
        this run does not write are removed.
    formats
        Names of :data:`genoseq.writers.formats.FORMATS`.
    origin
        Noted in ``scores``.
    record
        What ``provenance.json`` is to say; without it there is none.  No manifest lists it.

    Returns
    -------
    The files, as in the manifest.

    Raises
    ------
    ConfigError
        If the formats do not fit the kind or the contig names, or ``out`` is a file, or holds the
        ``provenance.json`` of something else; before any track is asked for.
    RegionError
        If no base has a value, before anything is written, unless only ``scores`` of regions are
        asked for (a shard may be all N); or a track cannot be.
    """
    out = Path(out)
    check_formats(formats, kind, channels, lengths)
    _check_out(out)
    pieces = slabs(tracks, lengths, channels, kind)
    first = list(islice(pieces, 1))
    if not first and (origin.regions is None or {*formats} != {"scores"}):
        raise RegionError(
            "no base has a value, so there is nothing to write: is every base N, or outside the "
            "regions?"
        )
    with _stage(out) as stage, ExitStack() as stack:
        contents = Contents(lengths, channels, kind, origin)
        writers = []
        for row in [row for name, row in FORMATS.items() if name in formats]:
            writers.append(row.writer(stage, contents))
            stack.callback(writers[-1].close)
        for slab in chain(first, pieces):
            for writer in writers:
                writer.write(slab)
        files = [file for writer in writers for file in writer.finish()]
        files = [replace(file, md5=md5_of(stage / file.path)) for file in files]
        write_manifest(stage / MANIFEST, files)
        if record is not None:
            write_record(stage, record)
        check_unchanged()
        _publish(stage, out, files)
    return files


def reported(tracks: Iterable[Track], bases: int, report: Report) -> Iterator[Track]:
    """The same tracks, which have ``bases`` bases in all, with a report after each."""
    done = 0
    report(done, bases)
    for track in tracks:
        yield track
        done += len(track.values)
        report(done, bases)


def chosen_formats(text: str | None, kind: Kind) -> tuple[str, ...]:
    """Formats of comma-separated text, still to be checked; by default what suits the kind."""
    if text is None:
        return default_formats(kind)
    return tuple(name.strip() for name in text.split(","))


def check_formats(
    formats: Collection[str],
    kind: Kind,
    channels: tuple[Channel, ...],
    lengths: Mapping[str, int],
) -> None:
    """ConfigError with every reason why these tracks cannot be written in these formats."""
    problems: list[str] = []
    rows = []
    for name in dict.fromkeys(formats):
        try:
            rows.append(format_named(name))
        except ConfigError as error:
            problems += error.problems
    if not formats:
        problems.append(f"no format asked for: use {', '.join(FORMATS)}")
    problems += [problem for row in rows if (problem := row.problem(kind)) is not None]
    if not channels:
        problems.append("no channel to write")
    for chrom, length in lengths.items():
        if refused := sorted(row.name for row in rows if chrom.startswith(row.refused_contigs)):
            problems.append(
                f"contig {chrom!r}: genome browsers skip BED lines that begin so; rename it in "
                f"the FASTA, or leave out {' and '.join(refused)}"
            )
        if length > _LONGEST:
            problems.append(f"contig {chrom!r} has {length} bases, at most {_LONGEST} can be told")
    if problems:
        raise ConfigError(problems)


def _check_out(out: Path) -> None:
    """ConfigError if ``out`` is a file, or another verb's folder, whose record would be lost."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out} is a file: name a folder")
    if (out / MANIFEST).exists() or not (out / PROVENANCE).exists():
        return
    # A kill while files were renamed leaves a record of tracks and no manifest.
    with suppress(InputFormatError):
        if (read_record(out) or {}).get("command") == _COMMAND:
            return
    raise ConfigError(f"{out} holds something else, by its {PROVENANCE}: name another folder")


@contextmanager
def _stage(out: Path) -> Iterator[Path]:
    """A temporary folder inside ``out``, which is made if missing, and removed if left empty."""
    made = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        with staging_folder(out) as stage:
            yield stage
    finally:
        if made and not any(out.iterdir()):
            out.rmdir()


def _publish(stage: Path, out: Path, files: list[OutputFile]) -> None:
    new = {file.path for file in files}
    # All old files go before a new one comes, else a kill could leave the index of one run beside
    # values of another, which fit it.  The manifest is last: while it is there, a later run knows
    # what else to remove.
    for old in (*sorted(_listed(out / MANIFEST) | new), PROVENANCE, MANIFEST):
        (out / old).unlink(missing_ok=True)
    record = [PROVENANCE] if (stage / PROVENANCE).exists() else []
    for name in (*sorted(new), *record, MANIFEST):
        (stage / name).replace(out / name)


def _listed(manifest: Path) -> set[str]:
    """Files of an older run; none if there is no manifest, or it is not one of ours."""
    try:
        return {file.path for file in read_manifest(manifest)}
    except (FileNotFoundError, ValueError):
        return set()
