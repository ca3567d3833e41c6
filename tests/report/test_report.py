"""The report, from real bundles, stores and tracks of a made-up run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from run_folders import (
    LENGTH,
    SCHEME,
    SETTINGS,
    make_bundle,
    make_evaluation,
    make_genes,
    make_store,
    make_tracks,
)

from genoseq.config.encoders import TransformerSettings
from genoseq.errors import InputFormatError
from genoseq.genome.schemes import signal_scheme
from genoseq.metrics.language import LanguageMetrics
from genoseq.metrics.per_base import build_metrics
from genoseq.models.build import build_model
from genoseq.report.page import write_page, write_report
from genoseq.report.results import read_results
from genoseq.store.leaks import store_leaks
from genoseq.tasks.per_base import PerBase


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    return [make(tmp_path) for make in (make_bundle, make_evaluation, make_store, make_tracks)]


def page_of(folders: list[Path], tmp_path: Path, title: str = "A title", note: str = "") -> str:
    write_page(tmp_path / "report.html", read_results(folders), title, note)
    return (tmp_path / "report.html").read_text()


def test_report_shows_metrics_that_evaluate_wrote(folders: list[Path], tmp_path: Path) -> None:
    page = page_of(folders, tmp_path)
    rows = re.findall(r"<tr><td>(CDS\.\w+)</td>(.*?)</tr>", page)
    assert [label for label, _ in rows] == ["CDS.plus", "CDS.minus"]
    assert all(cells.count(">1.0000<") == 5 for _, cells in rows)
    assert "macro F1 1.0000" in page


def test_report_is_one_file_without_links_to_elsewhere(folders: list[Path], tmp_path: Path) -> None:
    page = page_of(folders, tmp_path)
    assert page.count("data:image/svg+xml;base64,") == 2
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    outside = [link for link in links if not link.startswith("data:")]
    assert "tracks/made/tiny/CDS.plus.bw" in outside
    assert all((tmp_path / link).is_file() for link in outside)


def test_report_tells_of_called_genes(folders: list[Path], tmp_path: Path) -> None:
    genes = make_genes(tmp_path)
    found = write_report([*folders, genes], tmp_path / "with genes.html")
    assert str(found).endswith("1 folder of tracks, 1 of genes")
    page = (tmp_path / "with genes.html").read_text()
    for text in ("1,204, of which 3 are cut off", "87.1%", "AGGAGG, at 75%", "made by tiny"):
        assert text in page
    assert 'href="genes/made/tiny/proteins.faa"' in page
    assert page.count('class="bar"') == 2


def test_report_escapes_what_people_write(folders: list[Path], tmp_path: Path) -> None:
    page = page_of(folders, tmp_path, title="<b>", note="labels & more")
    assert "<h1>&lt;b&gt;</h1>" in page
    assert "labels &amp; more" in page


def test_report_run_card_names_seed_data_and_versions(folders: list[Path], tmp_path: Path) -> None:
    page = page_of(folders, tmp_path)
    for fact in ("1,000 steps, seed 7", "made (000000000000)", torch.__version__, "48 bp"):
        assert fact in page


def test_report_shows_models_side_by_side(folders: list[Path], tmp_path: Path) -> None:
    encoder = TransformerSettings(layers=1, width=8, heads=2, window=6, registers=3)
    settings = SETTINGS.model_copy(update={"encoder": encoder, "tied_strands": True})
    folders += [make_bundle(tmp_path, "other", settings), make_evaluation(tmp_path, "other")]
    page = page_of(folders, tmp_path)
    table = re.search(r'<table class="comparison">(.*?)</table>', page, re.DOTALL)
    assert table
    header, *rows = (re.findall(r">([^<]+)</t[hd]>", row) for row in table[1].split("</tr>")[:-1])
    assert header[:5] == ["model", "encoder", "weights", "steps", "valid loss"]
    assert header[5:] == ["macro F1", "F1 CDS.plus", "F1 CDS.minus"]
    models = [build_model(each, PerBase(SCHEME)) for each in (SETTINGS, settings)]
    weights = [f"{sum(w.numel() for w in model.parameters()):,}" for model in models]
    seen = "transformer, 1 x 8, 2 heads, 6 tokens on either side, 3 registers"
    assert rows == [
        ["tiny", "bidirectional lstm, 1 x 2", weights[0], "1,000", "-", *3 * ["1.0000"]],
        ["other", seen, weights[1], "1,000", "-", *3 * ["1.0000"]],
    ]
    assert page.count("data:image/svg+xml;base64,") == 2
    assert re.findall(r"<th>strands</th><td>(.*?)</td>", page) == ["averaged at scoring", "tied"]


def test_report_without_the_weights_says_which_are_missing(
    folders: list[Path], tmp_path: Path
) -> None:
    (folders[0] / "model.safetensors").unlink()
    with pytest.raises(InputFormatError, match=r"tiny/model.safetensors: no weights of a model"):
        page_of(folders, tmp_path)


def test_report_is_the_same_bytes_each_time(folders: list[Path], tmp_path: Path) -> None:
    assert page_of(folders, tmp_path) == page_of(folders, tmp_path)


def test_report_of_signals_has_correlations(tmp_path: Path) -> None:
    folders = [make_bundle(tmp_path), make_evaluation(tmp_path)]
    metrics = build_metrics(signal_scheme([("reads", ".")]))
    truth = torch.arange(LENGTH).float()[None, :, None]
    metrics.update(truth, truth)
    (folders[1] / "metrics.json").write_text(json.dumps(metrics.compute()))
    (folders[1] / "curves.tsv").unlink()
    page = page_of(folders, tmp_path)
    assert "<td>reads.both</td>" in page
    assert "spearman" in page
    assert page.count("data:image/svg+xml;base64,") == 1


def test_store_leaks_are_all_or_nothing(tmp_path: Path) -> None:
    from genoseq.store.store import open_store

    apart = store_leaks([open_store(make_store(tmp_path))])
    same = store_leaks([open_store(make_store(tmp_path, "same", shared=True))])
    assert [leak.shared for leak in apart] == [0]
    assert [(leak.shared, leak.total) for leak in same] == [(LENGTH - 30, LENGTH - 30)]


def test_store_leaks_cross_genomes(tmp_path: Path) -> None:
    from genoseq.store.store import open_store

    stores = [open_store(make_store(tmp_path, name)) for name in ("one", "two")]
    assert [leak.shared for leak in store_leaks(stores)] == [0]
    assert store_leaks(stores)[0].total == LENGTH - 30


def test_report_loads_no_torch() -> None:
    code = "import sys, genoseq.report.page; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_report_of_a_language_model_beside_classes(folders: list[Path], tmp_path: Path) -> None:
    folders += [make_bundle(tmp_path, "told"), make_evaluation(tmp_path, "told")]
    metrics = LanguageMetrics()
    metrics.update(torch.tensor([[1.5, 0, 1, 0], [2, 0, 0, 0]]), torch.zeros(2))
    told = {"split": "test", "stores": {}, "genomes": {}, **metrics.compute()}
    (folders[-1] / "metrics.json").write_text(json.dumps(told))
    (folders[-1] / "curves.tsv").unlink()
    page = page_of(folders, tmp_path)
    table = re.search(r'<table class="comparison">(.*?)</table>', page, re.DOTALL)
    assert table
    header, *rows = (re.findall(r">([^<]+)</t[hd]>", row) for row in table[1].split("</tr>")[:-1])
    assert header[5:] == ["macro F1", "F1 CDS.plus", "F1 CDS.minus", "bits per base all bases"]
    assert rows[0][5:] == ["1.0000", "1.0000", "1.0000", "-"]
    assert rows[1][5:] == ["-", "-", "-", "1.7500"]
    (cells,) = re.findall(r"<tr><td>all bases</td>(.*?)</tr>", page)
    assert re.findall(r">([^<]+)</td>", cells) == ["2", "1.7500", "3.3636", "0.5000"]
