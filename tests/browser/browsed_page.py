"""The browser inside an open report: asked by scripts what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from browsed_run import FIRST, SECOND, Run
from numpy.typing import NDArray
from report_page import ReportPage
from written_page import write_page

from genoseq.genome.tracks import Colour
from genoseq.report.browser import make_browser
from genoseq.report.browser_files import write_files
from genoseq.report.loci import Locus, worst_loci

PLENTY, LITTLE = 15_000_000, 580_000
READY = (
    "const done = arguments[0]; genoseqBrowser.ready.then(() => done(''), (e) => done(String(e)))"
)
GO = (
    "const done = arguments[4]; genoseqBrowser.go(arguments[0], arguments[1], arguments[2],"
    "arguments[3]).then(() => done(''), (e) => done(String(e)))"
)
FEATURES = """
const [name, chrom, start, end, bp, done] = arguments;
const browser = genoseqBrowser.igv();
const view = browser.trackViews.find((each) => each.track.name === name);
view.track.getFeatures(chrom, start, end, bp).then(
  (all) => done(all.filter((f) => f.start < end && f.end > start).map((f) => ({ start: f.start,
    end: f.end, value: f.value, name: f.name, strand: f.strand, color: f.color,
    exons: f.exons && f.exons.length }))), (error) => done(String(error)));
"""
LETTERS = """
const [chrom, start, end, done] = arguments;
genoseqBrowser.igv().genome.getSequence(chrom, start, end).then(done, (e) => done(String(e)));
"""
SHOWN = """
const frame = genoseqBrowser.igv().referenceFrameList[0];
return [frame.chr, Math.round(frame.start), Math.round(frame.end)];
"""
LABELS = {FIRST: FIRST, SECOND: "second%3A1-9"}
"""Contigs as igv.js has them."""


def written(run: Run, folder: Path, room: int, loci: list[Locus] | None = None) -> Path:
    """A page with a browser of at most ``room`` bytes, and what lies beside it."""
    loci = worst_loci(run.results) if loci is None else loci
    browser = make_browser(run.results, loci, room)
    page = folder / "report.html"
    write_page(page, run.results, "A run", "", loci, browser.section)
    write_files(browser.rest, page.with_name(f"{page.stem}_files"))
    return page


def opened(page: ReportPage, address: str) -> ReportPage:
    page.requests()
    page.complaints()
    page.driver.get(address)
    assert page.driver.execute_async_script(READY) == ""
    return page


def go(page: ReportPage, genome: str, chrom: str, start: int, end: int) -> str:
    return str(page.driver.execute_async_script(GO, genome, chrom, start, end))


def features(
    page: ReportPage, track: str, chrom: str, start: int, end: int, scale: float = 1
) -> list[dict[str, Any]]:
    label = LABELS.get(chrom, chrom)
    found = page.driver.execute_async_script(FEATURES, track, label, start, end, scale)
    assert isinstance(found, list), f"{track}: {found}"
    return found


def values(page: ReportPage, track: str, chrom: str, start: int, end: int) -> NDArray[np.float64]:
    seen = np.full(end - start, np.nan)
    for each in features(page, track, chrom, start, end):
        low, high = max(each["start"], start), min(each["end"], end)
        assert np.isnan(seen[low - start : high - start]).all()
        seen[low - start : high - start] = each["value"]
    return seen


PIXELS = """
const [name, colour] = arguments;
const view = genoseqBrowser.igv().trackViews.find((each) => each.track.name === name);
const canvas = view.viewports[0].canvas;
const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
let found = 0;
for (let i = 0; i < all.length; i += 4)
  if (all[i + 3] > 200 && [0, 1, 2].every((k) => Math.abs(all[i + k] - colour[k]) < 6)) found++;
return found;
"""


def pixels(page: ReportPage, track: str, colour: Colour) -> int:
    """Pixels of a colour where a track is drawn."""
    return int(page.run(PIXELS, track, colour))


GO_EACH = """
const [genome, contigs, done] = arguments;
(async () => {
  for (const contig of contigs) await genoseqBrowser.go(genome, contig, 100, 300);
})().then(() => done(""), (error) => done(String(error)));
"""
BOXES = """
const views = genoseqBrowser.igv().trackViews.filter((view) => view.track.type === "annotation");
return views.map((view) => view.viewports[0].viewportElement || view.viewports[0].$viewport[0]);
"""
