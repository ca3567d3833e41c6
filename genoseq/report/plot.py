"""Figures of loci: PNG, SVG and PDF."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from genoseq.errors import ConfigError
from genoseq.files.atomic import PathLike, atomic_file, atomic_folder, check_distinct, irreplaceable
from genoseq.genome.regions import Region, parse_region
from genoseq.genome.tracks import safe_name
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta, opened
from genoseq.report.locus import read_items, read_locus
from genoseq.report.locus_figure import LEFT, RIGHT, figure_style, locus_figure
from genoseq.report.shown_tracks import shown_tracks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FIGURES = ("*.png",)
_FILES = (".png", ".svg", ".pdf")
_LONGEST = 100
"""Characters of a file's name."""
_LARGEST = 5_000_000
"""bp of a locus: a curve is read base by base."""
WIDTH, DPI = 18.0, 300
"""Centimetres, two columns of most journals; of PNG."""


@dataclass(frozen=True, slots=True)
class Plotted:
    """What was written: figures of this many loci, of panels each, to ``out``."""

    out: Path
    loci: int
    panels: int

    def __str__(self) -> str:
        many = "figure" if self.loci == 1 else "figures"
        return f"{self.out}: {self.loci:,} {many} of {self.panels:,} panels"


def plot_loci(
    paths: Sequence[PathLike],
    fasta: PathLike | Fasta,
    out: PathLike,
    *,
    region: Sequence[str] = (),
    regions: PathLike | None = None,
    width: float = WIDTH,
    dpi: int = DPI,
    scaled_letters: bool = False,
) -> Plotted:
    """Draw loci: what ``genoseq plot`` does.

    Parameters
    ----------
    paths
        Folders and files, see :func:`genoseq.report.shown_tracks.shown_tracks`.
    fasta
        The genome that they are of.
    out
        A PNG or SVG of one locus; a PDF, with a page for each locus; or a folder, which gets a PNG
        for each and appears whole or not at all.
    region, regions
        Loci, 1-based: ``chr1:1-1000`` or ``chr1``; a BED of them.  One of the two.
    width
        Centimetres.
    dpi
        Dots per inch of PNG.
    scaled_letters
        Draw values as letters of their height where a base is wide enough.

    Raises
    ------
    ConfigError
        If the regions are not given once, ``out`` is of another kind or cannot hold them all, or
        the width leaves no room.
    InputFormatError, RegionError
        If a file is damaged, or of another genome; or a region is not on it.
    """
    out = Path(out)
    if bool(region) == (regions is not None):
        raise ConfigError("give loci by --region or by --regions, one of the two")
    if not LEFT + RIGHT + 1 <= width <= 500:
        raise ConfigError(f"--width {width:g}: use 4 to 500 centimetres")
    check_distinct({"--out": out}, {f"input {path}": Path(path) for path in paths})
    with opened(fasta) as genome:
        asked = [parse_region(text, genome.lengths) for text in region]
        if regions is not None:
            asked = [bed.region for bed in read_bed(regions, genome.lengths)]
        loci = [replace(each, strand=".") for each in asked]  # drawn forward, whatever it is
        _check(out, loci)
        tracks = shown_tracks(paths)
        items = read_items(tracks, genome)

        panels = 0

        def figures() -> Iterator[tuple[Region, Figure]]:
            nonlocal panels
            for each in loci:
                locus = read_locus(tracks, items, genome, each)
                panels = len(locus.panels)
                yield each, locus_figure(locus, width, scaled_letters)

        _save(out, figures(), dpi)
    return Plotted(out, len(loci), panels)


def _check(out: Path, loci: Sequence[Region]) -> None:
    if not loci:
        raise ConfigError("--regions has no region: there is nothing to draw")
    for each in loci:
        if not 0 < len(each) <= _LARGEST:
            raise ConfigError(f"{each}: a figure shows 1 to {_LARGEST:,} bp")
    suffix = out.suffix.lower()
    if not suffix:
        if problem := irreplaceable(out, _FIGURES):
            raise ConfigError(problem)
    elif suffix not in _FILES:
        raise ConfigError(f"{out}: a figure is .png, .svg or .pdf; several PNGs go to a folder")
    elif suffix != ".pdf" and len(loci) > 1:
        raise ConfigError(
            f"{out}: one {suffix} is of one locus, and there are {len(loci):,}: name a .pdf, or a "
            f"folder for PNGs"
        )


def _save(out: Path, figures: Iterator[tuple[Region, Figure]], dpi: int) -> None:
    with figure_style(), _missing_glyphs_are_boxes():
        if not out.suffix:
            with atomic_folder(out, _FIGURES) as stage:
                for number, (region, figure) in enumerate(figures, 1):
                    name = f"{number:04d}_{safe_name(str(region))}"[:_LONGEST]
                    figure.savefig(stage / f"{name}.png", dpi=dpi, metadata={"Software": None})
        elif out.suffix.lower() == ".pdf":
            _save_pdf(out, figures)
        else:
            kind = out.suffix.lower().removeprefix(".")
            metadata = {"Date": None} if kind == "svg" else {"Software": None}
            for _, figure in figures:
                with atomic_file(out) as partial:
                    figure.savefig(partial, format=kind, dpi=dpi, metadata=metadata)


def _save_pdf(out: Path, figures: Iterator[tuple[Region, Figure]]) -> None:
    from matplotlib.backends.backend_pdf import PdfPages

    with atomic_file(out) as partial, PdfPages(partial, metadata={"CreationDate": None}) as pages:
        for _, figure in figures:
            pages.savefig(figure)


@contextmanager
def _missing_glyphs_are_boxes() -> Iterator[None]:
    """Names may be in any script; matplotlib's font has not all of them, and says so each time."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield
