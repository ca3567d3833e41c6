"""GenBank and EMBL: names, lengths and letters of the records, bounds and phases of the features.

https://www.ncbi.nlm.nih.gov/genbank/samplerecord.  The file is held in memory, as Biopython does;
what is no such file, or has locations that cannot be, is told by the reader.
"""

from __future__ import annotations

from typing import Literal

from genoseq.genome.grouping import group_transcripts
from genoseq.readers.genbank import GenBank, read_genbank
from genoseq.validation.gff_wholes import check_phases
from genoseq.validation.positions import check_contig, span
from genoseq.validation.subject import Checks, Subject

_CHUNK = 1 << 20


def _check(subject: Subject, kind: Literal["genbank", "embl"]) -> int:
    file = read_genbank(subject.path, kind)
    for name, length in file.lengths.items():
        right = check_contig(subject.findings, name, length, subject.lengths)
        if right and name in file.records and not _same(file, name, subject):
            what = f"record {name!r} has other letters than the genome"
            subject.findings.add("letters", what)
    for feature in file.features:
        length = file.lengths.get(feature.chrom, 0)
        if feature.end > length and feature.chrom not in file.circles:
            what = f"{feature.type} ends past the record's last base, {length}"
            where = span(feature.chrom, feature.start, feature.end)
            subject.findings.add("bounds", what, None, where)
    check_phases(group_transcripts(file.features, file.circles), subject.findings)
    return len(file.features)


def _same(file: GenBank, name: str, subject: Subject) -> bool:
    letters, length = file.records[name], file.lengths[name]
    return all(
        letters[at : at + _CHUNK].upper()
        == subject.genome.fetch(name, at, min(at + _CHUNK, length)).upper()
        for at in range(0, length, _CHUNK)
    )


_NAMES = ("names", "lengths", "letters", "bounds", "phases")
GENBANK = Checks("GenBank", _NAMES, lambda subject: _check(subject, "genbank"))
EMBL = Checks("EMBL", _NAMES, lambda subject: _check(subject, "embl"))
