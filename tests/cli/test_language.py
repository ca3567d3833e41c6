"""``genoseq generate`` and ``genoseq perplexity``: what they write, and what they refuse."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pybigtools
import pytest
import torch
from command import Genoseq
from language import NETWORKS, bundle_of, causal, settings_of

from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.tasks.masked_lm import MaskedLm

torch.set_num_threads(1)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    save_bundle(tmp_path / "model", bundle_of(causal(NETWORKS["lstm"])))
    return tmp_path / "model"


def records(path: Path) -> dict[str, str]:
    """Letters by header."""
    found = re.findall(r">([^\n]+)\n([^>]*)", path.read_text())
    return {header: letters.replace("\n", "") for header, letters in found}


def test_generate_writes_prompts_with_what_follows(
    genoseq: Genoseq, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "starts.fa").write_text(">a what it is\nATG\n>b\nACGTA\n")
    words = ("generate", "-m", model, "--prompt", tmp_path / "starts.fa", "--number", 2)
    words += ("--length", 70, "--temperature", 0.9, "--top-p", 0.95, "--seed", 5)
    for name in ("one.fa", "two.fa"):
        run = genoseq(*words, "-o", tmp_path / name, "--provenance", tmp_path / "made.json")
        assert run.returncode == 0, run.stderr
    assert (tmp_path / "one.fa").read_bytes() == (tmp_path / "two.fa").read_bytes()
    wrote = (
        rf"generate: wrote {tmp_path}/two\.fa: 4 sequences, 280 bases, \d\.\d{{4}} bits per base"
    )
    assert re.fullmatch(wrote, run.stderr.splitlines()[-1])
    found = records(tmp_path / "one.fa")
    names = [header.split()[0] for header in found]
    assert names == ["a_1", "a_2", "b_1", "b_2"]
    for header, letters in found.items():
        prompt = "ATG" if header.startswith("a") else "ACGTA"
        assert letters.startswith(prompt)
        assert len(letters) == len(prompt) + 70
        told = dict(word.split("=") for word in header.split()[1:])
        assert -2.3 * 70 < float(told.pop("log2_likelihood")) < -1.5 * 70
        assert told == {
            "bases": "70",
            "prompt": prompt and header[0],
            "prompt_bases": str(len(prompt)),
            "temperature": "0.9",
            "top_p": "0.95",
            "seed": "5",
        }
    record = json.loads((tmp_path / "made.json").read_text())
    assert record["command"] == "generate"
    assert record["inputs"].keys() == {"model", "prompt"}
    assert record["settings"]["top_p"] == 0.95


def test_generate_ends_at_stop_words(genoseq: Genoseq, model: Path, tmp_path: Path) -> None:
    out = tmp_path / "genes.fa"
    words = ("--length", 300, "--number", 5, "--stop", "taa,TAG,TGA", "--in-frame")
    run = genoseq("generate", "-m", model, "-o", out, *words)
    assert run.returncode == 0, run.stderr
    found = records(out)
    assert [header.split()[0] for header in found][:2] == ["generated_1", "generated_2"]
    ended = [letters for header, letters in found.items() if "stopped=yes" in header]
    assert ended
    assert f"{len(ended)} to a stop word" in run.stderr
    for letters in ended:
        codons = [letters[at : at + 3] for at in range(0, len(letters), 3)]
        assert [codon in {"TAA", "TAG", "TGA"} for codon in codons] == [
            *[False] * (len(codons) - 1),
            True,
        ]


def test_generate_refuses_with_one_line(
    genoseq: Genoseq, model: Path, bundle: Bundle, tmp_path: Path
) -> None:
    save_bundle(tmp_path / "classes", bundle)
    (tmp_path / "n.fa").write_text(">x\nACNT\n")
    out = tmp_path / "out.fa"
    for words, said in [
        (("-m", tmp_path / "classes"), "per-base is used by genoseq score: sequences are gen"),
        (("-m", model, "--prompt", tmp_path / "n.fa"), "prompt 'x': base 3 is N: give A, C, G, T"),
        (("-m", model, "--stop", "TAA,XX"), "stop word 'XX': give words of A, C, G and T"),
        (("-m", model, "--in-frame"), "in frame is said of stop words: give some"),
        (("-m", model, "--top-p", 2), "top-p 2.0: use more than 0, and 1 at most"),
    ]:
        run = genoseq("generate", *words, "-o", out)
        assert (run.returncode, run.stderr.count("\n")) == (1, 1), run.stderr
        assert said in run.stderr
        assert not out.exists()


def genome_of(folder: Path) -> Path:
    """A contig of noise, another of the same, a repeat, one of N, and a short one."""
    rng = np.random.default_rng(2)
    letters = {name: "".join(rng.choice(list("ACGT"), 6_000)) for name in ("a", "b")}
    letters |= {"repeat": "ATG" * 1_000, "gap": "N" * 300, "short": "ACGTAGGATC"}
    path = folder / "genome.fa"
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in letters.items()))
    return path


def test_perplexity_ranks_contigs_and_regions_and_writes_tracks(
    genoseq: Genoseq, model: Path, tmp_path: Path
) -> None:
    genome, out = genome_of(tmp_path), tmp_path / "out"
    (out / "tracks").mkdir(parents=True)
    (out / "tracks/mine.bw").write_text("years of work")
    refused = genoseq("perplexity", genome, "-m", model, "-o", out)
    assert "holds mine.bw: name a new folder" in refused.stderr
    (out / "tracks/mine.bw").unlink()
    (tmp_path / "r.bed").write_text(
        "a\t100\t400\tx\t0\t+\na\t0\t6000\twhole\t0\t.\ngap\t10\t20\tnone\t0\t-\n"
    )
    words = ("perplexity", genome, "-m", model, "--regions", tmp_path / "r.bed", "-o", out)
    run = genoseq(*words)
    assert run.returncode == 0, run.stderr
    assert {path.name for path in out.iterdir()} == {
        *{"contigs.tsv", "regions.tsv", "tracks", "provenance.json"}
    }
    head, *rows = [row.split("\t") for row in (out / "contigs.tsv").read_text().splitlines()]
    by_name = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert [row[0] for row in rows][-2:] == ["gap", "total"]
    assert by_name["gap"]["bits"] == "."
    strange = [float(row[-1]) for row in rows[:-2]]
    assert strange == sorted(strange, reverse=True)
    values = {}
    for strand in ("plus", "minus", "both"):
        with pybigtools.open(str(out / "tracks" / f"bits.{strand}.bw")) as track:
            values[strand] = {
                name: np.asarray(track.values(name, fillna=None)) for name in ("a", "short", "gap")
            }
    assert np.isnan(values["both"]["gap"]).all()
    for name in ("a", "short"):
        for strand, column in (("plus", "bits_plus"), ("minus", "bits_minus"), ("both", "bits")):
            mean = float(np.mean(values[strand][name], dtype=np.float64))
            assert float(by_name[name][column]) == pytest.approx(mean, abs=2e-4)
    regions = [row.split("\t") for row in (out / "regions.tsv").read_text().splitlines()[1:]]
    assert {row[3] for row in regions} == {"x", "whole", "none"}
    told = {row[3]: row for row in regions}
    assert told["whole"][5:] == list(by_name["a"].values())[1:]
    part = float(np.mean(values["plus"]["a"][100:400], dtype=np.float64))
    assert float(told["x"][6]) == pytest.approx(part, abs=2e-4)
    assert by_name["total"]["bases"] == str(6_000 * 2 + 3_000 + 10)
    assert f"wrote {out}: {by_name['total']['bits']} bits per base, perplexity" in run.stderr
    beside = genoseq(*words[:-1], tmp_path / "beside", "--against", model)
    assert f"+0.0000 bits per base beside {model}" in beside.stderr
    assert (
        (tmp_path / "beside" / "regions.tsv").read_text().split("\n")[1].endswith("0.0000\t0.0000")
    )


def test_perplexity_and_other_verbs_refuse_models_of_other_tasks_by_name(
    genoseq: Genoseq, model: Path, bundle: Bundle, tmp_path: Path
) -> None:
    save_bundle(tmp_path / "classes", bundle)
    settings, task = settings_of(NETWORKS["lstm"]), MaskedLm(3)
    save_bundle(tmp_path / "masked", bundle_of(build_model(settings, task), task))
    genome, out = genome_of(tmp_path), ("-o", tmp_path / "out")
    for words, said in [
        (
            ("perplexity", genome, "-m", tmp_path / "classes", *out),
            f"{tmp_path}/classes: a model of task per-base is used by genoseq score: bits of bases",
        ),
        (
            ("perplexity", genome, "-m", model, "--against", tmp_path / "masked", *out),
            f"{tmp_path}/masked: its task is masked-lm, that of {model} is causal-lm, and bits of",
        ),
        (("genes", genome, "-m", model, *out), "causal-lm is used by genoseq perplexity: genes ar"),
        (("score", genome, "-m", model, "--by-phase", *out), "this model is a causal-lm"),
        (("score", genome, "-m", model, "--values", "log-odds", *out), "log-odds are of classes"),
        (("score", genome, "-m", model, "--formats", "bed", *out), "format bed: segments are of"),
    ]:
        run = genoseq(*words)
        assert (run.returncode, run.stderr.count("\n")) == (1, 1), run.stderr
        assert said in run.stderr
        assert not (tmp_path / "out").exists()
