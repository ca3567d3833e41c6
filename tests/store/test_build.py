"""tokenize: a genome and its labels into a store, from Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genoseq.config.labels import LabelSettings
from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.sequences import decode
from genoseq.readers.fasta import open_fasta
from genoseq.store.build import tokenize
from genoseq.store.store import verify_store

GFF = "##gff-version 3\na\t.\tCDS\t11\t40\t.\t+\t0\tID=p\n"


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    codes = np.random.default_rng(0).integers(0, 5, 260, np.uint8)
    path = tmp_path / "genome.fa"
    text = decode(codes).decode()
    path.write_text(f">a\n{text[:200]}\n>empty\n>b\n{text[200:]}\n")
    (tmp_path / "genes.gff3").write_text(GFF)
    (tmp_path / "r.bed").write_text("b\t0\t20\ttest\na\t5\t60\ttrain\n")
    return path


def test_tokenize_takes_a_path_or_an_open_fasta(tmp_path: Path, genome: Path) -> None:
    words = {"annotation": tmp_path / "genes.gff3", "regions": tmp_path / "r.bed"}
    one = tokenize(genome, out=tmp_path / "one", **words)
    with open_fasta(genome) as fasta:
        two = tokenize(fasta, out=tmp_path / "two", **words)
        assert two.lengths == fasta.lengths
        assert np.array_equal(one.codes("b", 0, 60), fasta.codes("b", 0, 60))
        fasta.codes("a", 0, 1)  # it is still open
    assert (one.name, two.name) == ("genome", "genome")
    assert one.checksums == two.checksums
    assert [(r.chrom, r.start, r.end, r.split) for r in one.regions] == [
        ("b", 0, 20, "test"),
        ("a", 5, 60, "train"),
    ]
    verify_store(tmp_path / "one")


def test_tokenize_labels_bases_that_are_n_as_unknown(tmp_path: Path, genome: Path) -> None:
    store = tokenize(genome, tmp_path / "genes.gff3", out=tmp_path / "s")
    codes, labels = store.codes("a", 0, 200), store.labels("a", 0, 200)
    assert ((labels == 255) == (codes == 4)).all()
    coding = np.zeros(200, bool)
    coding[10:40] = True
    assert ((labels != 0) == (coding | (codes == 4))).all()


def test_tokenize_refuses_a_class_without_a_base_in_the_regions(
    tmp_path: Path, genome: Path
) -> None:
    (tmp_path / "b.bed").write_text("b\t0\t20\ttest\na\t41\t60\ttrain\n")
    words = {"annotation": tmp_path / "genes.gff3", "regions": tmp_path / "b.bed"}
    with pytest.raises(InputFormatError, match="no base of the regions is labelled CDS: what it"):
        tokenize(genome, out=tmp_path / "s", **words)
    assert not (tmp_path / "s").exists()


def test_tokenize_leaves_doubted_cds_unknown(tmp_path: Path, genome: Path) -> None:
    gff = tmp_path / "two.gff3"
    gff.write_text(GFF + "a\t.\tCDS\t101\t130\t.\t+\t0\tID=q;note=a guess\n")
    table = tmp_path / "tiers.tsv"
    table.write_text("cds_id\tevidence\nq\tunknown\n")
    plain = tokenize(genome, gff, out=tmp_path / "plain")
    expected = plain.labels("a", 0, 200).copy()
    expected[100:130] = 255
    by_table = tokenize(genome, gff, out=tmp_path / "table", evidence=table)
    assert (by_table.labels("a", 0, 200) == expected).all()
    assert by_table.sources["evidence"]["path"] == str(table)
    record = (by_table.path / "provenance.json").read_text()
    assert '"from": "tiers.tsv"' in record
    assert str(tmp_path) not in record
    rules = {"evidence": {"tiers": {"*guess": "unknown"}}}
    said = tokenize(genome, gff, out=tmp_path / "said", evidence="attribute:note", labels=rules)
    assert (said.labels("a", 0, 200) == expected).all()
    starts = tokenize(genome, gff, out=tmp_path / "starts", starts="unknown")
    labels, before = starts.labels("a", 0, 200), plain.labels("a", 0, 200)
    assert ((labels == before) | (labels == 255)).all()


def test_tokenize_refuses_evidence_of_nothing(tmp_path: Path, genome: Path) -> None:
    with pytest.raises(ConfigError, match="--evidence tells of the CDS of an annotation"):
        tokenize(genome, out=tmp_path / "s", evidence="tiers.tsv")
    exons = LabelSettings(scheme="stranded", classes=("exon",))
    gff = tmp_path / "genes.gff3"
    with pytest.raises(ConfigError, match="--starts tells of CDS: add CDS to --classes"):
        tokenize(genome, gff, out=tmp_path / "s", starts="unknown", labels=exons)


def test_tokenize_reads_long_contigs_in_pieces(
    tmp_path: Path, genome: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tokenize(genome, tmp_path / "genes.gff3", out=tmp_path / "whole")
    monkeypatch.setattr("genoseq.store.build._CHUNK_BASES", 7)
    reported: list[tuple[int, int]] = []
    pieces = tokenize(
        genome,
        tmp_path / "genes.gff3",
        out=tmp_path / "pieces",
        report=lambda done, total: reported.append((done, total)),
    )
    assert whole.checksums == pieces.checksums
    assert reported == sorted(reported)
    assert len(reported) > 30
    total = whole.bases + whole.regions.total_bases
    assert {of for _, of in reported} == {total}
    assert reported[-1] == (total, total)


def test_tokenize_refuses_files_that_would_not_be_used(tmp_path: Path, genome: Path) -> None:
    signal = LabelSettings(scheme="signal")
    classes = LabelSettings(scheme="stranded", classes=("CDS",))
    with pytest.raises(ConfigError, match="scheme signal needs --signal"):
        tokenize(genome, out=tmp_path / "s", labels=signal)
    with pytest.raises(ConfigError, match="learns from --signal alone"):
        tokenize(genome, "genes.gff3", out=tmp_path / "s", labels=signal, signals=["x.bw"])
    with pytest.raises(ConfigError, match="scheme cds-phase does not use --signal"):
        tokenize(genome, out=tmp_path / "s", signals=["x.bw"])
    with pytest.raises(ConfigError, match="--mask needs labels to mask"):
        tokenize(genome, out=tmp_path / "s", mask="m.bed")
    with pytest.raises(ConfigError, match="--classes needs --annotation"):
        tokenize(genome, out=tmp_path / "s", labels=classes)
    assert not (tmp_path / "s").exists()
