"""``genoseq score`` and ``genes`` of many genomes in one start: the bytes of each alone."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from command import Genoseq

from genoseq.cli.genomes import for_each_genome


@pytest.fixture
def genomes(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    folder = tmp_path / "genomes"
    folder.mkdir()
    for name in ("one", "two"):
        (folder / f"{name}.fa").write_text(f">chr1\n{''.join(rng.choice(list('ACGT'), 3_000))}\n")
    return folder


@pytest.mark.parametrize("verb", ["score", "genes"])
def test_a_folder_of_genomes_is_each_of_them(
    genoseq: Genoseq, genomes: Path, model: Path, tmp_path: Path, verb: str
) -> None:
    options = ("-m", model, "--jobs", 1)
    run = genoseq(verb, genomes, *options, "-o", tmp_path / "all")
    assert run.returncode == 0, run.stderr
    assert run.stderr.splitlines()[-1] == f"{tmp_path / 'all'}: 2 genomes"
    for name in ("one", "two"):
        alone, together = tmp_path / name, tmp_path / "all" / name
        assert genoseq(verb, genomes / f"{name}.fa", *options, "-o", alone).returncode == 0
        files = [path.name for path in sorted(alone.iterdir())]
        assert files == [path.name for path in sorted(together.iterdir())]
        same = {"CDS.plus.bw", "genes.gff3"} & {*files}
        assert same
        assert all((alone / n).read_bytes() == (together / n).read_bytes() for n in same)


def test_a_genome_that_is_none_leaves_the_others(
    genoseq: Genoseq, genomes: Path, model: Path, tmp_path: Path
) -> None:
    bad = genomes / "bad.fa"
    bad.write_text(">chr1\nACGT!\n")
    out = tmp_path / "out"
    run = genoseq("score", genomes, "-m", model, "-o", out)
    assert run.returncode == 1
    assert f"genoseq: error: {bad}" in run.stderr
    assert run.stderr.splitlines()[-1].endswith(f"1 of 3 genomes are not in {out}: {bad}")
    assert {path.name for path in out.iterdir()} == {"one", "two"}


def test_a_genome_that_cannot_be_opened_leaves_the_others(
    genoseq: Genoseq, genomes: Path, model: Path, tmp_path: Path
) -> None:
    """Folders and links to nothing, first and last: errors of the system, not of a format."""
    (genomes / "a folder.fa").mkdir()
    (genomes / "zero.fa").symlink_to(tmp_path / "nothing")
    out = tmp_path / "out"
    run = genoseq("score", genomes, "-m", model, "-o", out, "--jobs", 1)
    assert run.returncode == 1
    *_, last = run.stderr.splitlines()
    assert last.endswith(
        f"2 of 4 genomes are not in {out}: {genomes / 'a folder.fa'}, {genomes / 'zero.fa'}"
    )
    assert "Traceback" not in run.stderr
    assert {path.name for path in out.iterdir()} == {"one", "two"}


def test_a_full_disk_ends_all(tmp_path: Path) -> None:
    tried = []

    def work(genome: Path, folder: Path) -> None:
        tried.append(genome.name)
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    with pytest.raises(OSError, match="No space"):
        for_each_genome([Path("a.fa"), Path("b.fa")], tmp_path / "out", {}, work)
    assert tried == ["a.fa"]


def test_options_of_one_genome_are_refused_for_several(
    genoseq: Genoseq, genomes: Path, model: Path, tmp_path: Path
) -> None:
    run = genoseq("score", genomes, "-m", model, "-o", tmp_path / "out", "--regions", "a.bed")
    assert run.returncode == 1
    assert run.stderr.strip() == "genoseq: error: --regions: of one genome, and there are 2"
    assert not (tmp_path / "out").exists()
