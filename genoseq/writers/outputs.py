"""A folder of tracks: one pass over the values feeds every writer, and all files appear together.

Files are written under a temporary folder inside OUT and renamed when all are complete, the
manifest last; a run that fails leaves OUT as it was, and what is left to do of one that is killed
while it renames the next one does, or whoever reads OUT (:mod:`genoseq.files.journal`).  Of what is
in OUT only what its manifest lists is removed, and nothing behind a link.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from genoseq.errors import ConfigError, InputFormatError, RegionError, listed
from genoseq.files.atomic import Filling, PathLike, filled_folder
from genoseq.files.inside import Inside
from genoseq.files.jobs import Jobs
from genoseq.files.journal import complete
from genoseq.files.progress import Report
from genoseq.files.provenance import PROVENANCE, read_record, write_record
from genoseq.genome.tracks import Channel, Kind, Track
from genoseq.writers.bins import BinnedWriter, Bins
from genoseq.writers.call_rules import NO_RULES, PROBABILITIES, CallRules
from genoseq.writers.contents import Contents, Writer
from genoseq.writers.flat import Highest
from genoseq.writers.formats import FORMATS, default_formats, format_named
from genoseq.writers.lattice import DIGITS, slabs
from genoseq.writers.manifest import MANIFEST, OutputFile, md5_of, read_manifest, write_manifest
from genoseq.writers.origin import UNKNOWN_ORIGIN, Origin
from genoseq.writers.rendering import Rendering, Unit, rendered

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
    rules: CallRules = NO_RULES,
    digits: int | None = None,
    bins: Bins | None = None,
    decimals: tuple[int, ...] | None = None,
    jobs: Jobs | None = None,
) -> list[OutputFile]:
    """Write tracks in every asked format to the folder ``out``, with a manifest.

    Parameters
    ----------
    tracks
        Consecutive pieces in FASTA order, of any length; bases may be skipped or NaN (gaps).
    lengths, channels
        Contig lengths, in FASTA order; the columns of every track.
    kind
        ``classes``: probabilities, written in steps of 0.001; ``signal``: any finite float32;
        ``log-odds``: natural log-odds, written as the nearest float16.
    out
        Folder, made if missing.  Only files of an older manifest are removed from it.
    formats
        Names of :data:`genoseq.writers.formats.FORMATS`.
    origin
        Noted in ``scores``.
    record
        What ``provenance.json`` is to say, if there is to be one.  No manifest lists it.
    rules, digits, bins, decimals
        What is called, whose formats are written too; significant digits of probabilities, 1 to 6;
        bins of the formats that have some; decimals of each channel, None: 3.
    jobs
        The processes that make the tracks, by :func:`genoseq.files.jobs.in_jobs`: they render what
        is written as well.  The bytes are the same.

    Returns
    -------
    The files, as in the manifest.

    Raises
    ------
    InputFormatError
        If ``out`` holds a manifest that is none of ours, or that names what is not inside it;
        before any track is asked for.
    ConfigError
        If the formats do not fit the kind or the contig names, or ``out`` is a file, or holds the
        ``provenance.json`` of something else; before any track is asked for.
    RegionError
        If no base has a value, before anything is written, unless only ``scores`` of regions are
        asked for (a shard may be all N); or a track cannot be.
    """
    out = Path(out)
    formats = rules.formats(formats)
    check_formats(formats, kind, channels, lengths, rules, digits, bins, decimals)
    complete(out)
    check_out(out)
    highest, size = Highest(channels), 1 if bins is None else bins.size
    contents = Contents(lengths, channels, kind, origin, rules, digits, size, decimals, jobs)
    units = _units(tracks, contents, formats, highest)
    first = list(islice(units, 1))
    if not first and (origin.regions is None or {*formats} != {"scores"}):
        raise RegionError(
            "no base has a value, so there is nothing to write: is every base N, or outside the "
            "regions?"
        )
    with filled_folder(out) as filling:
        check_out(out)  # another run may have written there meanwhile
        files = _write(filling, contents, formats, chain(first, units), bins)
        write_manifest(filling.new / MANIFEST, files)
        if record is not None:
            write_record(filling.new, _with_bins(record, bins))
        _publish(filling, files)
    highest.warn(kind, digits, origin, decimals)
    return files


def _units(
    tracks: Iterable[Track], of: Contents, formats: Collection[str], highest: Highest
) -> Iterator[Unit]:
    pieces = slabs(tracks, of.lengths, of.channels, of.kind, of.digits, of.decimals)
    return rendered(pieces, Rendering(formats, of), highest)


def _with_bins(record: Mapping[str, Any], bins: Bins | None) -> Mapping[str, Any]:
    """A record that tells of bins."""
    if bins is None:
        return record
    return {**record, "settings": {**record.get("settings", {}), **bins.to_json()}}


def _write(
    filling: Filling,
    contents: Contents,
    formats: Collection[str],
    units: Iterable[Unit],
    bins: Bins | None,
) -> list[OutputFile]:
    """Write slabs in every format; the files, with their checksums."""
    with ExitStack() as stack:
        writers: dict[str, Writer] = {}
        for name, row in FORMATS.items():
            if name in formats:
                writer = row.writer(filling.new, contents)
                stack.callback(writer.close)
                if bins is not None and row.binned:
                    writer = BinnedWriter(writer, bins, contents)
                writers[name] = writer
        filling.check()
        for unit in units:
            for name, writer in writers.items():
                unit.write(name, writer)
        files = [file for writer in writers.values() for file in writer.finish()]
        shared = contents.jobs or Jobs(1)
        sums = [shared.call(md5_of, filling.new / file.path) for file in files]
        return [replace(file, md5=md5.result()) for file, md5 in zip(files, sums, strict=True)]


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
    rules: CallRules = NO_RULES,
    digits: int | None = None,
    bins: Bins | None = None,
    decimals: tuple[int, ...] | None = None,
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
    told = [row for row in rows if not (row.name == "bed" and rules.suit(kind))]
    problems += [problem for row in told if (problem := row.problem(kind)) is not None]
    problems += rules.problems(channels, kind, digits, decimals)
    if digits is not None and (kind not in PROBABILITIES or digits not in DIGITS):
        problems.append(f"digits {digits}: 1 to 6 significant digits, of probabilities alone")
    if not channels:
        problems.append("no channel to write")
    if bins is not None and rows and not any(row.binned for row in rows):
        suited = listed(name for name, row in FORMATS.items() if row.binned)
        problems.append(f"bin {bins.size}: none of {listed(formats)} has bins: add {suited}")
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


def check_out(out: Path) -> None:
    """Refuse a file, another verb's folder, whose record would be lost, or a strange manifest.

    Raises
    ------
    ConfigError, InputFormatError
        As :func:`write_tracks`.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out} is a file: name a folder")
    if _listed(out) or not (out / PROVENANCE).exists():
        return
    with suppress(InputFormatError):
        if (read_record(out) or {}).get("command") == _COMMAND:
            return
    raise ConfigError(f"{out} holds something else, by its {PROVENANCE}: name another folder")


def _publish(filling: Filling, files: list[OutputFile]) -> None:
    new = {file.path for file in files}
    record = [PROVENANCE] if (filling.new / PROVENANCE).exists() else []
    # The manifest is last: where it is, all else is.
    names = (*sorted(new), *record, MANIFEST)
    filling.publish(names, {*_listed(filling.home), PROVENANCE} - {*names})


def _listed(out: Path) -> set[str]:
    """Files of an older run, by its manifest; none if there is no manifest.

    Raises
    ------
    InputFormatError
        If it is not one of ours, or names what is no file inside the folder.
    """
    manifest = out / MANIFEST
    if not manifest.exists():
        return set()
    found: set[str] = set()
    with Inside(out) as folder:
        for line, file in enumerate(read_manifest(manifest), 2):
            problem = folder.problem(file.path)
            if problem is not None:
                raise InputFormatError(
                    f"path {file.path!r} {problem}, and is not removed: name another folder",
                    manifest,
                    line,
                )
            found.add(file.path)
    return found
