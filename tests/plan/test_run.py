"""``genoseq run``: which Snakemake is started, on what, with which options."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from genoseq.errors import BackendError, ConfigError
from genoseq.plan import run
from genoseq.plan.init import init_run
from genoseq.plan.run import run_workflow, snakemake_command
from genoseq.plan.snakefile import PROFILES, snakefile_path

REPOSITORY = Path(__file__).parents[2]
DEFAULT = ["--workflow-profile", "profiles/default"]
ALL = [*DEFAULT, "--cores", "all"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as ``genoseq init`` makes it."""
    init_run(tmp_path / "my")
    return tmp_path / "my"


def words(folder: Path, *options: str) -> list[str]:
    """What Snakemake is given."""
    python, safe, flag, start, *found = snakemake_command(folder, options)
    assert (python, safe, flag) == (sys.executable, "-P", "-c")
    assert "snakemake.cli" in start
    return found


def test_snakefile_path_is_the_one_of_the_repository() -> None:
    assert Path(snakefile_path()).samefile(REPOSITORY / "Snakefile")
    assert PROFILES.samefile(REPOSITORY / "profiles")


def test_snakemake_command_takes_all_cores_unless_told_otherwise(folder: Path) -> None:
    assert words(folder) == ALL
    assert words(folder, "-n", "report") == [*ALL, "-n", "report"]
    for told in (["-c1"], ["--cores", "1"], ["--cores=1"], ["-j", "4"], ["--executor=slurm"]):
        assert words(folder, *told) == [*DEFAULT, *told]


def test_snakemake_command_reads_the_configuration_first(folder: Path) -> None:
    (folder / "config/config.yaml").write_text("genomes: &a [*a]\n")
    with pytest.raises(ConfigError, match=r"config\.yaml: line 1: nested deeper than 50"):
        snakemake_command(folder, ["-n"])
    assert words(folder, "--help") == [*ALL, "--help"]


def test_snakemake_command_takes_cores_of_a_profile(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (folder / "profiles/default/profile.v9+.yaml").open("a") as file:
        file.write("cores: 3\n")
    assert words(folder) == DEFAULT
    shutil.rmtree(folder / "profiles")
    assert words(folder) == ["--workflow-profile", str(PROFILES / "default"), "--cores", "all"]
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "mine")
    assert words(folder) == ["--workflow-profile", str(PROFILES / "default")]


@pytest.mark.parametrize("given", [["--workflow-profile", "slurm"], ["--workflow-profile=slurm"]])
def test_snakemake_command_finds_profiles_in_the_folder_then_in_the_package(
    folder: Path, given: list[str]
) -> None:
    first = given[0].removesuffix("slurm")
    found = words(folder, "-n", *given, "--", "slurm")
    assert found[:1] == ["-n"]
    assert "".join(found[1:-2]) == f"{first}profiles/slurm"
    assert found[-2:] == ["--", "slurm"]
    shutil.rmtree(folder / "profiles")
    assert "".join(words(folder, *given)) == f"{first}{PROFILES}/slurm"
    assert words(folder, "--workflow-profile", "none") == ["--workflow-profile", "none"]


def test_snakemake_command_refuses_a_profile_that_is_not_there(folder: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"my: no profile 'slrm' in profiles/ .*: the package has default, slurm"
    ):
        words(folder, "--workflow-profile", "slrm")


def test_snakemake_command_takes_the_packaged_snakefile_where_there_is_none(folder: Path) -> None:
    (folder / "Snakefile").unlink()
    assert words(folder) == ["--snakefile", snakefile_path(), *ALL]
    assert words(folder, "-s", "mine.smk") == [*ALL, "-s", "mine.smk"]
    assert words(REPOSITORY) == ALL


def test_snakemake_command_wants_a_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    with pytest.raises(
        ConfigError, match=r"a folder: no such folder: make one with `genoseq init '.*/a folder'`$"
    ):
        words(folder)
    folder.mkdir()
    with pytest.raises(
        ConfigError,
        match=r"a folder: no config/config\.yaml here: make one with `genoseq init '.*/a folder'`$",
    ):
        words(folder, "-n")
    for options in (["--configfile", "mine.yaml"], ["--directory=my"], ["--help"]):
        assert words(folder, *options)[-len(options) :] == options


def test_snakemake_command_says_where_snakemake_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "find_spec", lambda _: None)
    with pytest.raises(BackendError, match=f"{sys.executable} has no Snakemake: pip install gen"):
        words(folder)


def test_run_workflow_starts_the_snakemake_of_this_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    other = folder.parent / "snakemake"
    other.write_text("#!/bin/sh\nexit 77\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{other.parent}{os.pathsep}{os.environ['PATH']}")
    assert run_workflow(folder, ["--version"]) == 0
    assert capfd.readouterr().out.startswith("9.")
    assert run_workflow(folder, ["--no-such-option"]) == 2
    assert "snakemake: error: unrecognized arguments: --no-such-option" in capfd.readouterr().err


def test_run_workflow_puts_its_own_genoseq_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = str(Path(sys.executable).parent)
    monkeypatch.setenv("PATH", f"/bin{os.pathsep}{own}")
    assert run._environment(folder)["PATH"] == f"/bin{os.pathsep}{own}"
    (tmp_path / "genoseq").write_text("#!/bin/sh\n")
    (tmp_path / "genoseq").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{own}")
    assert run._environment(folder)["PATH"] == f"{own}{os.pathsep}{tmp_path}{os.pathsep}{own}"


def test_run_workflow_has_its_cache_in_the_folder_unless_told_otherwise(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    assert run._environment(folder) == dict(os.environ)
    monkeypatch.delenv("XDG_CACHE_HOME")
    cache = str(folder / ".snakemake/cache")
    assert run._environment(folder) == {**os.environ, "XDG_CACHE_HOME": cache}
    assert not (folder / "home").exists()
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "Snakefile"))
    with caplog.at_level("INFO"):
        assert run._environment(folder) == {**os.environ, "XDG_CACHE_HOME": cache}
    assert caplog.messages == [
        f"run: no files can be written in {folder}/Snakefile, so the cache is {cache}"
    ]
