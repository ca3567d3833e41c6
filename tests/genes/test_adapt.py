"""A network that learns from what is certain of a genome: labels, training, choice."""

from __future__ import annotations

import json
import os
import signal
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from command import Genoseq, start_command
from planted_genes import CERTAIN, PlantedGenome, calls_of, labels_of, planted_genome

from genoseq.config.genes import Adapt
from genoseq.errors import TrainingInterruptedError
from genoseq.files.progress import Report, unreported
from genoseq.genes import adapt_call
from genoseq.genes.adapt import AdaptSettings, adapt, between
from genoseq.genes.adapt_call import Calling, call_adapted, disagreement
from genoseq.genes.call import GeneCalls
from genoseq.genes.weights import save_weights
from genoseq.genome.called_genes import GeneSequences
from genoseq.genome.sequences import decode
from genoseq.models.build import SequenceModel
from genoseq.models.bundle import Bundle, load_bundle, save_bundle
from genoseq.readers.fasta import write_fasta
from genoseq.training.loop import LOG_EVERY

QUICK = AdaptSettings(steps=6, batch=2, window=300)
QUICKLY = """
from genoseq.cli.app import main
from genoseq.genes.adapt import AdaptSettings
from genoseq.genes.adapt_call import call_adapted

call_adapted.__kwdefaults__["settings"] = AdaptSettings(steps=6, batch=2, window=300)
main()
"""


@pytest.fixture
def planted() -> PlantedGenome:
    return planted_genome(40, seed=5)


def adapted_to(calls: GeneCalls, bundle: Bundle, folder: Path) -> Bundle:
    contigs = calls.decoded.genome.layout.contigs
    return adapt(bundle, contigs, labels_of(calls), folder, QUICK, device="cpu", precision="fp32")


def test_adapt_learns_and_gives_the_same_weights_again(
    planted: PlantedGenome, bundle: Bundle, tmp_path: Path
) -> None:
    calls = calls_of(False, a=planted)
    before = {name: value.clone() for name, value in bundle.model.state_dict().items()}
    first = adapted_to(calls, bundle, tmp_path / "first")
    torch.rand(3)
    second = adapted_to(calls, bundle, tmp_path / "second")
    weights = first.model.state_dict()
    for name, value in second.model.state_dict().items():
        assert torch.equal(weights[name], value), name
    assert any(not torch.equal(before[name], value) for name, value in weights.items())
    for name, value in bundle.model.state_dict().items():
        assert torch.equal(before[name], value), name
    assert first.context == bundle.context


def load_other(bundle: Bundle) -> SequenceModel:
    """A network like the bundle's, with other weights."""
    other = deepcopy(bundle.model)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(0.25)
    return other


def test_between_is_one_of_two_at_its_ends(bundle: Bundle) -> None:
    other = replace(bundle, model=load_other(bundle))
    for share, expected in ((0.0, bundle), (1.0, other)):
        found = between(bundle, other, share).model.state_dict()
        for name, value in expected.model.state_dict().items():
            assert torch.equal(found[name], value), name
    half = between(bundle, other, 0.5).model.embedding.weight
    mean = (bundle.model.embedding.weight + other.model.embedding.weight) / 2
    torch.testing.assert_close(half, mean)


def test_adapt_goes_on_where_it_was_stopped(
    planted: PlantedGenome, bundle: Bundle, tmp_path: Path
) -> None:
    calls = calls_of(False, a=planted)
    contigs, labels = calls.decoded.genome.layout.contigs, labels_of(calls)
    long = replace(QUICK, steps=LOG_EVERY + 5)
    seen: list[int] = []

    def stopped(done: int, total: int) -> None:
        assert 0 < done <= total
        seen.append(done)
        if len(seen) == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    def run(folder: Path, report: Report) -> Bundle:
        return adapt(bundle, contigs, labels, folder, long, precision="fp32", report=report)

    with pytest.raises(TrainingInterruptedError, match=f"state after step {LOG_EVERY} saved"):
        run(tmp_path / "stopped", stopped)
    resumed = run(tmp_path / "stopped", stopped).model.state_dict()
    assert seen == [LOG_EVERY * 2 * 300, long.bases]
    for name, value in run(tmp_path / "whole", unreported).model.state_dict().items():
        assert torch.equal(resumed[name], value), name


@dataclass(frozen=True, kw_only=True)
class Called(Calling):
    """Gives genes by the untouched network, and others by any other one."""

    untouched: Bundle
    before: GeneCalls
    after: GeneCalls
    asked: list[Bundle]

    def __call__(self, bundle: Bundle, report: Report) -> GeneCalls:
        self.asked.append(bundle)
        report(0, 1000)
        report(1000, 1000)
        return self.before if bundle is self.untouched else self.after


def without(calls: GeneCalls, left_out: int) -> GeneCalls:
    return replace(calls, genes=calls.genes[left_out:])


@pytest.mark.parametrize(
    ("asked", "fewest", "left_out", "used", "asked_times", "reason"),
    [
        ("off", 1, 9, False, 1, "not asked for"),
        ("auto", 50, 9, False, 1, "40 certain genes are fewer than 50"),
        ("auto", 10, 0, False, 2, "changes 0.00% of the genes"),
        ("auto", 10, 9, True, 3, "changes 12.68% of the genes"),
        ("on", 50, 0, True, 2, "changes 0.00% of the genes"),
    ],
)
def test_call_adapted_chooses(
    planted: PlantedGenome,
    bundle: Bundle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: Adapt,
    fewest: int,
    left_out: int,
    used: bool,
    asked_times: int,
    reason: str,
) -> None:
    monkeypatch.setattr(adapt_call, "FEWEST", fewest)
    before = calls_of(False, a=planted)
    asked_of: list[Bundle] = []
    calling = Called(
        (), CERTAIN, precision="fp32", untouched=bundle, before=before,
        after=without(before, left_out), asked=asked_of,
    )  # fmt: skip
    told: list[tuple[int, int]] = []
    found = call_adapted(
        calling, bundle, asked, tmp_path / "state", settings=QUICK,
        report=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert (found.adaptation.used, len(asked_of)) == (used, asked_times)
    assert reason in found.adaptation.reason
    assert (found.bundle is bundle) is not used
    half = found.bundle.provenance.get("share_of_training") == 0.5
    assert half == (used and asked_times == 2)
    assert len(found.calls.genes) == len(before.genes) - left_out * used
    assert json.loads(json.dumps(found.adaptation.to_json()))["asked"] == asked
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]


def test_call_adapted_leaves_a_mixture_of_organisms_alone(
    planted: PlantedGenome, bundle: Bundle, tmp_path: Path
) -> None:
    before = calls_of(False, a=planted)
    mixture = replace(before, organisms=before.organisms * 2)
    calling = Called(
        (), CERTAIN, untouched=bundle, before=mixture, after=before, asked=[]
    )  # fmt: skip
    found = call_adapted(calling, bundle, "auto", tmp_path / "state", report=unreported)
    assert found.adaptation.reason == "2 organisms, none of 90% of the bases"
    assert found.bundle is bundle


def test_disagreement_is_of_last_bases(planted: PlantedGenome) -> None:
    calls = calls_of(False, a=planted)
    assert disagreement(calls, calls) == 0
    assert disagreement(calls, without(calls, len(calls.genes))) == 1
    assert disagreement(without(calls, 1), calls) == pytest.approx(1 / (2 * len(calls.genes) - 1))
    first = calls.genes[0]
    forward = first.gene.strand == "+"
    moved = replace(first.gene, start=7) if forward else replace(first.gene, end=7)
    other = GeneSequences(moved, first.letters, first.protein)
    assert disagreement(calls, replace(calls, genes=(other, *calls.genes[1:]))) == 0


@pytest.mark.parametrize("strands", ["both", "one"])
def test_genes_adapts_and_saves_the_model(
    genoseq: Genoseq, planted: PlantedGenome, bundle: Bundle, tmp_path: Path, strands: str
) -> None:
    bundle = replace(bundle, settings=bundle.settings.model_copy(update={"strands": strands}))
    write_fasta(tmp_path / "genome.fa", [("a", decode(planted.codes))])
    save_bundle(tmp_path / "model", bundle)
    save_weights(tmp_path / "model" / "genes.json", CERTAIN)
    words = ("genes", tmp_path / "genome.fa", "-m", tmp_path / "model", "--threads", 1)
    out, saved = tmp_path / "out", tmp_path / "saved"
    (script := tmp_path / "quickly.py").write_text(QUICKLY)
    adapting = [*words, "-o", out, "--adapt", "on", "--save-model", saved]
    run = start_command("genoseq", list(map(str, adapting)), script=str(script)).wait()
    assert run.returncode == 0, run.stderr
    assert run.stderr.splitlines()[-1].startswith(f"genes: wrote {out}: ")
    names = {"genome.fa", "model", "out", "quickly.py", "saved"}
    assert {path.name for path in tmp_path.iterdir()} == names
    summary = json.loads((out / "summary.json").read_text())
    assert summary["adaptation"]["used"]
    assert summary["settings"]["adapt"] == "on"
    adapted = load_bundle(saved)
    assert adapted.settings.strands == strands
    weights = adapted.model.state_dict()
    before = bundle.model.state_dict()
    assert any(not torch.equal(before[name], value) for name, value in weights.items())
    again = genoseq(*words, "-m", saved, "-o", tmp_path / "again")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again/genes.gff3").read_bytes() == (out / "genes.gff3").read_bytes()
    small = genoseq(*words, "-o", tmp_path / "small", "--adapt", "auto")
    assert small.returncode == 0, small.stderr
    told = json.loads((tmp_path / "small/summary.json").read_text())["adaptation"]
    assert not told["used"]
    assert "certain genes are fewer than" in told["reason"]
