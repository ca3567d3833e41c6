"""``genoseq genes`` from file to files: whole, valid, and the same genes in each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pybigtools
import pytest
from Bio import SeqIO
from Bio.SeqRecord import SeqRecord
from command import Genoseq
from kernel_sets import of_int8
from numpy.typing import NDArray
from planted_genes import KnowingScorer, PlantedGenome, planted_genome, simple_weights

from genoseq.errors import BundleError, ConfigError
from genoseq.files.names import FRAMESHIFTS
from genoseq.genes.adapt_call import Calling
from genoseq.genes.bacteria_files import FILES, STARTS, decoder_path
from genoseq.genes.call import GeneCalls, call_genes
from genoseq.genes.gene_files import write_gene_files
from genoseq.genes.genome_files import circular_names
from genoseq.genes.layout import contig
from genoseq.genes.start_table import start_lines
from genoseq.genes.state_values import number_format
from genoseq.genes.weights import load_weights, save_weights
from genoseq.genome.schemes import signal_scheme
from genoseq.genome.sequences import decode
from genoseq.kernels.cpu.library import VARIABLE
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta, write_fasta
from genoseq.tasks.per_base import PerBase

CIRCLE = "circle|1"


@pytest.fixture
def genomes() -> dict[str, PlantedGenome]:
    linear, circle = planted_genome(30, seed=11), planted_genome(12, seed=12)
    start = next(g[0] for g in circle.genes if g[2] == "-")
    half = PlantedGenome(linear.codes[:-200], linear.genes, linear.states[:-200])
    return {"linear": half, CIRCLE: circle.turned(start + 31)}


@pytest.fixture
def fasta(genomes: dict[str, PlantedGenome], tmp_path: Path) -> Path:
    path = tmp_path / "genome.fa"
    write_fasta(path, [(name, decode(each.codes)) for name, each in genomes.items()])
    return path


@pytest.fixture
def calls(genomes: dict[str, PlantedGenome]) -> GeneCalls:
    contigs = [contig(name, each.codes, name == CIRCLE) for name, each in genomes.items()]
    return call_genes(contigs, KnowingScorer(**genomes), simple_weights())


@pytest.fixture
def folder(calls: GeneCalls, fasta: Path, tmp_path: Path) -> Path:
    out = tmp_path / "genes"
    out.mkdir()
    with open_fasta(fasta) as genome:
        write_gene_files(out, calls.genes, genome, {CIRCLE})
    return out


def bigwig_values(path: Path, chrom: str) -> NDArray[np.float64]:
    with pybigtools.open(str(path)) as track:
        return np.asarray(track.values(chrom, fillna=None))


def records(path: Path, kind: str) -> list[SeqRecord]:
    with path.open() as file:
        return list(SeqIO.parse(file, kind))


def test_write_gene_files_read_back_as_the_same_genes(calls: GeneCalls, folder: Path) -> None:
    wanted = [each.gene for each in calls.genes]
    assert any(gene.end > gene.circle > 0 for gene in wanted)
    assert any(any(gene.partial) for gene in wanted)
    parts = sorted(
        (part.chrom, part.start, part.end, part.strand)
        for gene in wanted
        for part in gene.transcript.coding[0].parts
    )
    for name in ("genes.gff3", "genes.gbk", "genes.bed"):
        annotation = read_annotation(folder / name, types=("CDS",))
        cds = [one for transcript in annotation.transcripts for one in transcript.coding]
        found = [part for one in cds for part in one.parts]
        assert sorted((p.chrom, p.start, p.end, p.strand) for p in found) == parts, name
        if name != "genes.bed":
            assert len(cds) == len(wanted)
            assert sum(one.partial_start or one.partial_end for one in cds) == sum(
                any(gene.partial) for gene in wanted
            )
            assert read_annotation(folder / name).circles == {CIRCLE: wanted[-1].circle}


def test_write_gene_files_phases_are_those_of_the_parts(calls: GeneCalls, folder: Path) -> None:
    gene = next(each.gene for each in calls.genes if each.gene.end > each.gene.circle > 0)
    assert gene.strand == "-"
    lines = [line.split("\t") for line in (folder / "genes.gff3").read_text().splitlines()]
    own = [f for f in lines if len(f) == 9 and f[2] == "CDS" and f"ID={gene.name};" in f[8]]
    assert len(own) == 2
    first, second = sorted(own, key=lambda fields: int(fields[3]))  # the 5' part is the first bases
    bases = int(first[4]) - int(first[3]) + 1
    assert (first[7], second[7]) == ("0", str(-bases % 3))
    assert lines[0] == ["##gff-version 3"]


def test_write_gene_files_proteins_are_translations_of_genbank(
    calls: GeneCalls, folder: Path
) -> None:
    proteins = {each.gene.name: each.protein.decode() for each in calls.genes}
    written = {record.id: str(record.seq) for record in records(folder / "proteins.faa", "fasta")}
    assert written == proteins
    genes = {record.id: record.seq for record in records(folder / "genes.ffn", "fasta")}
    found = {}
    for record in records(folder / "genes.gbk", "genbank"):
        for feature in record.features:
            if feature.type == "CDS":
                name = feature.qualifiers["locus_tag"][0]
                found[name] = feature.qualifiers["translation"][0]
                assert feature.extract(record.seq) == genes[name]
    assert found == proteins


def test_genes_writes_a_whole_folder(
    genoseq: Genoseq, fasta: Path, bundle: Bundle, tmp_path: Path
) -> None:
    model, out = tmp_path / "model", tmp_path / "out"
    save_bundle(model, bundle)
    save_weights(model / "genes.json", simple_weights())
    run = genoseq("genes", fasta, "-m", model, "-o", out, "--circular", CIRCLE, "--all-starts")
    assert run.returncode == 0, run.stderr
    assert run.stderr.splitlines()[-1].startswith(f"genes: wrote {out}: ")
    assert {path.name for path in out.iterdir()} == {*FILES, STARTS, "provenance.json"}
    summary = json.loads((out / "summary.json").read_text())
    assert summary["contigs"] == 2
    assert summary["settings"]["circular"] == [CIRCLE]
    again = genoseq("genes", fasta, "-m", model, "-o", out, "--circular", "nonsense")
    assert again.returncode == 1
    assert "circular contigs nonsense: the FASTA has no such contig" in again.stderr
    assert json.loads((out / "summary.json").read_text()) == summary
    (out / "notes.txt").write_text("mine")
    kept = genoseq("genes", fasta, "-m", model, "-o", out)
    assert kept.returncode == 1
    assert "holds notes.txt: name a new folder" in kept.stderr


@pytest.mark.parametrize("kernels", [*of_int8(), "torch"])
def test_genes_are_computed_in_int8_where_it_can_be(
    monkeypatch: pytest.MonkeyPatch, bundle: Bundle, kernels: str
) -> None:
    monkeypatch.setenv(VARIABLE, kernels)
    called = number_format(bundle, "cpu", "auto")
    assert called == ("auto" if kernels == "torch" else "int8")
    told = Calling((), simple_weights(), device="cpu").computing(bundle)["precision"]
    assert told == "int8" if called == "int8" else told in ("bf16", "fp32")
    for asked in ("fp32", "bf16", "int8"):
        assert number_format(bundle, "cpu", asked) == asked


def test_genes_writes_tracks_as_score_does(
    genoseq: Genoseq, fasta: Path, bundle: Bundle, tmp_path: Path
) -> None:
    model, out = tmp_path / "model", tmp_path / "out"
    save_bundle(model, bundle)
    save_weights(model / "genes.json", simple_weights())
    words = ("genes", fasta, "-m", model, "-o", out)
    run = genoseq(*words, "--tracks", "--circular", CIRCLE)
    assert run.returncode == 0, run.stderr
    used = json.loads((out / "provenance.json").read_text())["hardware"][0]["precision"]
    run = genoseq("score", fasta, "-m", model, "-o", tmp_path / "scores", "--precision", used)
    assert run.returncode == 0, run.stderr
    for name in ("CDS.plus.bw", "CDS.minus.bw"):
        found, expected = (
            bigwig_values(folder / name, "linear")
            for folder in (out / "tracks", tmp_path / "scores")
        )
        np.testing.assert_allclose(found, expected, atol=0.0011)
    (out / "tracks" / "mine").write_text("mine")
    kept = genoseq(*words)
    assert kept.returncode == 1
    assert "holds mine: name a new folder" in kept.stderr


def test_circular_names_are_contigs() -> None:
    lengths = {"a": 5, "b": 6}
    assert circular_names("all", lengths) == {"a", "b"}
    assert circular_names("none", lengths) == frozenset()
    assert circular_names("b, a", lengths) == {"a", "b"}
    with pytest.raises(ConfigError, match="circular contigs c: the FASTA has no such contig but a"):
        circular_names("a,c", lengths)


def test_load_weights_are_those_that_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "genes.json"
    save_weights(path, simple_weights(), {"genomes": ["x"]})
    assert load_weights(path).starts.tolist() == simple_weights().starts.tolist()
    text = json.loads(path.read_text())
    for change, message in (
        ({"format": 9}, "no decoder's weights of format 1"),
        ({"start_features": ["x"]}, "made for other features"),
        ({"starts": [1.0]}, "damaged"),
    ):
        path.write_text(json.dumps(text | change))
        with pytest.raises(BundleError, match=message):
            load_weights(path)
    path.write_text("{")
    with pytest.raises(BundleError, match="not JSON"):
        load_weights(path)
    with pytest.raises(BundleError, match="cannot be read"):
        load_weights(tmp_path / "missing.json")


def test_load_weights_of_the_package(tmp_path: Path) -> None:
    path, whose = decoder_path(tmp_path, None)
    assert whose == "the package's: the model brings none"
    weights = load_weights(path)
    assert weights.bias > 0
    assert weights.genes_calibration[0] > 0


def test_start_lines_are_all_starts_and_say_which_are_called(calls: GeneCalls) -> None:
    names = ("linear", CIRCLE)
    lines = [line.split("\t") for line in start_lines([calls.decoded], simple_weights(), names)]
    rows = [dict(zip(lines[0], fields, strict=True)) for fields in lines[1:]]
    called = {
        (row["contig"], int(row["start"]), int(row["end"]), row["strand"], row["conf"])
        for row in rows
        if row["called"] == "yes"
    }
    assert called == {
        (gene.chrom, gene.start, gene.end, gene.strand, f"{gene.conf:.3f}")
        for gene in (each.gene for each in calls.genes)
    }
    assert len(rows) > 2 * len(called)
    assert list(dict.fromkeys(row["contig"] for row in rows)) == list(names)
    stops = [row["end"] for row in rows if row["strand"] == "+" and row["called"] == "yes"]
    of_one = [float(row["start_conf"]) for row in rows if row["end"] == stops[0]]
    assert sum(of_one) == pytest.approx(1, abs=0.01)


def test_genes_of_contigs_without_any_are_empty_files(
    genoseq: Genoseq, bundle: Bundle, tmp_path: Path
) -> None:
    save_bundle(tmp_path / "model", bundle)
    path, out = tmp_path / "odd.fa", tmp_path / "out"
    path.write_text(f">empty\n>tiny\nACGTACGTAC\n>pad\n{'N' * 400}\n")
    run = genoseq("genes", path, "-m", tmp_path / "model", "-o", out, "--circular", "all")
    assert run.returncode == 0, run.stderr
    assert run.stderr.endswith(f"genes: wrote {out}: 0 genes of 410 bases\n")
    assert (out / "proteins.faa").read_text() == ""
    assert read_annotation(out / "genes.gff3").circles == {"tiny": 10, "pad": 400}
    assert "the package's" in json.loads((out / "summary.json").read_text())["settings"]["decoder"]


def test_genes_says_what_is_wrong_before_it_writes(
    genoseq: Genoseq, fasta: Path, bundle: Bundle, tmp_path: Path
) -> None:
    save_bundle(tmp_path / "model", bundle)
    signals = PerBase(signal_scheme([("a", "+"), ("a", "-")]))
    other = build_model(bundle.settings, signals)
    save_bundle(tmp_path / "signals", Bundle(other, bundle.settings, signals, bundle.context))
    mask = tmp_path / "mask.bed"
    mask.write_text("chr9\t5\t10\n")
    for model, options, message in (
        ("model", ("--code", 7), "genetic code 7: genes are called by the codes 4, 11, 15, 25"),
        ("signals", (), "genes need a model of CDS by codon phase"),
        ("model", ("--mask", mask), "chr9"),
        ("nowhere", (), "no such folder"),
        ("model", ("--weights", fasta), "not JSON"),
    ):
        out = tmp_path / "out"
        run = genoseq("genes", fasta, "-m", tmp_path / model, "-o", out, *options)
        assert run.returncode == 1, message
        assert message in run.stderr.splitlines()[-1]
        assert not out.exists()


def test_genes_across_indels_are_files_of_one_gene_each(
    genoseq: Genoseq, fasta: Path, bundle: Bundle, tmp_path: Path
) -> None:
    save_bundle(tmp_path / "model", bundle)
    out = tmp_path / "out"
    run = genoseq("genes", fasta, "-m", tmp_path / "model", "-o", out, "--frameshifts")
    assert run.returncode == 0, run.stderr
    told = json.loads((out / "summary.json").read_text())
    assert told["settings"]["frameshifts"] is True
    lines = (out / FRAMESHIFTS).read_text().splitlines()
    assert len(lines) == told["frameshifts"]["insertions"] + told["frameshifts"]["deletions"]
    again = genoseq("genes", fasta, "-m", tmp_path / "model", "-o", out)
    assert again.returncode == 0, again.stderr
    assert not (out / FRAMESHIFTS).exists()
