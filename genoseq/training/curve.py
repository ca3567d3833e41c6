"""The learning curve as CSV: one row a step that was logged, whole after any kill.

Lightning's CSVLogger deletes what it finds and writes in place; a resumed run has to keep the rows
up to its state, drop those after it, and never leave half a line.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers.logger import Logger

from genoseq.files.atomic import atomic_file


class CurveLogger(Logger):
    """Writes ``metrics.csv``: the step, then every metric in order of its first appearance.

    Parameters
    ----------
    path
        The file.
    step
        Last step of the state that the run resumes from: rows after it are dropped, the run will
        log them again.
    """

    def __init__(self, path: str | Path, step: int) -> None:
        super().__init__()
        self.path = Path(path)
        self._rows: dict[int, dict[str, Any]] = {}
        if step and self.path.exists():
            with self.path.open(newline="") as file:
                rows = {int(row.pop("step")): row for row in csv.DictReader(file)}
            self._rows = {number: row for number, row in rows.items() if number <= step}

    @property
    def name(self) -> str:
        """Lightning asks for a name."""
        return "curve"

    @property
    def version(self) -> str:
        """Lightning asks for a version."""
        return ""

    def log_hyperparams(self, *_args: Any, **_kwargs: Any) -> None:
        """Nothing: the settings are in the bundle."""

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Add metrics to the step's row."""
        self._rows.setdefault(step or 0, {}).update(metrics)

    def save(self) -> None:
        """Write the file anew: a curve has hundreds of rows, seldom more."""
        if not self._rows:
            return
        names = dict.fromkeys(name for row in self._rows.values() for name in row)
        with atomic_file(self.path) as partial, partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["step", *names], lineterminator="\n")
            writer.writeheader()
            writer.writerows({"step": step, **row} for step, row in sorted(self._rows.items()))
