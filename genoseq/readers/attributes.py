"""The ninth column of GFF: what belongs together, and what else is said of a feature.

GFF3 has ``ID`` and ``Parent``; ``part=2/3`` is NCBI's order of trans-spliced parts.  GTF has
``transcript_id`` and ``gene_id``; JGI's GFF2 has ``name``; older files have a name alone.

*Cut off*: NCBI's ``start_range=.,1`` and ``end_range=9,.`` are of coordinates, as is Prodigal's
``partial=10``; ``partial=true`` alone does not say where; Ensembl's tags ``cds_start_NF`` and
``cds_end_NF`` are of the strand.

*Pseudogenes*: ``pseudo=true``, ``pseudogene=...``, a type or biotype with "pseudogene" in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from genoseq.genome.features import Mark
from genoseq.readers.whole_numbers import is_whole

# Words are looked at from their beginning alone: a megabyte of letters would take an hour.
_GTF_PAIR = re.compile(r'(?<![\w-])([\w-]++)\s++(?:"([^"]*)"|([^\s;"]+))')
_BIOTYPES = (
    "biotype", "gene_biotype", "transcript_biotype", "gene_type", "transcript_type",
)  # fmt: skip
_SIDES = {"00": (False, False), "01": (False, True), "10": (True, False), "11": (True, True)}
_TRUE = ("true", "1", "yes", "")
_MARKING = ("pseudo", "partial", "exception", "ribosomal_slippage", "trans_splicing")
"""Of what marks a feature one is in its line."""


class Said(NamedTuple):
    """What attributes say of a feature.

    Attributes
    ----------
    id, parents, number, exon_number, marks
        As in :class:`genoseq.genome.features.Feature`.
    open
        Whether it may go on before its first and after its last base.
    by_strand
        Whether ``open`` is of the strand and not of coordinates.
    circular
        Whether it is a circle.
    gtf
        Whether the attributes are GTF's.
    kept
        Names and values of attributes that were asked for, those of one name joined by commas.
    """

    id: str | None = None
    parents: tuple[str, ...] = ()
    number: int | None = None
    exon_number: int | None = None
    marks: frozenset[Mark] = frozenset()
    open: tuple[bool, bool] = (False, False)
    by_strand: bool = False
    circular: bool = False
    gtf: bool = False
    kept: tuple[tuple[str, str], ...] = ()


def is_gff3(attributes: str) -> bool:
    """Whether the first attribute is written ``key=value`` rather than ``key "value"``."""
    equals = attributes.find("=")
    return equals > 0 and '"' not in attributes[:equals]


def decode(text: str) -> str:
    """GFF3's ``%3B`` and the like as what they stand for."""
    return unquote(text) if "%" in text else text


def gff3_attributes(text: str, kind: str, keep: Collection[str] = ()) -> Said:
    """Attributes of GFF3; ``kind`` is the feature's type, ``keep`` names what to keep."""
    found: dict[str, str] = {}
    for pair in text.split(";"):
        key, _, value = pair.strip().partition("=")
        found[key] = value
    parents = found.get("Parent", "").split(",")
    part = found.get("part", "").partition("/")[0]
    sides = found.get("start_range", "").startswith("."), found.get("end_range", "").endswith(".")
    return Said(
        decode(found.get("ID", "")) or None,
        tuple(decode(parent) for parent in parents if parent),
        int(part) if is_whole(part) else None,
        None,
        _marks(text, found, kind),
        _SIDES.get(found.get("partial", ""), sides),
        circular=found.get("Is_circular", "").lower() == "true",
        kept=tuple((name, decode(found[name])) for name in keep if name in found),
    )


def gtf_attributes(text: str, kind: str, keep: Collection[str] = ()) -> Said:
    """Attributes of GTF or GFF2; ``kind`` and ``keep`` as of :func:`gff3_attributes`."""
    pairs = [(key, quoted or bare) for key, quoted, bare in _GTF_PAIR.findall(text)]
    found = dict(pairs)
    gene, transcript = found.get("gene_id") or None, found.get("transcript_id") or None
    parent = transcript or gene or found.get("name") or None
    identity: str | None = None
    if kind == "gene":
        identity, parent = gene, None
    elif kind in ("transcript", "mRNA"):
        identity, parent = transcript, gene
    tags = {value for key, value in pairs if key == "tag"}
    number = found.get("exon_number", "") or found.get("exonNumber", "")
    return Said(
        identity,
        () if parent is None else (parent,),
        None,
        int(number) if is_whole(number) else None,
        _marks(text, found, kind),
        ("cds_start_NF" in tags, "cds_end_NF" in tags),
        by_strand=True,
        gtf=gene is not None or transcript is not None,
        kept=tuple(
            (name, ",".join(value for key, value in pairs if key == name))
            for name in keep
            if name in found
        ),
    )


def _marks(text: str, found: dict[str, str], kind: str) -> frozenset[Mark]:
    told = f"{kind};{text}".lower()
    if not any(word in told for word in _MARKING):  # most lines, in a third of the time
        return frozenset()
    return frozenset(_marked(found, kind))


def _marked(found: dict[str, str], kind: str) -> Iterator[Mark]:
    types = [kind, *(found.get(name, "") for name in _BIOTYPES)]
    if (
        "pseudogene" in found
        or found.get("pseudo", "no").lower() in _TRUE
        or any("pseudogen" in name.lower() for name in types)
    ):
        yield "pseudo"
    if found.get("partial", "").lower() == "true":
        yield "partial"
    exception = decode(found.get("exception", "")).lower().replace("_", "-").replace(" ", "-")
    if exception == "ribosomal-slippage" or "ribosomal_slippage" in found:
        yield "slippage"
    if exception == "trans-splicing" or "trans_splicing" in found:
        yield "trans-spliced"
