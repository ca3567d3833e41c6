"""genoseq tokenize and leaks: stores of genomes and of regions, labels, errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command import Genoseq

from genoseq.errors import InputFormatError, RegionError
from genoseq.extraction.located import contig_lengths, locate
from genoseq.genome.schemes import UNKNOWN
from genoseq.genome.sequences import decode
from genoseq.readers.fasta import open_fasta
from genoseq.store.store import file_checksum, open_store, verify_store
from genoseq.tokenizers.kmer import KmerTokenizer

GFF = (
    "##gff-version 3\n"
    "a\t.\tCDS\t101\t400\t.\t+\t0\tID=p\n"
    "a\t.\tCDS\t2001\t2600\t.\t-\t0\tID=q\n"
    "b\t.\tCDS\t11\t70\t.\t+\t0\tID=r\n"
)


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    codes = np.random.default_rng(0).integers(0, 4, 4_100).astype(np.uint8)
    codes[200:205] = 4
    path = tmp_path / "genome.fa"
    text = decode(codes).decode()
    path.write_text(f">a\n{text[:4_000]}\n>b\n{text[4_000:]}\n")
    (tmp_path / "genes.gff3").write_text(GFF)
    (tmp_path / "mask.bed").write_text("a\t2100\t2110\n")
    return path


def test_tokenize_whole_genome(tmp_path: Path, genome: Path, genoseq: Genoseq) -> None:
    labels = ("--annotation", tmp_path / "genes.gff3", "--mask", tmp_path / "mask.bed")
    run = genoseq("tokenize", genome, "-o", tmp_path / "s", "--k", 3, *labels)
    assert run.returncode == 0, run.stderr
    assert "labels: none 3,140 bp, CDS.plus 355 bp, CDS.minus 590 bp, unknown 15 bp" in run.stderr
    verify_store(tmp_path / "s")
    store = open_store(tmp_path / "s")
    assert store.name == "genome"
    assert [(r.chrom, r.start, r.end, r.split) for r in store.regions] == [
        ("a", 0, 4_000, "train"),
        ("b", 0, 100, "train"),
    ]
    with open_fasta(genome) as fasta:
        assert np.array_equal(store.ids(0), KmerTokenizer(3).encode(fasta.codes("a", 0, 4_000)))
    own = store.labels(0)
    assert own[98:106].tolist() == [0, 0, 1, 2, 3, 1, 2, 3]
    assert own[198:207].tolist() == [3, 1, *[UNKNOWN] * 5, 1, 2]
    assert own[2_595:2_602].tolist() == [5, 4, 6, 5, 4, 0, 0]
    assert (own[2_100:2_110] == UNKNOWN).all()
    assert store.sources["fasta"]["sha256"] == file_checksum(genome)
    assert set(store.sources) == {"fasta", "annotation", "mask"}


def test_tokenize_regions_fasta_equals_genome(
    tmp_path: Path, genome: Path, genoseq: Genoseq
) -> None:
    regions, bed = tmp_path / "r.fa", tmp_path / "r.bed"
    split = ("--split", "blocks", "--block", 400, "--gap", 20, "--min-length", 50)
    assert genoseq("extract", genome, "-o", regions, "--bed", bed, *split).returncode == 0
    words = ("--bed", bed, "--annotation", tmp_path / "genes.gff3", "--name", "n", "--k", 4)
    for fasta, out in ((genome, "one"), (regions, "two")):
        run = genoseq("tokenize", fasta, "-o", tmp_path / out, *words, "--stride", 2)
        assert run.returncode == 0, run.stderr
    one, two = open_store(tmp_path / "one"), open_store(tmp_path / "two")
    assert one.checksums == two.checksums
    assert one.regions.splits == ("train", "valid", "test")
    run = genoseq("leaks", tmp_path / "one", "-o", tmp_path / "leaks.json")
    assert run.stdout.splitlines()[0] == "held_out\tother\tshared_31mers\tsample\tfraction"
    assert [row["fraction"] for row in json.loads((tmp_path / "leaks.json").read_text())] == [0] * 3


def test_tokenize_classes_signals_and_no_labels(
    tmp_path: Path, genome: Path, genoseq: Genoseq
) -> None:
    plus, minus = tmp_path / "x.plus.bedgraph", tmp_path / "x.minus.bedgraph"
    plus.write_text("a\t0\t300\t2\n")
    minus.write_text("a\t100\t200\t-1\n")
    signals = ("--scheme", "signal", "--signal", plus, "--signal", minus)
    classes = ("--scheme", "unstranded", "--classes", "start_codon, CDS")
    annotation = ("--annotation", tmp_path / "genes.gff3")
    for name, words in (("signal", signals), ("classes", (*classes, *annotation)), ("none", ())):
        run = genoseq("tokenize", genome, "-o", tmp_path / name, *words)
        assert run.returncode == 0, run.stderr
    values = open_store(tmp_path / "signal").labels(0)
    assert values.shape == (4_000, 2)
    assert values[150].tolist() == [2, -1]
    assert np.isnan(values[200:205]).all()
    labels = open_store(tmp_path / "classes").labels(0)
    assert labels[99:104].tolist() == [0, 1, 1, 1, 2]
    assert labels[2_596:2_601].tolist() == [2, 1, 1, 1, 0]
    assert open_store(tmp_path / "none").scheme is None


def test_tokenize_takes_a_bed_of_named_sites_as_one_class(
    tmp_path: Path, genome: Path, genoseq: Genoseq
) -> None:
    (tmp_path / "sites.bed").write_text("a\t7\t8\tsite1\t0\t+\na\t9\t10\tsite2\t0\t-\n")
    words = ("--scheme", "stranded", "--classes", "TSS")
    for name in ("", "TSS="):
        sites = ("--annotation", f"{name}{tmp_path / 'sites.bed'}")
        run = genoseq("tokenize", genome, "-o", tmp_path / "s", *words, *sites)
    assert run.returncode == 0, run.stderr
    store = open_store(tmp_path / "s")
    assert store.labels(0)[6:11].tolist() == [0, 1, 0, 2, 0]
    assert store.sources["annotation"]["path"] == str(tmp_path / "sites.bed")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--annotation", "LONG"), "LONG: CDS a:5-5000 ends past the contig's last base, 4000"),
        (("--annotation", "LONG", "--bed", "BED"), "ends past the contig's last base, 4000"),
        (("--annotation", "GENES"), "GENES: no feature to label as CDS; types there: gene"),
        (("--scheme", "stranded"), "classes are listed for schemes stranded and unstranded"),
        (("--scheme", "stranded", "--classes", "CDS"), "--classes needs --annotation"),
        (("--scheme", "signal"), "scheme signal needs --signal"),
        (("--signal", "x.bw"), "scheme cds-phase does not use --signal: add --scheme signal"),
        (("--mask", "BED"), "--mask needs labels to mask: --annotation or --signal"),
        (
            ("--scheme", "signal", "--signal", "x.bw", "--annotation", "GENES"),
            "scheme signal learns from --signal alone: leave out --annotation",
        ),
        (("--k", "9"), "k: Input should be less than or equal to 8"),
        (("--bed", "NAMES"), "region a:0-5: its name 'gene1' should be its split, one of train"),
        (("--bed", "OTHER"), "has neither a contig 'z' nor a record 'z:0-5' of that length"),
        (("--bed", "EMPTY"), "EMPTY: holds no region"),
    ],
)
def test_tokenize_errors_are_one_line_and_leave_nothing(
    tmp_path: Path, genome: Path, genoseq: Genoseq, words: tuple[str, ...], message: str
) -> None:
    row = "##gff-version 3\na\t.\t{}\t5\t{}\t.\t+\t0\tID=p\n"
    texts = {
        "LONG": row.format("CDS", 5_000),
        "GENES": row.format("gene", 50),
        "BED": "a\t0\t300\ttrain\n",
        "NAMES": "a\t0\t5\tgene1\n",
        "OTHER": "z\t0\t5\n",
        "EMPTY": "#nothing\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    named = [tmp_path / word if word in texts else word for word in words]
    run = genoseq("tokenize", genome, "-o", tmp_path / "s", *named)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert message in run.stderr
    assert not (tmp_path / "s").exists()


def test_tokenize_knows_contig_lengths_of_a_regions_bed(
    tmp_path: Path, genome: Path, genoseq: Genoseq
) -> None:
    regions, bed = tmp_path / "r.fa", tmp_path / "r.bed"
    words = ("--split", "train", "--min-length", 1_000)
    assert genoseq("extract", genome, "-o", regions, "--bed", bed, *words).returncode == 0
    assert contig_lengths(bed) == {"a": 4_000, "b": 100}
    long = tmp_path / "long.gff"
    long.write_text("##gff-version 3\nb\t.\tCDS\t5\t500\t.\t+\t0\tID=p\n")
    run = genoseq("tokenize", regions, "--bed", bed, "-o", tmp_path / "s", "--annotation", long)
    assert "CDS b:5-500 ends past the contig's last base, 100" in run.stderr
    bare = tmp_path / "bare.bed"
    bare.write_text(bed.read_text().splitlines()[-1] + "\n")
    run = genoseq("tokenize", regions, "--bed", bare, "-o", tmp_path / "s", "--annotation", long)
    assert "its features are on other contigs (b ...) than the regions (a ...)" in run.stderr


def test_locate_tells_genome_and_regions_apart(tmp_path: Path, genome: Path) -> None:
    bed = tmp_path / "x.bed"
    bed.write_text("a\t10\t20\ttest\nb\t0\t100\t.\n")
    with open_fasta(genome) as fasta:
        located, lengths = locate(fasta, bed)
        assert [(x.record, x.offset, x.split) for x in located] == [
            ("a", 10, "test"),
            ("b", 0, "train"),
        ]
        assert lengths == {"a": 4_000, "b": 100}
        assert np.array_equal(located[0].codes(fasta), fasta.codes("a", 10, 20))
        bed.write_text("b\t0\t101\n")
        with pytest.raises(RegionError, match="ends past the contig's last base, 100"):
            locate(fasta, bed)
    regions = tmp_path / "r.fa"
    regions.write_text(">a:10-20\nACGTACGTAC\n")
    with open_fasta(regions) as fasta:
        bed.write_text("a\t10\t20\ttest\n")
        located, lengths = locate(fasta, bed)
        assert [(x.record, x.offset) for x in located] == [("a:10-20", 0)]
        assert lengths is None
        bed.write_text("a\t10\t21\ttest\n")
        with pytest.raises(InputFormatError, match="give the FASTA that belongs to this BED"):
            locate(fasta, bed)


def test_leaks_of_one_split_is_an_error(tmp_path: Path, genome: Path, genoseq: Genoseq) -> None:
    assert genoseq("tokenize", genome, "-o", tmp_path / "s").returncode == 0
    run = genoseq("leaks", tmp_path / "s")
    assert run.returncode == 1
    assert "all regions are of one split: there is nothing to leak" in run.stderr
