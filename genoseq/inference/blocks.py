"""Blocks of consecutive bases, whose counts of classes say how sure figures are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.schemes import BACKGROUND
from genoseq.metrics.bootstrap import Interval, bootstrap_intervals
from genoseq.metrics.bootstrap_curves import BlockCurves
from genoseq.metrics.counted import Counted
from genoseq.metrics.ranking import class_name


class Blocks:
    """Counts of the blocks of a split, a genome or a contig.

    Attributes
    ----------
    number
        How many there are.
    """

    def __init__(self) -> None:
        self._pairs: list[NDArray[np.int64]] = []
        self._curves = BlockCurves()
        self._total: Counted | None = None
        self.number = 0

    @property
    def total(self) -> Counted:
        """Counts of all of them; there is one at least."""
        assert self._total is not None
        return self._total

    def add(self, block: Counted) -> None:
        """Count the next block."""
        own = [n for n, state in enumerate(block.states) if state.name != BACKGROUND]
        self._curves.add(block.called[own], block.right[own])
        if (pairs := block.confusion) is not None:
            rows = [pairs.diagonal(), pairs.sum(0), pairs.sum(1)]  # right, called, true
            self._pairs.append(np.stack(rows, axis=1)[own])
        self._total = block if self._total is None else self._total.plus(block)
        self.number += 1

    def auprc(self) -> list[Interval | None]:
        """95% intervals of the AUPRC of each class but the background."""
        return self._curves.auprc(self._rows())

    def intervals(self) -> dict[str, Any]:
        """``blocks``, ``macro_f1`` of classes that exclude one another, ``macro_auprc``; for each
        of ``classes`` its ``name`` and 95% intervals of its figures, and for each of ``strands``,
        classes that are on both, that of what + has more AUPRC, as a share of the larger one."""
        rows = self._rows()
        at = {(row["name"], row["strand"]): number for number, row in enumerate(rows)}
        names = [name for name, strand in at if strand == "+" and (name, "-") in at]
        pairs = [(at[name, "+"], at[name, "-"]) for name in names]
        told = self._curves.intervals(rows, pairs)
        classes: list[dict[str, Any]] = [
            {"name": class_name(row), **curves}
            for row, curves in zip(rows, told.classes, strict=True)
        ]
        ends = zip(names, told.pairs, strict=True)
        strands = [{"name": name, "auprc": each} for name, each in ends]
        whole: dict[str, Any] = {"blocks": self.number}
        if self._pairs:
            found, macro_f1 = bootstrap_intervals(np.stack(self._pairs))
            classes = [row | own for row, own in zip(classes, found, strict=True)]
            whole["macro_f1"] = macro_f1
        return whole | {"macro_auprc": told.macro_auprc, "classes": classes, "strands": strands}

    def _rows(self) -> list[dict[str, Any]]:
        return [row for row in self.total.rows() if row["name"] != BACKGROUND]
