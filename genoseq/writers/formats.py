"""The formats of tracks: one row for each says all that the package knows about it.

Another package adds its own by an entry point of the group ``genoseq.formats`` that names a
:class:`Format`; a script calls :func:`register_format`.  Reading the registry imports no writer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from genoseq.errors import ConfigError

# Other packages' writers take these from here.
from genoseq.writers.contents import Contents as Contents
from genoseq.writers.contents import Renderer
from genoseq.writers.contents import Writer as Writer

if TYPE_CHECKING:
    from genoseq.genome.tracks import Kind

ENTRY_POINTS = "genoseq.formats"
"""Group of entry points by which other packages add formats."""
BED_WORDS = ("#", "track", "browser")
"""Genome browsers read BED lines that begin with these as comments or settings."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one base of one channel takes: ``seconds`` of one core, and ``bytes`` on disk."""

    seconds: float
    bytes: float


@dataclass(frozen=True)
class Format:
    """A row of the registry.

    Attributes
    ----------
    name
        As in ``--formats``, in settings and in the manifest.
    kinds
        The kinds of values that the format can hold.
    writer
        Makes a writer into a folder; imports its module when called.
    costs
        By kind; estimates show ``?`` where there is none.
    default_for
        Kinds that are written in this format if none is asked for.
    refused_contigs
        Beginnings of contig names that a file of this format cannot hold.
    unsuited
        Why the format cannot hold a kind, as the end of an error.
    binned
        Whether it tells values of bins where they are asked for; others keep every base.
    renderer
        Makes what renders slabs for its writer, a :class:`RenderedWriter`, in any process; None:
        the writer does all.
    """

    name: str
    kinds: tuple[Kind, ...]
    writer: Callable[[Path, Contents], Writer]
    costs: Mapping[Kind, Cost] = field(default_factory=dict)
    default_for: tuple[Kind, ...] = ()
    refused_contigs: tuple[str, ...] = ()
    unsuited: Mapping[Kind, str] = field(default_factory=dict)
    binned: bool = False
    renderer: Callable[[Contents], Renderer] | None = None

    def problem(self, kind: Kind) -> str | None:
        """Why these values cannot be written in this format, and what to use instead."""
        if kind in self.kinds:
            return None
        why = self.unsuited.get(kind, f"it is for {' and '.join(self.kinds)}, and this is {kind}")
        suited = [row.name for row in FORMATS.values() if kind in row.kinds]
        return f"format {self.name}: {why}; use {', '.join(suited)}"


FORMATS: dict[str, Format] = {}
"""Every format by its name, in the order in which they are listed and written."""


def register_format(row: Format) -> None:
    """Add a format.  ConfigError if there is another of this name."""
    if FORMATS.get(row.name, row) is not row:
        raise ConfigError(f"format {row.name!r} is registered twice: give one another name")
    FORMATS[row.name] = row


def format_named(name: str) -> Format:
    """The format of a name, from another package if need be.

    Raises
    ------
    ConfigError
        If there is none of this name, with those that there are; or another package's entry point
        cannot be loaded or is no format.
    """
    if name not in FORMATS:
        _load_entry_points()
    if name not in FORMATS:
        raise ConfigError(f"format {name!r}: use {', '.join(FORMATS)}")
    return FORMATS[name]


def default_formats(kind: Kind) -> tuple[str, ...]:
    """Names of the formats that are written if none is asked for."""
    return tuple(row.name for row in FORMATS.values() if kind in row.default_for)


@cache
def _load_entry_points() -> None:
    """Register the formats of other packages, once."""
    from importlib.metadata import entry_points  # 20 ms: only where a name is not ours

    for entry in entry_points(group=ENTRY_POINTS):
        try:
            row = entry.load()
        except Exception as error:
            raise ConfigError(
                f"entry point {entry.name!r} of {ENTRY_POINTS}: {type(error).__name__}: {error}; "
                f"mend or remove the package of {entry.value}"
            ) from error
        if not isinstance(row, Format):
            raise ConfigError(
                f"entry point {entry.name!r} of {ENTRY_POINTS} is {type(row).__name__} and not "
                f"a Format: mend or remove the package of {entry.value}"
            )
        register_format(row)


def _bigwig(folder: Path, of: Contents) -> Writer:
    from genoseq.writers.bigwig import BigWigWriter

    return BigWigWriter(folder, of)


def _bigwig_renderer(of: Contents) -> Renderer:
    from genoseq.writers.bigwig import BigWigRenderer

    return BigWigRenderer(of.lengths, of.bin)


def _bedgraph(folder: Path, of: Contents) -> Writer:
    from genoseq.writers.bedgraph import BedGraphWriter

    return BedGraphWriter(folder, of.lengths, of.channels, of.kind)


def _segments(folder: Path, of: Contents) -> Writer:
    from genoseq.writers.call_rules import CallRules
    from genoseq.writers.segments import SegmentsWriter

    return SegmentsWriter(folder, of.channels, of.rules or CallRules(), of.kind == "classes")


def _segments_renderer(of: Contents) -> Renderer:
    from genoseq.writers.call_rules import CallRules
    from genoseq.writers.segment_runs import SegmentsRenderer

    return SegmentsRenderer(of.channels, of.rules or CallRules(), of.kind == "classes")


def _peaks(folder: Path, of: Contents) -> Writer:
    from genoseq.writers.call_rules import CallRules
    from genoseq.writers.peaks import PeaksWriter

    return PeaksWriter(folder, of.channels, of.kind, of.rules or CallRules())


def _bedgraph_renderer(_: Contents) -> Renderer:
    from genoseq.writers.bedgraph import bedgraph_runs

    return bedgraph_runs


def _tsv_renderer(_: Contents) -> Renderer:
    from genoseq.writers.tsv import tsv_lines

    return tsv_lines


def _tsv(folder: Path, of: Contents) -> Writer:
    from genoseq.writers.tsv import TsvWriter

    return TsvWriter(folder, of.lengths, of.channels)


def _scores(folder: Path, of: Contents) -> Writer:
    from genoseq.writers.scores_writer import ScoresWriter

    return ScoresWriter(folder, of)


# Costs: benchmarks/constants.py on the demo, in which rule tracks writes two channels.  Signals are
# those in which no value comes twice, as with probabilities that are not rounded: smooth ones take
# half to two thirds of the disk, and a TSV of many channels half.
def _costs(rounded: Cost, other: Cost) -> dict[Kind, Cost]:
    return {"classes": rounded, "signal": other, "independent": other}


register_format(
    Format(
        "bigwig",
        ("classes", "signal", "log-odds", "independent"),
        _bigwig,
        _costs(Cost(1 / 30e6, 1.2), Cost(1 / 30e6, 4.2)),
        default_for=("classes", "signal", "log-odds", "independent"),
        binned=True,
        renderer=_bigwig_renderer,
    )
)
register_format(
    Format(
        "bedgraph",
        ("classes", "signal", "log-odds", "independent"),
        _bedgraph,
        _costs(Cost(1 / 8e6, 2.7), Cost(1 / 1.5e6, 9.5)),
        refused_contigs=BED_WORDS,
        binned=True,
        renderer=_bedgraph_renderer,
    )
)
register_format(
    Format(
        "bed",
        ("classes",),
        _segments,
        {"classes": Cost(1 / 54e6, 0.07)},
        default_for=("classes",),
        refused_contigs=BED_WORDS,
        unsuited={
            "signal": "segments are of the most probable class, and this model predicts signals",
            "log-odds": "segments are of probabilities, and these are log-odds",
            "independent": "segments are of the most probable class, and these classes do not "
            "exclude one another; give thresholds, by --segments",
        },
        renderer=_segments_renderer,
    )
)
register_format(
    Format(
        "tsv",
        ("classes", "signal", "log-odds", "independent"),
        _tsv,
        _costs(Cost(1 / 5.8e6, 3.6), Cost(1 / 1.8e6, 11.0)),
        refused_contigs=BED_WORDS,
        renderer=_tsv_renderer,
    )
)
register_format(
    Format(
        "scores",
        ("classes", "signal", "log-odds", "independent"),
        _scores,
        _costs(Cost(1 / 54e6, 2.0), Cost(1 / 54e6, 4.0)),
    )
)
register_format(
    Format(
        "peaks",
        ("classes", "signal", "log-odds", "independent"),
        _peaks,
        _costs(Cost(1 / 54e6, 0.01), Cost(1 / 54e6, 0.01)),
        refused_contigs=BED_WORDS,
    )
)
