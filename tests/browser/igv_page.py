"""A folder of tracks in igv.js, in a real headless Chromium, without any network.

The page, igv.js (from the package igv-notebook), the FASTA and the tracks come from a server of
our own on 127.0.0.1; every other address is dead.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from range_server import serve
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from genoseq.genome.tracks import Channel, channel_colours
from genoseq.writers.manifest import OutputFile, read_manifest

FORMATS = ("bigwig", "bedgraph", "bed", "tsv")
CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
FLAGS = (
    "--headless",
    "--no-sandbox",  # Chromium refuses to run as root with it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
)
_PAGE = """<!doctype html><meta charset="utf-8"><title>genoseq</title>
<link rel="icon" href="data:,"><style>body { margin: 0; background: white }</style>
<div id="igv"></div><script src="/igv.js"></script><script>
window.failure = null;
window.onerror = (message) => { window.failure = String(message); };
igv.createBrowser(document.getElementById("igv"), OPTIONS)
  .then((browser) => { window.shown = browser; })
  .catch((error) => { window.failure = String(error && error.stack || error); });
</script>"""
_FEATURES = """
const [name, chrom, start, end, bpPerPixel, done] = arguments;
const view = window.shown.trackViews.find((v) => v.track.name === name);
view.track.getFeatures(chrom, start, end, bpPerPixel)
  .then((found) => done((found || []).filter((f) => f.start < end && f.end > start).map((f) => ({
    start: f.start, end: f.end, value: f.value, name: f.name, strand: f.strand,
    score: f.score, color: f.color }))))
  .catch((error) => done(String(error)));
"""
_ZOOMED = """
const [name, chrom, start, end, bpPerPixel, done] = arguments;
const view = window.shown.trackViews.find((v) => v.track.name === name);
view.track.featureSource.reader.readFeatures(chrom, start, chrom, end, bpPerPixel, "mean")
  .then((found) => done(found.map((f) => ({ start: f.start, end: f.end, value: f.value }))))
  .catch((error) => done(String(error)));
"""
_READY = """
const views = window.shown ? window.shown.trackViews : [];
return views.length > 0 && views.every((view) => view.viewports.every(
  (port) => !port.loading && !(typeof port.isLoading === "function" && port.isLoading())));
"""


def page_options(
    tracks: Path,
    locus: str,
    annotation: str | None = None,
    formats: Collection[str] = FORMATS,
) -> dict[str, Any]:
    """igv.js options for every track of these formats that the folder's manifest lists.

    A TSV opens as igv.js's ``bedgraph``: it draws the fourth column, the first channel.
    """
    listed = read_manifest(tracks / "manifest.tsv")
    indexes = {file.path for file in listed if file.kind == "index"}
    names = [(file.name, file.strand) for file in listed if file.format in ("bigwig", "bedgraph")]
    channels = [Channel(name, strand) for name, strand in dict.fromkeys(names)]  # type: ignore[arg-type]
    colours = dict(zip(dict.fromkeys(names), channel_colours(channels), strict=True))
    options = [track_options(file, colours, indexes) for file in listed if file.format in formats]
    shown = [track for track in options if track is not None]
    if annotation is not None:
        shown.append(
            {
                "name": "annotation",
                "url": annotation,
                "type": "annotation",
                "height": 60,
                "displayMode": "EXPANDED",
            }
        )
    return {
        "reference": {"id": "genome", "fastaURL": "/genome.fa", "indexURL": "/genome.fa.fai"},
        "loadDefaultGenomes": False,
        "search": False,
        "locus": locus,
        "tracks": [{"order": order, **track} for order, track in enumerate(shown)],
    }


def track_options(
    file: OutputFile,
    colours: Mapping[tuple[str, str], tuple[int, int, int]],
    indexes: Collection[str],
) -> dict[str, Any] | None:
    """igv.js's options of one file; None for an index or a scores file."""
    url = f"/tracks/{file.path.replace('%', '%25')}"
    if file.format == "bed":
        height = {"displayMode": "SQUISHED", "height": 50}
        return {"name": "segments", "type": "annotation", "format": "bed", "url": url, **height}
    if file.format not in ("bigwig", "bedgraph", "tsv"):
        return None
    place = (file.name, file.strand)
    if file.format == "tsv":
        place = next(iter(colours), place)
    colour = ",".join(map(str, colours.get(place, (90, 90, 90))))
    name = f"{place[0]} {place[1]}" + ("" if file.format == "bigwig" else f" ({file.format})")
    axis = {"min": 0, "max": 1} if file.kind != "signal" else {"autoscale": True}
    suffix = "tbi" if f"{file.path}.tbi" in indexes else "csi"
    index = {} if file.format == "bigwig" else {"indexURL": f"{url}.{suffix}"}
    text = "bigwig" if file.format == "bigwig" else "bedgraph"
    return {
        "name": name, "type": "wig", "format": text, "url": url, "height": 70,
        "color": f"rgb({colour})", **axis, **index,
    }  # fmt: skip


class IgvPage:
    """An open page.  ``origin`` is its own server."""

    def __init__(self, driver: Chrome, origin: str) -> None:
        self.driver, self.origin = driver, origin

    def features(self, track: str, chrom: str, start: int, end: int) -> list[Any]:
        """Features of a track in [start, end) as igv.js has them when it draws every base."""
        found = self.driver.execute_async_script(_FEATURES, track, chrom, start, end, 1)
        assert isinstance(found, list), f"{track}: {found}"
        return found

    def zoomed(self, track: str, chrom: str, start: int, end: int, scale: float) -> list[Any]:
        """Means of a bigWig as igv.js's reader finds them at ``scale`` bp a pixel."""
        found = self.driver.execute_async_script(_ZOOMED, track, chrom, start, end, scale)
        assert isinstance(found, list), f"{track}: {found}"
        return found

    def track_names(self) -> list[str]:
        """Names of the tracks shown, from top to bottom, without ruler and sequence."""
        names = self.driver.execute_script(
            "return window.shown.trackViews.map((v) => [v.track.name, v.track.type])"
        )
        return [name for name, kind in names if name and kind in ("wig", "annotation")]

    def go(self, locus: str) -> None:
        """Move to a locus and wait until it is drawn."""
        self.driver.execute_async_script(
            "const done = arguments[1]; window.shown.search(arguments[0]).then(() => done())",
            locus,
        )
        self.settle()

    def settle(self) -> None:
        """Wait until igv.js has drawn every track, or raise what it failed with."""
        from selenium.webdriver.support.ui import WebDriverWait

        def ready(driver: Chrome) -> bool:
            failure = driver.execute_script("return window.failure")
            assert failure is None, f"igv.js: {failure}"
            return bool(driver.execute_script(_READY))

        WebDriverWait(self.driver, 60, 0.2).until(ready)
        self.driver.execute_async_script(
            "const done = arguments[0];"
            "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 300)))"
        )

    def screenshot(self, path: Path) -> Path:
        """Save the page as PNG, down to its last track."""
        width, height = self.driver.execute_script(
            "const box = document.getElementById('igv').getBoundingClientRect();"
            "return [window.innerWidth, Math.ceil(box.bottom) + 8]"
        )
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        asked = {"format": "png", "clip": clip, "captureBeyondViewport": True}
        answer = self.driver.execute_cdp_cmd("Page.captureScreenshot", asked)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(answer["data"]))
        return path

    def box(self, track: str) -> tuple[int, int, int, int]:
        """Left, top, right and bottom pixel of a track's drawing on the page."""
        return tuple(  # type: ignore[return-value]
            self.driver.execute_script(
                "const view = window.shown.trackViews.find((v) => v.track.name === arguments[0]);"
                "const box = view.viewports[0].$viewport"
                " ? view.viewports[0].$viewport[0].getBoundingClientRect()"
                " : view.viewports[0].viewportElement.getBoundingClientRect();"
                "return [box.left, box.top, box.right, box.bottom].map(Math.round)",
                track,
            )
        )

    def requests(self) -> set[str]:
        """Every address that was asked for since the last call."""
        return asked_for(self.driver)


def asked_for(driver: Chrome) -> set[str]:
    """Addresses that a browser asked for since the last call, Chromium's own pages apart."""
    found = set()
    for entry in driver.get_log("performance"):  # type: ignore[no-untyped-call]
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.add(message["params"]["request"]["url"])
    return {address for address in found if not address.startswith("chrome")}


@contextmanager
def open_igv(
    tracks: Path,
    fasta: Path,
    locus: str,
    profile: Path,
    annotation: Path | None = None,
    width: int = 1200,
    formats: Collection[str] = FORMATS,
) -> Iterator[IgvPage]:
    """The folder's tracks over the genome, drawn.

    Parameters
    ----------
    tracks, fasta
        Folder with a manifest.tsv; uncompressed FASTA with its ``.fai`` beside it.
    locus
        ``chrom:start-end``, 1-based.
    profile
        A new empty folder for Chromium.
    annotation
        GFF3 or BED to show below the tracks.
    formats
        Which of the folder's formats to show.
    """
    name = None if annotation is None else f"/annotation/{annotation.name}"
    places: dict[str, Path | bytes] = {
        "/genome.fa.fai": Path(f"{fasta}.fai"),
        "/genome.fa": fasta,
        "/tracks/": tracks,
    }
    if annotation is not None:
        places["/annotation/"] = annotation.parent
    options = page_options(tracks, locus, name, formats)
    with open_page(options, places, profile, width) as page:
        yield page


@contextmanager
def open_page(
    options: Mapping[str, Any],
    places: Mapping[str, Path | bytes],
    profile: Path,
    width: int = 1200,
) -> Iterator[IgvPage]:
    """A page with igv.js, drawn.

    Parameters
    ----------
    options
        Those of ``igv.createBrowser``.
    places
        What lies at which addresses beside the page, see :func:`range_server.serve`.
    profile
        A new empty folder for Chromium.
    """
    own: dict[str, Path | bytes] = {
        "/": _PAGE.replace("OPTIONS", json.dumps(options)).encode(),
        "/igv.js": Path(str(files("igv_notebook") / "js/igv.min.js")),
    }
    chrome = ChromeOptions()
    chrome.binary_location = CHROMIUM
    chrome.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    dead = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    for flag in (*FLAGS, dead, f"--user-data-dir={profile}", f"--window-size={width},900"):
        chrome.add_argument(flag)
    with serve({**own, **places}) as origin:
        driver = Chrome(chrome, Service(DRIVER))
        try:
            driver.set_script_timeout(60)
            driver.get(origin + "/")
            page = IgvPage(driver, origin)
            page.settle()
            yield page
        finally:
            driver.quit()
