"""Genes found at Prodigal's own precision, where two callers can be compared by one number.

    python benchmarks/gene_recall.py DATA SCORE CALLS [--adapt auto] [--losses]

CALLS is the folder ``--keep`` of ``genes.py``, or OUT of ``gene_folds.py`` or ``start_sites.py``:
it holds, at any depth, ``NAME.genoseq.ADAPT/starts.tsv`` and ``NAME.prodigal.gff3``.  What genoseq
would call is put in a row: its genes by falling ``conf``, and behind them the open reading frames
that it did not call, by falling ``conf`` too, but for those that overlap what is before them by
more than the decoder allows.  The row is cut where it is longest and still as precise as Prodigal's
genes of the same genome, and of what is before the cut the share of the annotation is told.

Printed are, of each genome and in the mean: stops found by Prodigal, and right of those it calls;
those that genoseq calls; those before the cut, and the ``conf`` there; the same of genes up to
300 bp, where what touches the mask is left out, cut at Prodigal's precision of short genes; and
of the CDS up to 300 bp that Ribo-seq or mass spectrometry shows (``NAME.translated.tsv``) how many
are found by Prodigal, called, and before the cut of short genes.

With ``--losses`` it is told instead what the bases are that one caller has right and the other has
wrong, mask left out: of genes of the annotation that one of the two misses (with how many there
are, and how many of them are up to 300 bp), of genes that one of the two has and the annotation
has not, and of genes that both find, between their starts and the annotated ones.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gene_conf import Key, translated_stops
from genes import SHORT, intervals, load

from genoseq.genes.select import USUAL

HEAD = ("genome", "genes", "P. found", "P. right", "called", "right", "at P.", "right", "conf",
        "translated", "P.", "called", "at P.")  # fmt: skip
LOSSES_HEAD = ("genome", "cause", "genes", "short", "bases", "P. genes", "short", "bases")

Stops = Mapping[Key, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Frame:
    """An open reading frame with its likeliest start, or the one that is called."""

    stop: Key
    start: int
    end: int
    conf: float
    called: bool


def frames_of(table: Path) -> list[Frame]:
    """Frames of ``starts.tsv``, in the order of the row, those that overlap others left out."""
    best: dict[Key, tuple[tuple[bool, float], Frame]] = {}
    with table.open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            start, end, forward = int(row["start"]), int(row["end"]), row["strand"] == "+"
            stop = (row["contig"], row["strand"], end if forward else start)
            called = row["called"] == "yes"
            worth = called, float(row["start_conf"])
            if stop not in best or worth > best[stop][0]:
                best[stop] = worth, Frame(stop, start, end, float(row["conf"]), called)
    frames = [frame for _, frame in best.values()]
    frames.sort(key=lambda one: (not one.called, -one.conf, one.stop))
    return without_overlaps(frames)


def without_overlaps(frames: Sequence[Frame]) -> list[Frame]:
    """Frames, but not those that overlap an earlier one by more than the decoder allows."""
    kept: list[Frame] = []
    bins: dict[tuple[str, int], list[Frame]] = {}
    for one in frames:
        places = [(one.stop[0], place) for place in range(one.start >> 12, (one.end >> 12) + 1)]
        near = (other for place in places for other in bins.get(place, ()))
        if one.called or all(_fits(one, other) for other in near):
            kept.append(one)
            for place in places:
                bins.setdefault(place, []).append(one)
    return kept


def _fits(one: Frame, other: Frame) -> bool:
    overlap = min(one.end, other.end) - max(one.start, other.start)
    within = overlap >= min(one.end - one.start, other.end - other.start)
    most = USUAL.same if one.stop[1] == other.stop[1] else USUAL.opposite
    return overlap <= 0 or (overlap <= most and not within)


@dataclass(frozen=True, slots=True)
class Truth:
    """Genes of the annotation that are looked at, and what is right.

    Attributes
    ----------
    wanted
        Stops that are to be found.
    known
        Stops that are right, if they are called.
    longest
        bp of called genes that are counted.
    hidden
        Mask by contig: what touches it is not counted.
    """

    wanted: frozenset[Key]
    known: frozenset[Key]
    longest: int
    hidden: Any

    def counts(self, stop: Key, start: int, end: int) -> bool:
        """Whether a called gene counts for precision."""
        mask = self.hidden.get(stop[0], ())
        return end - start <= self.longest and not any(
            start < last and end > first for first, last in mask
        )


def judged(truth: Truth, genes: Sequence[tuple[Key, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Shares found and right of the first 1, 2, ... genes of a row."""
    counted = np.array([truth.counts(*gene) for gene in genes], bool)
    right = counted & np.array([gene[0] in truth.known for gene in genes], bool)
    found = np.array([gene[0] in truth.wanted for gene in genes], bool)
    return (
        np.cumsum(found) / max(1, len(truth.wanted)),
        np.cumsum(right) / np.maximum(1, np.cumsum(counted)),
    )


def truths(scorer: Any, data: Path, name: str) -> dict[str, Truth]:
    """All genes of a genome, and the short ones."""
    known = scorer.stops(scorer.gff_cds(str(data / f"{name}.gff3.gz")))
    every = frozenset(known)
    mask = intervals(data / f"{name}.mask.bed")
    some = Truth(every, every, SHORT, mask)
    short = frozenset(stop for stop, (start, end) in known.items() if some.counts(stop, start, end))
    return {"all": Truth(every, every, 1 << 60, {}), "short": Truth(short, every, SHORT, mask)}


def compared(
    scorer: Any, data: Path, name: str, table: Path, peer: Path
) -> dict[str, list[float | None]]:
    """Columns of a genome behind the first two of :data:`HEAD`, by which genes they are of."""
    frames = frames_of(table)
    row = [(one.stop, one.start, one.end) for one in frames]
    theirs = [(stop, *at) for stop, at in scorer.stops(scorer.gff_cds(str(peer))).items()]
    called = sum(one.called for one in frames)
    shown = data / f"{name}.translated.tsv"
    translated = translated_stops(data, name) if shown.exists() else None
    lines: dict[str, list[float | None]] = {}
    for kind, truth in truths(scorer, data, name).items():
        found, right = judged(truth, row)
        peer_found, peer_right = (each[-1] for each in judged(truth, theirs))
        good = np.flatnonzero(right >= peer_right)
        cut = int(good[-1]) if len(good) else 0
        lines[kind] = [peer_found, peer_right, found[called - 1], right[called - 1], found[cut],
                       right[cut], frames[cut].conf]  # fmt: skip
        if kind == "short" and translated is not None:
            sets = [theirs, row[:called], row[: cut + 1]]
            lines[kind] += [len(translated)]
            lines[kind] += [len(translated & {gene[0] for gene in genes}) for genes in sets]
    return lines


def losses(known: Stops, peer: Stops, own: Stops, hidden: Any) -> dict[str, tuple[int, ...]]:
    """Genes, of them short ones, and bases by cause: wrong here alone, and by the peer alone.

    Of starts: those that are wrong here, and by the peer, in genes that both find.
    """

    def bases(stop: Key, start: int, end: int) -> int:
        mask = hidden.get(stop[0], ())
        masked = sum(max(0, min(end, last) - max(start, first)) for first, last in mask)
        return max(0, end - start - masked)

    def genes(stops: Collection[Key], of: Stops) -> tuple[int, int, int]:
        counted = [bases(stop, *of[stop]) for stop in stops]
        lengths = [of[stop][1] - of[stop][0] for stop in stops]
        return len(counted), sum(length <= SHORT for length in lengths), sum(counted)

    def moved(found: Stops) -> tuple[int, int, int]:
        both = known.keys() & peer.keys() & own.keys()
        off = [
            (bases(stop, min(a, c), max(a, c)) + bases(stop, min(b, d), max(b, d)), b - a)
            for stop in both
            for (a, b), (c, d) in [(known[stop], found[stop])]
        ]
        wrong = [(each, length) for each, length in off if each]
        return len(wrong), sum(n <= SHORT for _, n in wrong), sum(each for each, _ in wrong)

    return {
        "missed": (*genes(known.keys() & peer.keys() - own.keys(), known),
                   *genes(known.keys() & own.keys() - peer.keys(), known)),
        "too many": (*genes(own.keys() - peer.keys() - known.keys(), own),
                     *genes(peer.keys() - own.keys() - known.keys(), peer)),
        "starts": (*moved(own), *moved(peer)),
    }  # fmt: skip


def show_losses(scorer: Any, data: Path, name: str, table: Path, peer: Path) -> None:
    """A line for each cause."""
    paths = data / f"{name}.gff3.gz", peer, table.with_name("genes.gff3")
    found = losses(
        *(scorer.stops(scorer.gff_cds(str(path))) for path in paths),
        intervals(data / f"{name}.mask.bed"),
    )
    for cause, counts in found.items():
        print(name, cause, *counts, sep="\t", flush=True)


def show(name: str, kind: str, values: Sequence[float | None]) -> None:
    """A line of the table."""
    told = [f"{value:.4f}" if index < 6 else f"{value:.3g}" for index, value in enumerate(values)]
    print(name, kind, *told, sep="\t", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("calls", type=Path)
    parser.add_argument("--adapt", default="off", choices=["off", "on", "auto"])
    parser.add_argument("--losses", action="store_true", help="genes and bases by cause instead")
    asked = parser.parse_args()
    scorer = load(asked.score / "cds_f1.py")
    print(*(LOSSES_HEAD if asked.losses else HEAD), sep="\t")
    lines: dict[str, list[list[Any]]] = {"all": [], "short": []}
    for table in sorted(asked.calls.glob(f"**/*.genoseq.{asked.adapt}/starts.tsv")):
        name = table.parent.name.split(".")[0]
        peer = table.parent.with_name(f"{name}.prodigal.gff3")
        if asked.losses:
            show_losses(scorer, asked.data, name, table, peer)
            continue
        for kind, values in compared(scorer, asked.data, name, table, peer).items():
            show(name, kind, values)
            lines[kind].append(values)
    for kind, found in () if asked.losses else lines.items():
        if not found:
            parser.error(f"{asked.calls}: no NAME.genoseq.{asked.adapt}/starts.tsv in it")
        show(f"mean of {len(found)}", kind, np.mean([one[:6] for one in found], axis=0).tolist())
        shown = [one[7:] for one in found if len(one) > 7]
        if shown:
            print("translated: seen, by Prodigal, called, at P.", *np.sum(shown, axis=0), sep="\t")


if __name__ == "__main__":
    main()
