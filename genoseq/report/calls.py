"""Where the tracks of a model agree with the labels of a store, and where they do not.

A base counts where its label is known and it has a prediction: masked and unknown bases, and gaps,
are neither right nor wrong.  What a model calls there is what ``segments.bed`` says: the most
probable class, or the background.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.regions import check_lengths
from genoseq.genome.schemes import BACKGROUND, UNKNOWN_LABEL, ClassScheme
from genoseq.genome.tracks import Channel
from genoseq.readers.signal import Signal, open_signal
from genoseq.report.results import Results, TrackFolder
from genoseq.report.shown_tracks import strand_of
from genoseq.store.store import Store
from genoseq.writers.lattice import ONE, run_starts, thousandths
from genoseq.writers.manifest import OutputFile
from genoseq.writers.segment_runs import winners

CallKind = Literal["TP", "FP", "FN"]
KINDS: tuple[CallKind, ...] = ("TP", "FP", "FN")
_CHUNK = 1 << 18
"""Bases compared at a time."""
_BACKGROUND, _UNLABELLED = -1, -2
"""Instead of a channel: the background, and a label that is not known."""

States = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Call:
    """Consecutive bases that a model is right or wrong about in one way.

    Attributes
    ----------
    chrom, start, end
        0-based half-open.
    kind
        TP: the class is called and labelled; FP: called, and something else is labelled; FN:
        labelled, and something else called.
    channel
        The class and strand.
    total
        Sum of its probability over the bases.
    """

    chrom: str
    start: int
    end: int
    kind: CallKind
    channel: Channel
    total: float

    @property
    def bases(self) -> int:
        """How many bases."""
        return self.end - self.start

    @property
    def mean(self) -> float:
        """Mean probability of the class."""
        return self.total / self.bases


@dataclass(frozen=True, slots=True)
class Compared:
    """Tracks of a model on a genome with labels that they can be compared with."""

    store: Store
    tracks: TrackFolder
    files: tuple[OutputFile, ...]
    """The bigWigs, in the order of the channels."""
    channels: tuple[Channel, ...]
    of_label: NDArray[np.int16]
    """Shape (256,): the channel of each label, -1 for the background, -2 for an unknown base."""


def compared(results: Results) -> list[Compared]:
    """The folders of tracks whose probabilities and labels of the same genome are both there."""
    stores = {store.name: store for store in results.stores}
    found = (
        _compared(stores[tracks.genome], tracks)
        for tracks in results.tracks
        if tracks.genome in stores
    )
    return [each for each in found if each is not None]


def _compared(store: Store, tracks: TrackFolder) -> Compared | None:
    files = tuple(
        file for file in tracks.files if file.format == "bigwig" and file.kind == "probability"
    )
    if not files or not isinstance(store.scheme, ClassScheme):
        return None
    channels = tuple(Channel(file.name, strand_of(file)) for file in files)
    of_label = labels_of(store.scheme, channels)
    return None if of_label is None else Compared(store, tracks, files, channels, of_label)


def labels_of(scheme: ClassScheme, channels: Sequence[Channel]) -> NDArray[np.int16] | None:
    """The channel of each label, see :class:`Compared`; None if a class has no channel.

    Channels may be of classes, or of their codon phases one by one.
    """
    index = {(channel.full_name, channel.strand): i for i, channel in enumerate(channels)}
    table = np.full(UNKNOWN_LABEL + 1, _UNLABELLED, np.int16)
    for label, state in enumerate(scheme.states):
        if state.name == BACKGROUND:
            table[label] = _BACKGROUND
            continue
        phase = Channel(state.name, state.strand, state.phase).full_name
        for name in (state.name, phase):
            if (name, state.strand) in index:
                table[label] = index[name, state.strand]
                break
        else:
            return None
    return table


def calls(of: Compared, regions: Collection[int] | None = None) -> Iterator[Call]:
    """Calls on the labelled regions of a genome, contig by contig.

    Holds some 100,000 bases at a time.  Calls of one kind come in the order of their bases; those
    of the three kinds are mixed.

    Parameters
    ----------
    of
        What is compared.
    regions
        Indices of the store's regions; by default all.

    Raises
    ------
    InputFormatError
        If a bigWig is damaged, or of a genome with other contigs.
    """
    with ExitStack() as stack:
        signals = [
            stack.enter_context(open_signal(of.tracks.path / file.path)) for file in of.files
        ]
        for signal, file in zip(signals, of.files, strict=True):
            check_lengths(signal.chroms, of.store.lengths, of.tracks.path / file.path)
        joined = {kind: _Joined(kind, of.channels) for kind in KINDS}
        for chrom, start, labels in _labels(of.store, regions):
            states, values = _states(of, signals, chrom, start, labels)
            for kind, state in states.items():
                yield from joined[kind].add(chrom, start, state, values)
        for each in joined.values():
            yield from each.rest()


def _labels(
    store: Store, regions: Collection[int] | None
) -> Iterator[tuple[str, int, NDArray[np.uint8]]]:
    """Contig, first base and labels of stretches of regions, each base once, in order."""
    columns = store.regions
    rows = np.arange(len(columns)) if regions is None else np.array(sorted(regions), np.int64)
    order = {chrom: number for number, chrom in enumerate(store.lengths)}
    contig = np.array([order[chrom] for chrom in columns.chroms], np.int64)[columns.chrom[rows]]
    last, done = "", 0
    for index in rows[np.lexsort((columns.start[rows], contig))].tolist():
        region = columns[index]
        first = max(region.start, done) if region.chrom == last else region.start
        labels = store.region_labels(index)
        for at in range(first, region.end, _CHUNK):
            end = min(at + _CHUNK, region.end)
            yield region.chrom, at, labels[at - region.start : end - region.start]
        done = max(region.end, done) if region.chrom == last else region.end
        last = region.chrom


def _states(
    of: Compared, signals: Sequence[Signal], chrom: str, start: int, labels: NDArray[np.uint8]
) -> tuple[Mapping[CallKind, States], NDArray[np.uint16]]:
    """The channel of each kind at each base, -1 for none, and thousandths, shape (C, L)."""
    end = start + len(labels)
    gaps = np.full(len(labels), np.nan, np.float32)
    rows = [
        signal.values(chrom, start, end) if chrom in signal.chroms else gaps for signal in signals
    ]
    values = thousandths(np.stack(rows))
    winner, _ = winners(values)
    count = len(of.channels)
    labelled = of.of_label[labels]
    called = winner.astype(np.int16)
    known = (labelled != _UNLABELLED) & (winner <= count)
    called[winner == count] = _BACKGROUND
    right = known & (called == labelled)
    wrong = known & (called != labelled)
    none = np.int16(_BACKGROUND)
    states: dict[CallKind, States] = {
        "TP": np.where(right, called, none),
        "FP": np.where(wrong, called, none),
        "FN": np.where(wrong, labelled, none),
    }
    return states, values


class _Joined:
    """Calls of one kind, of which one may run through any number of stretches."""

    def __init__(self, kind: CallKind, channels: Sequence[Channel]) -> None:
        self._kind, self._channels = kind, channels
        self._open: Call | None = None

    def add(
        self, chrom: str, start: int, state: States, values: NDArray[np.uint16]
    ) -> Iterator[Call]:
        """Calls that have ended: state of shape (L,), thousandths of (C, L)."""
        starts = run_starts(state.view(np.uint16))
        ends = np.append(starts[1:], len(state))
        own = np.take_along_axis(values, np.maximum(state, 0)[None].astype(np.int64), 0)[0]
        totals = np.add.reduceat(own, starts, dtype=np.int64)
        kept = np.flatnonzero(state[starts] >= 0)
        for low, high, channel, total in zip(
            (starts[kept] + start).tolist(),
            (ends[kept] + start).tolist(),
            state[starts[kept]].tolist(),
            totals[kept].tolist(),
            strict=True,
        ):
            of = self._channels[channel]
            yield from self._next(Call(chrom, low, high, self._kind, of, total / ONE))

    def _next(self, call: Call) -> Iterator[Call]:
        last, self._open = self._open, call
        if last is None:
            return
        if (last.chrom, last.end, last.channel) == (call.chrom, call.start, call.channel):
            total = last.total + call.total
            self._open = Call(call.chrom, last.start, call.end, call.kind, call.channel, total)
            return
        yield last

    def rest(self) -> Iterator[Call]:
        """The last one."""
        if self._open is not None:
            yield self._open
