"""``genoseq validate-tracks``: tracks and annotation, anyone's, against a FASTA."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from genoseq.errors import InputFormatError
from genoseq.files.inputs import Input, kept
from genoseq.readers import kinds
from genoseq.readers.fasta import Fasta, opened
from genoseq.validation.bed import BED
from genoseq.validation.bedgraph import BEDGRAPH
from genoseq.validation.bigbed import BIGBED
from genoseq.validation.bigwig import BIGWIG
from genoseq.validation.findings import Finding, Findings
from genoseq.validation.gff import GFF
from genoseq.validation.subject import Checks, Subject

_CHECKS = {
    kinds.BED: BED,
    kinds.BEDGRAPH: BEDGRAPH,
    kinds.GFF: GFF,
    kinds.GTF: GFF,
    kinds.BIGWIG: BIGWIG,
    kinds.BIGBED: BIGBED,
}
_INDEXES = (".tbi", ".csi")


@dataclass(frozen=True)
class CheckedFile:
    """What was checked of a file, and what was found.

    Attributes
    ----------
    path, format
        The file, and what it is; ``-`` of what is not known here.
    records
        Lines, features or intervals.
    checks
        Those that were done, in one word each.
    errors, warnings
        How many there are.
    findings
        The first ones of each check, errors first.
    """

    path: str
    format: str
    records: int
    checks: tuple[str, ...]
    errors: int
    warnings: int
    findings: tuple[Finding, ...]


def unwatched(file: CheckedFile) -> None:
    """Nobody asked."""
    del file


def validate_tracks(
    paths: Iterable[str | os.PathLike[str]],
    fasta: str | os.PathLike[str] | Fasta,
    report: Callable[[CheckedFile], None] = unwatched,
) -> list[Finding]:
    """Check tracks and annotation, of any program, against the genome that they are of.

    Parameters
    ----------
    paths
        Files, or folders, which are searched for such files.
    fasta
        The genome, or a file of it.
    report
        Called with each file when it is done.

    Returns
    -------
    What is wrong, file by file; nothing of files that are right.

    Raises
    ------
    InputFormatError, OSError
        If the genome or a path cannot be read.
    """
    found: list[Finding] = []
    with opened(fasta) as genome:
        for path in paths:
            for checked in _checked(Path(path), genome):
                report(checked)
                found += checked.findings
    return found


def _checked(path: Path, genome: Fasta) -> Iterator[CheckedFile]:
    if not path.is_dir():
        yield _check_file(path, genome)
        return
    for file in sorted(path.rglob("*")):
        if file.is_file():
            yield _check_file(file, genome)


def _check_file(path: Path, genome: Fasta) -> CheckedFile:
    findings = Findings(str(path))
    with kept(path) as given:
        return _result(given, findings, _run(given, findings, genome))


def _run(path: Input, findings: Findings, genome: Fasta) -> tuple[Checks | None, int]:
    checks: Checks | None = None
    records = 0
    try:
        kind = kinds.kind_of(path)
        checks = None if kind is None else _CHECKS.get(kind)
        if checks is None:
            said = "a file of no known format" if kind is None else kind.said
            findings.add("format", f"{said}: nothing was checked", level="warning")
        else:
            indexed = any(Path(f"{path}{end}").exists() for end in _INDEXES)
            records = checks.run(Subject(path, genome, findings, indexed))
    except InputFormatError as error:
        findings.add("format", error.problem, error.line)
    return checks, records


def _result(path: Input, findings: Findings, ran: tuple[Checks | None, int]) -> CheckedFile:
    checks, records = ran
    return CheckedFile(
        str(path),
        "-" if checks is None else checks.format,
        records,
        () if checks is None else checks.names,
        findings.counts["error"],
        findings.counts["warning"],
        tuple(findings.listed()),
    )
