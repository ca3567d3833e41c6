"""The browser inside a report: in Chromium, from a file without any network, and served."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browsed_page import (
    BOXES,
    GO_EACH,
    LABELS,
    LETTERS,
    LITTLE,
    PLENTY,
    SHOWN,
    features,
    go,
    opened,
    pixels,
    values,
    written,
)
from browsed_run import FIRST, SECOND, Run, browsed_run
from hostile import NAMES
from report_page import ReportPage, open_chromium
from selenium.webdriver.common.action_chains import ActionChains

from genoseq.genome.tracks import CALL_COLOURS, OKABE_ITO
from genoseq.report.calls import calls, compared
from genoseq.report.embedded import contig_labels
from genoseq.report.loci import worst_loci
from genoseq.report.serve import started


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return browsed_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportPage]:
    with open_chromium(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture(scope="module")
def whole(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(run, tmp_path_factory.mktemp("whole"), PLENTY)


@pytest.fixture(scope="module")
def part(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(run, tmp_path_factory.mktemp("part"), LITTLE)


@pytest.fixture(scope="module")
def page(chromium: ReportPage, whole: Path) -> ReportPage:
    return opened(chromium, whole.as_uri())


TRACKS = [
    "labels", "splits", "CDS + tiny", "CDS - tiny", "segments tiny", "right and wrong tiny",
    "genes tiny", "CDS + other", "CDS - other", "segments other", "right and wrong other",
]  # fmt: skip


def same_everywhere(page: ReportPage, run: Run, chrom: str, start: int, end: int) -> None:
    """Each track has what the run has at a stretch."""
    store = run.results.stores[0]
    for model, folder in zip(("tiny", "other"), run.results.tracks, strict=True):
        for column, strand in enumerate("+-"):
            seen = values(page, f"CDS {strand} {model}", chrom, start, end)
            given = run.values[model][chrom][start:end, column]
            np.testing.assert_allclose(seen, given, atol=0.5 / 254 + 1e-6)
        lines = (folder.path / "segments.bed").read_text().splitlines()
        rows = [line.split("\t") for line in lines]
        near = {(int(r[1]), int(r[2]), r[5]) for r in rows if r[0] == chrom}
        near = {each for each in near if each[0] < end and each[1] > start}
        found = features(page, f"segments {model}", chrom, start, end)
        assert {(each["start"], each["end"], each["strand"]) for each in found} == near
    for of in compared(run.results):
        found = features(page, f"right and wrong {of.tracks.model}", chrom, start, end)
        assert {(each["start"], each["end"], each["name"]) for each in found} == {
            (call.start, call.end, f"{call.kind} CDS")
            for call in calls(of)
            if call.chrom == chrom and call.start < end and call.end > start
        }
        colours = {f"rgb({','.join(map(str, colour))})" for colour in CALL_COLOURS.values()}
        assert {each["color"] for each in found} <= colours
    # By the sign of their strand: nothing is said outside regions, where nothing is known either.
    signs = np.array(["none", "+", "+", "+", "-", "-", "-"] + ["unknown"] * 249)
    given = signs[store.labels(chrom, start, end)]
    for index in range(len(given)):
        if not len(store.regions.on(chrom, start + index, start + index + 1)):
            given[index] = "none"
    seen = np.full(end - start, "none", signs.dtype)
    for each in features(page, "labels", chrom, start, end):
        name = each["name"] if each["name"] == "unknown" else each["strand"]
        seen[max(each["start"] - start, 0) : each["end"] - start] = name
    assert (seen == given).all()
    letters = page.driver.execute_async_script(LETTERS, LABELS[chrom], start, end)
    assert letters == store.sequence(chrom, start, end)


def test_browser_opens_from_a_file_and_asks_nobody(chromium: ReportPage, whole: Path) -> None:
    opened(chromium, whole.as_uri())
    outside = {each for each in chromium.requests() if not each.startswith(("data:", "blob:"))}
    assert outside == {whole.as_uri()}
    assert chromium.complaints() == []
    assert whole.stat().st_size < PLENTY


def test_browser_has_every_track(page: ReportPage) -> None:
    names = page.run("return genoseqBrowser.igv().trackViews.map((view) => view.track.name)")
    assert [name for name in names if name in TRACKS] == TRACKS
    axes = page.run(
        "return genoseqBrowser.igv().trackViews.filter((view) => view.track.type === 'wig')"
        ".map((view) => [view.track.dataRange.min, view.track.dataRange.max])"
    )
    assert axes == [[0, 1]] * 4


def test_browser_shows_what_the_run_has(page: ReportPage, run: Run) -> None:
    locus = worst_loci(run.results)[0]
    same_everywhere(page, run, locus.chrom, max(0, locus.start - 400), locus.end + 400)
    same_everywhere(page, run, FIRST, 0, 1_000)
    same_everywhere(page, run, SECOND, 3_000, 4_001)
    (spliced,) = features(page, "genes tiny", FIRST, 1_000, 1_500)
    assert (spliced["name"], spliced["exons"], spliced["strand"]) == ("one", 2, "+")
    (split,) = features(page, "splits", FIRST, 0, 100)
    assert (split["name"], split["start"], split["end"]) == ("train", 0, 30_000)


def test_browser_zoomed_out_shows_the_highest_value(page: ReportPage, run: Run) -> None:
    found = features(page, "CDS + tiny", FIRST, 0, 60_000, 100)
    assert 100 < len(found) <= 600
    for each in found:
        part = run.values["tiny"][FIRST][each["start"] : each["end"], 0]
        assert each["value"] == pytest.approx(np.nanmax(part), abs=0.5 / 254 + 1e-6)


def test_browser_moves(page: ReportPage) -> None:
    assert go(page, "made", SECOND, 100, 300) == ""
    assert page.run(SHOWN) == [LABELS[SECOND], 0, 450]
    assert go(page, "made", FIRST, 59_990, 60_000) == ""
    chrom, start, end = page.run(SHOWN)
    assert (chrom, end) == (FIRST, 60_000)
    assert start <= 59_840
    assert "no contig nowhere in made" in go(page, "made", "nowhere", 0, 10)
    assert "no genome other" in go(page, "other", FIRST, 0, 10)
    assert go(page, "made", FIRST, 0, 10) == ""


def test_browser_moves_to_the_row_that_is_clicked(page: ReportPage, run: Run) -> None:
    locus = worst_loci(run.results)[5]
    page.driver.execute_script("document.querySelectorAll('#loci .go')[5].click()")
    assert page.driver.execute_async_script(
        "const done = arguments[0]; setTimeout(() => genoseqBrowser.idle().then(done), 50)"
    ) is None  # fmt: skip
    chrom, start, end = page.run(SHOWN)
    assert chrom == LABELS[locus.chrom]
    assert start <= locus.start < locus.end <= end


def test_browser_draws_in_the_colours_of_the_package(page: ReportPage) -> None:
    assert go(page, "made", FIRST, 40_000, 42_000) == ""
    page.driver.execute_async_script("setTimeout(arguments[0], 700)")
    for model in ("tiny", "other"):
        assert pixels(page, f"CDS + {model}", OKABE_ITO[0]) > 200
        assert pixels(page, f"CDS - {model}", OKABE_ITO[1]) > 200
        for colour in CALL_COLOURS.values():
            assert pixels(page, f"right and wrong {model}", colour) > 20


def test_browser_keeps_nobody_out(page: ReportPage) -> None:
    assert page.violations() == []


def test_browser_of_a_part_says_what_is_not_there(
    chromium: ReportPage, part: Path, run: Run
) -> None:
    page = opened(chromium, part.as_uri())
    outside = {each for each in page.requests() if not each.startswith(("data:", "blob:"))}
    assert outside == {part.as_uri()}
    locus = worst_loci(run.results)[0]
    same_everywhere(page, run, locus.chrom, locus.start, locus.end)
    note = "return document.querySelector('.genoseq-browser-note').textContent"
    assert "genoseq report --serve" in page.run(note)
    assert "is not one of them" not in page.run(note)
    assert go(page, "made", FIRST, 500, 600) == ""
    assert "This stretch is not one of them" in page.run(note)
    assert features(page, "CDS + tiny", FIRST, 500, 600) == []


def test_browser_of_a_part_has_all_where_it_is_served(
    chromium_served: ReportPage, part: Path, run: Run
) -> None:
    with started(part) as (server, address):
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            page = opened(chromium_served, address)
            same_everywhere(page, run, FIRST, 200, 900)
            same_everywhere(page, run, SECOND, 3_000, 4_001)
            (spliced,) = features(page, "genes tiny", FIRST, 1_000, 1_500)
            assert (spliced["name"], spliced["exons"]) == ("one", 2)
            origin = address.removesuffix("report.html")
            asked = {x for x in page.requests() if not x.startswith(("data:", "blob:"))}
            assert all(each.startswith(origin) for each in asked)
            assert any(each.endswith("codes.bin") for each in asked)
            assert page.complaints() == []
        finally:
            chromium_served.driver.get("about:blank")
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def chromium_served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportPage]:
    with open_chromium(tmp_path_factory.mktemp("chromium"), "127.0.0.1") as page:
        yield page


def test_browser_of_hostile_names_does_no_harm(chromium: ReportPage, tmp_path: Path) -> None:
    contigs = {name.replace(" ", "_"): 2_400 for name in NAMES}
    run = browsed_run(tmp_path, contigs, (NAMES[4],), NAMES[0], (NAMES[5], NAMES[1]))
    path = written(run, tmp_path, PLENTY)
    page = opened(chromium, path.as_uri())
    assert page.driver.execute_async_script(GO_EACH, NAMES[0], list(contigs)) == ""
    assert page.run("return window.harmed") is None
    first = next(iter(contigs))
    assert go(page, NAMES[0], first, 1_000, 1_400) == ""
    assert page.run(SHOWN)[0] == contig_labels(contigs)[first]
    for box in page.run(BOXES):  # each opens a table of what is there
        ActionChains(page.driver).move_to_element(box).click().perform()
    page.driver.execute_async_script("setTimeout(arguments[0], 900)")
    assert page.run("return window.harmed") is None
    outside = {each for each in page.requests() if not each.startswith(("data:", "blob:"))}
    assert outside == {path.as_uri()}
