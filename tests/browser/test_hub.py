"""A hub in igv.js, by its hub.txt and by its session, in a real Chromium without any network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hub_files import Made, made_results
from igv_page import IgvPage, open_page
from PIL import Image
from pysam import faidx
from track_cases import golden, write

from genoseq.genome.tracks import Channel
from genoseq.report.hub import write_hub

BLUE, ORANGE = (0, 114, 178), (213, 94, 0)
CHROM = "zeta|long.1"
LOCUS = f"{CHROM}:1-20000"
TRACKS = {
    "CDS + bilstm": {BLUE},
    "CDS - bilstm": {ORANGE},
    "segments bilstm": {BLUE, ORANGE},
    "genes bilstm": set(),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_results(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def hub(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hub") / "hub"
    write_hub([made.tracks, made.genes], made.fasta, out)
    return out


def options(hub: Path, kind: str) -> dict[str, Any]:
    """What opens it: the hub's address, or the session, whose page lies in the hub's folder."""
    if kind == "hub.txt":
        return {"hubURL": "/hub/hub.txt", "loadDefaultGenomes": False}
    if kind == "igv.xml":
        return {"sessionURL": "/igv.xml", "loadDefaultGenomes": False}
    found: dict[str, Any] = json.loads((hub / "igv.json").read_text())
    return found


@pytest.fixture(scope="module", params=["hub.txt", "igv.json", "igv.xml"])
def opened(
    request: pytest.FixtureRequest, hub: Path, made: Made, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[IgvPage, str]]:
    faidx(str(made.fasta))
    # Of the sessions of IGV on a desk igv.js takes only those whose genome is a FASTA.
    session = (hub / "igv.xml").read_text().replace("made/made.2bit", "/genome.fa")
    places: dict[str, Path | bytes] = {
        "/hub/": hub,
        "/made/": hub / "made",
        "/igv.xml": session.encode(),
        "/genome.fa.fai": Path(f"{made.fasta}.fai"),
        "/genome.fa": made.fasta,
    }
    profile = tmp_path_factory.mktemp("chromium")
    with open_page(options(hub, request.param), places, profile) as page:
        yield page, request.param


def test_hub_shows_every_track_with_features(opened: tuple[IgvPage, str]) -> None:
    page, _ = opened
    assert page.track_names() == list(TRACKS)
    for channel, track in enumerate([*TRACKS][:2]):
        seen = np.full(20_000, np.nan, np.float32)
        for feature in page.features(track, CHROM, 0, 20_000):
            seen[max(feature["start"], 0) : feature["end"]] = feature["value"]
        np.testing.assert_array_equal(seen, golden()[CHROM][:20_000, channel])
    segments = page.features("segments bilstm", CHROM, 0, 20_000)
    assert len(segments) > 10
    assert {feature["name"] for feature in segments} == {"CDS"}
    first, last = page.features("genes bilstm", "edges", 0, 5_000)
    assert [first[key] for key in ("name", "start", "end", "strand")] == ["e_1", 0, 90, "+"]
    assert [last[key] for key in ("name", "start", "end", "strand")] == ["e_2", 4_900, 5_000, "-"]


def test_hub_is_drawn_in_the_colours_of_its_classes(
    opened: tuple[IgvPage, str], tmp_path: Path
) -> None:
    page, _ = opened
    page.go(LOCUS)
    image = Image.open(page.screenshot(tmp_path / "hub.png")).convert("RGB")
    for track, colours in TRACKS.items():
        part = np.asarray(image.crop(page.box(track)), int)
        for colour in (BLUE, ORANGE):
            drawn = (np.abs(part - colour).max(axis=2) < 12).sum()
            assert (drawn > 100) == (colour in colours), (track, colour, drawn)


def test_hub_asks_nobody_else(opened: tuple[IgvPage, str]) -> None:
    page, kind = opened
    outside = {x for x in page.requests() if not x.startswith((page.origin, "data:", "blob:"))}
    # igv.js looks up the contig that it took out of a hub's defaultPos, whatever it is told.
    lookups = {x for x in outside if x.startswith("https://igv.org/genomes/locus.php")}
    assert outside - lookups == set()
    assert kind == "hub.txt" or not lookups


@pytest.mark.parametrize("kind", ["hub.txt", "igv.json"])
def test_hub_of_hostile_names_executes_nothing(tmp_path: Path, kind: str) -> None:
    code = "<img src=x onerror=window.hacked=1>"
    contig = "<img/src=x/onerror=window.hacked=1>"
    tracks = write(
        tmp_path / code.replace("/", ""), {contig: np.full((90, 1), 0.9, np.float32)},
        ("bigwig", "bed"), (Channel(code),),
    )  # fmt: skip
    (tmp_path / "made.fa").write_text(f">{contig}\n{'ACGTA' * 18}\n")
    (tmp_path / "genes.gff3").write_text(f"{contig}\tx\tCDS\t1\t90\t.\t+\t0\tID={code}\n")
    hub = tmp_path / "hub"
    write_hub([tracks, tmp_path / "genes.gff3"], tmp_path / "made.fa", hub, title=code)
    places: dict[str, Path | bytes] = {"/hub/": hub, "/made/": hub / "made"}
    with open_page(options(hub, kind), places, tmp_path / "chromium") as page:
        names = page.track_names()
        assert len(names) == 3
        assert page.features(names[2], contig, 0, 90)
        assert page.driver.execute_script("return window.hacked") is None
        assert page.driver.execute_script(
            "return document.getElementById('igv').querySelectorAll('img[src=x]').length"
        ) == 0  # fmt: skip
