"""What is done with a VCF that is fuzzed: all but predictions."""

from __future__ import annotations

from pathlib import Path

import genoseq as gs
from genoseq.readers.vcf import open_vcf
from genoseq.variants.alleles import alleles_of
from genoseq.variants.fields import with_fields
from genoseq.variants.survey import contig_lengths, survey
from genoseq.writers.vcf import VcfFile, extended_header


def read_variants(folder: Path) -> None:
    """Alleles of every record, and lines with fields, written and indexed."""
    out = folder / "out.vcf.gz"
    with gs.open_fasta(folder / "genome.fa") as genome:
        found = survey(folder / "x.vcf", genome.lengths, {})
        lengths = contig_lengths(found, genome.lengths, {})
        lines = ['##INFO=<ID=GS_MAX,Number=A,Type=Float,Description="x">']
        header = extended_header(found.header, lines, ["##INFO=<ID=GS_"], lengths, "fuzz")
        file = VcfFile(out, out.name, header, lengths)
        with open_vcf(folder / "x.vcf") as vcf:
            for record in vcf.records:
                reasons = [one.reason or "." for one in alleles_of(record, genome, longest=100)]
                fields = [("GS_REASON", ",".join(reasons))]
                file.write(record, with_fields(record.line, fields, ["SpliceAI"]))
        file.finish()
