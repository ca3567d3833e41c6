"""genoseq models, and names of models where a folder may stand."""

from __future__ import annotations

from pathlib import Path

from command import Genoseq

from genoseq.pretrained.registry import DEFAULT, shipped_models


def test_models_lists_what_comes_with_the_package(genoseq: Genoseq) -> None:
    run = genoseq("models")
    assert run.returncode == 0, run.stderr
    models = shipped_models()
    if models:
        rows = [line.split("\t") for line in run.stdout.splitlines()]
        assert [row[0] for row in rows] == list(models)
        assert [row[2] for row in rows] == [model.sha256 for model in models.values()]
        assert genoseq("models", rows[0][0]).stdout.startswith("# ")
    else:
        assert "no model comes with this version" in run.stdout


def test_names_of_models_that_are_not_there_are_refused(tmp_path: Path, genoseq: Genoseq) -> None:
    (tmp_path / "a.fa").write_text(">a\nACGTACGT\n")
    words = ("score", tmp_path / "a.fa", "-o", tmp_path / "out")
    run = genoseq(*words, "-m", "bacteira")
    assert run.returncode == 1
    assert "bacteira: no such folder, and no model" in run.stderr
    for path in ("./bacteria", "bacteria/"):
        run = genoseq(*words, "-m", path)
        said = (
            f"genoseq: error: {path}: no such folder: a model is a folder that genoseq train makes"
        )
        assert run.stderr.splitlines() == [said]
    assert not (tmp_path / "out").exists()
    if DEFAULT not in shipped_models():
        run = genoseq(*words)
        assert run.returncode == 1
        assert "comes without its own (bacteria): name the folder" in run.stderr
    assert genoseq("models", "bacteira").returncode == 1
