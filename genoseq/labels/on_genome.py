"""Whether what is to be labelled lies on the genome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genoseq.errors import InputFormatError
from genoseq.files.atomic import PathLike
from genoseq.genome.contig_names import contigs_there
from genoseq.labels.intervals import LabelInterval


def check_on_genome(
    intervals: Sequence[LabelInterval], lengths: Mapping[str, int], path: PathLike | None
) -> None:
    """InputFormatError at the first interval of an unknown contig, or past the end of one."""
    for item in (interval.feature for interval in intervals):
        where = f"{item.type} {item.chrom}:{item.start + 1}-{item.end}"
        if item.chrom not in lengths:
            raise InputFormatError(
                f"{where}: the FASTA has no contig {item.chrom!r} but "
                f"{contigs_there(lengths, [item.chrom])}: names must be equal to the first word "
                f"of its headers (chr is never added or removed)",
                path,
            )
        if item.end > lengths[item.chrom]:
            raise InputFormatError(
                f"{where} ends past the contig's last base, {lengths[item.chrom]}: is it another "
                f"assembly?  (A circle's origin is crossed where Is_circular=true says so.)",
                path,
            )
