"""``genoseq genes`` with a model that tells introns: whole files, the same genes in each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from Bio import SeqIO
from Bio.SeqRecord import SeqRecord
from command import Genoseq
from planted_spliced import SplicedGenome, spliced_genome

from genoseq.genes.bacteria_files import FILES
from genoseq.genes.gene_files import write_gene_files
from genoseq.genes.spliced_call import SplicedCalls
from genoseq.genes.spliced_files import DIVISION, spliced_summary
from genoseq.genome.genes import Cds
from genoseq.genome.schemes import gene_phase_scheme
from genoseq.genome.sequences import decode
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta, write_fasta
from genoseq.tasks.per_base import PerBase

SPLITS = ((30,), (), (31, 62), (3,), (1,), (50,), (2,), (70, 90, 110))


@pytest.fixture(scope="module")
def genome() -> SplicedGenome:
    return spliced_genome(SPLITS, seed=4)


@pytest.fixture(scope="module")
def calls(genome: SplicedGenome) -> SplicedCalls:
    return genome.calls(name="chr")


@pytest.fixture
def fasta(genome: SplicedGenome, tmp_path: Path) -> Path:
    path = tmp_path / "genome.fa"
    write_fasta(path, [("chr", decode(genome.codes))])
    return path


@pytest.fixture
def folder(calls: SplicedCalls, fasta: Path, tmp_path: Path) -> Path:
    out = tmp_path / "genes"
    out.mkdir()
    with open_fasta(fasta) as opened:
        write_gene_files(out, calls.genes, opened, (), DIVISION)
    return out


def records(path: Path, kind: str) -> list[SeqRecord]:
    with path.open() as file:
        return list(SeqIO.parse(file, kind))


def coding_of(path: Path) -> list[Cds]:
    annotation = read_annotation(path)
    return [cds for each in annotation.transcripts for cds in each.coding]


def test_write_gene_files_of_spliced_genes_read_back(calls: SplicedCalls, folder: Path) -> None:
    wanted = sorted(
        tuple((p.start, p.end, p.strand, p.phase) for p in each.gene.transcript.coding[0].parts)
        for each in calls.genes
    )
    for name in ("genes.gff3", "genes.gbk", "genes.bed"):
        found = sorted(
            tuple((p.start, p.end, p.strand, p.phase) for p in cds.parts)
            for cds in coding_of(folder / name)
        )
        assert found == wanted, name
    (row, *_) = [line.split("\t") for line in (folder / "genes.bed").read_text().splitlines()]
    assert (row[9], row[11].split(",")[0]) == ("2", "0")


def test_write_gene_files_of_spliced_genes_are_genes_mrna_exons_cds(
    calls: SplicedCalls, folder: Path
) -> None:
    lines = [line.split("\t") for line in (folder / "genes.gff3").read_text().splitlines()]
    kinds = [fields[2] for fields in lines if len(fields) == 9]
    introns = sum(map(len, SPLITS))
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "gene": len(SPLITS),
        "mRNA": len(SPLITS),
        "exon": len(SPLITS) + introns,
        "CDS": len(SPLITS) + introns,
    }
    said = next(fields[8] for fields in lines if fields[2:3] == ["CDS"])
    assert "Parent=rna-chr_1" in said
    assert "introns=1" in said
    assert "rbs" not in said
    assert len(calls.genes) == len(SPLITS)


def test_write_gene_files_of_spliced_genes_have_spliced_sequences(
    calls: SplicedCalls, folder: Path
) -> None:
    genes = {each.id: each.seq for each in records(folder / "genes.ffn", "fasta")}
    proteins = {each.id: each.seq for each in records(folder / "proteins.faa", "fasta")}
    (record,) = records(folder / "genes.gbk", "genbank")
    kinds = {feature.type for feature in record.features}
    assert kinds == {"source", "gene", "mRNA", "CDS"}
    assert record.annotations["data_file_division"] == DIVISION
    for feature in record.features:
        if feature.type == "CDS":
            name = feature.qualifiers["locus_tag"][0]
            assert feature.extract(record.seq) == genes[name]
            assert genes[name].translate(to_stop=True) == proteins[name]
    assert len(genes) == len(calls.genes)


def test_spliced_summary_counts_introns(calls: SplicedCalls, genome: SplicedGenome) -> None:
    said = spliced_summary(calls, {"chr": len(genome.codes)})
    assert said["genes"] == len(SPLITS)
    assert said["introns"] == sum(map(len, SPLITS))
    assert said["genes_with_introns"] == sum(map(bool, SPLITS))
    assert said["genetic_code"] == 1
    coding = sum(end - start for _, parts in genome.genes for start, end in parts)
    assert said["coding_density"] == round(coding / len(genome.codes), 4)


def test_genes_with_a_model_of_introns(
    genoseq: Genoseq, fasta: Path, bundle: Bundle, tmp_path: Path
) -> None:
    task = PerBase(gene_phase_scheme())
    model = build_model(bundle.settings, task)
    save_bundle(tmp_path / "model", Bundle(model, bundle.settings, task, bundle.context))
    out = tmp_path / "out"
    words = ("genes", fasta, "-m", tmp_path / "model", "-o", out)
    run = genoseq(*words, "--adapt", "auto", "--all-starts", "--circular", "all")
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith(
        "genoseq: error: --circular, --all-starts, --adapt: not with this model"
    )
    assert not out.exists()
    run = genoseq(*words, "--code", "11")
    assert "genetic code 11: genes are called by the codes 1, 6" in run.stderr
    run = genoseq(*words, "--circular", "none", "--adapt", "off", "--shortest", "90")
    assert run.returncode == 0, run.stderr
    assert {path.name for path in out.iterdir()} == {*FILES, "provenance.json"}
    summary = json.loads((out / "summary.json").read_text())
    assert summary["settings"] == {
        "code": 1,
        "shortest": 90,
        "sites": "learned from this genome's own genes",
    }
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert genoseq(*words, "--threads", "2").returncode == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
