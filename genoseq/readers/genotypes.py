"""Genotypes of a VCF: which allele each haplotype of a sample has, and whether that is known.

https://samtools.github.io/hts-specs/VCFv4.5.pdf, 1.6.2 (GT, PS).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from genoseq.errors import ConfigError, InputFormatError, listed
from genoseq.files.compression import numbered_lines
from genoseq.files.inputs import Input
from genoseq.readers.kinds import VCF, kind_of, not_wanted
from genoseq.readers.whole_numbers import is_whole

MISSING = "."
"""What a VCF has in place of what is not known."""
_FIXED = 9
"""Columns before those of samples."""
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


class PhasedRecord(NamedTuple):
    """A record of a VCF with the genotypes of some samples.

    Attributes
    ----------
    chrom, start
        Contig, and the first base of REF, 0-based.
    name, ref, alts
        ID, REF and every ALT, as the file has them.
    genotypes
        One for each sample that was asked for.
    line
        In the file, 1-based.
    """

    chrom: str
    start: int
    name: str
    ref: str
    alts: tuple[str, ...]
    genotypes: tuple[Genotype, ...]
    line: int


@dataclass(frozen=True)
class PhasedFile:
    """A VCF with genotypes; made by :func:`open_phased`.

    Attributes
    ----------
    path
        The file.
    samples
        Those that were asked for, in the file's order.
    """

    path: Input
    samples: tuple[str, ...]
    _columns: tuple[int, ...]
    _width: int

    def records(self, contigs: Collection[str]) -> Iterator[PhasedRecord]:
        """Records on some contigs, in the file's order.

        Raises
        ------
        InputFormatError
            At the first line that is no record with genotypes.
        """
        for number, line in numbered_lines(self.path):
            if not line or line.startswith("#"):
                continue
            try:
                fields = line.split("\t")
                if len(fields) != self._width:
                    raise InputFormatError(
                        f"{len(fields)} columns, but the header has {self._width}, separated by "
                        f"tabs: cut off or edited?"
                    )
                if fields[0] in contigs:
                    yield self._record(fields, number)
            except InputFormatError as error:
                raise InputFormatError(error.problem, self.path, number) from None

    def _record(self, fields: Sequence[str], line: int) -> PhasedRecord:
        chrom, pos, name, ref, alt = fields[:5]
        if not is_whole(pos):
            raise InputFormatError(f"POS, column 2: {pos!r} is not a whole number of at least 0")
        alts = () if alt == MISSING else tuple(alt.split(","))
        keys = fields[8].split(":")
        if "GT" not in keys:
            raise InputFormatError("no GT in FORMAT, column 9: haplotypes are made of genotypes")
        at = keys.index("GT"), keys.index("PS") if "PS" in keys else None
        genotypes = tuple(_genotype(fields[column], *at, len(alts) + 1) for column in self._columns)
        return PhasedRecord(chrom, int(pos) - 1, name, ref, alts, genotypes, line)


def _genotype(text: str, gt: int, ps: int | None, alleles: int) -> Genotype:
    values = text.split(":")
    if gt >= len(values) or not values[gt]:
        return Genotype((None,), True)
    phase_set = values[ps] if ps is not None and ps < len(values) else MISSING
    return parse_genotype(values[gt], alleles, phase_set)


def open_phased(path: Input, wanted: Sequence[str] = ()) -> PhasedFile:
    """The VCF of a path, plain or compressed, and some of its samples.

    Parameters
    ----------
    wanted
        Names of samples; by default all.

    Raises
    ------
    InputFormatError
        If it is no VCF, or has no samples.
    ConfigError
        If a sample that is wanted is not among them.
    """
    header = _header(path)
    samples = header[_FIXED:]
    if not samples:
        raise InputFormatError(
            "a VCF without samples: haplotypes are made of genotypes, columns 10 and on", path
        )
    if len({*samples}) < len(samples):
        raise InputFormatError("a sample is there twice: rename it (bcftools reheader -s)", path)
    if strange := [name for name in wanted if name not in samples]:
        raise ConfigError(f"{path}: no sample {strange[0]!r}: it has {listed(samples)}")
    chosen = [name for name in samples if not wanted or name in wanted]
    columns = tuple(_FIXED + samples.index(name) for name in chosen)
    return PhasedFile(path, tuple(chosen), columns, len(header))


def _header(path: Input) -> list[str]:
    """Columns of the line that names the samples."""
    kind = kind_of(path)
    if kind is not VCF:
        raise not_wanted(kind, "VCF", path) if kind else InputFormatError("no VCF", path)
    for number, line in numbered_lines(path):
        if line.startswith("#CHROM"):
            return line.rstrip("\n").split("\t")
        if not line.startswith("#"):
            raise InputFormatError(
                "a record before the line #CHROM ..., which names the samples", path, number
            )
    raise InputFormatError("no line #CHROM ..., which names the samples", path)
