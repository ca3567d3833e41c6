"""What each CDS of an annotation teaches, by what it rests on.

A CDS has a *tier*: the word of a table of evidence, or an attribute of the annotation, such as
``inference``.  Settings say what a tier teaches: its label is known, unknown, or known but for its
start.  A table may call a CDS by any of its names: its ID, ``protein_id``, ``locus_tag`` and alike,
and those of the gene and transcript that it is part of; of several the nearest one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from genoseq.config.evidence import EvidenceSettings, Teaching, attribute_of
from genoseq.errors import InputFormatError, listed
from genoseq.files.atomic import PathLike
from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.genome.genes import Cds
from genoseq.labels.starts import Genome, StartDoubt, start_doubt

NAMED_BY = (
    "protein_id", "locus_tag", "old_locus_tag", "Name", "gene", "gene_id", "transcript_id",
)  # fmt: skip
"""Attributes that name a CDS, the nearest first."""
FirstBase = tuple[str, str, int]
"""Contig, strand, and the 5' base of a start codon."""


def attributes_of(evidence: PathLike | None) -> tuple[str, ...]:
    """Attributes that readers must keep for evidence."""
    if evidence is None:
        return ()
    named = attribute_of(evidence)
    return NAMED_BY if named is None else (named,)


def first_base(cds: Cds) -> FirstBase | None:
    """Where a CDS starts; None if it is cut off there."""
    if cds.partial_start:
        return None
    part = cds.parts[0]
    return part.chrom, part.strand, part.end - 1 if part.strand == "-" else part.start


@dataclass(frozen=True)
class Trust:
    """What each CDS teaches.

    Attributes
    ----------
    doubted
        CDS of which not all is known.
    starts
        Where else CDS may start; None: starts are taken as known.
    """

    doubted: Mapping[Cds, Teaching]
    starts: StartDoubt | None = None

    def of(self, cds: Cds) -> Teaching:
        """What a CDS teaches."""
        return self.doubted.get(cds, "known")


EVERYTHING = Trust({})
"""Where nothing is doubted."""


def tiers_of_table(
    annotation: Annotation, table: Mapping[str, str], path: PathLike | None = None
) -> dict[Cds, str]:
    """Tier of each CDS that a table names.

    Raises
    ------
    InputFormatError
        If a name of the table is not in the annotation, with how the annotation names its CDS.
    """
    ancestors: dict[str, list[Feature]] = {}
    for feature in annotation.features:
        if feature.id is not None and feature.type != "CDS":
            ancestors.setdefault(feature.id, []).append(feature)
    found: dict[Cds, str] = {}
    known: set[str] = {name for each in annotation.features for name in _own_names(each)}
    for cds in annotation.coding():
        tier = next((table[name] for name in _names(cds, ancestors) if name in table), None)
        if tier is not None:
            found[cds] = tier
    if strange := table.keys() - known:
        shown = dict.fromkeys(name for cds in annotation.coding() for name in _first_name(cds))
        raise InputFormatError(
            f"{len(strange):,} of {len(table):,} names are of no CDS of the annotation: "
            f"{listed(strange)}; it calls its CDS {listed(shown)}",
            path,
        )
    if not found:
        raise InputFormatError(
            f"none of its {len(table):,} names is that of a CDS, only of other features: "
            f"{listed(table)}",
            path,
        )
    return found


def tiers_of_attribute(
    annotation: Annotation, name: str, path: PathLike | None = None
) -> dict[Cds, str]:
    """Tier of each CDS that has the attribute.

    Raises
    ------
    InputFormatError
        If none has.
    """
    found = {}
    for cds in annotation.coding():
        values = (dict(part.attributes).get(name) for part in cds.parts)
        if (tier := next(filter(None, values), None)) is not None:
            found[cds] = tier
    if not found:
        raise InputFormatError(f"no CDS has the attribute {name!r}: is it spelt so?", path)
    return found


def trust_of(
    annotation: Annotation,
    settings: EvidenceSettings,
    tiers: Mapping[Cds, str] | None = None,
    trusted_starts: Iterable[FirstBase] | None = None,
    genome: Genome | None = None,
    path: PathLike | None = None,
) -> Trust:
    """What each CDS teaches.

    Parameters
    ----------
    tiers
        Of :func:`tiers_of_table` or :func:`tiers_of_attribute`; None: all are known.
    trusted_starts
        Where the starts are that teach, if not all do; of CDS that start elsewhere they are
        unknown.
    genome
        Bases in which other starts are looked for; None: starts are taken as known.
    path
        Where the tiers are from, for errors.

    Raises
    ------
    InputFormatError
        If the settings do not say what a tier teaches.
    """
    by_tier = {tier: _taught(tier, settings) for tier in set((tiers or {}).values())}
    if strange := [tier for tier, taught in by_tier.items() if taught is None]:
        raise InputFormatError(
            f"labels.evidence.tiers says nothing of {listed(map(repr, strange))}: add what such "
            f"CDS teach (there are {listed(settings.tiers)}; '*' fits all that is left)",
            path,
        )
    starts = None if trusted_starts is None else set(trusted_starts)
    doubted: dict[Cds, Teaching] = {}
    for cds in annotation.coding():
        taught: Teaching = "known"
        if tiers is not None:
            taught = (by_tier[tiers[cds]] if cds in tiers else settings.unlisted) or "known"
        if taught == "known" and starts is not None and first_base(cds) not in starts:
            taught = "start-unknown"
        if taught != "known":
            doubted[cds] = taught
    sought = genome is not None and "start-unknown" in doubted.values()
    reach = settings.start_reach
    return Trust(doubted, start_doubt(annotation, genome, reach) if genome and sought else None)


def _taught(tier: str, settings: EvidenceSettings) -> Teaching | None:
    fitting = (taught for like, taught in settings.tiers.items() if fnmatchcase(tier, like))
    return next(fitting, None)


def _own_names(feature: Feature) -> Iterator[str]:
    """Names of a feature, and of what it is part of, the nearest first."""
    if feature.id is not None:
        yield feature.id
    values = dict(feature.attributes)
    yield from (values[name] for name in NAMED_BY if name in values)
    yield from feature.parents


def _first_name(cds: Cds) -> Iterator[str]:
    yield from list(_own_names(cds.parts[0]))[:1]


def _names(cds: Cds, ancestors: Mapping[str, list[Feature]]) -> Iterator[str]:
    """Names of a CDS, then of its transcript, then of its gene."""
    near = dict.fromkeys(cds.parts)
    seen: set[str] = set()
    while near:
        yield from (name for part in near for name in _own_names(part))
        parents = [name for part in near for name in part.parents if name not in seen]
        seen.update(parents)
        near = dict.fromkeys(each for name in parents for each in ancestors.get(name, ()))
