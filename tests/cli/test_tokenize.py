"""genoseq tokenize and leaks: stores of genomes and of regions, labels, errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pybigtools
import pytest
from command import Genoseq

from genoseq.genome.schemes import UNKNOWN_LABEL
from genoseq.genome.sequences import decode
from genoseq.readers.fasta import open_fasta
from genoseq.store.files import file_checksum
from genoseq.store.store import open_store, verify_store

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
    run = genoseq("tokenize", genome, "-o", tmp_path / "s", *labels)
    assert run.returncode == 0, run.stderr
    assert run.stderr.endswith(
        f"tokenize: wrote {tmp_path / 's'}: 2 regions, 4,100 bp of 4,100; labels: none 3,140 bp, "
        f"CDS.plus 355 bp, CDS.minus 590 bp, unknown 15 bp\n"
    )
    verify_store(tmp_path / "s")
    store = open_store(tmp_path / "s")
    assert store.name == "genome"
    assert [(r.chrom, r.start, r.end, r.split) for r in store.regions] == [
        ("a", 0, 4_000, "train"),
        ("b", 0, 100, "train"),
    ]
    with open_fasta(genome) as fasta:
        assert np.array_equal(store.codes("a", 0, 4_000), fasta.codes("a", 0, 4_000))
        assert store.lengths == fasta.lengths
    own = store.labels("a", 0, 4_000)
    assert own[98:106].tolist() == [0, 0, 1, 2, 3, 1, 2, 3]
    assert own[198:207].tolist() == [3, 1, *[UNKNOWN_LABEL] * 5, 1, 2]
    assert own[2_595:2_602].tolist() == [5, 4, 6, 5, 4, 0, 0]
    assert (own[2_100:2_110] == UNKNOWN_LABEL).all()
    assert store.sources["fasta"]["sha256"] == file_checksum(genome)
    assert set(store.sources) == {"fasta", "annotation", "mask"}


def test_tokenize_takes_the_regions_of_extract(
    tmp_path: Path, genome: Path, genoseq: Genoseq
) -> None:
    regions, bed = tmp_path / "r.fa", tmp_path / "r.bed"
    split = ("--split", "blocks", "--block", 400, "--gap", 20, "--min-length", 50)
    assert genoseq("extract", genome, "-o", regions, "--bed", bed, *split).returncode == 0
    words = ("--bed", bed, "--annotation", tmp_path / "genes.gff3", "--name", "n")
    run = genoseq("tokenize", genome, "-o", tmp_path / "one", *words)
    assert run.returncode == 0, run.stderr
    one = open_store(tmp_path / "one")
    assert one.name == "n"
    assert one.regions.splits == ("train", "valid", "test")
    with open_fasta(regions) as fasta:
        assert [f"{r.chrom}:{r.start}-{r.end}" for r in one.regions] == list(fasta.lengths)
        for r in one.regions:
            name = f"{r.chrom}:{r.start}-{r.end}"
            assert np.array_equal(one.codes(r.chrom, r.start, r.end), fasta.codes(name, 0, len(r)))
    run = genoseq("tokenize", regions, "-o", tmp_path / "two", *words)
    assert run.returncode == 1
    assert f"{bed}: its regions are on a, b, but the contigs of the FASTA are a:" in run.stderr
    assert "give the FASTA of the genome that the BED was made from" in run.stderr
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
    values = open_store(tmp_path / "signal").region_labels(0)
    assert values.shape == (4_000, 2)
    assert values[150].tolist() == [2, 1]  # the - strand is written as negative numbers
    assert np.isnan(values[200:205]).all()
    labels = open_store(tmp_path / "classes").region_labels(0)
    assert labels[99:104].tolist() == [0, 1, 1, 1, 2]
    assert labels[2_596:2_601].tolist() == [2, 1, 1, 1, 0]
    assert open_store(tmp_path / "none").scheme is None


def test_tokenize_says_strands_and_what_is_left_out(
    tmp_path: Path, genome: Path, genoseq: Genoseq
) -> None:
    (tmp_path / "x.bedgraph").write_text("a\t0\t300\t2\n")
    words = ("--scheme", "signal", "--signal", tmp_path / "x.bedgraph")
    run = genoseq("tokenize", genome, "-o", tmp_path / "s", *words)
    assert "signals: x (no strand): none has a strand, so each is told alike" in run.stderr
    assert "none of these is 0, so the others are learned as unknown" in run.stderr
    more = ("--gaps", "zero", "--normalise", "library")
    again = genoseq("tokenize", genome, "-o", tmp_path / "s", *words, *more)
    assert "learned as unknown" not in again.stderr
    store = open_store(tmp_path / "s")
    assert store.signals["unit"] == "mean coverage"
    assert store.labels("a", 0, 4_000)[[0, 299, 300], 0].tolist() == pytest.approx(
        [40 / 3] * 2 + [0]
    )


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
    assert store.labels("a", 6, 11).tolist() == [0, 1, 0, 2, 0]
    assert store.sources["annotation"]["path"] == str(tmp_path / "sites.bed")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--annotation", "LONG"), "LONG: CDS a:5-5000 ends past the contig's last base, 4000"),
        (("--annotation", "LONG", "--bed", "BED"), "ends past the contig's last base, 4000"),
        (("--annotation", "GENES"), "GENES: no feature to label as CDS; types there: gene"),
        (("--scheme", "stranded"), "scheme stranded needs classes: list them"),
        (("--scheme", "stranded", "--classes", "CDS"), "--classes needs --annotation"),
        (("--scheme", "signal"), "scheme signal needs --signal"),
        (("--signal", "x.bw"), "scheme cds-phase does not use --signal: add --scheme signal"),
        (("--control", "x.bw"), "--control is of signals: add --scheme signal and --signal"),
        (("--gaps", "zero"), "signals: are of scheme signal, not of cds-phase: leave it out"),
        (("--scheme", "signal", "--signal", "x+=a.bw"), "'x+' is the + strand of a pair, and no"),
        (("--mask", "BED"), "--mask needs labels to mask: --annotation or --signal"),
        (("--annotation", "GENES", "--unlisted", "unknown"), "teach by --evidence: add it"),
        (("--annotation", "GENES", "--tier", "a=unknown"), "teach by --evidence: add it"),
        (
            ("--scheme", "signal", "--signal", "x.bw", "--annotation", "GENES"),
            "scheme signal learns from --signal alone: leave out --annotation",
        ),
        (("--bed", "NAMES"), "region a:1-5: its name 'gene1' should be its split, one of train"),
        (
            ("--bed", "OTHER"),
            "its regions are on z, but the contigs of the FASTA are a, b: give",
        ),
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


def test_tokenize_refuses_an_annotation_of_other_contigs_than_the_regions(
    tmp_path: Path, genome: Path, genoseq: Genoseq
) -> None:
    bed, genes = tmp_path / "r.bed", tmp_path / "b.gff"
    bed.write_text("a\t0\t100\n")
    genes.write_text("##gff-version 3\nb\t.\tCDS\t5\t50\t.\t+\t0\tID=p\n")
    run = genoseq("tokenize", genome, "--bed", bed, "-o", tmp_path / "s", "--annotation", genes)
    assert "its features are on other contigs (b) than the regions (a)" in run.stderr


def test_leaks_of_one_split_is_an_error(tmp_path: Path, genome: Path, genoseq: Genoseq) -> None:
    assert genoseq("tokenize", genome, "-o", tmp_path / "s").returncode == 0
    run = genoseq("leaks", tmp_path / "s")
    assert run.returncode == 1
    assert "all regions are of one split: there is nothing to leak" in run.stderr


def test_tokenize_takes_tiers_and_starts(tmp_path: Path, genome: Path, genoseq: Genoseq) -> None:
    (tmp_path / "tiers.tsv").write_text("p\tguessed = maybe\nq\tseen\nr\tseen\n")
    words = ("--annotation", tmp_path / "genes.gff3", "--evidence", tmp_path / "tiers.tsv")
    rules = ("--tier", "seen=known", "--tier", "guessed = *=unknown")
    run = genoseq("tokenize", genome, "-o", tmp_path / "s", *words, *rules)
    assert run.returncode == 0, run.stderr
    labels = open_store(tmp_path / "s").region_labels(0)
    assert (labels[100:400] == UNKNOWN_LABEL).all()
    assert (labels[2_000:2_600] != UNKNOWN_LABEL).all()
    run = genoseq("tokenize", genome, "-o", tmp_path / "t", *words, *rules[:2])
    assert run.returncode == 1
    assert "tiers.tsv: labels.evidence.tiers says nothing of 'guessed = maybe'" in run.stderr
    (tmp_path / "none.gff3").write_text(
        GFF.splitlines(keepends=True)[0] + "a\t.\tCDS\t1\t9\t.\t+\t0\tID=z\n"
    )
    run = genoseq(
        "tokenize", genome, "-o", tmp_path / "t", *words[:2], "--starts", tmp_path / "none.gff3"
    )
    assert run.returncode == 1
    assert "none.gff3: no CDS of" in run.stderr


def test_tokenize_by_several_jobs(tmp_path: Path, genoseq: Genoseq) -> None:
    """The bytes of one; what a process meets is told in a line."""
    codes = np.random.default_rng(0).integers(0, 4, 3_300_000).astype(np.uint8)
    (tmp_path / "g.fa").write_bytes(b">a\n%s\n" % decode(codes))
    rows = (("a", at, at + 999, at % 7 / 4) for at in range(0, 3_300_000, 1_000))
    pybigtools.open(str(tmp_path / "s.bw"), "w").write({"a": 3_300_000}, rows)
    words = ("tokenize", tmp_path / "g.fa", "--scheme", "signal", "--signal", tmp_path / "s.bw")
    found = []
    for jobs in (1, 3):
        run = genoseq(*words, "-o", tmp_path / "s", "--jobs", jobs)
        assert run.returncode == 0, run.stderr
        assert "tokenize: 100%" in run.stderr
        found.append({path.name: path.read_bytes() for path in (tmp_path / "s").iterdir()})
    assert found[0] == found[1]
    data = bytearray((tmp_path / "s.bw").read_bytes())
    with pybigtools.open(str(tmp_path / "s.bw")) as signal:
        assert signal.info()["isCompressed"]
    at = int.from_bytes(data[24:32], "little") - 40  # the last block ends where the index begins
    data[at : at + 30] = bytes(30)
    (tmp_path / "s.bw").write_bytes(data)
    run = genoseq(*words, "-o", tmp_path / "t", "--jobs", 2)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith(f"genoseq: error: {tmp_path / 's.bw'}: ")
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "t").exists()
