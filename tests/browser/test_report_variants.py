"""Variants in a report, in Chromium: filters, the browser at a variant, names that are text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from browsed_page import opened
from browsed_run import FIRST, SECOND, browsed_run
from hostile import NAMES
from report_page import ReportPage, open_chromium
from scored_vcf import scored, write_scored

from genoseq.report.page import write_browsable
from genoseq.report.results import read_results

AMOUNTS = {150: 0.2, 900: 0.7, 2_600: 0.05, 30_000: 0.4}


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportPage]:
    with open_chromium(tmp_path_factory.mktemp("chromium")) as page:
        yield page


@pytest.fixture(scope="module")
def page(chromium: ReportPage, tmp_path_factory: pytest.TempPathFactory) -> ReportPage:
    """Two contigs that are in the page but for the middle of the first, and six variants."""
    folder = tmp_path_factory.mktemp("variants")
    run = browsed_run(folder)
    lines = [
        scored(FIRST, pos, amount, extra=";GS_GENE=abc|+" if pos == 900 else "")
        for pos, amount in AMOUNTS.items()
    ]
    lines += [
        f"{SECOND}\t7\trs1\tA\t<DEL>\t.\t.\tGS_REASON=SYMBOLIC",
        f"strange\t7\trs2\tG\t{NAMES[0]},A\t.\t.\tGS_REASON=SYMBOLIC,UNKNOWN_CONTIG",
    ]
    found = read_results([write_scored(folder, lines)]).variants
    out = folder / "report.html"
    write_browsable(out, replace(run.results, variants=found), "Variants")
    return opened(chromium, out.as_uri())


def choose(page: ReportPage, name: str, text: str) -> None:
    script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    page.run(script, page.all(f'#changes [data-filter="{name}"]')[0], text)


def test_variants_are_listed_the_largest_first_and_filtered(page: ReportPage) -> None:
    assert [float(text) for text in page.column("variants", 8)[:4]] == [0.7, 0.4, 0.2, 0.05]
    assert page.column("variants", 11)[4:] == ["SYMBOLIC", "SYMBOLIC", "UNKNOWN_CONTIG"]
    loci = len(page.column("loci", 0))
    choose(page, "reason", "SYMBOLIC")
    assert page.column("variants", 1) == ["rs1", "rs2"]
    assert page.all("#variants-shown")[0].text == "2 of 7"
    choose(page, "reason", "")
    choose(page, "text", "ABC")
    assert page.column("variants", 0) == [f"{FIRST}:899-900"]
    assert len(page.column("loci", 0)) == loci  # filters of one table leave the other
    choose(page, "text", "")
    assert page.column("variant-counts", 5) == ["SYMBOLIC 2, UNKNOWN_CONTIG 1"]
    rows = page.download("variants")
    assert rows[0][:5] == ["genome", "model", "chrom", "start", "end"]
    assert rows[1][2:8] == [FIRST, "899", "900", "", "A", "T"]
    assert rows[6][7] == NAMES[0]
    assert page.run("return window.harmed") is None


def test_a_variant_moves_the_browser(page: ReportPage) -> None:
    page.run("document.querySelector(`#variants tr[data-start='29999'] button.go`).click()")
    place = page.driver.execute_async_script(
        "const done = arguments[0]; genoseqBrowser.idle().then(() => {"
        "const frame = genoseqBrowser.igv().referenceFrameList[0];"
        "done([Math.round(frame.start), Math.round(frame.end)]); })"
    )
    assert place[0] < 29_999 < place[1]
    assert place[1] - place[0] < 1_000
    page.run("document.querySelector(`#variants tr[data-chrom='strange'] button.go`).click()")
    said = page.driver.execute_async_script(
        "const done = arguments[0]; genoseqBrowser.idle().catch(() => {}).then(() => "
        "done(document.querySelector('.genoseq-browser-note').textContent))"
    )
    assert "no contig strange in made" in said


def test_variants_keep_nobody_out(page: ReportPage) -> None:
    assert page.violations() == []
