"""``genoseq init``: what it lays down, and what it leaves alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from genoseq.config.schema import load_config
from genoseq.config.sheet import read_genomes
from genoseq.errors import ConfigError, InputFormatError
from genoseq.plan.init import init_run

REPOSITORY = Path(__file__).parents[2]
FILES = {
    *{"Snakefile", "config/config.yaml", "config/genomes.tsv", "config/README.md"},
    *{"profiles/default/profile.v9+.yaml", "profiles/slurm/profile.v9+.yaml"},
}


def files(folder: Path) -> dict[str, str]:
    """Text of each file by path."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


def test_init_run_lays_down_a_configuration_to_be_edited(tmp_path: Path) -> None:
    folder = tmp_path / "new/my"
    written = init_run(folder)
    assert {str(path.relative_to(folder)) for path in written} == FILES == files(folder).keys()
    config = load_config(folder / "config/config.yaml")
    demo = load_config(REPOSITORY / "config/config.yaml")
    assert config.report.title == "genoseq run"
    assert config.model_copy(update={"report": demo.report}) == demo
    text = (folder / "config/config.yaml").read_text()
    assert "demo" not in text
    assert "Corynebacterium" not in text
    schema = text.splitlines()[0].partition("$schema=")[2]
    assert Path(schema).samefile(REPOSITORY / "workflows/schemas/config.schema.json")


def test_init_run_lays_down_a_sheet_whose_examples_are_rows(tmp_path: Path) -> None:
    init_run(tmp_path)
    sheet = tmp_path / "config/genomes.tsv"
    with pytest.raises(InputFormatError, match="no genome yet: add a row below the header"):
        read_genomes(sheet)
    sheet.write_text(sheet.read_text().replace("# ecoli", "ecoli").replace("# novel", "novel"))
    rows = read_genomes(sheet)
    assert [(row.name, row.split) for row in rows.values()] == [
        ("ecoli", "blocks"),
        ("novel", "score"),
    ]


def test_init_run_lays_down_the_demo_as_in_a_clone(tmp_path: Path) -> None:
    init_run(tmp_path / "my", demo=True)
    found = files(tmp_path / "my")
    assert found["config/genomes.tsv"] == (REPOSITORY / "config/genomes.tsv").read_text()
    (_, *lines), (_, *expected) = (
        text.splitlines()
        for text in (found["config/config.yaml"], (REPOSITORY / "config/config.yaml").read_text())
    )
    assert lines == expected


def test_init_run_adds_to_a_folder_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/notes.txt").write_text("mine")
    (tmp_path / "genome.fa").write_text(">a\nACGT\n")
    init_run(tmp_path)
    assert files(tmp_path).keys() == FILES | {"config/notes.txt", "genome.fa"}
    assert {path.name for path in tmp_path.iterdir()} == {
        *{"Snakefile", "config", "genome.fa", "profiles"},
    }


@pytest.mark.parametrize("name", sorted(FILES))
def test_init_run_overwrites_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(
        ConfigError, match="there already, nothing was written: name a new"
    ) as error:
        init_run(tmp_path)
    assert str(error.value).startswith(f"{tmp_path}: {name} there")
    assert files(tmp_path) == {name: "mine"}


def test_init_run_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "genome.fa").write_text(">a\nACGT\n")
    rename = os.rename

    def failing(path: str, target: str, **folders: int) -> None:
        if target == "genomes.tsv":
            raise OSError(28, "No space left on device", target)
        rename(path, target, **folders)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(OSError, match="No space left"):
        init_run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["genome.fa"]


def test_init_run_refuses_a_file_and_a_clone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file: this is a file: name a folder"):
        init_run(tmp_path / "file")
    shutil.copy(REPOSITORY / "Snakefile", tmp_path)
    with pytest.raises(ConfigError, match="Snakefile there already"):
        init_run(tmp_path)
