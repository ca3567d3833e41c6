"""A made-up genome whose genes are open frames, and its annotation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from genoseq.genome.complement import reverse_complement

GENES, CODONS = 12, 150
CODING = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT" if a + b + c not in
          ("TAA", "TAG", "TGA")]  # fmt: skip


def coding_contig(seed: int = 0, stop: str = "TAA", inner: str = "") -> str:
    """Genes on both strands in turn, 50 bp between them; ``inner`` is a codon amid each."""
    random = np.random.default_rng(seed)
    parts = []
    for number in range(GENES):
        parts.append("".join(random.choice(list("ACGT"), 50)))
        body = list(random.choice(CODING, CODONS - 2))
        body[CODONS // 2] = inner or body[CODONS // 2]
        gene = "ATG" + "".join(body) + stop
        parts.append(reverse_complement(gene.encode()).decode() if number % 2 else gene)
    return "".join(parts)


def genes_of(chrom: str, count: int = GENES) -> str:
    """GFF3 lines of genes and their CDS on such a contig."""
    lines = []
    for number in range(count):
        start = number * (50 + 3 * CODONS) + 51
        where = f"{start}\t{start + 3 * CODONS - 1}\t.\t{'+-'[number % 2]}"
        name = f"{chrom}.{number}"
        lines.append(f"{chrom}\tmade\tgene\t{where}\t.\tID={name}\n")
        lines.append(f"{chrom}\tmade\tCDS\t{where}\t0\tID=cds{name};Parent={name}\n")
    return "".join(lines)


def write_fasta(path: Path, contigs: Mapping[str, str]) -> None:
    """A FASTA with lines of 60 bp."""
    lines = []
    for name, letters in contigs.items():
        lines.append(f">{name}\n")
        lines += [f"{letters[at : at + 60]}\n" for at in range(0, len(letters), 60)]
    path.write_text("".join(lines))


def write_flat(path: Path, contigs: Mapping[str, str], form: str) -> None:
    """A GenBank or EMBL file of these records, as Biopython writes it."""
    from Bio.Seq import Seq
    from Bio.SeqIO import write
    from Bio.SeqRecord import SeqRecord

    records = [
        SeqRecord(Seq(letters), name, name.split(".")[0], annotations={"molecule_type": "DNA"})
        for name, letters in contigs.items()
    ]
    write(records, path, form)  # type: ignore[no-untyped-call]
