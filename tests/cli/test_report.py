"""genoseq report: a browser in the page, what lies beside it, and the server."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from browsed_run import browsed_run
from command import Genoseq, ended_by_ctrl_c

from genoseq.errors import ConfigError
from genoseq.report.page import write_browsable
from genoseq.report.results import Results

PLENTY = 15_000_000


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return browsed_run(tmp_path_factory.mktemp("run")).results


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_report_has_files_beside_it_where_they_are_needed(results: Results, tmp_path: Path) -> None:
    out = tmp_path / "mine.html"
    write_browsable(out, results, "A run", largest=PLENTY)
    assert names(tmp_path) == {"mine.html"}
    little = out.stat().st_size - 20_000
    write_browsable(out, results, "A run", largest=little)
    assert out.stat().st_size <= little
    assert names(tmp_path) == {"mine.html", "mine_files"}
    assert '"files":"mine_files/0"' in out.read_text()
    assert (tmp_path / "mine_files/0/index.json").is_file()
    write_browsable(out, results, "A run", largest=PLENTY)
    assert out.stat().st_size > little
    assert names(tmp_path) == {"mine.html"}


def test_report_replaces_no_folder_that_is_not_its_own(results: Results, tmp_path: Path) -> None:
    kept = tmp_path / "report_files" / "thesis.txt"
    kept.parent.mkdir()
    kept.write_text("years of work")
    with pytest.raises(ConfigError, match=r"holds thesis\.txt"):
        write_browsable(tmp_path / "report.html", results, "A run")
    assert names(tmp_path) == {"report_files"}
    assert kept.read_text() == "years of work"


def test_report_errors_are_one_line(tmp_path: Path, genoseq: Genoseq) -> None:
    page = tmp_path / "report.html"
    page.write_text("x")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for words, message in (
            (("report",), "give folders of results and -o PAGE.html, or a report to --serve"),
            (("report", tmp_path), "give folders of results and -o PAGE.html"),
            (("report", "--serve", tmp_path / "no"), "no such folder or page to serve"),
            (("report", "--serve", page, "-o", page), "--serve writes nothing"),
            (("report", "--serve", page, "--port", port), "address already in use"),
        ):
            found = genoseq(*words)
            assert found.returncode == 1
            assert found.stderr.count("\n") == 1, found.stderr
            assert message in found.stderr


def test_report_serve_says_one_line_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("x")
    words = [sys.executable, "-m", "genoseq", "report", "--serve", str(tmp_path)]
    line, run = ended_by_ctrl_c(words)
    assert line.startswith(f"serving {tmp_path} at http://127.0.0.1:")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_report_without_igv_says_what_to_install(results: Results, tmp_path: Path) -> None:
    code = (
        "from genoseq.report import igv_bundle; igv_bundle._PACKAGE = 'not_installed'\n"
        "from genoseq.cli.app import main; main()"
    )
    page = tmp_path / "report.html"
    given = [str(results.stores[0].path), *(str(each.path) for each in results.tracks)]
    words = [sys.executable, "-c", code, "report", *given, "-o", str(page)]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "report: the browser of tracks needs igv.js, which is not installed" in found.stderr
    assert "pip install 'genoseq[report]'" in found.stderr
    assert "pip install &#39;genoseq[report]&#39;" in page.read_text()
    assert "genoseq-browser-view" not in page.read_text()
