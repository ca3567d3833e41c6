"""The whole workflow with real Snakemake on a small genome: what runs, and what an edit re-runs."""

from __future__ import annotations

import copy
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from command import Genoseq, forked_path
from small_run import (
    CONFIG,
    FULL,
    ONE_EACH,
    SHEET,
    SNAKEFILE,
    TINY,
    TRAINING,
    command_line,
    jobs,
    snakemake,
    write_config,
    write_genome,
)

from genoseq.readers.bed import read_bed

SCORED_AGAIN = {"train": 1, "evaluate": 1, "score": 3, "merge": 2, "tracks": 2, **ONE_EACH}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the whole workflow has run once."""
    folder = tmp_path_factory.mktemp("run")
    write_genome(folder)
    write_config(folder, CONFIG)
    (folder / "config/genomes.tsv").write_text(SHEET)
    assert jobs(snakemake(folder, path=forked_path())) == FULL
    return folder


@pytest.fixture
def config(finished: Path) -> Iterator[dict[str, Any]]:
    """The configuration, to be edited; the file is as it was afterwards."""
    yield copy.deepcopy(CONFIG)
    write_config(finished, CONFIG)


def planned(folder: Path, config: Mapping[str, Any]) -> dict[str, int]:
    write_config(folder, config)
    return jobs(snakemake(folder, "--dry-run"))


def test_run_twice_has_nothing_to_do(finished: Path) -> None:
    said = snakemake(finished, "--dry-run")
    assert "Nothing to be done" in said
    assert jobs(said) == {}


def test_run_after_edit_of_the_report_only_sums_up(finished: Path, config: dict[str, Any]) -> None:
    config["report"]["title"] = "Another"
    assert planned(finished, config) == ONE_EACH


def test_run_after_edit_of_formats_only_writes_tracks(
    finished: Path, config: dict[str, Any]
) -> None:
    config["score"]["formats"] = ["bigwig", "bed", "tsv"]
    assert planned(finished, config) == {"tracks": 4, **ONE_EACH}


def test_run_after_edit_of_a_seed_trains_that_model_only(
    finished: Path, config: dict[str, Any]
) -> None:
    config["models"]["two"]["training"]["seed"] = 3
    assert planned(finished, config) == SCORED_AGAIN


def test_run_after_edit_of_checkpoints_has_nothing_to_do(
    finished: Path, config: dict[str, Any]
) -> None:
    config["models"]["two"]["training"]["checkpoint_minutes"] = 1
    assert planned(finished, config) == {}


def test_run_with_one_more_model_trains_that_one_only(
    finished: Path, config: dict[str, Any]
) -> None:
    config["models"]["three"] = {"model": TINY, "training": {**TRAINING, "seed": 3}}
    assert planned(finished, config) == SCORED_AGAIN


def test_run_after_edit_of_labels_keeps_the_regions(finished: Path, config: dict[str, Any]) -> None:
    config["labels"] = {"overlap": "unknown"}
    kept = ("extract", "shards")
    assert planned(finished, config) == {k: v for k, v in FULL.items() if k not in kept}


def test_run_with_other_threads_has_nothing_to_do(finished: Path) -> None:
    said = snakemake(finished, "--dry-run", "--set-threads", "score=1", "train=2")
    assert jobs(said) == {}


def test_run_leaves_a_log_and_a_benchmark_of_every_job(finished: Path) -> None:
    logs = list((finished / "results/logs").rglob("*.log"))
    benchmarks = list((finished / "results/benchmarks").rglob("*.tsv"))
    assert len(logs) == len(benchmarks) == sum(FULL.values()) - FULL["all"]


def test_run_has_few_files_in_each_folder(finished: Path) -> None:
    folders = [finished / "results", *(finished / "results").rglob("*/")]
    assert max(sum(path.is_file() for path in folder.iterdir()) for folder in folders) <= 8


def test_run_in_shards_scores_the_same_bytes_as_one_command(
    finished: Path, tmp_path: Path, genoseq: Genoseq
) -> None:
    for number, name in enumerate(("made genome.fa", "other.fa.gz")):
        merged = finished / "results/scores" / ("made", "other")[number] / "one"
        words = ("score", finished / name, "-m", finished / "results/models/one")
        words += ("--formats", "scores", "--confidence", "margin", "--threads", 1)
        run = genoseq(*words, "-o", tmp_path / name)
        assert run.returncode == 0, run.stderr
        for path in (tmp_path / name).iterdir():
            assert (merged / path.name).read_bytes() == path.read_bytes()
    assert not list((finished / "results/shard_scores").rglob("*.npy"))


def test_run_brings_a_deleted_folder_back(finished: Path) -> None:
    for name, expected in (
        ("tracks/other/two", {"tracks": 1}),
        ("evaluation/one", {"evaluate": 1}),
    ):
        deleted = finished / "results" / name
        deleted.rename(finished / "aside")
        try:
            assert jobs(snakemake(finished, "--dry-run")) == {**expected, **ONE_EACH}
        finally:
            (finished / "aside").rename(deleted)


def test_run_with_one_shard_missing_scores_that_one_only(finished: Path) -> None:
    merged, shards = (finished / f"results/{name}/made/one" for name in ("scores", "shard_scores"))
    snakemake(finished, "--notemp", "results/shard_scores/made/one/001", path=forked_path())
    merged.rename(finished / "aside")
    try:
        assert jobs(snakemake(finished, "--dry-run", "results/scores/made/one")) == {
            "score": 1,
            "merge": 1,
        }
    finally:
        (finished / "aside").rename(merged)
        shutil.rmtree(shards)


def test_run_writes_tracks_of_every_genome_and_model(finished: Path) -> None:
    for genome in ("made", "other"):
        for model in ("one", "two"):
            folder = finished / "results/tracks" / genome / model
            with (folder / "manifest.tsv").open(newline="") as handle:
                rows = list(csv.DictReader(handle, delimiter="\t"))
            names = {"CDS.plus.bw", "CDS.minus.bw", "margin.bw", "segments.bed"}
            assert names <= {row["path"] for row in rows}
            assert all((folder / row["path"]).is_file() for row in rows)


def test_run_calls_genes_where_settings_ask_for_them(
    finished: Path, config: dict[str, Any], tmp_path: Path
) -> None:
    again = tmp_path / "again"
    shutil.copytree(finished, again, symlinks=True)
    write_config(again, config | {"genes": {"circular": "all", "code": 11}})
    assert jobs(snakemake(again, path=forked_path())) == {"genes": 4, **ONE_EACH}
    for pair in ("made/one", "made/two", "other/one", "other/two"):
        told = json.loads((again / "results/genes" / pair / "summary.json").read_text())
        assert told["genetic_code"] == 11
        assert told["settings"]["circular"] == (["x"] if "other" in pair else ["c1", "c2"])
    assert "expected to be true" in (again / "results/report.html").read_text()


def test_run_makes_hubs_and_baselines_where_settings_ask_for_them(
    finished: Path, config: dict[str, Any], tmp_path: Path
) -> None:
    again = tmp_path / "again"
    shutil.copytree(finished, again, symlinks=True)
    write_config(again, config | {"hub": {"title": "{made} up"}, "evaluate": {"baselines": True}})
    assert jobs(snakemake(again, "--dry-run")) == {"hub": 2, "evaluate": 2, **ONE_EACH}
    targets = ("results/evaluation/one", "results/hubs/made", "results/hubs/other")
    assert jobs(snakemake(again, *targets, path=forked_path())) == {"hub": 2, "evaluate": 1}
    table = (again / "results/evaluation/one/baselines.tsv").read_text().splitlines()
    names = {line.split("\t")[0] for line in table}
    assert names == {"name", "majority", "kmers", "longest-orf", "prodigal"}
    for genome in ("made", "other"):
        text = (again / "results/hubs" / genome / "hub.txt").read_text()
        assert f"genome {genome}\n" in text
        assert "longLabel {made} up\n" in text
        assert text.count("\ntype bigWig 0 1\n") == 6  # of two models: two strands, and margin


def test_run_refuses_a_model_whose_job_ended_unseen(
    finished: Path, tmp_path: Path, config: dict[str, Any]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    # What is left where Snakemake was killed before it noticed the end of the job.
    snakemake(folder, "--cleanup-metadata", "results/models/one")
    config["models"]["one"]["training"]["seed"] = 9
    write_config(folder, config)
    with pytest.raises(AssertionError):
        snakemake(folder, "results/evaluation/one", path=forked_path())
    said = (folder / "results/logs/evaluate/one.log").read_text()
    assert "models/one: trained by other settings than the configuration's: training.seed 1" in said
    words = ("--forcerun", "train", "--", "results/evaluation/one")
    assert jobs(snakemake(folder, *words, path=forked_path())) == {"train": 1, "evaluate": 1}


def test_run_evaluates_every_base_of_the_test_split(finished: Path) -> None:
    metrics = json.loads((finished / "results/evaluation/one/metrics.json").read_text())
    records = read_bed(finished / "results/regions/made/regions.bed")
    assert metrics["bases"] == sum(len(r.region) for r in records if r.name == "test")
    assert not (finished / "results/evaluation/one/baselines.tsv").exists()


def test_run_report_is_one_file_that_names_all(finished: Path) -> None:
    page = (finished / "results/report.html").read_text()
    assert "<h1>A small run</h1>" in page
    assert "Made-up &lt;labels&gt;." in page
    assert "tracks/other/two/CDS.plus.bw" in page
    for name in ("learning", "calibration", "precision-recall-0", "confusion-1", "bases"):
        assert f'id="{name}"' in page
    assert "Drift from training" in page
    assert ">other</th><td>whole</td>" in page  # scored alone: its bases are those of its shards
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_run_killed_in_training_goes_on_from_its_checkpoint(
    finished: Path, config: dict[str, Any]
) -> None:
    steps = {"steps": 300, "checkpoint_minutes": 0.001}
    config["models"]["long"] = {"model": TINY, "training": {**TRAINING, **steps}}
    write_config(finished, config)
    target = "results/models/long"
    with subprocess.Popen(
        command_line(finished, target, snakefile=SNAKEFILE),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        while running.poll() is None:
            time.sleep(0.05)
            if (finished / f"{target}.state/last.safetensors").exists():
                os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    assert not (finished / target / "model.safetensors").exists()
    snakemake(finished, "--unlock")
    snakemake(finished, target, path=forked_path())
    assert "resuming after step" in (finished / "results/logs/train/long.log").read_text()
    assert (finished / target / "model.safetensors").exists()


MODULE = """\
configfile: "config/config.yaml"


module genoseq:
    snakefile:
        "{snakefile}"
    config:
        config
    pathvars:
        results="elsewhere"


use rule * from genoseq as genoseq_*
"""


def test_run_as_a_module_of_another_workflow(finished: Path) -> None:
    path = finished / "Snakefile"
    path.write_text(MODULE.format(snakefile=SNAKEFILE))
    said = snakemake(finished, "--dry-run", "genoseq_all", snakefile=path)
    assert jobs(said) == {f"genoseq_{name}": count for name, count in FULL.items()}
    assert "output: elsewhere/report.html" in said


def test_run_has_a_report_of_snakemake_s(finished: Path) -> None:
    snakemake(finished, "--report", "workflow.html")
    page = (finished / "workflow.html").read_text()
    for text in ("report.html", "curves.tsv", "Evaluation", "on the test split, every base"):
        assert text in page
