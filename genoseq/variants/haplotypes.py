"""Haplotypes of a phased VCF: the variants that each one has, applied together.

A contig of a haplotype is the reference's with all of its variants, also those far from what is
scored, as ``bcftools consensus -H 1`` makes it: so scores do not depend on what is asked for.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from genoseq.errors import InputFormatError
from genoseq.genome.edits import Edit, EditedContig
from genoseq.genome.regions import Region, touching
from genoseq.genome.sequences import Codes
from genoseq.genome.vcf_records import VcfRecord
from genoseq.inference.windows import Genome
from genoseq.readers.genotypes import MISSING, Genotype, Samples
from genoseq.variants.alleles import SAID, Allele, Reason, alleles_of

Where = Literal["region", "context", "elsewhere"]
"""Of a variant: in what is scored, near enough to be seen from there, or farther away."""
Hindrance = Reason | Literal["OVERLAP", "DUPLICATE", "UNPHASED", "UNKNOWN_GENOTYPE"]
"""Why a variant is not applied to a haplotype."""
NOT_APPLIED: Mapping[str, str] = {
    **{str(code): said for code, said in SAID.items()},
    "OVERLAP": "it changes what an earlier variant of the haplotype changes",
    "DUPLICATE": "an earlier record says the same",
    "UNPHASED": "heterozygous, and which haplotype has it is not known",
    "UNKNOWN_GENOTYPE": "the genotype is not known",
}
_LONGEST = 1 << 26
"""Bases of an allele: as long as a line can be."""
EVERY = 0
"""In place of a haplotype's number: all of the sample's."""


class Row(NamedTuple):
    """A variant of a haplotype, and whether it is applied; a row of ``haplotypes.tsv``.

    Attributes
    ----------
    sample, haplotype
        Whose; haplotypes count from 1 in the order of GT, :data:`EVERY` is all.
    record
        Where it is from.
    alt
        Its allele; ``.`` if that is not known.
    phase_set
        As :class:`~genoseq.readers.genotypes.Genotype` has it.
    where
        Whether it lies in what is scored.
    reason
        Why it is not applied; None if it is.
    """

    sample: str
    haplotype: int
    record: VcfRecord
    alt: str
    phase_set: str
    where: Where
    reason: Hindrance | None


@dataclass(frozen=True)
class HaplotypeGenome:
    """A genome some of whose contigs are edited; read like any other."""

    genome: Genome
    contigs: Mapping[str, EditedContig]

    @cached_property
    def lengths(self) -> Mapping[str, int]:
        """bp of each contig, in the genome's order."""
        own = self.genome.lengths
        return {
            name: self.contigs[name].length if name in self.contigs else own[name] for name in own
        }

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Bases ``start <= i < end`` (0-based) of a contig, shape (end - start,)."""
        contig = self.contigs.get(chrom)
        if contig is None:
            return self.genome.codes(chrom, start, end)
        return contig.codes(lambda low, high: self.genome.codes(chrom, low, high), start, end)


@dataclass
class Edits:
    """Edits of one contig of a haplotype, as far as they do not overlap; sorted."""

    found: list[Edit] = field(default_factory=list)

    def add(self, edit: Edit) -> Literal["OVERLAP", "DUPLICATE"] | None:
        """Take an edit, unless it overlaps an earlier one; why not, or None."""
        at = bisect_left(self.found, _bounds(edit), key=_bounds)
        for other in self.found[max(0, at - 1) : at + 2]:
            if _overlap(edit, other):
                same = _bounds(edit) == _bounds(other) and bytes(edit.alt) == bytes(other.alt)
                return "DUPLICATE" if same else "OVERLAP"
        insort(self.found, edit, key=_bounds)
        return None


def _bounds(edit: Edit) -> tuple[int, int]:
    return edit.start, edit.end


def _overlap(one: Edit, other: Edit) -> bool:
    """Whether edits change a base in common, insert at one place, or one inserts within another."""
    if one.start == one.end == other.start == other.end:
        return True
    return one.start < other.end and other.start < one.end


@dataclass
class Haplotypes:
    """The edits of every haplotype of some samples, found record by record.

    Attributes
    ----------
    genome
        The reference.
    samples
        Those of the file whose haplotypes are wanted.
    regions
        By contig, sorted and merged: what is to be scored.
    near
        The same, each grown by what is seen from it.
    keep_unphased
        Whether the reference is kept where a heterozygous genotype in ``near`` is not phased, which
        is an error otherwise.
    contigs
        Those of all records, by the file.
    phase_sets
        By contig and sample, those of heterozygous variants in the regions.
    """

    genome: Genome
    samples: Samples
    regions: Mapping[str, Sequence[Region]]
    near: Mapping[str, Sequence[Region]]
    keep_unphased: bool = False
    _edits: dict[tuple[str, str, int], Edits] = field(default_factory=lambda: defaultdict(Edits))
    _ploidy: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    contigs: set[str] = field(default_factory=set)
    phase_sets: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def rows(self, records: Iterable[VcfRecord]) -> Iterator[Row]:
        """Take the records of a file; what each gives each haplotype that is not the reference.

        Raises
        ------
        InputFormatError
            Without a file: at a genotype that cannot be, or a heterozygous one that is not phased.
        """
        for record in records:
            self.contigs.add(record.chrom)
            if record.chrom not in self.regions:
                continue
            genotypes = self.samples.genotypes(record)
            known = alleles_of(record, self.genome, longest=_LONGEST) if record.alts else []
            where = self._where(record)
            for sample, genotype in zip(self.samples.names, genotypes, strict=True):
                key = record.chrom, sample
                self._ploidy[key] = max(self._ploidy[key], len(genotype.alleles))
                yield from self._of_sample(record, sample, genotype, known, where)

    def _of_sample(
        self,
        record: VcfRecord,
        sample: str,
        genotype: Genotype,
        known: Sequence[Allele],
        where: Where,
    ) -> Iterator[Row]:
        unphased = genotype.heterozygous and not genotype.phased
        if unphased and where != "elsewhere" and not self.keep_unphased:
            raise InputFormatError(
                f"sample {sample!r} is heterozygous at {record.chrom}:{record.start + 1} and not "
                f"phased (/ and not |): phase the file (WhatsHap, SHAPEIT, Beagle), or keep the "
                f"reference there by --unphased reference"
            )
        if genotype.heterozygous and genotype.phased and where == "region":
            self.phase_sets[record.chrom, sample].add(genotype.phase_set)
        single = genotype.alleles == (None,)
        for number, allele in enumerate(genotype.alleles, 1):
            if allele == 0:
                continue
            alt = MISSING if allele is None else record.alts[allele - 1]
            reason: Hindrance | None = "UNPHASED" if unphased else "UNKNOWN_GENOTYPE"
            if not unphased and allele is not None:
                own = self._edits[record.chrom, sample, number]
                reason = _applied(known[allele - 1], own)
            which = EVERY if unphased or single else number
            yield Row(sample, which, record, alt, genotype.phase_set, where, reason)

    def _where(self, record: VcfRecord) -> Where:
        start, end = record.start, record.start + max(1, len(record.ref))
        if touching(self.regions[record.chrom], start, end):
            return "region"
        return "context" if touching(self.near[record.chrom], start, end) else "elsewhere"

    def ploidy(self, sample: str, chrom: str) -> int:
        """Haplotypes of a contig: what its genotypes say, else those of others, else two."""
        own = self._ploidy.get((chrom, sample), 0)
        others = (n for (_, name), n in self._ploidy.items() if name == sample)
        return own or max(others, default=2)

    def of(self, sample: str) -> dict[int, HaplotypeGenome]:
        """Genomes of a sample's haplotypes, by number.

        One of which a contig has fewer is without it: its regions are not to be scored.
        """
        found: dict[int, dict[str, EditedContig]] = defaultdict(dict)
        for chrom in self.regions:
            for number in range(1, self.ploidy(sample, chrom) + 1):
                edits = self._edits.get((chrom, sample, number), Edits()).found
                found[number][chrom] = EditedContig(self.genome.lengths[chrom], edits)
        return {number: HaplotypeGenome(self.genome, found[number]) for number in sorted(found)}


def _applied(allele: Allele, edits: Edits) -> Hindrance | None:
    """Apply an allele to a contig; why it cannot be, or None."""
    return allele.reason if allele.edit is None else edits.add(allele.edit)


def regions_of(regions: Iterable[Region]) -> dict[str, list[Region]]:
    """Regions by contig, in their order."""
    found: dict[str, list[Region]] = {}
    for region in regions:
        found.setdefault(region.chrom, []).append(region)
    return found
