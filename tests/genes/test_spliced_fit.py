"""Sites of spliced genes, learned from annotated genomes, and the file that keeps them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command import Genoseq
from planted_spliced import genes_of, spliced_genome

from genoseq.errors import BundleError, InputFormatError
from genoseq.genes.branch_point import BOUNDS, branch_point_odds, learn_branch_point
from genoseq.genes.layout import contig
from genoseq.genes.spliced_call import call_spliced
from genoseq.genes.spliced_fit import fit_sites_files, load_matrices
from genoseq.genes.spliced_sites import DONOR
from genoseq.genome.schemes import gene_phase_scheme
from genoseq.genome.sequences import decode, encode
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.fasta import write_fasta
from genoseq.tasks.per_base import PerBase

SPLITS = [(30,), (31, 62), (50, 90)] * 10
GENOME = spliced_genome(SPLITS, 2)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A genome of two contigs, of which one is learned from; the other has no genes."""
    calls = GENOME.calls(name="chr")
    write_fasta(tmp_path / "a.fa", [("chr", decode(GENOME.codes)), ("other", b"ACGT" * 50)])
    lines = [
        f"chr\tx\tCDS\t{part.start + 1}\t{part.end}\t.\t{part.strand}\t{part.phase}\tID={gene.name}"
        for gene in (each.gene for each in calls.genes)
        for part in gene.transcript.coding[0].parts
    ]
    (tmp_path / "a.gff3").write_text("##gff-version 3\n" + "\n".join(lines) + "\n")
    path = tmp_path / "genes.tsv"
    path.write_text("fasta\tannotation\tcontigs\na.fa\ta.gff3\tchr\n")
    return path


def test_fit_sites_files_learns_what_is_planted(table: Path, tmp_path: Path) -> None:
    written = fit_sites_files(table, tmp_path / "genes.json")
    assert (written.starts, written.introns) == (len(SPLITS), sum(map(len, SPLITS)))
    matrices = load_matrices(tmp_path / "genes.json")
    donor = matrices.donors[-DONOR[0] :]
    best = "".join("ACGT"[index] for index in donor[2:6, :4].argmax(1))
    assert best == "ATGT"
    assert matrices.donors.shape == (DONOR[1] - DONOR[0], 5)


def test_call_spliced_takes_learned_sites(table: Path, tmp_path: Path) -> None:
    """A model that knows no introns is told by their sites."""
    fit_sites_files(table, tmp_path / "genes.json")
    matrices = load_matrices(tmp_path / "genes.json")
    genome = spliced_genome(SPLITS[:6], 9)
    values = genome.values(0.7)
    introns = np.isin(genome.states, (7, 8))
    values[0, introns], values[7:, introns] = 0.3, 0.3
    found = call_spliced([contig("chr", genome.codes)], lambda _: [values], learned=matrices)
    assert genes_of(found) == genome.genes


def test_fit_sites_files_says_what_is_wrong(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "genes.json"
    for text, message in (
        ("a.fa\ta.gff3\tchr9", ":2: contigs chr9: .* has no such contig but chr"),
        ("a.fa\ta.gff3\tother", "0 starts and 0 introns from GT to AG: 20 of each are needed"),
        ("b.fa\ta.gff3\t-", ":2: fasta .*b.fa: no such file"),
    ):
        table.write_text(f"fasta\tannotation\tcontigs\n{text}\n")
        with pytest.raises(InputFormatError, match=message):
            fit_sites_files(table, out)
        assert not out.exists()


def test_load_matrices_refuses_other_files(table: Path, tmp_path: Path) -> None:
    path = tmp_path / "genes.json"
    fit_sites_files(table, path)
    text = json.loads(path.read_text())
    for change, message in (
        ({"format": 9}, "no sites of spliced genes of format 1"),
        ({"donors": [[1.0]]}, "damaged: donors is no matrix of 11 rows"),
        ({"starts": None}, "damaged"),
    ):
        path.write_text(json.dumps(text | change))
        with pytest.raises(BundleError, match=message):
            load_matrices(path)
    path.write_text("{")
    with pytest.raises(BundleError, match="not JSON"):
        load_matrices(path)
    with pytest.raises(BundleError, match="cannot be read"):
        load_matrices(tmp_path / "missing.json")


def test_learn_branch_point_finds_a_word_anywhere_before_the_end() -> None:
    rng = np.random.default_rng(1)
    before = rng.integers(0, 4, (60, BOUNDS[1] - BOUNDS[0])).astype(np.uint8)
    for row in before:
        at = rng.integers(0, len(row) - 7)
        row[at : at + 7] = encode(b"TACTAAC")
    even = np.full(4, 0.25)
    matrix = learn_branch_point(before, even)
    assert "".join("ACGT"[index] for index in matrix[:, :4].argmax(1)) == "TACTAAC"
    other = rng.integers(0, 4, before.shape).astype(np.uint8)
    with_it, without = branch_point_odds(before, matrix), branch_point_odds(other, matrix)
    assert with_it.min() > np.quantile(without, 0.9)


def test_fit_genes_and_genes_with_its_file(
    genoseq: Genoseq, table: Path, bundle: Bundle, tmp_path: Path
) -> None:
    task = PerBase(gene_phase_scheme())
    model = build_model(bundle.settings, task)
    folder = tmp_path / "model"
    save_bundle(folder, Bundle(model, bundle.settings, task, bundle.context))
    run = genoseq("fit-genes", table, "-m", folder, "-o", folder / "genes.json")
    assert run.returncode == 0, run.stderr
    assert "from 30 starts and 50 introns of 1 genomes" in run.stderr
    run = genoseq("genes", tmp_path / "a.fa", "-m", folder, "-o", tmp_path / "out")
    assert run.returncode == 0, run.stderr
    said = json.loads((tmp_path / "out/summary.json").read_text())
    assert said["settings"]["sites"] == "the model's own"
