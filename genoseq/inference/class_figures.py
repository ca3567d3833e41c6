"""Figures of classes by genome and contig: pooled ones hide the genome where a model fails."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from genoseq.genome.schemes import BACKGROUND
from genoseq.genome.tracks import Channel
from genoseq.inference.blocks import Blocks
from genoseq.inference.genome_names import genome_names
from genoseq.inference.signal_tables import Table
from genoseq.inference.site_figures import BY_SITE, SiteFigures
from genoseq.inference.strands import Prediction
from genoseq.metrics.bootstrap import block_size
from genoseq.metrics.counted import Counted, counted
from genoseq.metrics.independent import IndependentMetrics
from genoseq.metrics.level import best_slot, mean_known
from genoseq.metrics.metrics import Metrics
from genoseq.metrics.per_base import ClassMetrics
from genoseq.store.store import Store

BY_CLASS = "classes.tsv"
MOST_CONTIGS = 1_000
"""Contigs with rows of their own, those with most bases: each takes some milliseconds."""
_Counting = ClassMetrics | IndependentMetrics
_Where = tuple[str, str]
"""Genome and contig."""
_WHOLE = ("*", "*")


class ClassFigures:
    """Figures of each genome and contig, of what metrics count while stretches are read.

    Contigs are told as soon as they are done: memory does not grow with them.

    Parameters
    ----------
    metrics
        Of classes; what they count is split by place.
    stores, split
        Whose regions are read.
    """

    def __init__(self, metrics: _Counting, stores: Sequence[Store], split: str) -> None:
        self._metrics, self._before = metrics, _counts(metrics)
        self._names = genome_names(stores)
        self._left = _bases_left(stores, self._names, split)
        self._size = block_size(self._left[_WHOLE])
        self._room, self._block = self._size, 0
        self._sites = SiteFigures(metrics.scheme)
        self._apart = _longest(self._left)
        self._at = _WHOLE
        self._open: defaultdict[_Where, Blocks] = defaultdict(Blocks)
        self._rows: list[dict[str, Any]] = []

    def cut(self, store: Store, pieces: Iterable[Prediction]) -> Iterator[Prediction]:
        """The pieces of a store, none of which is in two blocks; each is counted before the next is
        asked for.

        A block ends with its genome, and with a contig that has rows of its own.
        """
        name = self._names[store.path]
        for piece in pieces:
            at = (name, piece.chrom)
            at = at if at in self._apart else (name, "*")
            if self._at != at:
                self._close()
            self._at, start = at, 0
            while (end := start + self._room) < len(piece.codes):
                if start < end:
                    yield _part(piece, start, end)
                start, self._room = end, 0
                self._close()
            self._room -= len(piece.codes) - start
            yield _part(piece, start, len(piece.codes))

    def enter(
        self, store: Store, chrom: str, start: int, values: NDArray[np.float32], targets: Tensor
    ) -> None:
        """What metrics count next is a stretch: values (S, L), targets (L,) or (L, S)."""
        where = (self._names[store.path], chrom)
        for each in (where, (where[0], "*"), _WHOLE):
            self._left[each] -= len(targets)
        self._sites.update(where, start, values, targets, self._block)

    def _close(self) -> None:
        """Add a block to its contig, its genome and the whole; tell those that are done."""
        if self._room == self._size:
            return
        now = _counts(self._metrics)
        block, self._before = now.plus(self._before, -1), now
        self._room, self._block = self._size, self._block + 1
        for where in dict.fromkeys((self._at, (self._at[0], "*"), _WHOLE)):
            self._open[where].add(block)
            if where != _WHOLE and not self._left[where]:
                self._rows += _rows(where, self._open.pop(where))

    def finish(self) -> tuple[dict[str, Any], dict[str, Table]]:
        """Figures for ``metrics.json``, and tables by the names of their files."""
        self._close()
        whole = self._open[_WHOLE]
        rows, sites = _rows(_WHOLE, whole), self._sites.rows(_best(whole.total))
        by_genome = [row for row in self._rows if row["contig"] == "*"]
        intervals = whole.intervals() | {"block_bases": self._size}
        figures: dict[str, Any] = {
            "genomes": _of_genomes(by_genome), "intervals": intervals, "by_genome": by_genome,
        }  # fmt: skip
        rows += sorted(self._rows, key=lambda row: row["contig"] != "*")
        table = (list(rows[0]), [list(row.values()) for row in rows]) if rows else ((), ())
        if not sites:
            return figures, {BY_CLASS: table}
        figures["sites"] = [row for row in sites if row["contig"] == "*"]
        by_site = (list(sites[0]), [list(row.values()) for row in sites])
        return figures, {BY_CLASS: table, BY_SITE: by_site}


def class_figures(metrics: Metrics, stores: Sequence[Store], split: str) -> ClassFigures | None:
    """What is measured by place of metrics of classes; None of others."""
    if not isinstance(metrics, ClassMetrics | IndependentMetrics):
        return None
    return ClassFigures(metrics, stores, split)


def _counts(metrics: _Counting) -> Counted:
    found = counted(metrics)
    assert found is not None
    return found


def _longest(bases: Mapping[_Where, int]) -> set[_Where]:
    """The contigs with most bases of all genomes, of equal ones the first."""
    contigs = [where for where in bases if where[1] != "*"]
    return {*sorted(contigs, key=lambda where: -bases[where])[:MOST_CONTIGS]}


def _best(counts: Counted) -> list[int]:
    """The bin of the threshold with the best F1 of each class but the background."""
    own = zip(counts.states, counts.called, counts.right, strict=True)
    return [best_slot(called, right) for state, called, right in own if state.name != BACKGROUND]


def _bases_left(stores: Sequence[Store], names: Mapping[Any, str], split: str) -> Counter[_Where]:
    """Bases of the split's regions of each contig, of each genome (contig ``*``), and of all."""
    left: Counter[_Where] = Counter()
    for store in stores:
        for index in store.regions.of_split(split):
            region = store.regions[int(index)]
            left[names[store.path], region.chrom] += len(region)
            left[names[store.path], "*"] += len(region)
            left[_WHOLE] += len(region)
    return left


def _rows(where: _Where, blocks: Blocks) -> list[dict[str, Any]]:
    """A row for each class that is not the background; none without a known base."""
    if not blocks.total.bases:
        return []
    named = {"genome": where[0], "contig": where[1]}
    found = [row for row in blocks.total.rows() if row["name"] != BACKGROUND]
    return [
        named
        | {"class": Channel(row["name"], row["strand"]).label, "bases": blocks.total.bases}
        | {name: row[name] for name in row if name not in ("name", "strand", "phase")}
        | dict(zip(("auprc_low", "auprc_high"), ends or (None, None), strict=True))
        for row, ends in zip(found, blocks.auprc(), strict=True)
    ]


def _part(piece: Prediction, start: int, end: int) -> Prediction:
    if (start, end) == (0, len(piece.codes)):
        return piece
    values = piece.values[:, start:end]
    return Prediction(piece.chrom, piece.start + start, piece.codes[start:end], values)


def _of_genomes(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Bases and macro AUPRC of each genome."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(row["genome"] for row in rows):
        own = [row for row in rows if row["genome"] == name]
        bases = max(row["bases"] for row in own)
        found[name] = {"bases": bases, "macro_auprc": mean_known([row["auprc"] for row in own])}
    return found
