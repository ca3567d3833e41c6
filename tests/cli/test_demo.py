"""The demo's genome and labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import run_command


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    words = ["--fasta", "g.fa", "--annotation", "g.gff3", "--mask", "g.bed"]
    words = [word if word.startswith("--") else str(folder / word) for word in words]
    found = run_command("genoseq", ["demo", *words])
    assert found.returncode == 0
    assert found.stderr.startswith(f"demo: wrote {words[1]}, {words[3]}, {words[5]}: NZ_LN831026.1")
    assert "predicted by Prodigal" in found.stderr
    assert "not curated" in found.stderr
    return folder


def test_demo_says_what_belongs_together() -> None:
    for words, message in (
        (["--fasta", "g.fa"], "--fasta and --annotation belong together: give both"),
        (["--mask", "m.bed"], "--fasta and --annotation belong together: give both"),
        (["--reads", "r.fa"], "--pairs and --reads belong together: give both"),
        ([], "nothing to write: name --fasta and --annotation, or --pairs and --reads"),
    ):
        found = run_command("genoseq", ["demo", *words])
        assert (found.returncode, message in found.stderr) == (1, True)


def test_demo_genome_is_the_whole_chromosome(demo: Path) -> None:
    header, *lines = (demo / "g.fa").read_text().splitlines()
    assert header.startswith(">NZ_LN831026.1 Corynebacterium diphtheriae")
    assert len("".join(lines)) == 2_463_666


def test_demo_genes_are_whole_codons_that_end_in_a_stop(demo: Path) -> None:
    sequence = "".join((demo / "g.fa").read_text().splitlines()[1:])
    swap = str.maketrans("ACGT", "TGCA")
    genes = [line.split("\t") for line in (demo / "g.gff3").read_text().splitlines()[2:]]
    assert len(genes) > 2_000
    for _, _, kind, begin, end, _, strand, phase, attributes in genes:
        if "partial=00" not in attributes:
            continue
        coding = sequence[int(begin) - 1 : int(end)]
        coding = coding if strand == "+" else coding.translate(swap)[::-1]
        assert (kind, phase, len(coding) % 3) == ("CDS", "0", 0)
        assert coding[-3:] in ("TAA", "TAG", "TGA")


def test_demo_mask_covers_every_gene_that_is_cut_off(demo: Path) -> None:
    first, last = (line.split("\t") for line in (demo / "g.bed").read_text().splitlines())
    lines = [line for line in (demo / "g.gff3").read_text().splitlines() if "partial=" in line]
    cut = [line.split("\t") for line in lines if "partial=00" not in line]
    assert [(columns[3], columns[4]) for columns in cut] == [("1", "1659")]
    assert first == ["NZ_LN831026.1", "0", "1659"]
    assert last == ["NZ_LN831026.1", str(2_463_666 - 90), "2463666"]
