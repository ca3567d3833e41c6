"""A folder of tracks: one pass over the values feeds every writer, and all files appear together.

Files are written under a temporary folder inside OUT and renamed when all are complete, the
manifest last; a run that fails leaves OUT as it was.  A run that is killed while it renames leaves
files of one run only, or of none, and no manifest of others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol, cast, get_args

from genoseq.config.schema import Format
from genoseq.errors import ConfigError, InputFormatError, RegionError
from genoseq.files.atomic import staging_folder
from genoseq.files.provenance import PROVENANCE, read_record, write_record
from genoseq.genome.tracks import Channel, Track
from genoseq.writers.bedgraph import BedGraphWriter
from genoseq.writers.bigwig import BigWigWriter
from genoseq.writers.lattice import Kind, Slab, slabs
from genoseq.writers.manifest import MANIFEST, OutputFile, md5_of, read_manifest, write_manifest
from genoseq.writers.scores import UNKNOWN, Origin, ScoresWriter
from genoseq.writers.segments import SegmentsWriter
from genoseq.writers.tsv import TsvWriter

FORMATS: tuple[Format, ...] = get_args(Format)

_COMMAND = "score"
"""What computes tracks: the command of their record."""
_LONGEST = 2**32 - 1
"""Bases; bigWig keeps positions in 32 bits."""


class Writer(Protocol):
    """What every format offers."""

    def write(self, slab: Slab) -> None:
        """Add the next slab."""

    def finish(self) -> list[OutputFile]:
        """Complete the files, and say which they are."""

    def close(self) -> None:
        """Release open files; may be called again."""


def write_tracks(
    tracks: Iterable[Track],
    lengths: Mapping[str, int],
    channels: tuple[Channel, ...],
    kind: Kind,
    out: Path,
    formats: Collection[Format],
    origin: Origin = UNKNOWN,
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
        ``classes``: probabilities, written in steps of 0.001; ``signal``: any finite float32.
    out
        Folder, made if missing.  Other files in it stay; files that an older manifest lists and
        this run does not write are removed.
    formats
        ``bigwig``, ``bedgraph``, ``bed`` (segments), ``tsv``, ``scores``.
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
    check_formats(formats, kind, channels, lengths)
    _check_place(out)
    pieces = slabs(tracks, lengths, channels, kind)
    first = list(islice(pieces, 1))
    if not first and (origin.regions is None or {*formats} != {"scores"}):
        raise RegionError(
            "no base has a value, so there is nothing to write: is every base N, or outside the "
            "regions?"
        )
    with _stage(out) as stage, ExitStack() as stack:
        writers = _writers(stage, lengths, channels, kind, formats, origin)
        for writer in writers:
            stack.callback(writer.close)
        for slab in chain(first, pieces):
            for writer in writers:
                writer.write(slab)
        files = [file for writer in writers for file in writer.finish()]
        files = [replace(file, md5=md5_of(stage / file.path)) for file in files]
        write_manifest(stage / MANIFEST, files)
        if record is not None:
            write_record(stage, record)
        _publish(stage, out, files)
    return files


def chosen_formats(text: str | None, kind: Kind) -> tuple[Format, ...]:
    """Formats of comma-separated text, still to be checked; by default what suits the kind."""
    if text is None:
        return ("bigwig", "bed") if kind == "classes" else ("bigwig",)
    return cast(tuple[Format, ...], tuple(name.strip() for name in text.split(",")))


def check_formats(
    formats: Collection[str],
    kind: Kind,
    channels: tuple[Channel, ...],
    lengths: Mapping[str, int],
) -> None:
    """ConfigError with every reason why these tracks cannot be written in these formats."""
    problems = [f"format {name!r}: use {', '.join(FORMATS)}" for name in set(formats) - {*FORMATS}]
    if not formats:
        problems.append(f"no format asked for: use {', '.join(FORMATS)}")
    if kind == "signal" and "bed" in formats:
        problems.append(
            "format bed: segments are of the most probable class, and this model predicts "
            "signals; use bigwig, bedgraph or tsv"
        )
    if not channels:
        problems.append("no channel to write")
    text = sorted({"bedgraph", "bed", "tsv"} & {*formats})
    for chrom, length in lengths.items():
        if text and chrom.startswith(("#", "track", "browser")):
            problems.append(
                f"contig {chrom!r}: genome browsers skip BED lines that begin so; rename it in "
                f"the FASTA, or leave out {' and '.join(text)}"
            )
        if length > _LONGEST:
            problems.append(f"contig {chrom!r} has {length} bases, at most {_LONGEST} can be told")
    if problems:
        raise ConfigError(problems)


def _check_place(out: Path) -> None:
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


def _writers(
    stage: Path,
    lengths: Mapping[str, int],
    channels: tuple[Channel, ...],
    kind: Kind,
    formats: Collection[Format],
    origin: Origin,
) -> list[Writer]:
    writers: list[Writer] = []
    if "bigwig" in formats:
        writers.append(BigWigWriter(stage, lengths, channels, kind))
    if "bedgraph" in formats:
        writers.append(BedGraphWriter(stage, lengths, channels, kind))
    if "bed" in formats:
        writers.append(SegmentsWriter(stage, channels))
    if "tsv" in formats:
        writers.append(TsvWriter(stage, lengths, channels))
    if "scores" in formats:
        writers.append(ScoresWriter(stage, lengths, channels, kind, origin))
    return writers


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
