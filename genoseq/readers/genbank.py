"""GenBank and EMBL flat files, through Biopython: sequences and features.

A spliced or origin-crossing location becomes features, see :mod:`genoseq.readers.locations`.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, Literal

from genoseq.errors import InputFormatError
from genoseq.files.compression import open_bytes, text_of
from genoseq.genome.annotation import Annotation
from genoseq.genome.features import Feature
from genoseq.readers.locations import NameCounts, record_features, without_remote

# Parts of Biopython's warnings that it could not keep all of the record; the others (spacing,
# dates, escapes, a mended origin) change nothing here.
_LOSSES = (
    "feature location to None",
    "spans the origin, but",
    "Couldn't parse feature location",
    "line too short to contain a feature",
    "Expected sequence length",
)
_NAMES = {"genbank": "GenBank", "embl": "EMBL"}


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
    circles
        Bases of each record that is said to be circular.
    """

    path: str
    lengths: dict[str, int]
    records: dict[str, bytes]
    features: list[Feature]
    circles: dict[str, int] = field(default_factory=dict)

    @property
    def annotation(self) -> Annotation:
        """Its features, which records are circles, and how long they are."""
        return Annotation(self.features, self.circles, self.lengths)

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


def read_genbank(
    path: str | PathLike[str],
    kind: Literal["genbank", "embl"] = "genbank",
    qualifiers: Collection[str] = (),
) -> GenBank:
    """Sequences and features of a GenBank or EMBL file, plain or compressed.

    Parts of features that lie on records of other files are left out, with one warning.
    Features keep the values of the qualifiers that are named.

    Raises
    ------
    InputFormatError
        If it is not of that kind, a location cannot be read, or the records are proteins.
    """
    file = GenBank(str(path), {}, {}, [])
    names = NameCounts()
    for record in _parse(path, kind):
        name = _name(record)
        if name in file.lengths:
            raise InputFormatError(f"a second record named {name!r}: remove one", path)
        if record.annotations.get("molecule_type", "").casefold() == "protein":
            raise InputFormatError(f"record {name!r} is a protein, not nucleotides", path)
        file.lengths[name] = len(record.seq)
        letters = _letters(record)
        if letters is not None:
            file.records[name] = letters
        if record.annotations.get("topology") == "circular":
            file.circles[name] = len(record.seq)
        file.features.extend(record_features(name, record, names, path, qualifiers))
    if not file.lengths:
        begins = "LOCUS" if kind == "genbank" else "ID"
        raise InputFormatError(f"no {_NAMES[kind]} record: a record begins with {begins}", path)
    file.features[:] = without_remote(file.features, file.lengths, path)
    return file


def _parse(path: str | PathLike[str], kind: str) -> Iterator[Any]:
    """Records as Biopython reads them; what it cannot read or would leave out is an error."""
    from Bio import SeqIO

    with open_bytes(path) as stream:
        records = SeqIO.parse(text_of(stream, path), kind)  # type: ignore[no-untyped-call]
        while True:
            try:
                with warnings.catch_warnings(record=True) as heard:
                    warnings.simplefilter("always")
                    record = next(records, None)
            except InputFormatError:
                raise
            except Exception as error:  # any: it raises what its parser happens to trip over
                raise InputFormatError(
                    f"not {_NAMES[kind]} as Biopython reads it: {type(error).__name__}: "
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
