"""Folders that genoseq writes: tracks with their manifest, scores, provenance.

The manifest names every file of its folder, with its MD5, and each is what it is called there.
Files that it does not name are a warning: verbs leave other files where they are.  The genome
that ``provenance.json`` says a folder was made from is compared by its SHA-256, which tells files
apart, not sequences: another file of the same genome is a warning.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from genoseq.errors import InputFormatError
from genoseq.files.provenance import PROVENANCE, read_record
from genoseq.readers import kinds
from genoseq.validation.positions import check_contig, span
from genoseq.validation.subject import Checks, Subject
from genoseq.writers.manifest import MANIFEST, OutputFile, md5_of, read_manifest
from genoseq.writers.scores import INDEX, VALUES, read_scores

_KINDS = {
    "bigwig": (kinds.BIGWIG,),
    "bedgraph": (kinds.BEDGRAPH, kinds.BED, kinds.EMPTY),
    "bed": (kinds.BED, kinds.EMPTY),
    "peaks": (kinds.BED, kinds.EMPTY),
}
"""What files of a format of the manifest may be by their content."""


def listed_files(folder: Path) -> list[OutputFile]:
    """What the manifest of a folder lists; nothing if there is none, or it is damaged."""
    try:
        return read_manifest(folder / MANIFEST)
    except (OSError, InputFormatError):
        return []


def _check_manifest(subject: Subject) -> int:
    findings, path = subject.findings, Path(subject.path)
    files = read_manifest(path)
    for line, file in enumerate(files, 2):
        there = path.parent / file.path
        if not there.is_file():
            findings.add("files", f"{file.path} is not there: write the folder again", line)
        elif md5_of(there) != file.md5:
            findings.add("checksums", f"{file.path} is not the file that was written", line)
        elif file.format in _KINDS and kinds.kind_of(there) not in _KINDS[file.format]:
            findings.add("formats", f"{file.path} is no {file.format}", line)
    names = [file.path for file in files]
    for name in sorted({name for name in names if names.count(name) > 1}):
        findings.add("files", f"{name} is named twice")
    own = {MANIFEST, PROVENANCE, *names}
    for other in sorted(path.parent.iterdir()):
        if other.name not in own and other.is_file() and not other.name.startswith("."):
            findings.add("files", f"{other.name} is not in the manifest", level="warning")
    return len(files)


def _check_provenance(subject: Subject) -> int:
    record = read_record(Path(subject.path).parent) or {}
    genome = record.get("inputs", {}).get("genome", {})
    if isinstance(genome, dict) and genome and subject.genome.sha256 not in genome.values():
        what = (
            f"made from {', '.join(genome)}, which has another checksum than the FASTA: another "
            f"genome, or another file of the same"
        )
        subject.findings.add("inputs", what, level="warning")
    return len(record)


def _check_scores(subject: Subject) -> int:
    findings, scores = subject.findings, read_scores(Path(subject.path).parent)
    for name, length in scores.lengths.items():
        check_contig(findings, name, length, subject.lengths)
    bases = 0
    for track in scores.tracks():
        known = track.values[~np.isnan(track.values)]
        bases += len(track.values)
        if not np.isfinite(known).all():
            where = span(track.chrom, track.start, track.end)
            findings.add("values", "a value is infinite", where=where)
        elif scores.kind == "classes" and known.size and not 0 <= known.min() <= known.max() <= 1:
            where = span(track.chrom, track.start, track.end)
            findings.add("range", "a value is no probability", where=where)
    return bases


MANIFESTS = Checks("manifest", ("files", "checksums", "formats"), _check_manifest)
PROVENANCES = Checks("provenance", ("record", "inputs"), _check_provenance)
SCORES = Checks("scores", ("names", "lengths", "checksums", "values", "range"), _check_scores)
NAMED = {MANIFEST: MANIFESTS, PROVENANCE: PROVENANCES, INDEX: SCORES}
"""Checks of files that are known by their names."""
PASSED_OVER = (VALUES,)
"""Files that are checked with another one."""
