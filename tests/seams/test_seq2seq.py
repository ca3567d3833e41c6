"""A model of sequences to sequences goes through every verb that it has, and no other takes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pairs import toy_settings, write_toy_table
from planted import planted_store
from verbs import killed_and_resumed, run, train

import genoseq as gs
from genoseq.cli.app import main
from genoseq.genome.complement import reverse_complement

TRANSFORMER = {"family": "transformer", "layers": 1, "heads": 2}
MONOTONIC = {"family": "monotonic", "slots": 2}


@pytest.mark.parametrize(
    "decoder", [{}, TRANSFORMER, MONOTONIC], ids=["lstm", "transformer", "monotonic"]
)
def test_pairs_go_through_every_verb(tmp_path: Path, decoder: dict[str, object]) -> None:
    table, store, model = write_toy_table(tmp_path / "t.tsv"), tmp_path / "s", tmp_path / "m"
    settings = toy_settings(**decoder)
    if decoder:  # which learns as well, in more steps
        settings["training"] |= {"steps": 20, "validate_every": 10}
    run("tokenize", table, "--scheme", "seq2seq", "-o", store)
    train(store, tmp_path / "whole", settings)
    assert "resuming after step" in killed_and_resumed(__file__, store, model, settings)
    for name in ("model.safetensors", "config.json"):
        assert (model / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    run("evaluate", model, store, "-o", tmp_path / "evaluation")
    figures = json.loads((tmp_path / "evaluation/metrics.json").read_text())
    run("report", model, tmp_path / "evaluation", "-o", tmp_path / "report.html")
    assert ">all pairs</th>" in (tmp_path / "report.html").read_text()
    reads, out = tmp_path / "reads.fq", tmp_path / "out.fa"
    reads.write_text("@a x\nACGTTA\n+\nIIIIII\n@b\nccatg\n+\nIIIII\n")
    run("translate", reads, "-m", model, "-o", out, "--beams", "2")
    names = [line.split()[0] for line in out.read_text().splitlines() if line.startswith(">")]
    assert names == [">a", ">b"]
    if not decoder:
        assert figures["exact"] > 0.95
        assert figures["edit_distance"] < 0.01
        written = [line for line in out.read_text().splitlines() if not line.startswith(">")]
        assert written == [reverse_complement(one).decode() for one in (b"ACGTTA", b"CCATG")]


def test_other_verbs_refuse_its_models_by_name(tmp_path: Path) -> None:
    settings = toy_settings()
    settings["training"] |= {"steps": 1, "validate_every": 1}
    store, model, genome = tmp_path / "s", tmp_path / "m", tmp_path / "g.fa"
    run("tokenize", write_toy_table(tmp_path / "t.tsv"), "--scheme", "seq2seq", "-o", store)
    train(store, model, settings)
    genome.write_text(">c\n" + "ACGTTGCA" * 200 + "\n")
    for verb in (gs.score_files, gs.call_genes_files):
        with pytest.raises(
            gs.ConfigError, match="genoseq translate: it says nothing of single bases"
        ):
            verb(genome, model, tmp_path / "out")
        assert not (tmp_path / "out").exists()
    with pytest.raises(gs.ConfigError, match="model of task seq2seq is used by genoseq translate"):
        gs.predict(model, "ACGT")
    with pytest.raises(gs.ConfigError, match="genoseq score: sequences are translated by one of"):
        gs.translate_files(genome, "bacteria", tmp_path / "out.fa")
    with pytest.raises(gs.StoreError, match="a store of pairs: its task is seq2seq"):
        gs.fit([store], {}, tmp_path / "other")
    with pytest.raises(gs.StoreError, match="a store of pairs: its task is seq2seq"):
        gs.evaluate("bacteria", [store])


def test_encoder_of_a_model_of_bases_is_taken_over(tmp_path: Path) -> None:
    settings = toy_settings()
    settings["training"] |= {"steps": 1, "validate_every": 1}
    few = {"steps": 1, "validate_every": 1, "window": 30, "batch": 2, "precision": "fp32"}
    genome = planted_store(tmp_path / "genome", ("train", 300), ("valid", 300))
    base = gs.fit([genome], {"model": settings["model"], "training": few}, tmp_path / "base")
    pairs = gs.tokenize_pairs(write_toy_table(tmp_path / "t.tsv"), out=tmp_path / "s")
    settings["training"]["learning_rate"] = 1e-9
    del settings["model"]
    made = gs.fit([pairs], settings, tmp_path / "m", init=base)
    before, after = base.model.encoder.state_dict(), made.model.encoder.state_dict()
    assert all((after[name] - before[name]).abs().max() < 1e-6 for name in before)
    with pytest.raises(gs.ConfigError, match="context 9: task seq2seq says nothing of single base"):
        gs.fit([pairs], settings, tmp_path / "n", init=base, context=9)


if __name__ == "__main__":
    main()
