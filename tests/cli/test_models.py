"""genoseq models, and names of models where a folder may stand."""

from __future__ import annotations

import json
from pathlib import Path

from command import Genoseq
from planted_genes import planted_genome

from genoseq.files.provenance import file_sha256
from genoseq.genome.sequences import decode
from genoseq.pretrained.registry import DEFAULT, shipped_models
from genoseq.readers.fasta import write_fasta


def test_models_lists_what_comes_with_the_package(genoseq: Genoseq) -> None:
    run = genoseq("models")
    assert run.returncode == 0, run.stderr
    models = shipped_models()
    rows = [line.split("\t") for line in run.stdout.splitlines()]
    assert DEFAULT in models
    assert [row[0] for row in rows] == list(models)
    assert [row[2] for row in rows] == [model.sha256 for model in models.values()]
    assert genoseq("models", DEFAULT).stdout.startswith(f"# {DEFAULT}\n")


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
    assert genoseq("models", "bacteira").returncode == 1


def test_score_and_genes_without_a_model_take_that_in_the_box(
    tmp_path: Path, genoseq: Genoseq
) -> None:
    planted = planted_genome(seed=31)
    write_fasta(tmp_path / "a.fa", [("chr", decode(planted.codes))])
    for verb in ("score", "genes"):
        run = genoseq(verb, tmp_path / "a.fa", "-o", tmp_path / verb)
        assert run.returncode == 0, run.stderr
        made = json.loads((tmp_path / verb / "provenance.json").read_text())
        digest = made["inputs"]["model"]["model.safetensors"]
        assert digest == file_sha256(shipped_models()[DEFAULT].path / "model.safetensors")
    called = (tmp_path / "genes/genes.bed").read_text().splitlines()
    stops = {(start if strand == "-" else end, strand) for start, end, strand in planted.genes}
    found = [line.split("\t") for line in called]
    right = {(int(f[1]) if f[5] == "-" else int(f[2]), f[5]) for f in found} & stops
    assert len(right) > len(stops) / 2
