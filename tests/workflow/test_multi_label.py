"""Classes that share bases (``labels.exclusive: false``) through the whole workflow, and a hub."""

from __future__ import annotations

import copy
import csv
import json
from pathlib import Path

import numpy as np
import pybigtools
from command import forked_path, run_command
from small_run import CONFIG, FULL, SHEET, TINY, TRAINING, jobs, snakemake, write_config
from small_run import write_genome as write_made

from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.store.store import open_store
from genoseq.writers.scores import read_scores


def write_genome(folder: Path) -> None:
    """Each CDS begins with a start codon, which is coding too."""
    write_made(folder)
    path = folder / "made.gff3"
    lines = path.read_text().splitlines()
    starts = []
    for line in lines[1:]:
        fields = line.split("\t")
        first = int(fields[3])
        starts.append("\t".join([*fields[:2], "TSS", str(first), str(first), *fields[5:8], "."]))
    path.write_text("\n".join([*lines, *starts]) + "\n")


def test_run_with_classes_that_share_bases(tmp_path: Path) -> None:
    write_genome(tmp_path)
    config = copy.deepcopy(CONFIG)
    config["labels"] = {"scheme": "stranded", "classes": ["CDS", "TSS"], "exclusive": False}
    training = {**TRAINING, "sampling": {"share": 0.5}}
    config["models"] = {"one": {"model": TINY, "training": training}}
    config["evaluate"] = {"baselines": True}
    config["score"] = {
        "formats": ["bigwig", "tsv"],
        "shards": 2,
        "segments": {"CDS": {"threshold": 0.2, "min": 30}},
        "peaks": {"TSS": {"threshold": 1e-5, "distance": 10}},
    }
    write_config(tmp_path, config)
    (tmp_path / "config/genomes.tsv").write_text(SHEET)
    expected = FULL | {"train": 1, "evaluate": 1, "score": 3, "merge": 2, "tracks": 2}
    assert jobs(snakemake(tmp_path, path=forked_path())) == expected
    results = tmp_path / "results"

    metrics = json.loads((results / "evaluation/one/metrics.json").read_text())
    assert metrics["kind"] == "independent"
    rows = {(row["name"], row["strand"]): row for row in metrics["classes"]}
    assert rows["CDS", "+"]["support"] > 100 * rows["TSS", "+"]["support"] > 0
    assert rows["CDS", "-"]["support"] == 0, "all genes are on one strand"
    with (results / "evaluation/one/classes.tsv").open() as file:
        by_contig = list(csv.DictReader(file, delimiter="\t"))
    assert {row["class"] for row in by_contig} == {
        f"{name}.{way}" for name in ("CDS", "TSS") for way in ("plus", "minus")
    }

    tracks = results / "tracks/made/one"
    bases = {"c1": 36_000, "c2": 24_000}
    for name in ("CDS.plus.bw", "CDS.minus.bw", "TSS.plus.bw", "TSS.minus.bw"):
        with pybigtools.open(str(tracks / name)) as track:
            assert track.chroms() == bases
    assert (tracks / "segments.bed").read_text()
    assert (tracks / "peaks.bed").read_text()
    scores = read_scores(results / "scores/made/one")
    assert scores.kind == "independent"
    assert len(scores.channels) == 4
    labels = open_store(results / "stores/made").labels("c1", 0, 36_000)
    known = np.where(labels == UNKNOWN_LABEL, 0, labels)
    assert known.sum(1).max() == 2, "a base may be of several classes"

    page = (results / "report.html").read_text()
    assert "Macro AUPRC of validation" in page
    assert "TSS.plus" in page
    prevalence = rows["TSS", "+"]["prevalence"]
    assert f"base rate {prevalence:.3f}" in page

    words = ["hub", tracks, "--fasta", tmp_path / "made genome.fa", "-o", tmp_path / "hub"]
    hub = run_command("genoseq", [*map(str, words)])
    assert hub.returncode == 0, hub.stderr
    told = (tmp_path / "hub/hub.txt").read_text()
    for name in ("one_TSS_plus", "one_CDS_minus", "one_peaks", "one_segments"):
        assert f"track {name}\n" in told
