"""Options of ``genoseq tokenize`` for a row of the sample sheet: what labels are made from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genoseq.config.labels import LabelSettings
from genoseq.config.sheet import GenomeRow, named_file


def label_sources(row: GenomeRow, signals: bool) -> list[tuple[str | None, Path]]:
    """Name, if any, and file of each source of labels: signals, or the annotation."""
    sources = row.signal if signals else (row.annotation,)
    return [named_file(text) for text in sources if text]


def files_beside(row: GenomeRow) -> dict[str, str]:
    """Files that say which labels are known, by their option."""
    found = {"--mask": row.mask, "--evidence": row.evidence_file, "--starts": row.starts_file}
    return {option: path for option, path in found.items() if path is not None}


def file_options(row: GenomeRow, signals: bool, files: Sequence[str]) -> list[str]:
    """Options with the sources of labels and the files beside them, which are now ``files``."""
    option = "--signal" if signals else "--annotation"
    names = [name for name, _ in label_sources(row, signals)]
    words: list[str] = []
    for name, path in zip(names, files, strict=False):
        words += [option, f"{name}={path}" if name else path]
    for beside, path in zip(files_beside(row), files[len(names) :], strict=True):
        words += [beside, path]
    return words


def label_options(row: GenomeRow, labels: LabelSettings) -> list[str]:
    """Options without files: classes, and what CDS teach where that is not everything."""
    words = ["--scheme", labels.scheme]
    words += ["--classes", ",".join(labels.classes)] if labels.classes else []
    words += ["--overlap", labels.overlap]
    trust = labels.evidence
    if row.evidence is not None:
        words += [] if row.evidence_file else ["--evidence", row.evidence]
        words += [w for tier, of in trust.tiers.items() for w in ("--tier", f"{tier}={of}")]
        words += ["--unlisted", trust.unlisted]
    if row.starts is not None and row.starts_file is None:
        words += ["--starts", row.starts]
    if row.evidence is not None or row.starts is not None:
        words += ["--start-reach", f"{trust.start_reach}"]
    return words
