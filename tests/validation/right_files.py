"""A small genome, and files of every format that are right for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pysam

import genoseq as gs
from genoseq.readers.fasta import write_fasta

LENGTHS = {"a": 3_000, "b.1|x": 900, "c": 60}
"""bp of the genome's contigs."""


def bases(name: str) -> str:
    """The letters of a contig."""
    rng = np.random.default_rng(sorted(LENGTHS).index(name))
    return "".join(rng.choice([*"ACGT"], LENGTHS[name]))


def genome(folder: Path) -> Path:
    """The genome's FASTA."""
    write_fasta(folder / "genome.fa", [(name, bases(name).encode()) for name in LENGTHS])
    return folder / "genome.fa"


BEDGRAPH = """\
track type=bedGraph
a\t0\t1\t0.25
a\t1\t900\t0
a\t950\t3000\t-7e3
b.1|x\t10\t900\t1
"""

BED12 = """\
a\t0\t3000\tone\t1000\t+\t10\t2990\t0,114,178\t3\t100,200,50,\t0,300,2950,
a\t5\t5\tpoint\t0\t.\t5\t5\t0\t1\t0,\t0,
b.1|x\t899\t900\tlast\t12\t-\t899\t900\t0\t1\t1\t0
""".replace("a\t5\t5\tpoint\t0\t.\t5\t5\t0\t1\t0,\t0,\n", "")

NARROW_PEAK = """\
a\t100\t300\tpeak_1\t2504\t.\t12.5\t250.1\t246.4\t77
a\t400\t700\tpeak_2\t0\t.\t2\t3\t1\t-1
"""

GFF3 = f"""\
##gff-version 3
##sequence-region a 1 3000
##sequence-region b.1%7Cx 1 900
b.1|x\tx\tregion\t1\t900\t.\t+\t.\tID=circle;Is_circular=true
a\tx\tgene\t101\t1000\t.\t+\t.\tID=gene1
a\tx\tmRNA\t101\t1000\t1e-5\t+\t.\tID=rna1;Parent=gene1
a\tx\texon\t101\t200\t.\t+\t.\tParent=rna1
a\tx\texon\t301\t1000\t.\t+\t.\tParent=rna1
a\tx\tCDS\t151\t200\t.\t+\t0\tID=cds1;Parent=rna1
a\tx\tCDS\t301\t500\t.\t+\t1\tID=cds1;Parent=rna1
a\tx\tgene\t2001\t2060\t.\t-\t.\tID=gene2
a\tx\tCDS\t2001\t2010\t.\t-\t1\tID=cds2;Parent=gene2
a\tx\tCDS\t2032\t2060\t.\t-\t0\tID=cds2;Parent=gene2
b.1|x\tx\tgene\t850\t950\t.\t+\t.\tID=gene3
##FASTA
>c
{bases("c")}
"""

GTF = """\
a\tx\texon\t101\t200\t.\t+\t.\tgene_id "g"; transcript_id "g.1"; exon_number "1";
a\tx\tCDS\t151\t200\t.\t+\t0\tgene_id "g"; transcript_id "g.1"; exon_number "1";
a\tx\texon\t301\t400\t.\t+\t.\tgene_id "g"; transcript_id "g.1"; exon_number "2";
a\tx\tCDS\t301\t350\t.\t+\t1\tgene_id "g"; transcript_id "g.1"; exon_number "2";
"""

TABLE = """\
#chrom\tstart\tend\tCDS.plus\tCDS.minus
a\t0\t1\t0.5\tnan
a\t2999\t3000\t0\t1
b.1|x\t0\t1\t0.25\t0.25
"""

TEXTS = {
    "right.bedgraph": BEDGRAPH,
    "right.bed": BED12,
    "right.narrowPeak": NARROW_PEAK,
    "right.gff3": GFF3,
    "right.gtf": GTF,
    "right.tsv": TABLE,
}


def indexed(path: Path, text: str, preset: str = "bed", csi: bool = False) -> Path:
    """A file of this text, compressed by bgzip, with an index beside it."""
    with pysam.BGZFile(str(path), "wb") as out:
        out.write(text.encode())
    pysam.tabix_index(str(path), preset=preset, force=True, csi=csi)
    return path


def found(folder: Path, *names: str) -> list[gs.Finding]:
    """What is wrong with files of a folder that holds the genome."""
    return gs.validate_tracks([folder / name for name in names], folder / "genome.fa")


def checks(findings: Sequence[gs.Finding], level: str = "error") -> set[str]:
    """The checks that failed."""
    return {finding.check for finding in findings if finding.level == level}
