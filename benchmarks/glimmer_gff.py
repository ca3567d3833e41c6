"""Genes by Glimmer 3.02 as GFF3, trained on the genome itself: a peer of ``genes.py``.

    apt-get install tigr-glimmer          # Debian's; by hand, tests do not need it
    python benchmarks/glimmer_gff.py FASTA OUT.gff3 [--table 11]

The steps of its own ``g3-iterated.csh``: long open frames teach a model of codons, which calls
genes, whose start codons a second round counts.  That script's motif before starts comes from ELPH,
which Debian has not: the second round goes without it.  Contigs are linear, as for the others;
``long-orfs`` reads one sequence, so each contig's frames are found by a command of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from genoseq.genome.sequences import decode
from genoseq.readers.fasta import open_fasta, write_fasta

PROGRAMS = Path("/usr/lib/tigr-glimmer")
USUAL = ("-o50", "-g110", "-t30", "--linear")
"""Its script's: overlap, least length, and score of a gene."""
LEAST = 10_000
"""bp of a contig whose long frames teach."""


def run(folder: Path, *words: object, given: str | None = None) -> str:
    """What a program of the package prints; its complaints where it fails."""
    name, *others = map(str, words)
    done = subprocess.run(
        [PROGRAMS / name, *others],
        input=given,
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{name}: {done.stderr[-500:]}")
    return done.stdout


def predictions(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Contig and columns, id, start, end, frame and score, of each gene of a ``.predict``."""
    chrom = ""
    for text in path.read_text().splitlines():
        if text.startswith(">"):
            chrom = text[1:].split()[0]
        else:
            yield chrom, text.split()


def call(folder: Path, contigs: dict[str, bytes], table: int) -> list[tuple[str, list[str]]]:
    """Genes of contigs, 1-based closed, the start before the end in reading order."""
    write_fasta(folder / "genome.fa", contigs.items())
    code, taught = ("-z", table), ""
    for name, letters in contigs.items():
        if len(letters) >= LEAST:
            write_fasta(folder / "one.fa", [(name, letters)])
            run(folder, "long-orfs", "-n", "-t", 1.15, "--linear", *code, "one.fa", "long")
            taught += run(folder, "extract", "-t", "one.fa", "long")
    run(folder, "build-icm", "-r", "icm", given=taught)
    run(folder, "glimmer3", *USUAL, *code, "genome.fa", "icm", "first")
    main = max(contigs, key=lambda name: len(contigs[name]))
    own = [row for chrom, row in predictions(folder / "first.predict") if chrom == main]
    (folder / "coords").write_text("".join(" ".join(row) + "\n" for row in own))
    write_fasta(folder / "one.fa", [(main, contigs[main])])
    starts = run(folder, "start-codon-distrib", "-3", "one.fa", "coords").strip()
    run(folder, "glimmer3", *USUAL, *code, "-P", starts, "genome.fa", "icm", "second")
    return list(predictions(folder / "second.predict"))


def main() -> None:
    """Write the GFF3."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("fasta", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--table", type=int, default=11)
    asked = parser.parse_args()
    if not PROGRAMS.is_dir():
        sys.exit(f"{PROGRAMS} is not there: apt-get install tigr-glimmer")
    with open_fasta(asked.fasta) as genome:
        contigs = {
            name: decode(genome.codes(name, 0, length)) for name, length in genome.lengths.items()
        }
    with tempfile.TemporaryDirectory() as temporary:
        genes = call(Path(temporary), contigs, asked.table)
    with asked.out.open("w") as out:
        for chrom, (name, first, last, frame, score) in genes:
            start, end = sorted((int(first), int(last)))
            where = (chrom, "glimmer3", "CDS", start, end, score, frame[0], 0, f"ID={name}")
            out.write("\t".join(map(str, where)) + "\n")


if __name__ == "__main__":
    main()
