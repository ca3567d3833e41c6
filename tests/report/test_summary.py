"""The summary page, from real bundles, stores and tracks of a made-up run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from genoseq.config.base import parse_settings
from genoseq.config.encoders import TransformerSettings
from genoseq.config.schema import ModelSettings
from genoseq.errors import InputFormatError
from genoseq.files.provenance import file_sha256, make_record, write_record
from genoseq.genome.regions import Region
from genoseq.genome.schemes import cds_phase_scheme, signal_scheme
from genoseq.genome.tracks import Track
from genoseq.metrics.per_base import build_metrics
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.report.results import read_learning_curve, read_precision_recall, read_results
from genoseq.report.summary import write_summary
from genoseq.store.leaks import store_leaks
from genoseq.store.write import write_store
from genoseq.tasks.per_base import PerBase
from genoseq.writers.outputs import write_tracks

SCHEME = cds_phase_scheme()
SETTINGS = parse_settings(
    ModelSettings, {"embedding": 2, "stem": {"width": 2}, "encoder": {"width": 2}}
)
LENGTH = 400


def make_bundle(folder: Path, name: str = "tiny", settings: ModelSettings = SETTINGS) -> Path:
    model = build_model(settings, PerBase(SCHEME))
    origin = make_record("train", {}, {"made": {"ids.bin": "0" * 64}}, seed=7, steps=1000)
    bundle = Bundle(model, settings, PerBase(SCHEME), 48, provenance=origin)
    save_bundle(folder / "models" / name, bundle)
    logs = folder / "models" / f"{name}.state" / "logs"
    logs.mkdir(parents=True)
    (logs / "metrics.csv").write_text(
        "step,train_loss,learning_rate,valid_loss,macro_f1\n"
        "50,1.5,0.001,,\n100,1.25,0.002,1.0,nan\n"
    )
    return folder / "models" / name


def weights_of(folder: Path, name: str = "tiny") -> dict[str, str]:
    """The weights of a bundle, as records of what was made with it have them."""
    return {"model.safetensors": file_sha256(folder / "models" / name / "model.safetensors")}


def make_evaluation(folder: Path, name: str = "tiny", model: str = "") -> Path:
    path = folder / "evaluation" / name
    path.mkdir(parents=True)
    write_record(path, make_record("evaluate", {}, {"model": weights_of(folder, model or name)}))
    metrics = build_metrics(SCHEME)
    labels = torch.arange(LENGTH)[None] // 50 % 7
    logits = torch.nn.functional.one_hot(labels, 7).float() * 10
    metrics.update(logits.softmax(-1), labels)
    (path / "metrics.json").write_text(json.dumps(metrics.compute()))
    rows = [["" if cell is None else str(cell) for cell in point] for point in metrics.curves()]
    header = ["level", "name", "strand", "phase", "threshold", "precision", "recall"]
    text = "".join("\t".join(row) + "\n" for row in [header, *rows])
    (path / "curves.tsv").write_text(text)
    return path


def make_store(folder: Path, name: str = "made", shared: bool = False) -> Path:
    codes = np.random.default_rng(3).integers(0, 4, 2 * LENGTH).astype(np.uint8)
    halves = (codes[:LENGTH], codes[:LENGTH] if shared else codes[LENGTH:])
    pieces = [
        (Region("c", place * LENGTH, (place + 1) * LENGTH), split, np.zeros(LENGTH, np.uint8))
        for place, split in enumerate(("train", "test"))
    ]
    path = folder / "stores" / name
    write_store(path, name, SCHEME, [("c", halves)], pieces, {"fasta": "made.fa"})
    return path


def make_tracks(folder: Path, name: str = "tiny", model: str = "tiny") -> Path:
    values = np.full((LENGTH, 2), 0.25, np.float32)
    path = folder / "tracks" / "made" / name
    tracks = [Track("c", 0, values, SCHEME.channels)]
    record = make_record("score", {}, {"model": weights_of(folder, model)})
    lengths, formats = {"c": LENGTH}, ("bigwig", "bed")
    write_tracks(tracks, lengths, SCHEME.channels, "classes", path, formats, record=record)
    return path


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    return [make(tmp_path) for make in (make_bundle, make_evaluation, make_store, make_tracks)]


def page_of(folders: list[Path], tmp_path: Path, title: str = "A title", note: str = "") -> str:
    write_summary(tmp_path / "summary.html", read_results(folders), title, note)
    return (tmp_path / "summary.html").read_text()


def test_summary_shows_metrics_that_evaluate_wrote(folders: list[Path], tmp_path: Path) -> None:
    page = page_of(folders, tmp_path)
    rows = re.findall(r"<tr><td>(CDS\.\w+)</td>(.*?)</tr>", page)
    assert [label for label, _ in rows] == ["CDS.plus", "CDS.minus"]
    assert all(cells.count(">1.0000<") == 5 for _, cells in rows)
    assert "macro F1 1.0000" in page


def test_summary_is_one_file_without_links_to_elsewhere(
    folders: list[Path], tmp_path: Path
) -> None:
    page = page_of(folders, tmp_path)
    assert page.count("data:image/svg+xml;base64,") == 2
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    outside = [link for link in links if not link.startswith("data:")]
    assert "tracks/made/tiny/CDS.plus.bw" in outside
    assert all((tmp_path / link).is_file() for link in outside)


def test_summary_escapes_what_people_write(folders: list[Path], tmp_path: Path) -> None:
    page = page_of(folders, tmp_path, title="<b>", note="labels & more")
    assert "<h1>&lt;b&gt;</h1>" in page
    assert "labels &amp; more" in page


def test_summary_run_card_names_seed_data_and_versions(folders: list[Path], tmp_path: Path) -> None:
    page = page_of(folders, tmp_path)
    for fact in ("1,000 steps, seed 7", "made (000000000000)", torch.__version__, "48 bp"):
        assert fact in page


def test_summary_shows_models_side_by_side(folders: list[Path], tmp_path: Path) -> None:
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


def test_summary_without_the_weights_says_which_are_missing(
    folders: list[Path], tmp_path: Path
) -> None:
    (folders[0] / "model.safetensors").unlink()
    with pytest.raises(InputFormatError, match=r"tiny/model.safetensors: no weights of a model"):
        page_of(folders, tmp_path)


def test_summary_is_the_same_bytes_each_time(folders: list[Path], tmp_path: Path) -> None:
    assert page_of(folders, tmp_path) == page_of(folders, tmp_path)


def test_summary_of_signals_has_correlations(tmp_path: Path) -> None:
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


def test_read_results_refuses_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"no folder of results: it has none of manifest"):
        read_results([tmp_path])


def test_read_results_wants_bundle_and_evaluation(tmp_path: Path) -> None:
    with pytest.raises(InputFormatError, match=r"model 'tiny': give its bundle and its evaluation"):
        read_results([make_bundle(tmp_path)])


def test_read_results_pairs_by_weights_whatever_folders_are_called(tmp_path: Path) -> None:
    bundles = [make_bundle(tmp_path, name) for name in ("one", "two")]  # of other random weights
    evaluations = [make_evaluation(tmp_path, f"x{name}", name) for name in ("two", "one")]
    tracks = [make_tracks(tmp_path, f"y{name}", name) for name in ("two", "one")]
    found = read_results([*bundles, *evaluations, *tracks])
    assert [model.name for model in found.models] == ["one", "two"]
    assert [each.model for each in found.tracks] == ["two", "one"]


def test_read_results_pairs_equal_models_by_their_names(tmp_path: Path) -> None:
    first = make_bundle(tmp_path, "one")
    shutil.copytree(first, second := tmp_path / "models/two")
    evaluations = [make_evaluation(tmp_path, name) for name in ("two", "one")]
    (evaluations[0] / "curves.tsv").unlink()
    found = read_results([first, second, *evaluations])
    assert [bool(model.precision_recall) for model in found.models] == [True, False]


def test_read_results_names_models_of_one_folder_name_by_their_paths(tmp_path: Path) -> None:
    roots = (tmp_path / "a", tmp_path / "b")
    folders = [make(root) for root in roots for make in (make_bundle, make_evaluation)]
    found = read_results(folders)
    assert [model.name for model in found.models] == [str(root / "models/tiny") for root in roots]


@pytest.mark.parametrize("kind", ["evaluation", "tracks"])
def test_read_results_says_what_was_made_with_older_weights(tmp_path: Path, kind: str) -> None:
    folders = [make(tmp_path) for make in (make_bundle, make_evaluation, make_tracks)]
    stale = folders[1] if kind == "evaluation" else folders[2]
    kept = (stale / "provenance.json").read_bytes()
    shutil.rmtree(folders[0])
    shutil.rmtree(tmp_path / "models/tiny.state")
    make_bundle(tmp_path)
    for folder in folders[1:]:
        record = make_record("any", {}, {"model": weights_of(tmp_path)})
        write_record(folder, record)
    (stale / "provenance.json").write_bytes(kept)
    message = rf"{stale}: stale, made with a model of weights \w{{12}}, but .*models/tiny has "
    with pytest.raises(
        InputFormatError, match=message + r"weights \w{12} now: .*genoseq run --for"
    ):
        read_results(folders)


def test_read_results_refuses_results_of_a_model_that_is_not_given(tmp_path: Path) -> None:
    folders = [make_bundle(tmp_path), make_evaluation(tmp_path)]
    make_bundle(tmp_path, "other")
    for odd in (make_evaluation(tmp_path, "other"), make_tracks(tmp_path, "other", "other")):
        with pytest.raises(InputFormatError, match=rf"{odd}: .* which is none of the models here"):
            read_results([*folders, odd])


def test_read_results_refuses_two_evaluations_of_a_model(tmp_path: Path) -> None:
    folders = [make_bundle(tmp_path), *(make_evaluation(tmp_path, n, "tiny") for n in "ab")]
    with pytest.raises(InputFormatError, match=r"are both evaluations of .*tiny: give one"):
        read_results(folders)


def test_read_results_refuses_an_evaluation_on_another_store(tmp_path: Path) -> None:
    folders = [make(tmp_path) for make in (make_bundle, make_evaluation, make_store)]
    inputs = {"model": weights_of(tmp_path), "store made": {"labels.bin": "0" * 64}}
    write_record(folders[1], make_record("evaluate", {}, inputs))
    with pytest.raises(InputFormatError, match=r"tiny: stale, measured on another store 'made' "):
        read_results(folders)


def test_read_results_refuses_an_evaluation_that_does_not_say_of_what(tmp_path: Path) -> None:
    folders = [make_bundle(tmp_path), make_evaluation(tmp_path)]
    (folders[1] / "provenance.json").unlink()
    with pytest.raises(InputFormatError, match=r"no provenance.json that says of which model it"):
        read_results(folders)


def test_read_results_takes_tracks_without_models(tmp_path: Path) -> None:
    make_bundle(tmp_path)
    assert [each.model for each in read_results([make_tracks(tmp_path)]).tracks] == ["tiny"]


def test_read_learning_curve_leaves_out_what_was_not_measured(tmp_path: Path) -> None:
    make_bundle(tmp_path)
    curve = read_learning_curve(tmp_path / "models/tiny.state/logs/metrics.csv")
    assert curve.columns == {
        "train_loss": ((50, 1.5), (100, 1.25)),
        "learning_rate": ((50, 0.001), (100, 0.002)),
        "valid_loss": ((100, 1.0),),
    }


def test_read_precision_recall_leaves_out_states_and_background(tmp_path: Path) -> None:
    make_bundle(tmp_path)
    curves = read_precision_recall(make_evaluation(tmp_path) / "curves.tsv")
    assert [curve.label for curve in curves] == ["CDS.plus", "CDS.minus"]


def test_report_loads_no_torch() -> None:
    code = "import sys, genoseq.report.summary; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
