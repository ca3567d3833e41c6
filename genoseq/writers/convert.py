"""Scores to tracks: the bytes that scoring would have written directly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from genoseq.errors import ConfigError, listed
from genoseq.files.atomic import PathLike
from genoseq.files.progress import Report, unreported
from genoseq.files.provenance import read_record, with_this_software
from genoseq.writers.aliases import read_aliases, renamed
from genoseq.writers.bins import bins_of
from genoseq.writers.call_rules import call_rules
from genoseq.writers.outputs import Written, chosen_formats, reported, write_tracks
from genoseq.writers.scores import read_scores


def convert_scores(
    scores: PathLike,
    out: PathLike,
    formats: str | None = None,
    report: Report = unreported,
    *,
    segments: Sequence[str] = (),
    peaks: Sequence[str] = (),
    digits: int | None = None,
    bin: int | None = None,
    bin_by: Literal["mean", "max"] = "mean",
    alias: PathLike | None = None,
) -> Written:
    """Write scores as tracks: what ``genoseq tracks`` does.

    Parameters
    ----------
    scores
        Folder that ``genoseq score --formats scores`` wrote.
    out
        Folder for the tracks, see :func:`genoseq.writers.outputs.write_tracks`.
    formats
        Names, comma-separated; by default what suits the values.
    report
        Called with the bases that are done, and with all of them.
    segments, peaks
        What is called, in the words of :func:`genoseq.writers.call_rules.call_rules`.
    digits
        Significant digits of probabilities; by default those of the scores.
    bin, bin_by
        bp that share one value in bigWig and bedGraph, and which, see :mod:`genoseq.writers.bins`.
    alias
        Table of other names for contigs, see :mod:`genoseq.writers.aliases`.

    Raises
    ------
    ConfigError
        If ``out`` holds the scores, or a format, a rule or the digits do not suit them.
    InputFormatError
        If the scores are damaged, or the table has not a name for each contig.
    """
    scores, out = Path(scores), Path(out)
    if scores.resolve() == out.resolve():
        raise ConfigError(f"{out} holds the scores: choose another folder for the tracks")
    rules, bins = call_rules(segments, peaks), bins_of(bin, bin_by)
    source = read_scores(scores)
    if digits is not None and source.kind == "classes" and digits > (source.digits or 0):
        kept = f"{source.digits} digits" if source.digits else "steps of 0.001"
        kept = kept if source.decimals is None else f"decimals {listed(map(str, source.decimals))}"
        raise ConfigError(
            f"--digits {digits}: {scores} keeps {kept}; score again with --digits {digits}"
        )
    found = read_record(scores)
    written = chosen_formats(formats, source.kind)
    if alias is not None and "scores" in written:
        raise ConfigError("--alias: scores keep the genome's names: leave out format scores")
    names = {chrom: chrom for chrom in source.lengths}
    names = names if alias is None else read_aliases(str(alias), source.lengths)
    bases = sum(i.end - i.start for i in source.intervals)
    files = write_tracks(
        reported(renamed(source.tracks(), names), bases, report),
        {names[chrom]: length for chrom, length in source.lengths.items()},
        source.channels,
        source.kind,
        out,
        written,
        record=None if found is None else with_this_software(found),
        rules=rules,
        digits=digits or source.digits,
        decimals=source.decimals,
        bins=bins,
    )
    return Written(out, tuple(files), bases)
