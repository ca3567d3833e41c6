"""Tables of evidence: what each CDS of an annotation rests on."""

from __future__ import annotations

from os import PathLike

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines

_HEADS = ("id", "cds_id", "cds", "name", "locus_tag", "protein_id", "gene", "gene_id",
          "transcript_id")  # fmt: skip


def read_evidence(path: str | PathLike[str]) -> dict[str, str]:
    """Tier of each CDS by its name: the first two columns of a table, separated by tabs.

    Plain or compressed.  Other columns, blank lines and those that start with ``#`` are passed
    over, and so is a first line that names its first column, such as ``cds_id`` or ``locus_tag``.

    Raises
    ------
    InputFormatError
        If a line has no two columns, a name comes with two tiers, or there is no line.
    """
    tiers: dict[str, str] = {}
    first = True
    for number, line in numbered_lines(path):
        if not line.strip() or line[0] == "#":
            continue
        fields = [field.strip() for field in line.split("\t")]
        if first and fields[0].lower() in _HEADS:
            first = False
            continue
        first = False
        if len(fields) < 2 or not fields[0] or not fields[1]:
            raise InputFormatError(
                "a line of evidence is a CDS's name, a tab, and its tier", path, number
            )
        name, tier = fields[:2]
        if tiers.setdefault(name, tier) != tier:
            raise InputFormatError(
                f"{name!r} has the tiers {tiers[name]!r} and {tier!r}: keep one", path, number
            )
    if not tiers:
        raise InputFormatError("no line of evidence: a CDS's name, a tab, and its tier", path)
    return tiers
