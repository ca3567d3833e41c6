"""Genes with introns of baker's yeast beside AUGUSTUS, on the test chromosome, in one run.

    apt-get install -y augustus
    python benchmarks/yeast.py DATA SCORE BUNDLE [--contig BK006945.2] [--no-augustus]

DATA holds ``scerevisiae_s288c.fa.gz``, ``.gff3.gz`` and ``.mask.bed``; SCORE ``cds_f1.py``; BUNDLE
is the model that config/examples/yeast trains on chromosomes I to X.  Columns: F1 per base and
strand of the CDS, its precision and recall; transcripts that are called with all of their parts, as
a share of the annotation's and of those called; the same of introns; seconds of one core.

The parameters of AUGUSTUS (species saccharomyces_cerevisiae_S288C) were trained on genes of this
genome, those of the test chromosome most likely among them: its figures are what it says of genes
that it has seen.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from genoseq.genes.call_files import call_genes_files
from genoseq.readers.annotation import read_annotation
from genoseq.readers.fasta import open_fasta, write_fasta

NAME = "scerevisiae_s288c"
SITES = Path(__file__).parents[1] / "config/examples/yeast/genes.json"
SPECIES = "saccharomyces_cerevisiae_S288C"
SHORTEST_INTRON = 10
"""bp; shorter gaps are slips of the ribosome."""

Transcripts = set[tuple[str, tuple[tuple[int, int], ...]]]


def transcripts_of(path: Path, contig: str) -> Transcripts:
    """Strand and parts, ascending, of each CDS of a contig."""
    return {
        (cds.parts[0].strand, tuple(sorted((part.start, part.end) for part in cds.parts)))
        for cds in read_annotation(path).coding()
        if cds.parts[0].chrom == contig
    }


def introns_of(transcripts: Transcripts) -> set[tuple[str, int, int]]:
    """Strand, start and end of each."""
    return {
        (strand, left[1], right[0])
        for strand, parts in transcripts
        for left, right in pairwise(parts)
        if right[0] - left[1] >= SHORTEST_INTRON
    }


def genoseq(fasta: Path, out: Path, bundle: Path) -> Path:
    """The GFF3 of ``genoseq genes``."""
    call_genes_files(fasta, bundle, out, weights=SITES, precision="fp32")
    return out / "genes.gff3"


def augustus(fasta: Path, out: Path) -> Path:
    """The GFF3 of AUGUSTUS."""
    words = [f"--species={SPECIES}", "--gff3=on", "--stopCodonExcludedFromCDS=false"]
    path = out.with_suffix(".gff3")
    with path.open("w") as file:
        subprocess.run(["augustus", *words, str(fasta)], stdout=file, check=True)
    return path


def row(
    name: str, call: Callable[[], Path], truth: Path, fasta: Path, scored: list[str], contig: str
) -> tuple[object, ...]:
    """A row of the table."""
    began = time.perf_counter()
    found = call()
    seconds = time.perf_counter() - began
    script, *options = scored
    words = [sys.executable, script, str(truth), str(fasta), str(found), *options]
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    wanted, called = transcripts_of(truth, contig), transcripts_of(found, contig)
    exact = len(wanted & called)
    introns, ours = introns_of(wanted), introns_of(called)
    same = len(introns & ours)
    return (
        name, told["f1"], told["precision"], told["recall"],
        f"{exact}/{len(wanted)}", f"{exact / len(wanted):.4f}", f"{exact / len(called):.4f}",
        f"{same}/{len(introns)}", f"{same / len(introns):.3f}", f"{same / max(len(ours), 1):.3f}",
        f"{seconds:.0f}",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--contig", default="BK006945.2")
    parser.add_argument("--no-augustus", action="store_true")
    asked = parser.parse_args()
    truth, mask = (asked.data / f"{NAME}{end}" for end in (".gff3.gz", ".mask.bed"))
    print(
        *("caller", "f1", "precision", "recall", "exact", "exact_recall", "exact_precision"),
        *("introns", "introns_recall", "introns_precision", "seconds"),
        sep="\t",
    )
    scored = [str(asked.score / "cds_f1.py"), "--mask", str(mask), "--only", asked.contig]
    with tempfile.TemporaryDirectory() as folder:
        fasta = Path(folder, "contig.fa")
        with open_fasta(asked.data / f"{NAME}.fa.gz") as genome:
            letters = genome.fetch(asked.contig, 0, genome.lengths[asked.contig])
        write_fasta(fasta, [(asked.contig, letters)])
        out = Path(folder, "genes")
        calls: dict[str, Callable[[], Path]] = {
            "genoseq": lambda: genoseq(fasta, out, asked.bundle)
        }
        if not asked.no_augustus:
            if shutil.which("augustus") is None:
                raise SystemExit("augustus is not installed: apt-get install -y augustus")
            calls["augustus"] = lambda: augustus(fasta, Path(folder, "augustus"))
        for name, call in calls.items():
            print(*row(name, call, truth, fasta, scored, asked.contig), sep="\t", flush=True)


if __name__ == "__main__":
    main()
