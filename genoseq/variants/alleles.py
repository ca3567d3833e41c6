"""Alleles of VCF records: what each does to a contig, or the reason why it is not scored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from genoseq.genome.edits import Edit
from genoseq.genome.sequences import N, encode
from genoseq.genome.vcf_records import VcfRecord
from genoseq.inference.windows import Genome

Reason = Literal[
    "NO_ALT",
    "SPANNING_DELETION",
    "SYMBOLIC",
    "BREAKEND",
    "ALT_NOT_DNA",
    "SAME_AS_REF",
    "UNKNOWN_CONTIG",
    "OUTSIDE_CONTIG",
    "REF_NOT_DNA",
    "REF_MISMATCH",
    "TOO_LONG",
    "NO_VALUES",
]
"""Why an allele is not scored; :data:`SAID` says it in words."""
SAID: Mapping[Reason, str] = {
    "NO_ALT": "the record has no ALT",
    "SPANNING_DELETION": "ALT is *: the base is deleted by another record",
    "SYMBOLIC": "ALT is symbolic, such as <DEL>",
    "BREAKEND": "ALT is a breakend",
    "ALT_NOT_DNA": "ALT is not of A, C, G, T and N",
    "SAME_AS_REF": "ALT is REF",
    "UNKNOWN_CONTIG": "the genome has no such contig",
    "OUTSIDE_CONTIG": "POS is 0, or REF ends behind the contig",
    "REF_NOT_DNA": "REF is not of nucleotides",
    "REF_MISMATCH": "REF is not what the genome has there",
    "TOO_LONG": "REF or ALT is longer than --longest",
    "NO_VALUES": "all bases nearby are N",
}
LONGEST = 20_000
"""Bases of the longest allele that is scored by default."""

assert tuple(SAID) == get_args(Reason)

_DNA = re.compile(r"[ACGTNacgtn]+")
_NUCLEOTIDES = re.compile(r"[ACGTUNRYSWKMBDHVacgtunryswkmbdhv]+")
_BREAKEND = re.compile(r"[\[\]]|^\.|\.$")


@dataclass(frozen=True, slots=True)
class Allele:
    """One ALT of a record.

    Attributes
    ----------
    record
        Its record.
    alt
        As written; ``.`` where the record has none.
    chrom
        The contig as the genome names it.
    edit
        What it does to the contig, without the bases that stay as they are; None if it cannot be
        scored.
    reason
        Why not; None if it can.
    """

    record: VcfRecord
    alt: str
    chrom: str
    edit: Edit | None = None
    reason: Reason | None = None


def alleles_of(
    record: VcfRecord,
    genome: Genome,
    names: Mapping[str, str] | None = None,
    longest: int = LONGEST,
) -> list[Allele]:
    """The alleles of a record, one for each ALT; one without a score where it has none.

    Parameters
    ----------
    names
        The genome's names of contigs by those of the file, where they differ.
    longest
        Bases of the longest REF or ALT to score.
    """
    chrom = (names or {}).get(record.chrom, record.chrom)
    if not record.alts:
        return [Allele(record, ".", chrom, reason="NO_ALT")]
    reasons = [_strange(record, alt, longest) for alt in record.alts]
    placed = None if all(reasons) else _misplaced(record, chrom, genome)
    found = []
    for alt, strange in zip(record.alts, reasons, strict=True):
        reason = strange or placed
        found.append(Allele(record, alt, chrom, None if reason else _edit(record, alt), reason))
    return found


def _strange(record: VcfRecord, alt: str, longest: int) -> Reason | None:
    """Why an ALT is not scored, whatever the genome."""
    if alt == "*":
        return "SPANNING_DELETION"
    if alt.startswith("<"):
        return "SYMBOLIC"
    if _BREAKEND.search(alt):
        return "BREAKEND"
    if not _DNA.fullmatch(alt):
        return "ALT_NOT_DNA"
    if not _NUCLEOTIDES.fullmatch(record.ref):
        return "REF_NOT_DNA"
    if alt.upper() == record.ref.upper():
        return "SAME_AS_REF"
    return "TOO_LONG" if max(len(alt), len(record.ref)) > longest else None


def _misplaced(record: VcfRecord, chrom: str, genome: Genome) -> Reason | None:
    """Why REF does not fit the genome."""
    if chrom not in genome.lengths:
        return "UNKNOWN_CONTIG"
    end = record.start + len(record.ref)
    if record.start < 0 or end > genome.lengths[chrom]:
        return "OUTSIDE_CONTIG"
    there = genome.codes(chrom, record.start, end)
    # By the rules of VCF an ambiguity code of the genome is one of its bases in REF.
    same = (encode(record.ref.encode()) == there) | (there == N)
    return None if bool(np.all(same)) else "REF_MISMATCH"


def _edit(record: VcfRecord, alt: str) -> Edit:
    ref = encode(record.ref.encode())
    whole = Edit(record.start, record.start + len(ref), encode(alt.encode()))
    return whole.trimmed(ref)
