"""The report as people see it: in Chromium, offline, by keyboard, on a phone, in the dark."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hostile import NAMES
from markupsafe import Markup
from report_page import ReportPage, open_chromium
from run_folders import make_bundle, make_evaluation, make_genes, make_store, make_tracks
from selenium.webdriver.common.keys import Keys
from written_page import write_page

from genoseq.genome.tracks import OKABE_ITO
from genoseq.report.loci import Locus
from genoseq.report.results import Results, read_results

BROWSER = Markup(
    "<p id='shown'></p><script>window.genoseqBrowser = { go: (...words) => {"
    "document.getElementById('shown').textContent = JSON.stringify(words); } };</script>"
)
"""In the place of the genome browser, which has tests of its own: it says where it was sent."""


def locus(number: int, **other: Any) -> Locus:
    whole: dict[str, Any] = {
        "genome": "made", "model": ("tiny", "other")[number % 2], "chrom": f"c{number % 3}",
        "start": 1_000 * number, "end": 1_000 * number + 60, "name": "CDS",
        "strand": "+-"[number % 2], "kind": ("FP", "FN", "FN")[number % 3],
        "bases": 7 * number % 60, "mean": number / 40,
    }  # fmt: skip
    return Locus(**(whole | other))


LOCI = [locus(number) for number in range(40)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of two models, genes and loci, and what it was made from."""
    made = tmp_path_factory.mktemp("run")
    folders = [
        make(made, name) for name in ("tiny", "other") for make in (make_bundle, make_evaluation)
    ]
    folders += [make_store(made), make_tracks(made), make_genes(made)]
    write_page(made / "report.html", read_results(folders), "A run", "A note", LOCI, BROWSER)
    return made


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportPage]:
    with open_chromium(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture
def page(chromium: ReportPage, folder: Path) -> ReportPage:
    chromium.resize(1200)
    chromium.prefer("light")
    chromium.open(folder / "report.html")
    return chromium


def test_report_opens_from_a_file_and_asks_nobody(page: ReportPage, folder: Path) -> None:
    page.requests()
    page.complaints()
    page.open(folder / "report.html")
    assert page.requests() - {"data:,"} == {(folder / "report.html").resolve().as_uri()}
    assert page.complaints() == []
    assert page.all("h1")[0].text == "A run"
    assert page.all("h2")[0].text.startswith("Verdict: ")
    assert (folder / "report.html").stat().st_size < 200_000


def test_report_downloads_the_numbers_that_evaluate_wrote(page: ReportPage, folder: Path) -> None:
    header, *rows = page.download("metrics-0")
    metrics = json.loads((folder / "evaluation/tiny/metrics.json").read_text())
    for row, own in zip(rows, metrics["channels"]["classes"][1:], strict=True):
        told = dict(zip(header, row, strict=True))
        assert int(told["bases"]) == own["support"]
        assert float(told["auprc"]) == own["auprc"]
    header, *rows = page.download("precision-recall-1")
    with (folder / "evaluation/tiny/curves.tsv").open() as file:
        points = [
            (float(point["recall"]), float(point["precision"]))
            for point in csv.DictReader(file, delimiter="\t")
            if (point["level"], point["name"], point["strand"]) == ("channels", "CDS", "-")
        ]
    assert header == ["line", "recall", "precision"]
    told = [(float(r), float(p)) for line, r, p in rows if line == "tiny"]
    assert told == points
    assert page.download("learning")[1:3] == [
        ["tiny, training", "50", "1.5"],
        ["tiny, training", "100", "1.25"],
    ]


def test_every_plot_and_table_has_its_numbers(page: ReportPage) -> None:
    keys = {button.get_attribute("data-get") for button in page.all("button[data-get]")}
    data = page.run("return JSON.parse(document.getElementById('report-data').textContent)")
    assert keys == set(data)
    shown = {each.get_attribute("id") for each in page.all("figure, table.sorted")}
    assert shown | {"verdict"} == keys
    assert all(len(row) == len(each["columns"]) for each in data.values() for row in each["rows"])
    assert page.download("loci")[1] == ["made", "tiny", "c0", "0", "60", "CDS", "+", "FP", "0", "0"]


def test_filters_filter_together(page: ReportPage) -> None:
    def choose(name: str, text: str) -> None:
        script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
        page.run(script, page.all(f'[data-filter="{name}"]')[0], text)

    assert len(page.column("loci", 0)) == 40
    choose("kind", "FN")
    assert set(page.column("loci", 5)) == {"FN"}
    choose("model", "other")
    expected = [each for each in LOCI if (each.kind, each.model) == ("FN", "other")]
    assert len(page.column("loci", 0)) == len(expected) > 5
    assert page.all("#loci-shown")[0].text == f"{len(expected)} of 40"
    page.all('[data-filter="text"]')[0].send_keys("C1:")
    assert set(page.column("loci", 0)) == {
        f"c1:{each.start:,}-{each.end:,}" for each in expected if each.chrom == "c1"
    }
    for name in ("kind", "model", "text"):
        choose(name, "")
    assert len(page.column("loci", 0)) == 40


def test_headings_sort_by_number_and_say_so(page: ReportPage) -> None:
    heading = page.all("#loci thead th")[6]
    (button,) = heading.find_elements("css selector", "button")
    button.send_keys(Keys.ENTER)
    assert heading.get_attribute("aria-sort") == "ascending"
    bases = [int(text) for text in page.column("loci", 6)]
    assert bases == sorted(each.bases for each in LOCI)
    button.send_keys(Keys.SPACE)
    assert heading.get_attribute("aria-sort") == "descending"
    assert [int(text) for text in page.column("loci", 6)] == bases[::-1]
    page.click("#loci thead th:first-child button")
    assert heading.get_attribute("aria-sort") is None
    places = page.column("loci", 0)
    assert places.index("c0:3,000-3,060") < places.index("c0:12,000-12,060")


def test_a_row_moves_the_browser(page: ReportPage) -> None:
    page.all("#loci tbody tr")[7].find_element("css selector", "button").send_keys(Keys.ENTER)
    assert json.loads(page.all("#shown")[0].text) == ["made", "c1", 7_000, 7_060]


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1200, "light")])
def test_report_keeps_nobody_out(page: ReportPage, width: int, scheme: str) -> None:
    page.resize(width, width < 500)
    page.prefer(scheme)
    assert page.violations() == []
    widths = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    whole, seen = page.run(widths)
    assert whole == seen <= width
    ground = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


def test_headings_are_in_order_and_landmarks_are_there(page: ReportPage) -> None:
    levels = [int(each.tag_name[1]) for each in page.all("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert [len(page.all(name)) for name in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    assert not page.all("table th:not([scope])")
    targets = [link.get_attribute("href").partition("#")[2] for link in page.all("nav a, a.skip")]
    assert len(targets) > 5
    assert all(len(page.all(f"#{target}")) == 1 for target in targets)


def test_report_prints_whole(page: ReportPage) -> None:
    page.prefer("light", "print")
    shown = page.run(
        "const style = getComputedStyle(document.querySelector('.tall'));"
        "return [style.overflowX, style.maxHeight,"
        "getComputedStyle(document.querySelector('button.get')).display]"
    )
    page.prefer("light")
    assert shown == ["visible", "none", "none"]


def test_report_can_be_read_without_scripts(page: ReportPage, folder: Path) -> None:
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.open(folder / "report.html")
        assert not any(each.is_displayed() for each in page.all("button.get, .filters"))
        assert page.all(".check")[0].is_displayed()
        assert page.all("#loci tbody tr")[0].is_displayed()
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_colours_are_those_of_tracks(page: ReportPage) -> None:
    script = "return getComputedStyle(document.querySelector(arguments[0])).stroke"
    for number in (0, 1):
        line = f"#precision-recall-0 .line.c{number}"
        assert page.run(script, line) == "rgb({}, {}, {})".format(*OKABE_ITO[number])


def test_titles_and_notes_stay_text(chromium: ReportPage, folder: Path) -> None:
    chromium.requests()
    out = folder / "titled.html"
    for name in NAMES:
        write_page(out, Results(), name, name)
        chromium.open(out)
        told = chromium.run(
            "return [window.harmed, document.querySelector('h1').textContent,"
            "document.querySelector('.note').textContent, document.title.length > 0]"
        )
        assert told == [None, name, name, True]
    assert all(each.startswith(("file:", "data:,")) for each in chromium.requests())


def test_names_stay_text(chromium: ReportPage, folder: Path) -> None:
    """Of contigs, genomes, models, classes, files and sources, all of them hostile, on one page."""
    kinds = ("models/tiny", "evaluation/tiny", "genes/made/tiny", "tracks/made/tiny", "stores/made")
    found = read_results([folder / kind for kind in kinds])
    file = found.tracks[0].files[0]
    listed = [replace(file, path=name, name=name) for name in NAMES]
    results = Results(
        tuple(replace(found.models[0], name=name) for name in NAMES),
        tuple(replace(found.stores[0], name=name, sources={name: name}) for name in NAMES[:3]),
        tuple(
            replace(found.tracks[0], genome=name, model=name, files=(each,))
            for name, each in zip(NAMES, listed, strict=True)
        ),
        tuple(replace(found.genes[0], genome=name, model=name) for name in NAMES),
    )  # fmt: skip
    loci = [
        locus(n, genome=name, model=name, chrom=name, name=name) for n, name in enumerate(NAMES)
    ]
    out = folder / "hostile.html"
    write_page(out, results, "A run", "", loci, BROWSER)
    chromium.requests()
    chromium.open(out)
    told = chromium.run(
        "const sent = []; window.genoseqBrowser.go = (...words) => sent.push(words);"
        "for (const button of document.querySelectorAll('button.go, button.sort')) button.click();"
        "const texts = (name) => [...document.querySelectorAll(name)].map((e) => e.textContent);"
        "return [sent, texts('#models tbody th'), texts('.tracks tbody th'), texts('#called h3')]"
    )
    assert sorted(tuple(words[:2]) for words in told[0]) == sorted((name, name) for name in NAMES)
    assert sorted(told[1]) == sorted(NAMES)
    assert told[2] == [*NAMES]
    assert told[3] == [f"{name} by {name}" for name in NAMES[: len(told[3])]]
    assert len(told[3]) > 20
    assert sorted(row[0] for row in chromium.download("loci")[1:]) == sorted(NAMES)
    links = chromium.run("return [...document.links].map((link) => link.protocol)")
    assert set(links) == {"file:"}
    assert chromium.run("return [window.harmed, document.scripts.length]") == [None, 3]
    assert all(each.startswith(("file:", "data:,", "blob:")) for each in chromium.requests())
