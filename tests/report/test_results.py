"""Reading the folders of a run, and which of them belong together."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from run_folders import (
    make_bundle,
    make_evaluation,
    make_genes,
    make_store,
    make_tracks,
    weights_of,
)

from genoseq.errors import InputFormatError
from genoseq.files.provenance import make_record, write_record
from genoseq.report.results import read_learning_curve, read_precision_recall, read_results


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


def test_read_results_takes_the_mean_of_several_models_by_its_own_name(tmp_path: Path) -> None:
    folders = [make_bundle(tmp_path), make_evaluation(tmp_path)]
    mean = make_tracks(tmp_path, "mean")
    both = {"model 1": weights_of(tmp_path), "model 2": weights_of(tmp_path)}
    write_record(mean, make_record("score", {}, both))
    assert [each.model for each in read_results([*folders, mean]).tracks] == ["mean"]
    make_bundle(tmp_path, "other")
    write_record(mean, make_record("score", {}, both | {"model 2": weights_of(tmp_path, "other")}))
    with pytest.raises(InputFormatError, match="which is none of the models here"):
        read_results([*folders, mean])


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


def test_read_results_refuses_genes_of_older_weights(tmp_path: Path) -> None:
    folders = [make_bundle(tmp_path), make_evaluation(tmp_path), make_genes(tmp_path)]
    assert [each.model for each in read_results(folders).genes] == ["tiny"]
    make_bundle(tmp_path / "other")
    other = [tmp_path / "other/models/tiny", make_evaluation(tmp_path / "other"), folders[2]]
    with pytest.raises(InputFormatError, match="stale, made with a model of weights"):
        read_results(other)


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


@pytest.mark.parametrize(
    "text",
    [b"", b"step\nx\n", b"x,y\n1,2\n", b"step,a\n1,\xff\n", b"step,a\n1,%09\n", b"step,a\n1,2,3\n"],
)
def test_read_learning_curve_refuses_another_table(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(text)
    if not text:
        assert read_learning_curve(path).columns == {}
        return
    with pytest.raises(InputFormatError, match="not the table that genoseq wrote") as caught:
        read_learning_curve(path)
    assert caught.value.path == path
