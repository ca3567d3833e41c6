"""Small right files of every kind, which the fuzzing begins with: one folder for each target."""

from __future__ import annotations

import atexit
import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pybigtools
import pysam
import yaml
from pairs import toy_store, write_toy_table
from right_files import BED12, BEDGRAPH, GFF3, GTF, LENGTHS, TABLE, bases, genome, indexed
from run_folders import make_bundle, make_evaluation, make_genes, make_store, make_tracks
from small_fit import SMALL

import genoseq as gs
from genoseq.genome.tracks import Channel, Track
from genoseq.writers.two_bit import write_two_bit

Seed = Callable[[Path], None]

GENBANK = """\
LOCUS       a                       3000 bp    DNA     circular BCT 01-JAN-2020
DEFINITION  x.
ACCESSION   a
VERSION     a
FEATURES             Location/Qualifiers
     source          1..3000
                     /organism="x"
     gene            101..400
                     /gene="g"
     CDS             join(101..200,301..400)
                     /gene="g"
                     /codon_start=1
                     /transl_table=11
                     /transl_except=(pos:104..106,aa:Sec)
                     /product="a long name that goes on
                     in another line"
     CDS             complement(<1001..1300)
                     /gene="h"
                     /pseudo
     CDS             join(2900..3000,1..50)
                     /locus_tag="origin"
ORIGIN
"""

VCF = """\
##fileformat=VCFv4.3
##contig=<ID=a,length=3000>
##INFO=<ID=GS_MAX,Number=A,Type=Float,Description="of an earlier run">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1
a\t1\trs1\tN\tA,C,*\t30\tPASS\tDP=3;GS_MAX=1,.\tGT\t0|1
a\t5\t.\tACGT\tA,<DEL>,A[a:30[\t.\t.\t.\tGT\t.
a\t3000\t.\tA\t.\t.\tq10\tEND=3000\tGT\t1/1
other\t0\t.\tR\tNNN\t.\t.\tX\tGT\t./.
"""

EMBL = """\
ID   c; ; circular; genomic DNA; STD; PRO; 60 BP.
AC   c;
FH   Key             Location/Qualifiers
FT   CDS             complement(join(1..10,20..31))
FT                   /gene="g"
SQ   Sequence 60 BP; 15 A; 15 C; 15 G; 15 T; 0 other;
     acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt acgtacgtac gtacgtacgt        60
//
"""


def genbank() -> str:
    """A record with its letters."""
    letters = bases("a").lower()
    lines = []
    for at in range(0, len(letters), 60):
        blocks = [letters[k : k + 10] for k in range(at, at + 60, 10)]
        lines.append(f"{at + 1:>9} {' '.join(blocks)}")
    return GENBANK + "\n".join(lines) + "\n//\n"


def bigwig(path: Path) -> None:
    """Values of two contigs."""
    rows = [("a", at, at + 20, at / 100) for at in range(0, 2_900, 30)] + [("c", 0, 60, 1.0)]
    pybigtools.open(str(path), "w").write({"a": 3_000, "c": 60}, iter(rows))


def bigbed(path: Path) -> None:
    """Records that overlap."""
    rows = [("a", at, at + 150, f"x{at}\t7\t+") for at in range(0, 2_800, 100)]
    pybigtools.open(str(path), "w").write(LENGTHS, iter(rows))


def annotations(folder: Path) -> None:
    """One of each format."""
    pysam.faidx(str(genome(folder)))
    texts = {"x.gff3": GFF3, "x.gtf": GTF, "x.gb": genbank(), "x.embl": EMBL, "x.bed": BED12}
    for name, text in texts.items():
        (folder / name).write_text(text)


def variants(folder: Path) -> None:
    """A genome, and a VCF of alleles of every kind."""
    annotations(folder)
    (folder / "x.vcf").write_text(VCF)


def labels(folder: Path) -> None:
    """All that ``genoseq tokenize`` takes."""
    annotations(folder)
    (folder / "regions.bed").write_text("a\t0\t2000\ttrain\na\t2000\t3000\tvalid\n")
    (folder / "mask.bed").write_text("a\t10\t20\nb.1|x\t0\t900\n")
    (folder / "evidence.tsv").write_text("name\ttier\ncds1\tknown\ncds2\tpredicted\n")


def signals(folder: Path) -> None:
    """A signal in both formats."""
    genome(folder)
    bigwig(folder / "x.bw")
    (folder / "x.bedgraph").write_text(BEDGRAPH)


def checked(folder: Path) -> None:
    """Files for ``genoseq validate-tracks``, with indexes."""
    annotations(folder)
    signals(folder)
    bigbed(folder / "x.bb")
    (folder / "x.tsv").write_text(TABLE)
    indexed(folder / "y.bed.gz", BED12)
    indexed(folder / "z.bed.gz", BED12, csi=True)


def binaries(folder: Path) -> None:
    """Files that are none of what is wanted."""
    genome(folder)
    with gs.open_fasta(folder / "genome.fa") as fasta:
        write_two_bit(folder / "x.2bit", fasta)
    np.savez(folder / "x.npz", np.arange(9))
    (folder / "x.parquet").write_bytes(b"PAR1" + bytes(40) + b"PAR1")


def pairs(folder: Path) -> None:
    """A table, and sources and targets in two files."""
    write_toy_table(folder / "x.tsv", 20)
    (folder / "s.fa").write_text(">a\nACGT\n>b\nAC\n")
    (folder / "t.fa").write_text(">a\nMK\n>b\nM\n")


def settings(folder: Path) -> None:
    """Settings of a run, and of a training."""
    labels(folder)
    run = {
        "genomes": "genomes.tsv",
        "labels": {"scheme": "cds-phase", "classes": []},
        "models": {"m": {"model": SMALL, "training": {"steps": 3, "window": 300}}},
        "score": {"formats": ["bigwig"], "confidence": ["margin"]},
        "report": {"title": "x"},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(run))
    (folder / "config.json").write_text(json.dumps(run))
    (folder / "run.json").write_text(json.dumps(run["models"]["m"]))  # type: ignore[index]
    rows = ["name\tfasta\tannotation\tmask\tsplit", "g\tgenome.fa\tx.gff3\tmask.bed\tblocks"]
    (folder / "genomes.tsv").write_text("\n".join([*rows, "h\tgenome.fa\t-\t-\tscore"]) + "\n")


def stores(folder: Path) -> None:
    """A store of a genome, and one of pairs."""
    labels(folder)
    gs.tokenize(folder / "genome.fa", folder / "x.gff3", regions=folder / "regions.bed",
                out=folder / "store")  # fmt: skip
    toy_store(folder)


def scores(folder: Path) -> None:
    """A folder of scores, and one of tracks."""
    genome(folder)
    channels = (Channel("CDS", "+"), Channel("CDS", "-"))
    values = np.linspace(0, 1, 400, dtype=np.float32).reshape(200, 2)
    tracks = [Track("a", 0, values, channels)]
    gs.write_tracks(tracks, LENGTHS, channels, "classes", folder / "scores", ["scores"])
    gs.convert_scores(folder / "scores", folder / "tracks", "bigwig,bedgraph,bed,tsv")


def results(folder: Path) -> None:
    """Folders of a run: a bundle, its evaluation, a store, tracks."""
    make_store(folder)
    make_bundle(folder)
    make_evaluation(folder)
    make_tracks(folder)
    make_genes(folder)


def trained(folder: Path) -> None:
    """A training's store, bundle and state."""
    stores(folder)
    run = {"model": SMALL, "training": {"steps": 2, "window": 300, "batch": 2}}
    gs.fit([folder / "store"], run, folder / "model", context=96)


@cache
def seeded(make: Seed) -> Path:
    """A folder of these files, which is made once, and goes at the end."""
    folder = Path(mkdtemp(prefix="genoseq-seeds-"))
    atexit.register(_remove, folder, os.getpid())
    make(folder)
    return folder


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # and not a fork of it
        shutil.rmtree(folder, ignore_errors=True)


def copied(make: Seed, to: Path) -> None:
    """The files, in a folder of their own."""
    shutil.copytree(seeded(make), to, dirs_exist_ok=True)
