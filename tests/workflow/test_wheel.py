"""The workflow of an installed package: no clone, nothing activated, a folder of one's own."""

from __future__ import annotations

import shlex
import subprocess
import zipfile
from pathlib import Path

import pytest
import yaml
from small_run import CONFIG, ONE_EACH, TRAINING, jobs, write_genome
from wheel import REPOSITORY, Installed, install_wheel, kernels

from genoseq.cli import init, run

PACKAGED = "genoseq/plan/packaged/"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install_wheel(tmp_path_factory.mktemp("wheel"))


def example(epilog: str) -> list[str]:
    """Words after ``genoseq`` of the example that ends a verb's help."""
    program, *words = shlex.split(epilog.removeprefix("Example: "))
    assert program == "genoseq"
    return words


def test_wheel_has_every_file_of_the_workflow_once(installed: Installed) -> None:
    folders = [REPOSITORY / name for name in ("workflows", "config")]
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    expected = {
        PACKAGED + str(path.relative_to(REPOSITORY)): path.read_bytes()
        for path in [REPOSITORY / "Snakefile", *paths]
    }
    with zipfile.ZipFile(installed.wheel) as wheel:
        found = {name: wheel.read(name) for name in wheel.namelist() if PACKAGED in name}
        names = wheel.namelist()
    assert found == expected
    assert {f"genoseq/report/report.{kind}" for kind in ("html", "css", "js")} <= set(names)
    assert sum(name.endswith("/Snakefile") for name in names) == 1
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"genoseq"}


def test_wheel_has_the_kernels_of_every_instruction_set(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        found = {name for name in wheel.namelist() if name.endswith(".kernels")}
    assert found == {f"genoseq/kernels/cpu/{path.name}" for path in kernels()}


def test_wheel_is_what_its_environment_imports(installed: Installed, tmp_path: Path) -> None:
    words = [str(installed.environment / "bin/python"), "-c", "import genoseq; print(genoseq)"]
    found = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert str(installed.environment) in found.stdout


def test_wheel_runs_the_examples_of_its_help(installed: Installed, tmp_path: Path) -> None:
    made = installed.run(tmp_path, *example(init.EPILOG))
    assert made.returncode == 0, made.stdout
    planned = installed.run(tmp_path, *example(run.EPILOG))
    assert planned.returncode == 0, planned.stdout
    each = ("demo", "extract", "tokenize", "shards", "hub")
    of_a_model = ("train", "evaluate", "score", "merge", "tracks")
    expected = {**dict.fromkeys(each, 1), **dict.fromkeys(of_a_model, 2), **ONE_EACH}
    assert jobs(planned.stdout) == expected
    assert "specific profile profiles/default" in planned.stdout


def test_wheel_runs_the_workflow_where_home_cannot_be_written(
    installed: Installed, tmp_path: Path
) -> None:
    assert installed.run(tmp_path, "init", "my").returncode == 0
    folder = tmp_path / "my"
    write_genome(folder)
    with (folder / "config/genomes.tsv").open("a") as sheet:
        sheet.write("made\tmade genome.fa\tmade.gff3\t-\tblocks\n")
    training = {**TRAINING, "steps": 4, "validate_every": 4}
    models = {"one": {**CONFIG["models"]["one"], "training": training}}
    config = {**CONFIG, "models": models, "score": {"formats": ["bed"]}}
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    tracks = "results/tracks/made/one"
    done = installed.run(tmp_path, "run", "my", "--cores", "2", tracks, home="/dev/null")
    assert done.returncode == 0, done.stdout
    assert (folder / ".snakemake/cache").is_dir()
    assert (folder / tracks / "segments.bed").is_file()


def test_wheel_shows_what_went_wrong_in_a_rule_and_fails(
    installed: Installed, tmp_path: Path
) -> None:
    assert installed.run(tmp_path, "init", "my").returncode == 0
    folder = tmp_path / "my"
    (folder / "a.fa").write_text(">a\nACGT\n>b\nAC!T\n")
    (folder / "a.gff3").write_text("##gff-version 3\n")
    with (folder / "config/genomes.tsv").open("a") as sheet:
        sheet.write("a\ta.fa\ta.gff3\t-\tblocks\n")
    done = installed.run(tmp_path, "run", "my", "results/regions/a/regions.fa")
    assert done.returncode == 1
    assert "genoseq: error: a.fa" in done.stdout
