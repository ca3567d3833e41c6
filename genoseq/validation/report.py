"""What was found, for machines: JSON with every file, TSV with a line for each finding."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from genoseq.files.atomic import atomic_together, check_distinct
from genoseq.validation.validate import CheckedFile

_COLUMNS = ("path", "line", "where", "level", "check", "more", "what")


def check_outputs(
    paths: Sequence[Path], fasta: Path, as_json: Path | None, as_tsv: Path | None
) -> None:
    """ConfigError if a report would replace a file that is checked, or the genome, or the other."""
    folders = [path for path in paths if path.is_dir()]
    inputs = {"--fasta": fasta, **{f"input {path}": path for path in paths}}
    for out in (as_json, as_tsv):
        if out is not None and out.is_file():
            within = (path for path in folders if out.resolve().is_relative_to(path.resolve()))
            inputs |= {f"a file of {path}": out for path in within}
    check_distinct({"--json": as_json, "--tsv": as_tsv}, inputs)


def write_report(files: Sequence[CheckedFile], as_json: Path | None, as_tsv: Path | None) -> None:
    """Write what was found of files as JSON, as TSV, or both."""
    asked = {path: text_of for path, text_of in ((as_json, _json), (as_tsv, _tsv)) if path}
    if not asked:
        return
    with atomic_together([*asked]) as partials:
        for partial, text_of in zip(partials, asked.values(), strict=True):
            partial.write_text(text_of(files) + "\n", encoding="utf-8")


def _json(files: Sequence[CheckedFile]) -> str:
    return json.dumps([asdict(file) for file in files], indent=2)


def _tsv(files: Sequence[CheckedFile]) -> str:
    rows = ["\t".join(_COLUMNS)]
    for finding in (finding for file in files for finding in file.findings):
        said = asdict(finding)
        said["line"] = "" if finding.line is None else finding.line
        rows.append("\t".join(_one_line(str(said[name])) for name in _COLUMNS))
    return "\n".join(rows)


def _one_line(text: str) -> str:
    return " ".join(text.split())
