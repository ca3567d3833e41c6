"""``genoseq validate-tracks``: tracks and annotation, anyone's, against a FASTA."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from genoseq.errors import InputFormatError
from genoseq.files.inputs import kept
from genoseq.files.journal import JOURNAL, complete
from genoseq.files.locks import PARTIAL
from genoseq.readers.fasta import Fasta, opened
from genoseq.validation.dispatch import checks_of
from genoseq.validation.findings import Finding, Findings
from genoseq.validation.folders import listed_files
from genoseq.validation.subject import Checks, Subject

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
        If the genome or a path cannot be read, or a folder has no such file.
    """
    asked = [Path(path) for path in paths]
    for path in asked:
        complete(path if path.is_dir() else path.parent)
        path.stat()  # one that is not there is said before an hour of work
    found: list[Finding] = []
    with opened(fasta) as genome:
        for path in asked:
            some = False
            for checked in _checked(path, genome):
                some = True
                report(checked)
                found += checked.findings
            if not some:
                raise InputFormatError("no track or annotation in this folder", path)
    return found


def _checked(path: Path, genome: Fasta) -> Iterator[CheckedFile]:
    if not path.is_dir():
        yield _check_file(path, genome, asked=True, probabilities=_are_probabilities(path))
        return
    for journal in [*path.rglob(JOURNAL)]:
        complete(journal.parent)
    for file in sorted(path.rglob("*")):
        if file.is_file() and PARTIAL not in str(file.relative_to(path)):
            checked = _check_file(file, genome, False, _are_probabilities(file))
            if checked.checks or checked.findings:
                yield checked


def _check_file(path: Path, genome: Fasta, asked: bool, probabilities: bool) -> CheckedFile:
    findings = Findings(str(path))
    checks: Checks | None = None
    records = 0
    with kept(path) as given:
        try:
            checks = checks_of(given, asked, findings)
            if checks is not None:
                indexed = any(Path(f"{path}{end}").exists() for end in _INDEXES)
                subject = Subject(given, genome, findings, indexed, probabilities)
                records = checks.run(subject)
        except InputFormatError as error:
            own = error.path is None or str(error.path) == str(given)
            findings.add("format", error.problem if own else str(error), error.line)
    done = () if checks is None else checks.names
    done += ("range",) if probabilities and "values" in done else ()
    return CheckedFile(
        findings.path,
        "-" if checks is None else checks.format,
        records,
        done,
        findings.counts["error"],
        findings.counts["warning"],
        tuple(findings.listed()),
    )


def _are_probabilities(path: Path) -> bool:
    """Whether a manifest says that the values of a file are such."""
    kind = {file.path: file.kind for file in listed_files(path.parent)}
    whole = "probability" in kind.values() and kind.get(path.name) == "predictions"
    return whole or kind.get(path.name) in ("probability", "margin", "entropy")
