"""A VCF read through once before its variants are scored: that it is whole, and what is in it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike

from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.contig_names import contigs_there
from genoseq.genome.regions import check_lengths
from genoseq.genome.vcf_records import VcfHeader
from genoseq.readers.vcf import open_vcf

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is in a VCF.

    Attributes
    ----------
    header
        Its header.
    records
        How many it has.
    contigs
        Contigs of its records, as it names them, in the order in which they come.
    """

    header: VcfHeader
    records: int
    contigs: tuple[str, ...]


def survey(
    path: str | PathLike[str], lengths: Mapping[str, int], names: Mapping[str, str]
) -> Survey:
    """Read a VCF through.

    Parameters
    ----------
    lengths
        Of the genome's contigs, in bp.
    names
        The genome's names of contigs by those of the file, where they differ.

    Raises
    ------
    InputFormatError
        As :func:`genoseq.readers.vcf.open_vcf`; if it is of another assembly, by the lengths in
        its header; or if none of its records is on a contig of the genome.
    """
    contigs: dict[str, int] = {}
    with open_vcf(path) as vcf:
        stated = {names.get(c, c): n for c, n in vcf.header.contigs.items() if n is not None}
        check_lengths(stated, lengths, path)
        for record in vcf.records:
            contigs[record.chrom] = contigs.get(record.chrom, 0) + 1
        header = vcf.header
    strange = [chrom for chrom in contigs if names.get(chrom, chrom) not in lengths]
    if contigs and len(strange) == len(contigs):
        raise InputFormatError(
            f"no record is on a contig of the genome, which has {contigs_there(lengths, strange)}: "
            f"give the names of both by --alias",
            path,
        )
    if strange:
        lost = sum(contigs[chrom] for chrom in strange)
        _log.warning(
            "%s of %s records are on contigs that the genome does not have: it has %s",
            f"{lost:,}", f"{sum(contigs.values()):,}", contigs_there(lengths, strange),
        )  # fmt: skip
    return Survey(header, sum(contigs.values()), tuple(contigs))


def shard_of(text: str | None, records: int) -> range:
    """Numbers of the records of a shard ``K/N``, of N parts that differ by one record at most.

    Raises
    ------
    ConfigError
        If it is none.
    """
    if text is None:
        return range(records)
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise ConfigError(f"--shard {text}: say which of how many, such as 2/5")
    number, count = int(match[1]), int(match[2])
    return range(records * (number - 1) // count, records * number // count)


def contig_lengths(
    found: Survey, lengths: Mapping[str, int], names: Mapping[str, str]
) -> dict[str, int | None]:
    """Lengths (bp) of the contigs of records, as the file names them; None of unknown ones."""
    return {chrom: lengths.get(names.get(chrom, chrom)) for chrom in found.contigs}
