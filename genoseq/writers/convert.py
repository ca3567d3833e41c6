"""Scores to tracks: the bytes that scoring would have written directly."""

from __future__ import annotations

from pathlib import Path

from genoseq.errors import ConfigError
from genoseq.files.provenance import read_record, with_this_software
from genoseq.writers.outputs import Report, Written, chosen_formats, reported, write_tracks
from genoseq.writers.scores import read_scores


def convert_scores(
    scores: Path,
    out: Path,
    formats: str | None = None,
    report: Report = lambda _done, _bases: None,
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
        Called with the bases that were just done, and with all of them.

    Raises
    ------
    ConfigError
        If ``out`` holds the scores, or a format does not suit them.
    InputFormatError
        If the scores are damaged.
    """
    if scores.resolve() == out.resolve():
        raise ConfigError(f"{out} holds the scores: choose another folder for the tracks")
    source = read_scores(scores)
    found = read_record(scores)
    bases = sum(i.end - i.start for i in source.intervals)
    files = write_tracks(
        reported(source.tracks(), bases, report),
        source.lengths,
        source.channels,
        source.kind,
        out,
        chosen_formats(formats, source.kind),
        record=None if found is None else with_this_software(found),
    )
    return Written(out, tuple(files), bases)
