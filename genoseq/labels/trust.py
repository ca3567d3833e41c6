"""How far an annotation is trusted, from the files that say so."""

from __future__ import annotations

from genoseq.config.evidence import EvidenceSettings, attribute_of, file_of_evidence
from genoseq.errors import InputFormatError
from genoseq.files.atomic import PathLike
from genoseq.genome.annotation import Annotation
from genoseq.labels.evidence import (
    EVERYTHING,
    FirstBase,
    Trust,
    first_base,
    tiers_of_attribute,
    tiers_of_table,
    trust_of,
)
from genoseq.labels.starts import Genome
from genoseq.readers.annotation import read_annotation
from genoseq.readers.evidence import read_evidence


def read_trust(
    annotation: Annotation,
    settings: EvidenceSettings,
    evidence: PathLike | None = None,
    starts: PathLike | None = None,
    genome: Genome | None = None,
    path: PathLike | None = None,
) -> Trust:
    """What each CDS of an annotation teaches.

    Parameters
    ----------
    annotation
        Read with :func:`genoseq.labels.evidence.attributes_of` the evidence.
    settings
        What tiers teach.
    evidence
        A table (:func:`genoseq.readers.evidence.read_evidence`), or ``attribute:NAME``.
    starts
        ``known``, ``unknown``, or an annotation: of CDS that start as one of its own do the start
        is known, of all others it is not.
    genome
        Bases in which other starts are looked for; None: starts are taken as known.
    path
        The annotation's file, for errors.

    Raises
    ------
    InputFormatError
        If the table names no CDS of the annotation, or others as well; if no CDS has the
        attribute; if settings do not say what a tier teaches; if no CDS starts as trusted.
    """
    if evidence is None and starts in (None, "known"):
        return EVERYTHING
    tiers = None
    if evidence is not None:
        named = attribute_of(evidence)
        if named is None:
            tiers = tiers_of_table(annotation, read_evidence(evidence), evidence)
        else:
            tiers = tiers_of_attribute(annotation, named, path)
    trusted: set[FirstBase] | None = None
    if starts == "unknown":
        trusted = set()
    elif starts is not None and starts != "known":
        trusted = _starts_of(read_annotation(starts))
        if not trusted & _starts_of(annotation):
            raise InputFormatError(
                f"no CDS of {path or 'the annotation'} starts where one of these does: is it of "
                f"another assembly?",
                starts,
            )
    where = path if file_of_evidence(evidence) is None else evidence
    return trust_of(annotation, settings, tiers, trusted, genome, where)


def _starts_of(annotation: Annotation) -> set[FirstBase]:
    return {base for base in map(first_base, annotation.coding()) if base is not None}
