"""Genomes of one command: which folder each gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from genoseq.errors import ConfigError
from genoseq.readers.many import genome_folders


def made(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(">a\nACGT\n")
    return folder


def test_one_genome_gets_the_folder_itself(tmp_path: Path) -> None:
    out = tmp_path / "out"
    made(out, "provenance.json")  # an older result, which is replaced
    for name in ("-", "genome.fa.gz", "no.such.file"):
        assert genome_folders([Path(name)], out) == [(Path(name), out)]


def test_several_get_folders_called_as_their_files(tmp_path: Path) -> None:
    folder = made(tmp_path / "in", "b.fna.gz", "A.1.FA", "c.gbff", "notes.txt", ".d.fa", "e.fa.fai")
    given = [folder, Path("x/f.dat"), Path("x/g.fasta.bz2")]
    found = genome_folders(given, Path("out"))
    assert [(genome.name, own) for genome, own in found] == [
        ("A.1.FA", Path("out/A.1")),
        ("b.fna.gz", Path("out/b")),
        ("c.gbff", Path("out/c")),
        ("f.dat", Path("out/f.dat")),
        ("g.fasta.bz2", Path("out/g")),
    ]


def test_a_folder_of_one_genome_is_a_folder(tmp_path: Path) -> None:
    folder = made(tmp_path / "in", "a.fa")
    assert genome_folders([folder], Path("out")) == [(folder / "a.fa", Path("out/a"))]


def test_what_cannot_have_folders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no genome in it: files called \.fa, \.fasta"):
        genome_folders([made(tmp_path / "empty", "notes.txt")], tmp_path / "out")
    with pytest.raises(ConfigError, match=r"^x/a\.fa and y/a\.gbk would both be .*/a: rename one$"):
        genome_folders([Path("x/a.fa"), Path("y/a.gbk")], tmp_path)
    with pytest.raises(ConfigError, match=r"^-: of several genomes each needs a file with a name$"):
        genome_folders([Path("-"), Path("a.fa")], tmp_path)
    with pytest.raises(ConfigError, match=r"^x/\.\.: of several genomes each needs a file"):
        genome_folders([Path("x/.."), Path("a.fa")], tmp_path / "out")
    made(tmp_path / "out", "provenance.json")
    with pytest.raises(ConfigError, match="out is what was made of one genome: name another"):
        genome_folders([Path("b.fa"), Path("a.fa")], tmp_path / "out")
