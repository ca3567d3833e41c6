"""The browser inside ``report.html``: igv.js with the tracks of a run, in the page itself.

Nothing of it is asked for over a network.  A genome that fits is in the page whole; of a larger one
there are windows around the worst loci, and a folder beside the page has the rest
(:mod:`genoseq.report.browser_files`), which browsers read where the page is served
(:mod:`genoseq.report.serve`).
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from genoseq.genome.regions import Region, merge
from genoseq.report.browser_tracks import BrowserGenome, browser_genomes, legend
from genoseq.report.embedded import FullError, Texts, embed
from genoseq.report.igv_bundle import MISSING, igv_bundle
from genoseq.report.results import Results
from genoseq.writers.bigbed import rgb

if TYPE_CHECKING:
    from markupsafe import Markup

FILES = "report_files"
"""The folder beside the page."""
_FLANK = 2_500
"""bp on either side of a locus that are in the page."""
_VIEW = 20_000
"""bp shown where there is no locus."""
_FIRST_WINDOW = 200_000
"""bp of a genome without a locus that are in the page, where not all of it is."""
_EXTRA = 4_096
"""Characters of the section that are no data, for each of its parts."""


class GenomeRegion(Protocol):
    """What the browser can show: bases of a genome, 0-based half-open."""

    @property
    def genome(self) -> str:
        """As its store or its folder of tracks is called."""

    @property
    def chrom(self) -> str:
        """Contig; one that the genome has not is passed over."""

    @property
    def start(self) -> int:
        """First base."""

    @property
    def end(self) -> int:
        """The base after the last."""


@dataclass(frozen=True)
class Browser:
    """The browser of a page.

    Attributes
    ----------
    section
        Its part of the page: markup, data and scripts.
    rest
        Genomes that do not fit into it, by their numbers: what
        :func:`genoseq.report.browser_files.write_files` writes beside the page.
    """

    section: Markup
    rest: Mapping[int, BrowserGenome]


def make_browser(
    results: Results, loci: Sequence[GenomeRegion], budget_bytes: int, folder: str = FILES
) -> Browser:
    """The browser of a page.

    Its script defines ``genoseqBrowser.go(genome, chrom, start, end)``, 0-based half-open, which
    shows a place and gives a promise; ``genoseqBrowser.ready`` is one too.

    Parameters
    ----------
    results
        What there is to show.
    loci
        The worst ones first: it opens at the first, and these are in the page if not all is.
    budget_bytes
        The section is no longer.
    folder
        Of what does not fit, beside the page; empty if there is none.

    Returns
    -------
    Where igv.js is not installed, or there is nothing to show, the section is a paragraph that says
    so.

    Raises
    ------
    InputFormatError
        If a file is damaged, or of a genome with other contigs.
    """
    from markupsafe import Markup

    bundle = igv_bundle()
    if bundle is None:
        return Browser(Markup('<p class="genoseq-browser-missing">{}</p>').format(MISSING), {})
    genomes = browser_genomes(results)
    if not genomes:
        return Browser(Markup('<p class="quiet">No tracks to browse.</p>'), {})
    igv = b64encode(gzip.compress(bundle.read_bytes(), 9, mtime=0)).decode("ascii")
    script = _own("browser.js")
    colours = _legend(genomes)
    room = budget_bytes - len(igv) - len(script.encode()) - len(colours.encode()) - _EXTRA
    data, texts = _embedded(genomes, loci, room, folder)
    section = Markup(_SECTION).format(
        style=Markup(_own("browser.css")),
        legend=Markup(colours),
        igv=igv,
        data=Markup(_json(data)),
        texts=Markup("\n").join(Markup(_TEXT).format(text=text) for text in texts),
        script=Markup(script),
        note=_note(data),
    )
    whole = {about["name"] for about in data["genomes"] if about["whole"]}
    rest = {number: each for number, each in enumerate(genomes) if each.name not in whole}
    return Browser(section, rest)


def _own(name: str) -> str:
    return (files("genoseq.report") / name).read_text(encoding="utf-8")


_SECTION = """\
<div class="genoseq-browser">
<style>{style}</style>
<p class="genoseq-browser-choice" hidden><label>Genome <select></select></label></p>
{legend}
<div class="genoseq-browser-view" role="region" aria-label="Browser of tracks" tabindex="0"></div>
<p class="genoseq-browser-note quiet" role="status">{note}</p>
<noscript><p>The browser of tracks needs JavaScript.</p></noscript>
<script type="text/plain" class="genoseq-browser-igv">{igv}</script>
<script type="application/json" class="genoseq-browser-data">{data}</script>
{texts}
<script>
{script}
</script>
</div>
"""
_TEXT = '<script type="text/plain" class="genoseq-browser-text">{text}</script>'


def _json(data: Mapping[str, Any]) -> str:
    """JSON that ends no script and begins no comment of a page, whatever its names are."""
    text = json.dumps(data, separators=(",", ":"))  # ASCII alone
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _note(data: Mapping[str, Any]) -> str:
    """What the page says below the browser before it is there."""
    return "Preparing the tracks …" if data["genomes"] else "No tracks fit into this page."


def _legend(genomes: Sequence[BrowserGenome]) -> str:
    from markupsafe import Markup

    entries = Markup("").join(
        Markup('<li><i style="background:rgb({})"></i>{}</li>').format(rgb(colour), name)
        for name, colour in legend(genomes)
    )
    return Markup('<ul class="genoseq-browser-legend">{}</ul>').format(entries)


def _embedded(
    genomes: Sequence[BrowserGenome], loci: Sequence[GenomeRegion], room: int, folder: str
) -> tuple[dict[str, Any], list[str]]:
    """What the script is told, and the texts with the data: small genomes first."""
    told: dict[int, dict[str, Any]] = {}
    texts: list[str] = []
    order = sorted(range(len(genomes)), key=lambda number: genomes[number].bases)
    for done, number in enumerate(order):
        genome = genomes[number]
        share = (room - sum(map(len, texts))) // (len(order) - done)
        own = [locus for locus in loci if locus.genome == genome.name]
        found = _fitting(genome, own, share - _EXTRA)
        if found is None:
            continue
        about, more, whole = found
        about["whole"] = whole
        about["files"] = None if whole or not folder else f"{quote(folder)}/{number}"
        about["offset"] = len(texts)
        told[number] = about
        texts += more
    shown = [told[number] for number in sorted(told)]
    return {"genomes": shown, "start": _start(genomes, loci, told)}, texts


def _fitting(
    genome: BrowserGenome, loci: Sequence[GenomeRegion], room: int
) -> tuple[dict[str, Any], list[str], bool] | None:
    """The whole genome, else windows of as many loci as there is room for; None if of none."""
    for pieces in _choices(genome, loci, room):
        texts = Texts(room)
        try:
            about = embed(genome, pieces, texts)
        except FullError:
            continue
        if len(_json(about)) + texts.size <= room:
            whole = sum(len(piece) for piece in pieces) == genome.bases
            return about, texts.texts, whole
    return None


def _choices(
    genome: BrowserGenome, loci: Sequence[GenomeRegion], room: int
) -> Iterator[list[Region]]:
    """Pieces to try, ever less of the genome."""
    # A base takes a quarter of a byte, and base64 makes three bytes four characters.
    if genome.store is None or genome.bases / 3 < room:
        yield [Region(chrom, 0, length) for chrom, length in genome.lengths.items()]
    count = len(loci)
    while count:
        yield windows(loci[:count], genome.lengths)
        count //= 2
    chrom = max(genome.lengths, key=lambda each: genome.lengths[each])
    size = min(_FIRST_WINDOW, genome.lengths[chrom])
    while size > _VIEW // 10:
        yield [Region(chrom, 0, size)]
        size //= 2


def windows(loci: Iterable[GenomeRegion], lengths: Mapping[str, int]) -> list[Region]:
    """Loci with bases on either side, merged, in the order of the contigs."""
    found: dict[str, list[Region]] = {}
    for locus in loci:
        if locus.chrom not in lengths:
            continue
        start, end = max(0, locus.start - _FLANK), min(locus.end + _FLANK, lengths[locus.chrom])
        found.setdefault(locus.chrom, []).append(Region(locus.chrom, start, end))
    return [piece for chrom in lengths for piece in merge(found.get(chrom, ()))]


def _start(
    genomes: Sequence[BrowserGenome], loci: Iterable[GenomeRegion], told: Iterable[int]
) -> list[str | int]:
    """What is shown at first: genome, contig, start, end."""
    shown = {genomes[number].name: genomes[number] for number in sorted(told)}
    for locus in loci:
        if locus.genome in shown and locus.chrom in shown[locus.genome].lengths:
            return [locus.genome, locus.chrom, locus.start, locus.end]
    for name, genome in shown.items():
        chrom = max(genome.lengths, key=lambda each: genome.lengths[each])
        return [name, chrom, 0, min(_VIEW, genome.lengths[chrom])]
    return []
