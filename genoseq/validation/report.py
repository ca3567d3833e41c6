"""What was found, for machines: JSON with every file, TSV with a line for each finding."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from genoseq.files.atomic import atomic_file
from genoseq.validation.validate import CheckedFile

_COLUMNS = ("path", "line", "where", "level", "check", "more", "what")


def write_report(files: Sequence[CheckedFile], as_json: Path | None, as_tsv: Path | None) -> None:
    """Write what was found of files as JSON, as TSV, or both."""
    if as_json is not None:
        text = json.dumps([asdict(file) for file in files], indent=2)
        with atomic_file(as_json) as partial:
            partial.write_text(text + "\n", encoding="utf-8")
    if as_tsv is not None:
        rows = ["\t".join(_COLUMNS)]
        for finding in (finding for file in files for finding in file.findings):
            said = asdict(finding)
            said["line"] = "" if finding.line is None else finding.line
            rows.append("\t".join(_one_line(str(said[name])) for name in _COLUMNS))
        with atomic_file(as_tsv) as partial:
            partial.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _one_line(text: str) -> str:
    return " ".join(text.split())
