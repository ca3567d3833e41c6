"""What once ran and misled users of rare classes and signals: each has to be right, or be said."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from command import Genoseq
from planted import planted_contig, store_of_contigs
from track_cases import CDS, pieces

from genoseq.config.schema import ModelSettings
from genoseq.genome.schemes import cds_phase_scheme, independent_scheme, stranded_scheme
from genoseq.inference.evaluate import evaluate
from genoseq.metrics.per_base import build_metrics
from genoseq.metrics.ranking import never_called
from genoseq.models.bundle import Bundle
from genoseq.report.comparison import by_genome_table, comparison_table
from genoseq.report.results import ModelResult
from genoseq.report.tables import metrics_table
from genoseq.store.store import open_store
from genoseq.writers.outputs import write_tracks
from genoseq.writers.scores import read_scores

GENES = """##gff-version 3
c\tx\tmRNA\t101\t900\t.\t+\t.\tID=t1
c\tx\texon\t101\t400\t.\t+\t.\tParent=t1
c\tx\texon\t501\t900\t.\t+\t.\tParent=t1
c\tx\tCDS\t151\t400\t.\t+\t0\tID=p1;Parent=t1
c\tx\tCDS\t501\t850\t.\t+\t2\tID=p1;Parent=t1
"""


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    path = tmp_path / "g.fa"
    letters = "".join(np.random.default_rng(0).choice([*"ACGT"], 1_000))
    path.write_text(f">c\n{letters}\n")
    (tmp_path / "g.gff3").write_text(GENES)
    return path


def tokenized(
    genoseq: Genoseq, genome: Path, classes: str, *words: str
) -> tuple[int, str, Mapping[str, int]]:
    """Status, what was said, and bases of each class."""
    out = genome.with_name("store")
    found = genoseq(
        "tokenize", genome, "-o", out, "--annotation", genome.with_suffix(".gff3"),
        "--scheme", "stranded", "--classes", classes, *words,
    )  # fmt: skip
    if found.returncode:
        return found.returncode, found.stderr, {}
    store = open_store(out)
    assert store.scheme is not None
    counts = np.bincount(store.labels("c", 0, 1_000), minlength=len(store.scheme))
    names = [f"{state.name}{state.strand}" for state in store.scheme.states]
    return 0, found.stderr, dict(zip(names, counts.tolist(), strict=False))


@pytest.mark.parametrize(
    "order",
    [
        "CDS,intron,splice_donor,splice_acceptor,start_codon",
        "CDS,intron,start_codon,splice_donor,splice_acceptor",
        "splice_donor,splice_acceptor,start_codon,intron,CDS",
    ],
)
def test_classes_in_natural_order_label_splice_sites(
    genoseq: Genoseq, genome: Path, order: str
) -> None:
    """Listed behind the introns that hold them, donors were 0 bases, and nobody said so."""

    status, _, bases = tokenized(genoseq, genome, order)
    assert status == 0
    sites = {"splice_donor+": 2, "splice_acceptor+": 2, "start_codon+": 3}
    assert bases.items() >= sites.items()
    assert (bases["intron+"], bases["CDS+"]) == (96, 597)


def test_a_class_that_labels_no_base_is_an_error_that_says_what_hides_it(
    genoseq: Genoseq, genome: Path
) -> None:
    status, said, _ = tokenized(genoseq, genome, "exon,CDS")
    assert status == 1
    assert said.count("\n") == 1
    assert "no base is labelled CDS: its bases are exon" in said


SITES = [f"site{number}" for number in range(6)]
EIGHT = stranded_scheme(["gene", "repeat", *SITES])


def measured(name: str, told: np.ndarray, labels: np.ndarray) -> ModelResult:
    """A model by its probabilities (L, S)."""
    metrics = build_metrics(EIGHT)
    metrics.update(torch.from_numpy(told), torch.from_numpy(labels))
    bundle = {"model": ModelSettings().model_dump(mode="json"), "metrics": {}}
    return ModelResult(name, bundle, {}, metrics.compute(), 1, None, ())


def two_models() -> tuple[ModelResult, ModelResult]:
    """One has the two common classes right and never tells a site; one the sites, too, but is less
    sure of what is common."""
    rng = np.random.default_rng(0)
    labels = rng.choice([0, 1, 3], 60_000, p=[0.4, 0.3, 0.3])
    for number in range(6):
        labels[100 * number + 7 :: 5_000] = 5 + 2 * number
    chance = np.full((len(labels), len(EIGHT)), 1e-4, np.float32)
    blind, seeing = chance.copy(), chance.copy()
    rows = np.arange(len(labels))
    common = np.where(labels < 5, labels, 0)
    blind[rows, common] = 1
    wrong = rng.random(len(labels)) < 0.1
    seeing[rows, np.where(wrong, (common + 1) % 2, common)] = 0.6
    sites = labels >= 5
    seeing[rows[sites], labels[sites]] = 0.3
    normal = [each / each.sum(1, keepdims=True) for each in (blind, seeing)]
    return measured("blind", normal[0], labels), measured("seeing", normal[1], labels)


def test_a_model_that_never_tells_6_of_8_classes_is_not_ranked_first() -> None:
    """By macro F1, of the classes that are called, it was."""
    blind, seeing = two_models()
    f1 = [each.metrics["channels"]["macro_f1"] for each in (blind, seeing)]
    assert f1[0] > f1[1], "by this figure it would be"
    assert never_called(blind.metrics) == [f"{name}+" for name in SITES]
    table = comparison_table([blind, seeing])
    found = [dict(zip(table.headings, row, strict=True)) for row in table.rows]
    assert [row["model"] for row in found] == ["seeing", "blind"]
    assert found[1]["never called"] == ", ".join(f"{name}+" for name in SITES)
    assert "macro AUPRC" in table.caption


def test_tracks_of_rare_classes_are_not_zeros_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    values = np.random.default_rng(0).uniform(1e-5, 4e-4, (5_000, 2)).astype(np.float32)
    written: dict[str, Any] = {}
    for name, decimals in (("flat", None), ("rare", (5, 5))):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "genoseq"):
            write_tracks(
                pieces({"c": values}, CDS), {"c": 5_000}, CDS, "classes", tmp_path / name,
                ["scores"], decimals=decimals,
            )  # fmt: skip
        written[name] = read_scores(tmp_path / name).values("c", 0, 5_000), caplog.text
    flat, said = written["flat"]
    assert flat.max() == 0
    assert "every value of CDS.minus (in steps of 0.001), CDS.plus" in said
    rare, said = written["rare"]
    assert len(np.unique(rare)) > 30
    assert said == ""


def test_watson_and_crick_are_one_stranded_signal(
    genoseq: Genoseq, genome: Path, tmp_path: Path
) -> None:
    """They were two without a strand, and nobody said so."""
    for name, value in (("watson", 2), ("crick", 1), ("one", 1), ("two", 3)):
        (tmp_path / f"{name}.bedGraph").write_text(f"c\t0\t1000\t{value}\n")
    for pair, strands, said in (
        (("watson", "crick"), "+-", "signal (+ and -)"),
        (("one", "two"), "..", "none has a strand, so each is told alike"),
    ):
        words = [word for name in pair for word in ("--signal", tmp_path / f"{name}.bedGraph")]
        found = genoseq(
            "tokenize", genome, "-o", tmp_path / "".join(pair), "--scheme", "signal", *words
        )
        assert found.returncode == 0, found.stderr
        scheme = open_store(tmp_path / "".join(pair)).scheme
        assert scheme is not None
        assert "".join(state.strand for state in scheme.states) == strands
        assert said in found.stderr
    alone = genoseq(
        "tokenize",
        genome,
        "-o",
        tmp_path / "x",
        "--scheme",
        "signal",
        "--signal",
        tmp_path / "watson.bedGraph",
    )
    assert alone.returncode == 1
    assert "strand of a pair" in alone.stderr


def with_auprc(found: object) -> Iterator[Mapping[str, Any]]:
    """All that has an AUPRC, wherever it is."""
    if isinstance(found, Mapping):
        if "auprc" in found and not isinstance(found["auprc"], list | None):
            yield found
        for each in found.values():
            yield from with_auprc(each)
    elif isinstance(found, list):
        for each in found:
            yield from with_auprc(each)


def test_auprc_never_stands_without_its_prevalence(bundle: Bundle, tmp_path: Path) -> None:
    rows = [planted_contig("c", "test", 4_000)]
    store = store_of_contigs(tmp_path / "s", cds_phase_scheme(), rows)
    found = evaluate(bundle, [store], device="cpu", baselines=True)
    independent = build_metrics(independent_scheme(["a"], stranded=False))
    independent.update(torch.rand(100, 1), torch.randint(0, 2, (100, 1)).float())
    told = [*with_auprc(found.metrics), *with_auprc(independent.compute()), *found.rows]
    assert len(told) > 10
    for row in told:
        assert {"prevalence", "lift"} <= row.keys()
        if row["support"]:
            assert row["lift"] == pytest.approx(row["auprc"] / row["prevalence"])
    bundle_facts = {"model": ModelSettings().model_dump(mode="json"), "metrics": {}}
    model = ModelResult("m", bundle_facts, {}, found.metrics, 1, None, ())
    assert {"base rate", "AUPRC", "lift"} <= {*metrics_table(model, 0).headings}


def test_two_test_genomes_are_not_pooled_in_silence(bundle: Bundle, tmp_path: Path) -> None:
    scheme = cds_phase_scheme()
    stores = [
        store_of_contigs(tmp_path / name, scheme, [planted_contig(name, "test", 4_000)], name)
        for name in ("one", "two")
    ]
    found = evaluate(bundle, stores, device="cpu")
    assert {row["genome"] for row in found.metrics["by_genome"]} == {"one", "two"}
    assert {*found.metrics["genomes"]} == {"one", "two"}
    head, rows = found.tables["classes.tsv"]
    assert {row[list(head).index("contig")] for row in rows} == {"*", "one", "two"}
    facts = {"model": ModelSettings().model_dump(mode="json"), "metrics": {}}
    table = by_genome_table([ModelResult("m", facts, {}, found.metrics, 1, None, ())])
    assert table is not None
    assert {row[1] for row in table.rows} == {"one", "two"}
