"""What Snakemake meets before it runs anything: mistakes of the configuration, and odd paths."""

from __future__ import annotations

import copy
import os
from pathlib import Path

import pytest
from command import run_command
from small_run import CONFIG, SHEET, jobs, snakemake, write_config, write_genome


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with genome, sheet and no configuration."""
    write_genome(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/genomes.tsv").write_text(SHEET)
    return tmp_path


def test_run_refuses_a_config_with_a_model_twice(folder: Path) -> None:
    path = folder / "config/config.yaml"
    write_config(folder, CONFIG)
    path.write_text(path.read_text().replace("  two:", "  one:"))
    with pytest.raises(AssertionError, match=r"models\.one: this key is given 2 times, in lines "):
        snakemake(folder, "--dry-run")


def test_run_reads_files_with_braces_and_brackets(folder: Path) -> None:
    genome, genes = folder / "a{me}<x>.fa", folder / "g{}{0}.gff3"
    (folder / "made genome.fa").rename(genome)
    (folder / "made.gff3").rename(genes)
    config = copy.deepcopy(CONFIG)
    config["report"] = {"title": "{title} <results>", "note": "{}"}
    write_config(folder, config)
    sheet = f"name\tfasta\tannotation\tsplit\nmade\t{genome.name}\t{genes.name}\tblocks\n"
    (folder / "config/genomes.tsv").write_text(sheet)
    expected = {"extract": 1, "tokenize": 1, "shards": 1}
    assert jobs(snakemake(folder, "--dry-run")).items() >= {"report": 1, **expected}.items()
    targets = ("results/stores/made", "results/shards/made")
    assert jobs(snakemake(folder, *targets)) == expected
    assert jobs(snakemake(folder, "--dry-run", *targets)) == {}
    os.utime(genes)
    assert jobs(snakemake(folder, "--dry-run", *targets)) == {"tokenize": 1}


def test_run_refuses_a_wrong_config_with_every_problem(folder: Path) -> None:
    config = copy.deepcopy(CONFIG)
    config["models"]["one"]["training"] = {"steps": 0, "sneed": 1}
    write_config(folder, config)
    with pytest.raises(AssertionError) as error:
        snakemake(folder, "--dry-run")
    assert "models.one.training.steps" in str(error.value)
    assert "models.one.training.sneed" in str(error.value)


@pytest.mark.parametrize(
    ("sheet", "said"),
    [("", "the sample sheet is empty"), ("name\tfasta\n", "no genome yet: add a row")],
)
def test_run_with_an_empty_sheet_says_so_in_one_line(folder: Path, sheet: str, said: str) -> None:
    write_config(folder, CONFIG)
    (folder / "config/genomes.tsv").write_text(sheet)
    found = run_command("genoseq", ["run", str(folder), "--dry-run"], one_stream=True)
    assert found.returncode == 1
    (line,) = [each for each in found.stdout.splitlines() if "genomes.tsv" in each]
    assert line.startswith("genoseq: error: config/genomes.tsv")
    assert said in line
    assert 'File "' not in found.stdout
