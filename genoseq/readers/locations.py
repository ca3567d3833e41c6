"""Features of GenBank and EMBL records: locations to parts, and what belongs together.

``complement(join(...))`` and mixed strands (trans-splicing) follow the order that the location
states, which the parts keep as their number, under one id.  Uncertain ends (``<1``, ``>99``) are
taken at the base that Biopython gives them, the stated one or the outermost, and are open.

An RNA is a feature over all of its exons, and an ``exon`` for each; a CDS is part of the mRNA of
the same gene whose exons it fits, the first that no other CDS was given.  The parts of a CDS carry
GFF3's phase, counted from ``/codon_start``; those of an ``order()`` have none after the first,
because that states no joining.  A CDS that is marked ``/pseudo`` or ``/pseudogene``, or whose gene
is, codes for nothing: its type becomes ``pseudogene``.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from reprlib import repr as shorter
from typing import Any

from genoseq.errors import InputFormatError, listed
from genoseq.genome.features import Feature, Mark
from genoseq.genome.regions import Strand
from genoseq.readers.whole_numbers import FARTHEST

_log = logging.getLogger(__name__)
_STRANDS: dict[int | None, Strand] = {1: "+", -1: "-"}
_RNA = (
    "mRNA", "tRNA", "rRNA", "ncRNA", "tmRNA", "misc_RNA", "precursor_RNA", "prim_transcript",
)  # fmt: skip
Whole = tuple[str, str | None, tuple[str, ...]]
"""Type, id and parents that the parts of one feature share."""


@dataclass
class NameCounts:
    """Ids that are given: ``type-label``, with a count where the label of a type comes again."""

    _given: Counter[str] = field(default_factory=Counter)

    def new(self, kind: str, label: str) -> str:
        """An id that none was given."""
        stem = f"{kind}-{label}" if label else kind
        self._given[stem] += 1
        return stem if self._given[stem] == 1 else f"{stem}-{self._given[stem]}"


def record_features(
    name: str,
    record: Any,
    names: NameCounts,
    path: str | PathLike[str],
    qualifiers: Collection[str] = (),
) -> Iterator[Feature]:
    """Features of a record of Biopython, in its order; parts on other records are among them.

    They keep the values of ``qualifiers``, those of one name joined by commas.

    Raises
    ------
    InputFormatError
        If a location cannot be read.
    """
    pseudo = {_gene(f) for f in record.features if f.type == "gene" and _is_pseudo(f)} - {""}
    mrnas: dict[str, list[list[Feature]]] = defaultdict(list)
    coding: list[tuple[int, str]] = []
    found: list[list[Feature]] = []
    for feature in record.features:
        if feature.location is None:
            raise InputFormatError(
                f"record {name!r}: the location of a {feature.type} cannot be read", path
            )
        dead = _is_pseudo(feature) or (feature.type == "CDS" and _gene(feature) in pseudo)
        kind = "pseudogene" if dead and feature.type in ("CDS", "gene") else str(feature.type)
        parts = list(_parts(name, feature, kind, names.new(kind, _label(feature)), dead, path))
        if kept := tuple(_kept(feature, qualifiers)):
            parts = [replace(part, attributes=kept) for part in parts]
        if kind in _RNA:
            exons = [
                replace(part, type="exon", id=None, parents=(part.id or "",)) for part in parts
            ]
            parts = [*_spans(parts, len(record.seq)), *exons]
            if kind == "mRNA":
                mrnas[_gene(feature)].append(exons)
        elif kind == "CDS":
            coding.append((len(found), _gene(feature)))
        found.append(parts)
    _join_to_mrna(found, coding, mrnas)
    for parts in found:
        yield from parts


def without_remote(
    features: Iterable[Feature], lengths: Mapping[str, int], path: str | PathLike[str]
) -> list[Feature]:
    """Features on the records of a file; parts of them elsewhere are left out with a warning.

    Where such a part was the first or last of a whole, what is left is open there.
    """
    kept: list[Feature] = []
    remote: list[Feature] = []
    size: Counter[Whole] = Counter()
    for feature in features:
        (kept if feature.chrom in lengths else remote).append(feature)
        size[_whole(feature)] += 1
    if not remote:
        return kept
    _log.warning(
        "%s: %s parts of features are left out, which lie on other records (%s)",
        path, f"{len(remote):,}", listed(part.chrom for part in remote),
    )  # fmt: skip
    gone: dict[Whole, set[int | None]] = defaultdict(set)
    for part in remote:
        gone[_whole(part)].add(part.number)
    return [
        _opened(part, gone[whole], size[whole]) if (whole := _whole(part)) in gone else part
        for part in kept
    ]


def _whole(part: Feature) -> Whole:
    return part.type, part.id, part.parents


def _opened(part: Feature, gone: set[int | None], size: int) -> Feature:
    """A part, open where all that came before or after it in its whole was left out."""
    number = part.number or 0
    before = number > 1 and gone.issuperset(range(1, number))
    after = number < size and gone.issuperset(range(number + 1, size + 1))
    low, high = (after, before) if part.strand == "-" else (before, after)
    return replace(part, open_start=part.open_start or low, open_end=part.open_end or high)


def _parts(
    name: str, feature: Any, kind: str, identity: str, pseudo: bool, path: str | PathLike[str]
) -> Iterator[Feature]:
    begins = _first(feature, "codon_start", "1") if kind == "CDS" else "1"
    if begins not in ("1", "2", "3"):
        raise InputFormatError(
            f"record {name!r}: a CDS with codon_start {shorter(begins)}, which is 1, 2 or 3", path
        )
    phase = int(begins) - 1 if kind == "CDS" else None
    joined = getattr(feature.location, "operator", "join") != "order"
    marks = frozenset(_marks(feature, pseudo))
    for number, part in enumerate(feature.location.parts, 1):
        start, end = int(part.start), int(part.end)
        if end > FARTHEST:
            raise InputFormatError(
                f"record {name!r}: a {feature.type} that ends at base {shorter(end)}", path
            )
        yield Feature(
            part.ref or name, start, end, _STRANDS.get(part.strand, "."), kind, phase, identity,
            open_start=type(part.start).__name__ == "BeforePosition",
            open_end=type(part.end).__name__ == "AfterPosition",
            number=number, marks=marks,
        )  # fmt: skip
        if phase is not None:
            phase = (phase - (end - start)) % 3 if joined else None


def _kept(feature: Any, qualifiers: Collection[str]) -> Iterator[tuple[str, str]]:
    for name in qualifiers:
        if name in feature.qualifiers:
            yield name, ",".join(map(str, feature.qualifiers[name]))


def _marks(feature: Any, pseudo: bool) -> Iterator[Mark]:
    if pseudo:
        yield "pseudo"
    if "ribosomal_slippage" in feature.qualifiers:
        yield "slippage"
    strands = {(part.ref, part.strand) for part in feature.location.parts}
    if "trans_splicing" in feature.qualifiers or len(strands) > 1:
        yield "trans-spliced"


def _spans(parts: Sequence[Feature], circle: int) -> list[Feature]:
    """An RNA over its exons; trans-spliced ones in parts, and those across an origin in two."""
    if "trans-spliced" in parts[0].marks:
        return list(parts)
    first, last = (parts[-1], parts[0]) if parts[0].strand == "-" else (parts[0], parts[-1])
    whole = replace(first, open_end=last.open_end, number=None)
    if first.start <= last.start:
        return [replace(whole, end=last.end)]
    return [replace(whole, end=circle), replace(whole, start=0, end=last.end)]


def _join_to_mrna(
    found: list[list[Feature]],
    coding: Sequence[tuple[int, str]],
    mrnas: Mapping[str, list[list[Feature]]],
) -> None:
    """Give each CDS, an index in ``found`` and its gene, the mRNA that it fits as parent."""
    used: set[str] = set()
    for index, gene in coding:
        parts = found[index]
        fitting = [exons for exons in mrnas.get(gene, ()) if gene and _fits(parts, exons)]
        names = [exons[0].parents[0] for exons in fitting]
        name = next((name for name in names if name not in used), names[0] if names else None)
        if name is not None:
            used.add(name)
            found[index] = [replace(part, parents=(name,)) for part in parts]


def _fits(parts: Sequence[Feature], exons: Sequence[Feature]) -> bool:
    """Whether a CDS begins and ends within exons, and jumps from one to the next where they do."""
    indices = [
        next((n for n, exon in enumerate(exons) if _within(part, exon)), None) for part in parts
    ]
    if None in indices:
        return False
    inner = zip(parts, parts[1:], indices, indices[1:], strict=False)
    return all(
        here == there
        or (there == (here or 0) + 1 and _meets(left, exons[here or 0], last=True)
            and _meets(right, exons[there or 0], last=False))
        for left, right, here, there in inner
    )  # fmt: skip


def _within(part: Feature, exon: Feature) -> bool:
    here = (part.chrom, part.strand) == (exon.chrom, exon.strand)
    return here and exon.start <= part.start and part.end <= exon.end


def _meets(part: Feature, exon: Feature, last: bool) -> bool:
    """Whether a part and its exon have the same last, or first, base of their strand."""
    if last == (part.strand != "-"):
        return part.end == exon.end
    return part.start == exon.start


def _is_pseudo(feature: Any) -> bool:
    return "pseudo" in feature.qualifiers or "pseudogene" in feature.qualifiers


def _gene(feature: Any) -> str:
    return _first(feature, "locus_tag") or _first(feature, "gene")


def _label(feature: Any) -> str:
    labels = (_first(feature, key) for key in ("protein_id", "locus_tag", "gene"))
    return next((label for label in labels if label), "")


def _first(feature: Any, key: str, default: str = "") -> str:
    values = feature.qualifiers.get(key)
    return str(values[0]) if values else default
