"""Translations: in order, the same in any company, one clear error for what cannot be."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch

import genoseq as gs
from genoseq.config.base import parse_settings
from genoseq.config.decoders import LstmDecoderSettings, MonotonicDecoderSettings
from genoseq.config.schema import ModelSettings
from genoseq.genome.alphabets import PROTEIN
from genoseq.genome.complement import reverse_complement
from genoseq.inference import translate as module
from genoseq.inference.translate import Translator
from genoseq.inference.translate_files import translate_files
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.tasks.seq2seq import Seq2Seq


@pytest.fixture(scope="module", params=[LstmDecoderSettings, MonotonicDecoderSettings])
def bundle(request: pytest.FixtureRequest) -> Bundle:
    """Untrained, and yet sure enough of itself for outputs that differ."""
    torch.manual_seed(3)
    shape = {"embedding": 8, "stem": {"width": 12}, "encoder": {"width": 8}}
    settings = parse_settings(ModelSettings, shape)
    task = Seq2Seq(request.param(width=16), PROTEIN, 12)
    model = build_model(settings, task).eval()
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(2)
    return Bundle(model, settings, task, 0)


def reads(count: int = 40) -> list[str]:
    rng = np.random.default_rng(2)
    lengths = rng.integers(1, 60, count)
    return ["".join("ACGTN"[c] for c in rng.choice(5, n, p=[0.24] * 4 + [0.04])) for n in lengths]


@pytest.mark.parametrize("beams", [1, 3])
def test_translations_do_not_depend_on_their_company(
    bundle: Bundle, beams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequences = reads()
    whole = gs.translate(bundle, sequences, beams=beams)
    assert len({each.letters for each in whole}) > 10
    alone = [gs.translate(bundle, [one], beams=beams)[0] for one in sequences[:12]]
    monkeypatch.setattr(module, "BATCH_BASES", 100)
    monkeypatch.setattr(module, "_TOGETHER", 7)
    small = gs.translate(bundle, sequences, beams=beams)
    for one, other in [*zip(whole, small, strict=True), *zip(whole[:12], alone, strict=True)]:
        assert one.letters == other.letters
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-10)


@pytest.mark.parametrize("beams", [1, 3])
def test_model_of_either_strand_keeps_the_more_probable(bundle: Bundle, beams: int) -> None:
    sequences = reads(20)
    turned = [reverse_complement(one.encode()).decode() for one in sequences]
    both = replace(bundle, task=replace(bundle.task, either_strand=True))
    one, other = gs.translate(both, sequences, beams=beams), gs.translate(both, turned, beams=beams)
    assert {each.strand for each in one} == {"+", "-"}
    for ours, theirs, *alone in zip(
        one,
        other,
        gs.translate(bundle, sequences, beams=beams),
        gs.translate(bundle, turned, beams=beams),
        strict=True,
    ):
        best = max(alone, key=lambda each: each.log_probability / (len(each.letters) + 1))
        assert ours.letters == theirs.letters == best.letters
        assert ours.log_probability == pytest.approx(best.log_probability, abs=1e-10)
        assert ours.strand == ("+" if best is alone[0] else "-")


def test_longest_bounds_what_is_written(bundle: Bundle) -> None:
    assert max(len(each.letters) for each in gs.translate(bundle, reads(), longest=2)) == 2
    translator = Translator(bundle, "cpu")
    with pytest.raises(gs.ConfigError, match="0 beams, 12 letters at most: use 1 or more"):
        list(translator([], beams=0))
    with pytest.raises(gs.ConfigError, match="a sequence without a base: leave it out"):
        gs.translate(bundle, ["ACGT", ""])
    with pytest.raises(gs.ConfigError, match="given as a list"):
        gs.translate(bundle, "ACGT")


def test_file_of_reads_becomes_a_fasta_whole_or_not_at_all(bundle: Bundle, tmp_path: Path) -> None:
    save_bundle(tmp_path / "m", bundle)
    fasta, out = tmp_path / "r.fa", tmp_path / "o.faa"
    sequences = reads(9)
    fasta.write_text("".join(f">r{n} of\n{one}\n" for n, one in enumerate(sequences)))
    done = translate_files(fasta, tmp_path / "m", out)
    assert done == (9, sum(map(len, sequences)))
    wanted = gs.translate(bundle, sequences)
    lines = []
    for number, each in enumerate(wanted):
        lines += [f">r{number} logp={each.log_probability:.4f}", *([each.letters] * bool(each[0]))]
    assert out.read_text().splitlines() == lines
    piped = tmp_path / "piped.faa"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=[fasta.read_bytes()])
    writer.start()
    assert translate_files(pipe, tmp_path / "m", piped) == done
    writer.join()
    assert piped.read_bytes() == out.read_bytes()
    before = out.read_bytes()
    with pytest.raises(gs.GenoseqError, match="trained by other settings than the configuration"):
        translate_files(fasta, tmp_path / "m", out, expect='{"model": {"embedding": 9}}')
    fasta.write_text(">a\nACGT\n>b\nAC-T\n")
    with pytest.raises(gs.InputFormatError, match=r"r\.fa:3: 'b': '-' at base 3 is not a nucleot"):
        translate_files(fasta, tmp_path / "m", out)
    fasta.write_text(">a\n>b\nACT\n")
    with pytest.raises(gs.InputFormatError, match=r"r\.fa:1: 'a' has no base: leave it out"):
        translate_files(fasta, tmp_path / "m", out)
    with pytest.raises(gs.ConfigError, match="is also"):
        translate_files(fasta, tmp_path / "m", fasta)
    assert out.read_bytes() == before
