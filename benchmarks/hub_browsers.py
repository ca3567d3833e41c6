"""A hub in JBrowse 2 and in igv.js, each in a headless Chromium without any network: is every
track drawn, in which colours, after how many seconds?

    npm pack @jbrowse/react-linear-genome-view2 && tar xzf jbrowse-*.tgz
    genoseq hub TRACKS GENES --fasta genome.fa -o hub
    python benchmarks/hub_browsers.py hub --jbrowse package/dist/*.umd.production.min.js
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/browser"))

import numpy as np
from igv_page import CHROMIUM, DRIVER, FLAGS, open_page
from PIL import Image
from range_server import serve
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from genoseq.genome.tracks import OKABE_ITO

COLOURS = {"blue": OKABE_ITO[0], "orange": OKABE_ITO[1], "green": OKABE_ITO[2]}
PAGE = """<!doctype html><meta charset="utf-8"><div id="view"></div>
<script src="/jbrowse.js"></script><script>
window.failure = null;
window.onerror = (message) => { window.failure = String(message); };
const { createViewState, createRoot, React } = JBrowseReactLinearGenomeView;
// What JBrowse Web does on loading a configuration: paths are relative to it.
function place(found, base) {
  if (found && typeof found === "object") {
    if ("uri" in found) { found.baseUri = base; }
    Object.values(found).forEach((each) => place(each, base));
  }
}
fetch("/hub/config.json").then((answer) => answer.json()).then((config) => {
  place(config, location.origin + "/hub/config.json");
  const view = config.defaultSession.views[0];
  const state = createViewState({ assembly: config.assemblies[0], tracks: config.tracks,
    location: LOCUS || view.init.loc });
  window.state = state;
  createRoot(document.getElementById("view"))
    .render(React.createElement(
      JBrowseReactLinearGenomeView.JBrowseLinearGenomeView, { viewState: state }));
  view.init.tracks.forEach((each) => state.session.view.showTrack(each));
}).catch((error) => { window.failure = String(error && error.stack || error); });
</script>"""
SHOWN = """
return window.state.session.view.tracks.map((track) => {
  const display = track.displays[0];
  return { id: track.configuration.trackId, error: String(display.error || "") };
});
"""
BOXES = """
const view = window.state.session.view;
return view.tracks.map((track) => {
  const name = `trackRenderingContainer-${view.id}-${track.configuration.trackId}`;
  const node = document.querySelector(`[data-testid="${name}"]`);
  if (!node) { return null; }
  const box = node.getBoundingClientRect();
  return [box.left, box.top, box.right, box.bottom].map(Math.round);
});
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("hub", type=Path, help="folder of genoseq hub")
    parser.add_argument("--jbrowse", type=Path, help="the UMD bundle of the npm package")
    parser.add_argument("--locus", help="chrom:start-end; by default the hub's first view")
    parser.add_argument("--pictures", type=Path, help="folder for screenshots")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pictures = words.pictures or Path(folder)
        pictures.mkdir(parents=True, exist_ok=True)
        print("| browser | track | seconds to ready | error | pixels of colours |")
        print("|---|---|---|---|---|")
        report(igv(words.hub, words.locus, Path(folder) / "igv", pictures / "igv.png"), "igv.js")
        if words.jbrowse:
            found = jbrowse(words, Path(folder) / "jbrowse", pictures / "jbrowse.png")
            report(found, "JBrowse 2")


Row = tuple[str, float, str, str]


def report(rows: Iterator[Row], browser: str) -> None:
    for name, seconds, error, pixels in rows:
        print(f"| {browser} | {name} | {seconds:.1f} | {error or '-'} | {pixels} |")


def coloured(image: Image.Image, box: Any) -> str:
    """Pixels of each colour in a box of a picture."""
    part = np.asarray(image.convert("RGB").crop(tuple(box)), int)
    counts = {
        name: int((np.abs(part - colour).max(axis=2) < 12).sum())
        for name, colour in COLOURS.items()
    }
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count > 20) or "-"


def igv(hub: Path, locus: str | None, profile: Path, picture: Path) -> Iterator[Row]:
    options = json.loads((hub / "igv.json").read_text())
    options["locus"] = locus or options["locus"]
    places = {f"/{each.name}/": each for each in hub.iterdir() if each.is_dir()}
    begun = time.perf_counter()
    with open_page(options, places, profile) as page:
        seconds = time.perf_counter() - begun
        image = Image.open(page.screenshot(picture))
        for name in page.track_names():
            yield name, seconds, "", coloured(image, page.box(name))


@contextmanager
def chromium(profile: Path) -> Iterator[Chrome]:
    chrome = ChromeOptions()
    chrome.binary_location = CHROMIUM
    dead = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    for flag in (*FLAGS, dead, f"--user-data-dir={profile}", "--window-size=1200,1400"):
        chrome.add_argument(flag)
    driver = Chrome(chrome, Service(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def drawn(driver: Chrome, tracks: list[dict[str, Any]], picture: Path) -> bool:
    """Whether every track has an error or a colour."""
    driver.save_screenshot(str(picture))
    image, boxes = Image.open(picture), driver.execute_script(BOXES)
    return all(
        track["error"] or (box and coloured(image, box) != "-")
        for track, box in zip(tracks, boxes, strict=True)
    )


def jbrowse(words: argparse.Namespace, profile: Path, picture: Path) -> Iterator[Row]:
    page = PAGE.replace("LOCUS", json.dumps(words.locus))
    places = {"/jbrowse.js": words.jbrowse, "/hub/": words.hub, "/": page.encode()}
    begun = time.perf_counter()
    with serve(places) as origin, chromium(profile) as driver:
        driver.get(origin + "/")
        tracks: list[dict[str, Any]] = []
        while not tracks or not drawn(driver, tracks, picture):
            assert (failure := driver.execute_script("return window.failure")) is None, failure
            if time.perf_counter() - begun > 120:
                break
            time.sleep(1)
            ready = driver.execute_script("return !!(window.state && window.state.session.view)")
            tracks = driver.execute_script(SHOWN) if ready else []
        seconds = time.perf_counter() - begun
        image = Image.open(picture)
        for track, box in zip(tracks, driver.execute_script(BOXES), strict=True):
            pixels = "no box" if box is None else coloured(image, box)
            yield track["id"], seconds, track["error"], pixels


if __name__ == "__main__":
    main()
