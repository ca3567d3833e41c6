"""The workflow from elsewhere, with real Snakemake: inside another one, and from a clone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import yaml
from small_run import (
    CONFIG,
    FULL,
    REPOSITORY,
    SHEET,
    SNAKEFILE,
    jobs,
    snakemake,
    write_genome,
)

from genoseq.files.provenance import read_record

MODULE = """\
module genoseq:
    snakefile:
        "{snakefile}"
    config:
        config["genoseq"]
    pathvars:
        results="parts/genoseq"


use rule * from genoseq as genoseq_*


"""
OURS = """\
rule all:
    input:
        "parts/genoseq/stores/made",
        "parts/genoseq/shards/other",
        "ours.txt",
{default}

rule ours:
    output:
        "ours.txt",
    shell:
        "echo ours > {{output}}"


"""
EXPECTED = ("genoseq_extract", "genoseq_tokenize", "genoseq_shards")
CONFIGURED = 'configfile: "ours.yaml"\n\n\n'


def nested(folder: Path, text: str) -> Path:
    """A workflow of somebody else in ``folder``; its Snakefile."""
    write_genome(folder)
    path, sheet = folder / "workflow/Snakefile", folder / "sheet.tsv"
    path.parent.mkdir()
    path.write_text(
        CONFIGURED + text.format(snakefile=SNAKEFILE, default="    default_target: True")
    )
    sheet.write_text(SHEET)
    settings = {"genoseq": {**CONFIG, "genomes": "sheet.tsv"}, "of our own": 1}
    (folder / "ours.yaml").write_text(yaml.safe_dump(settings))
    return path


def test_run_as_a_part_of_another_workflow_with_its_own_folder(tmp_path: Path) -> None:
    path = nested(tmp_path, MODULE + OURS)
    done = jobs(snakemake(tmp_path, snakefile=path))
    assert done == {"all": 1, "ours": 1, **dict.fromkeys(EXPECTED, 1)}
    assert {found.name for found in (tmp_path / "parts").iterdir()} == {"genoseq"}
    record = read_record(tmp_path / "parts/genoseq/stores/made")
    assert record is not None
    assert record["inputs"].keys() == {"fasta", "bed", "annotation"}


def test_run_of_another_workflow_makes_its_own_first_rule(tmp_path: Path) -> None:
    path = nested(tmp_path, OURS.replace("{default}", "") + MODULE)
    planned = jobs(snakemake(tmp_path, "--dry-run", snakefile=path))
    assert planned.keys() == {"all", "ours", *EXPECTED}


def test_run_of_the_demo_is_planned_from_a_clone(tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "config", tmp_path / "config")
    said = snakemake(tmp_path, "--dry-run")
    of_a_model = ("train", "evaluate", "score", "merge", "tracks")
    once = dict.fromkeys(("demo", "hub", *FULL), 1)
    assert jobs(said) == once | dict.fromkeys(of_a_model, 2)
    asked = dict(re.findall(r"^rule (\w+):\n(?:    .*\n)*?    resources: (.*)", said, re.MULTILINE))
    assert asked.keys() == once.keys()
    on_gpu = {name for name, resources in asked.items() if "gpu" in resources}
    assert on_gpu == {"train", "evaluate", "score"}
