"""The learning curve, a CSV that is whole after any kill, and the error of a loss beyond it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.atomic import atomic_file

CURVE = "metrics.csv"


class Curve:
    """Writes ``metrics.csv``: the step, then every figure in order of its first appearance.

    Parameters
    ----------
    folder
        Where; TensorBoard's events are in ``tensorboard`` in it.
    step
        Last step of the state that the run resumes from: rows after it are dropped, the run will
        log them again.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # a second

        self.path = folder / CURVE
        self._rows: dict[int, dict[str, Any]] = {}
        if step and self.path.exists():
            rows = _rows(self.path)
            self._rows = {number: row for number, row in rows.items() if number <= step}
        # TensorBoard ignores what earlier event files say of steps from purge_step on.
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def add(self, figures: Mapping[str, float], step: int) -> None:
        """Add figures to the step's row."""
        self._rows.setdefault(step, {}).update(figures)
        for name, value in figures.items():
            self._board.add_scalar(name, value, step)

    def save(self) -> None:
        """Write the file anew: a curve has hundreds of rows, seldom more."""
        self._board.flush()
        if not self._rows:
            return
        names = dict.fromkeys(name for row in self._rows.values() for name in row)
        with atomic_file(self.path) as partial, partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, ["step", *names], lineterminator="\n")
            writer.writeheader()
            writer.writerows({"step": step, **row} for step, row in sorted(self._rows.items()))

    def close(self) -> None:
        """Release TensorBoard's file."""
        self._board.close()


def _rows(path: Path) -> dict[int, dict[str, Any]]:
    """Rows of a curve that was saved, by step."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {int(row.pop("step")): row for row in csv.DictReader(file)}
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        said = f"{type(error).__name__}: {str(error)[:80]}"
        what = f"not the curve that genoseq wrote ({said}): remove it, the training goes on without"
        raise InputFormatError(what, path) from None


def not_finite(loss: float, step: int, what: str = "loss") -> ConfigError:
    """The error of a loss that is infinite or not a number."""
    return ConfigError(
        f"the {what} is {loss} at step {step:,}: lower training.learning_rate or training.clip, "
        f"or look for extreme values in the labels"
    )
