"""GenBank flat files, through Biopython: sequences and features.

A spliced or origin-crossing location becomes one feature for each of its parts, in transcription
order and under one id.  ``complement(join(...))`` and mixed strands (trans-splicing) follow the
order that the location states.  Uncertain ends (``<1``, ``>99``, ``(1.5)``, ``one-of(...)``) are
taken at the base that Biopython gives them: the stated one, or the outermost.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Any

from genoseq.errors import InputFormatError
from genoseq.files.compression import open_bytes
from genoseq.genome.features import Feature
from genoseq.genome.regions import Strand

# Parts of Biopython's warnings that it could not keep all of the record; the others (spacing,
# dates, escapes, a mended origin) change nothing here.
_LOSSES = (
    "feature location to None",
    "spans the origin, but",
    "Couldn't parse feature location",
    "line too short to contain a feature",
    "Expected sequence length",
)

_STRANDS: dict[int | None, Strand] = {1: "+", -1: "-"}


@dataclass(frozen=True)
class GenBank:
    """A GenBank file.

    Attributes
    ----------
    path
        The file it came from.
    lengths
        Bases of each record, in the order of the file, by ``VERSION`` (``ACCESSION`` or ``LOCUS``
        where there is none), the name that NCBI's FASTA of the same record has.
    records
        The sequence of each record that has one; a record of the ``CONTIG`` kind has not.
    features
        All features of all records, in the order of the file.
    """

    path: str
    lengths: dict[str, int]
    records: dict[str, bytes]
    features: list[Feature]

    def sequence(self, chrom: str) -> bytes:
        """The record's letters; InputFormatError if the file leaves them out."""
        if chrom not in self.records:
            raise no_sequence(chrom, self.path)
        return self.records[chrom]


def no_sequence(name: str, path: str | PathLike[str]) -> InputFormatError:
    """What is wrong with a record of features alone."""
    return InputFormatError(
        f"record {name!r} has no sequence in this file: download it with its sequence "
        f"(GenBank (full)), or give the FASTA",
        path,
    )


def read_genbank(path: str | PathLike[str]) -> GenBank:
    """Sequences and features of a GenBank file, plain or compressed.

    A CDS marked ``/pseudo`` or ``/pseudogene`` codes for nothing: its type becomes ``pseudogene``.
    The parts of a CDS carry GFF3's phase, counted from ``/codon_start``; those of an ``order()``
    have none after the first, because that states no joining.

    Raises
    ------
    InputFormatError
        If it is not GenBank, a location cannot be read, or the records are proteins.
    """
    file = GenBank(str(path), {}, {}, [])
    ids: Counter[str] = Counter()
    for record in _parse(path):
        name = _name(record)
        if name in file.lengths:
            raise InputFormatError(f"a second record named {name!r}: remove one", path)
        if record.annotations.get("molecule_type", "").casefold() == "protein":
            raise InputFormatError(f"record {name!r} is a protein, not nucleotides", path)
        file.lengths[name] = len(record.seq)
        letters = _letters(record)
        if letters is not None:
            file.records[name] = letters
        for feature in record.features:
            file.features.extend(_parts(name, feature, ids, path))
    if not file.lengths:
        raise InputFormatError("no GenBank record: a record begins with LOCUS", path)
    return file


def _parse(path: str | PathLike[str]) -> Iterator[Any]:
    """Records as Biopython reads them; what it cannot read or would leave out is an error."""
    from io import TextIOWrapper

    from Bio import SeqIO

    with open_bytes(path) as stream:
        text = TextIOWrapper(stream, "utf-8", errors="backslashreplace")
        records = SeqIO.parse(text, "genbank")  # type: ignore[no-untyped-call]
        while True:
            try:
                with warnings.catch_warnings(record=True) as heard:
                    warnings.simplefilter("always")
                    record = next(records, None)
            except InputFormatError:
                raise
            except Exception as error:  # any: it raises what its parser happens to trip over
                raise InputFormatError(
                    f"not GenBank as Biopython reads it: {type(error).__name__}: "
                    f"{' '.join(str(error).split())}",
                    path,
                ) from error
            said = (" ".join(str(warning.message).split()) for warning in heard)
            loss = next((text for text in said if any(words in text for words in _LOSSES)), None)
            if loss is not None:
                raise InputFormatError(
                    f"Biopython cannot read this and would leave it out: correct it ({loss})",
                    path,
                )
            if record is None:
                return
            yield record


def _name(record: Any) -> str:
    """VERSION or ACCESSION, or LOCUS where they are missing (Biopython then says ``.``)."""
    return str(record.name if record.id in ("", ".", "<unknown id>") else record.id)


def _letters(record: Any) -> bytes | None:
    from Bio.Seq import UndefinedSequenceError

    try:
        return bytes(record.seq)
    except UndefinedSequenceError:
        return None


def _parts(
    name: str, feature: Any, ids: Counter[str], path: str | PathLike[str]
) -> Iterator[Feature]:
    if feature.location is None:
        raise InputFormatError(
            f"record {name!r}: the location of a {feature.type} cannot be read", path
        )
    kind = _kind(feature)
    identity = _identity(kind, feature, ids)
    coding = kind == "CDS"
    phase = int(_first(feature, "codon_start", "1")) - 1 if coding else None
    joined = getattr(feature.location, "operator", "join") != "order"
    for part in feature.location.parts:
        start, end = int(part.start), int(part.end)
        chrom = part.ref or name
        yield Feature(chrom, start, end, _STRANDS.get(part.strand, "."), kind, phase, identity)
        if phase is not None:
            phase = (phase - (end - start)) % 3 if joined else None


def _kind(feature: Any) -> str:
    pseudo = "pseudo" in feature.qualifiers or "pseudogene" in feature.qualifiers
    return "pseudogene" if pseudo and feature.type in ("CDS", "gene") else str(feature.type)


def _identity(kind: str, feature: Any, ids: Counter[str]) -> str:
    """``type-label``, with a count where the label of a type comes again."""
    labels = (_first(feature, key) for key in ("protein_id", "locus_tag", "gene"))
    label = next((label for label in labels if label), "")
    stem = f"{kind}-{label}" if label else kind
    ids[stem] += 1
    return stem if ids[stem] == 1 else f"{stem}-{ids[stem]}"


def _first(feature: Any, key: str, default: str = "") -> str:
    values = feature.qualifiers.get(key)
    return str(values[0]) if values else default
