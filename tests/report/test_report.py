"""The report, from real bundles, stores and tracks of a made-up run."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
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
from written_page import write_page

from genoseq.config.encoders import TransformerSettings
from genoseq.errors import InputFormatError
from genoseq.extraction.shard_folder import write_shards
from genoseq.genome.schemes import signal_scheme, unstranded_scheme
from genoseq.metrics.language import LanguageMetrics
from genoseq.metrics.per_base import build_metrics
from genoseq.models.build import build_model
from genoseq.report.page import write_report
from genoseq.report.results import read_results
from genoseq.report.tables import stores_table
from genoseq.store.leaks import store_leaks
from genoseq.store.store import open_store
from genoseq.tasks.per_base import PerBase


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    return [make(tmp_path) for make in (make_bundle, make_evaluation, make_store, make_tracks)]


def page_of(folders: list[Path], tmp_path: Path, title: str = "A title", note: str = "") -> str:
    write_page(tmp_path / "report.html", read_results(folders), title, note)
    return (tmp_path / "report.html").read_text()


def cells_of(page: str, key: str) -> list[list[str]]:
    """Text of a table's cells, by row."""
    table = re.search(rf'<table id="{key}".*?</table>', page, re.DOTALL)
    assert table, key
    rows = re.findall(r"<tr.*?</tr>", table[0], re.DOTALL)
    return [
        [
            html.unescape(re.sub("<[^>]*>", "", cell)).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def data_of(page: str) -> dict[str, Any]:
    """The numbers that buttons download."""
    found = re.search(r'<script type="application/json" id="report-data">(.*?)</script>', page)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_report_shows_metrics_that_evaluate_wrote(folders: list[Path], tmp_path: Path) -> None:
    page = page_of(folders, tmp_path)
    header, *rows = cells_of(page, "metrics-0")
    assert header[:4] == ["class", "bases", "base rate", "precision"]
    assert [row[0] for row in rows] == ["CDS.plus", "CDS.minus"]
    assert rows[0][1:3] == ["150", "0.3750"]
    assert header[3:] == ["precision", "recall", "F1", "MCC", "AUPRC", *header[8:]]
    assert header[8:] == ["lift", "best F1", "threshold", "top-k"]
    assert all(row[3:8] == 5 * ["1.0000"] for row in rows)
    assert rows[0][8:10] == [f"{400 / 150:.4f}", "1.0000"]
    assert "tiny: macro F1 1.0000" in page


def test_report_is_one_file_without_links_to_elsewhere(folders: list[Path], tmp_path: Path) -> None:
    page = page_of(folders, tmp_path)
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    outside = [link for link in links if not link.startswith(("data:", "#"))]
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
    data = data_of(page)
    assert data["gene-starts-0"]["rows"] == [["ATG", 1_000], ["TTG", 204]]
    assert data["gene-motif-0"]["rows"][0] == [1, 0.7, 0.1, 0.1, 0.1]
    lengths = {name: count for name, count in data["gene-lengths-0"]["rows"] if count}
    assert lengths == {"<120": 1, "<450": 1}
    assert data["gene-confidence-0"]["rows"] == [["0.8-0.9", 204], ["0.9-1.0", 1_000]]


def test_report_escapes_what_people_write(folders: list[Path], tmp_path: Path) -> None:
    page = page_of(folders, tmp_path, title="<b>", note="labels & more")
    assert "<h1>&lt;b&gt;</h1>" in page
    assert "<title>&lt;b&gt;</title>" in page
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
    header, *rows = cells_of(page, "models")
    assert header[:5] == ["model", "encoder", "weights", "steps", "valid loss"]
    assert header[5:] == ["macro F1", "F1 CDS.plus", "F1 CDS.minus"]
    models = [build_model(each, PerBase(SCHEME)) for each in (SETTINGS, settings)]
    weights = [f"{sum(w.numel() for w in model.parameters()):,}" for model in models]
    seen = "transformer, 1 x 8, 2 heads, 6 tokens on either side, 3 registers"
    assert rows == [
        ["tiny", "bidirectional lstm, 1 x 2", weights[0], "1,000", "-", *3 * ["1.0000"]],
        ["other", seen, weights[1], "1,000", "-", *3 * ["1.0000"]],
    ]
    assert re.findall(r"<dt>strands</dt><dd>(.*?)</dd>", page) == ["averaged at scoring", "tied"]
    lines = {row[0] for row in data_of(page)["precision-recall-0"]["rows"]}
    assert lines == {"tiny", "other", "base rate 0.375"}


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
    header, row = cells_of(page, "metrics-0")
    assert header == ["signal", "bases", "pearson", "pearson log1p", "spearman", "MSE"]
    assert row[:5] == ["reads.both", "400", "1.0000", "1.0000", "1.0000"]
    assert "precision-recall-0" not in data_of(page)
    assert "it is of classes, and this model was measured by signal" in page
    assert "by-bin-0" not in data_of(page)


def test_report_of_signals_has_bins_ceilings_and_points(tmp_path: Path) -> None:
    folders = [make_bundle(tmp_path), make_evaluation(tmp_path)]
    metrics = build_metrics(signal_scheme([("reads", ".")]))
    truth = torch.arange(LENGTH).float()[None, :, None]
    metrics.update(truth, truth)
    row = {"contig": "*", "signal": "reads.both", "bins": 40, "pearson": 0.5, "low": 0.4}
    row |= {"high": 0.6, "pearson_log1p": 0.7, "spearman": None, "replicates": 0.8}
    rows = [
        row | {"genome": genome, "bin": size, "ceiling": 0.9 if genome == "*" else None}
        for genome in ("*", "a", "b")
        for size in (1, 100)
    ]
    both = row | {"genome": "a", "genes": 7, "regions": 9, "pearson": 0.25, "inside": 0.125}
    genomes = {name: {"bases": 9, "bin": 1, "pearson": 0.5} for name in "ab"}
    found = {"by_bin": rows, "by_gene": [both], "by_region": [both], "genomes": genomes}
    found |= metrics.compute()
    (folders[1] / "metrics.json").write_text(json.dumps(found))
    points = ["genome\tsignal\tbin\tpredicted\tmeasured\n"]
    points += [f"{genome}\treads.both\t100\t{n}\t{n + 1}\n" for genome in "ab" for n in range(9)]
    (folders[1] / "scatter.tsv").write_text("".join(points))
    page = page_of(folders, tmp_path)
    header, *told = cells_of(page, "bins")
    assert header[-2:] == ["replicates", "ceiling"]
    assert (len(told), told[0][5]) == (6, "0.5000 (0.400 to 0.600)")
    assert cells_of(page, "by-region")[1][3:] == ["9", "0.2500", "0.7000", "-", "0.1250"]
    assert cells_of(page, "by-gene")[1][3:5] == ["7", "0.2500"]
    assert cells_of(page, "tested")[0][2] == "Pearson r tiny"
    data = data_of(page)
    assert [row[:3] for row in data["by-bin-0"]["rows"]] == [["tiny", 1, 0.5], ["tiny", 100, 0.5]]
    assert len(data["scatter-0-0"]["rows"]) == 18
    assert "ceiling of replicates" in page


def test_store_leaks_are_all_or_nothing(tmp_path: Path) -> None:
    apart = store_leaks([open_store(make_store(tmp_path))])
    same = store_leaks([open_store(make_store(tmp_path, "same", shared=True))])
    assert [leak.shared for leak in apart] == [0]
    assert [(leak.shared, leak.total) for leak in same] == [(LENGTH - 30, LENGTH - 30)]


def test_store_leaks_cross_genomes(tmp_path: Path) -> None:
    stores = [open_store(make_store(tmp_path, name)) for name in ("one", "two")]
    assert [leak.shared for leak in store_leaks(stores)] == [0]
    assert store_leaks(stores)[0].total == LENGTH - 30


def test_stores_table_names_files_and_no_folders(tmp_path: Path) -> None:
    sources = {"fasta": {"path": "/home/someone/secret/a.fa", "sha256": "0123456789abcdef"}}
    store = replace(open_store(make_store(tmp_path)), sources=sources)
    assert stores_table([store]).rows[0][-1] == "fasta: a.fa, sha256 0123456789ab"


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
    header, *rows = cells_of(page, "models")
    assert header[5:] == ["macro F1", "F1 CDS.plus", "F1 CDS.minus", "bits per base all bases"]
    assert rows[0][5:] == ["1.0000", "1.0000", "1.0000", "-"]
    assert rows[1][5:] == ["-", "-", "-", "1.7500"]
    assert cells_of(page, "metrics-1")[1] == ["all bases", "2", "1.7500", "3.3636", "0.5000"]


def test_report_of_scored_genomes_says_how_far_they_are(
    folders: list[Path], tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    genome = tmp_path / "other.fa"
    genome.write_text(">x\n" + "".join(rng.choice([*"GCGCN"], 5_000)) + "\n")
    write_shards(genome, tmp_path / "shards/other", 1)
    page = page_of([*folders, tmp_path / "shards/other"], tmp_path)
    rows = {row[0]: row for row in cells_of(page, "bases")[1:]}
    assert rows["other"][1:4] == ["whole", "5,000", "1.0000"]
    assert 0.18 < float(rows["other"][4]) < 0.22
    verdict = {(row[1], row[2]): row[0] for row in data_of(page)["verdict"]["rows"]}
    assert verdict["Drift from training", "other"] == "fail"
    assert verdict["Share of N", "other"] == "warn"


def test_report_has_baselines_beside_models(folders: list[Path], tmp_path: Path) -> None:
    (folders[1] / "baselines.tsv").write_text(
        "name\tclass\tprecision\trecall\tf1\tmcc\tauprc\tfair\tnote\n"
        "k-mers\tnone.both\t.\t.\t.\t.\t.\tyes\torder 5\n"
        "k-mers\tCDS.plus\t0.5\t0.5\t0.25\t0.1\t0.4\tyes\torder 5\n"
        "k-mers\tCDS.minus\t0.5\t0.5\t0.75\t0.1\t.\tyes\torder 5\n"
        "prodigal\tCDS.plus\t1\t1\t1\t1\t1\tno\tthe labels seem to be its own\n"
        "majority\t.\t.\t.\t.\t.\t.\t.\tnot measured: no label\n"
    )
    page = page_of(folders, tmp_path)
    rows = {row[0]: row for row in cells_of(page, "models")[1:]}
    assert rows["k-mers"][1] == "baseline; order 5"
    assert rows["k-mers"][-2:] == ["0.2500", "0.7500"]
    assert rows["prodigal"][-2:] == ["1.0000", "-"]
    assert "not measured: no label" in rows["majority"][1]
    (found,) = (
        row for row in data_of(page)["verdict"]["rows"] if row[1] == "Better than baselines"
    )
    assert found[0] == "pass"
    assert found[3] == pytest.approx(0.25)


def test_report_shows_confusion_of_many_classes_as_pairs(
    folders: list[Path], tmp_path: Path
) -> None:
    scheme = unstranded_scheme([f"class{number}" for number in range(20)])
    metrics = build_metrics(scheme)
    labels = torch.arange(420)[None] % 21
    wrong = torch.where(labels == 3, 4, labels)
    metrics.update(torch.nn.functional.one_hot(wrong, 21).float(), labels)
    (folders[1] / "metrics.json").write_text(json.dumps(metrics.compute()))
    page = page_of(folders, tmp_path)
    header, *rows = cells_of(page, "confusion-0")
    assert header == ["true", "called", "bases"]
    assert rows[0] == ["class2", "class3", "20"]
    assert len(rows) == 30
    assert len(data_of(page)["confusion-0"]["rows"]) == 21 * 21
    assert "class2: never called" in page
