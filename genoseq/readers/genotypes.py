"""Genotypes of a VCF: which allele each haplotype of a sample has, and whether that is known.

https://samtools.github.io/hts-specs/VCFv4.5.pdf, 1.6.2 (GT, PS).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from genoseq.errors import ConfigError, InputFormatError, listed
from genoseq.files.inputs import Input
from genoseq.genome.vcf_records import VcfHeader, VcfRecord, text_of_bytes

MISSING = "."
"""What a VCF has in place of what is not known."""
_FORMAT = 8
"""The column before those of samples, counted from 0."""
MOST_HAPLOTYPES = 64
"""Of a sample; wheat has 6, and strawberries 8."""
_GENOTYPE = re.compile(r"[/|]?(?:\d{1,9}|\.)(?:[/|](?:\d{1,9}|\.))*")


@dataclass(frozen=True, slots=True)
class Genotype:
    """Alleles of one sample in one record.

    Attributes
    ----------
    alleles
        Number of each haplotype's: 0 is the reference, from 1 on ALT; None is not known.
    phased
        Whether it is known which haplotype has which: of equal alleles always.
    phase_set
        Haplotypes are told apart within it; ``.`` where the record names none.
    """

    alleles: tuple[int | None, ...]
    phased: bool
    phase_set: str = MISSING

    @property
    def heterozygous(self) -> bool:
        """Whether two of its alleles differ, one of which may be unknown."""
        return len({*self.alleles}) > 1


def parse_genotype(text: str, alleles: int, phase_set: str = MISSING) -> Genotype:
    """The genotype of a sample's GT.

    Parameters
    ----------
    text
        Such as ``0|1``, ``1/1``, ``1``, ``.|2``; of VCF 4.4 also ``|0|1``.
    alleles
        How many the record has, the reference among them.
    phase_set
        The sample's PS.

    Raises
    ------
    InputFormatError
        Without file and line: if it is no genotype, names an allele that the record has not, or has
        more than :data:`MOST_HAPLOTYPES`.
    """
    if len(text) > 10 * MOST_HAPLOTYPES or not _GENOTYPE.fullmatch(text):
        raise InputFormatError(
            f"genotype {text[:40]!r} is none: GT is numbers of alleles, such as 0|1 or 1/1, . for "
            f"what is not known"
        )
    own = text.lstrip("/|")
    numbers = tuple(None if one == MISSING else int(one) for one in re.split(r"[/|]", own))
    if len(numbers) > MOST_HAPLOTYPES:
        raise InputFormatError(
            f"genotype of {len(numbers)} alleles: of a sample at most {MOST_HAPLOTYPES} are read"
        )
    strange = [one for one in numbers if one is not None and one >= alleles]
    if strange:
        raise InputFormatError(
            f"genotype {text!r} has allele {strange[0]}, but the record's are 0 to {alleles - 1}"
        )
    return Genotype(numbers, "/" not in own or len({*numbers}) == 1, phase_set)


@dataclass(frozen=True)
class Samples:
    """Some samples of a VCF; made by :func:`samples_of`.

    Attributes
    ----------
    names
        In the file's order.
    """

    names: tuple[str, ...]
    _columns: tuple[int, ...]

    def genotypes(self, record: VcfRecord) -> list[Genotype]:
        """The genotype of each in a record.

        Raises
        ------
        InputFormatError
            Without a file: if the record has no genotypes, or one that cannot be.
        """
        fields = record.line.split(b"\t")
        keys = fields[_FORMAT].split(b":")
        if b"GT" not in keys:
            raise InputFormatError(
                f"{_named(record)} has no GT in FORMAT: haplotypes are made of genotypes"
            )
        gt, ps = keys.index(b"GT"), keys.index(b"PS") if b"PS" in keys else None
        try:
            return [
                _genotype(fields[column], gt, ps, len(record.alts) + 1) for column in self._columns
            ]
        except InputFormatError as error:
            raise InputFormatError(f"{_named(record)}: {error.problem}") from None


def _named(record: VcfRecord) -> str:
    return f"record {record.number + 1}, at {record.chrom}:{record.start + 1},"


def _genotype(data: bytes, gt: int, ps: int | None, alleles: int) -> Genotype:
    values = text_of_bytes(data).split(":")
    if gt >= len(values) or not values[gt]:
        return Genotype((None,), True)
    phase_set = values[ps] if ps is not None and ps < len(values) else MISSING
    return parse_genotype(values[gt], alleles, phase_set)


def samples_of(header: VcfHeader, path: Input, wanted: Sequence[str] = ()) -> Samples:
    """Some samples of a file; by default all.

    Raises
    ------
    InputFormatError
        If the file has none, or one twice.
    ConfigError
        If one that is wanted is not among them.
    """
    names = text_of_bytes(header.columns).split("\t")[_FORMAT + 1 :]
    if not names:
        raise InputFormatError(
            "a VCF without samples: haplotypes are made of genotypes, columns 10 and on", path
        )
    if len({*names}) < len(names):
        raise InputFormatError("a sample is there twice: rename it (bcftools reheader -s)", path)
    if strange := [name for name in wanted if name not in names]:
        raise ConfigError(f"{path}: no sample {strange[0]!r}: it has {listed(names)}")
    chosen = [number for number, name in enumerate(names) if not wanted or name in wanted]
    columns = tuple(_FORMAT + 1 + number for number in chosen)
    return Samples(tuple(names[number] for number in chosen), columns)
