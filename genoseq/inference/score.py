"""From a genome and a model to tracks: the one page where a base's way can be read.

``readers.fasta`` reads a stretch, ``windows.tile`` says which windows cover it, windows of any
contigs make a batch, ``predict`` runs both strands, ``windows.stitch`` keeps the cores in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genoseq.errors import ConfigError
from genoseq.genome.regions import Region, check_bounds, merge
from genoseq.genome.schemes import Scheme, State
from genoseq.genome.sequences import Codes, N
from genoseq.genome.tracks import DECIMALS, Channel, Track
from genoseq.genome.windows import Window, stitch, tile
from genoseq.inference.predict import (
    BATCH_BASES,
    Predictor,
    Values,
    core_bases,
    predict_windows,
)
from genoseq.models.bundle import Bundle
from genoseq.readers.fasta import Fasta
from genoseq.writers.formats import Kind

_STRETCH_BASES = 1 << 20
LOG_ODDS = 16.0
"""Largest log-odds told, where float16 still has steps of 0.01; p is then within 2e-7 of 1."""

ValueKind = Literal["probability", "log-odds"]


def score(
    genome: Fasta,
    bundle: Bundle,
    *,
    regions: Iterable[Region] | None = None,
    values: ValueKind = "probability",
    by_phase: bool = False,
    window_bases: int | None = None,
    batch_bases: int = BATCH_BASES,
    device: str | None = None,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
) -> Iterator[Track]:
    """Score a genome, both strands averaged, in flat memory.

    Parameters
    ----------
    genome
        An open FASTA.
    bundle
        The model.
    regions
        What to score; by default every contig.  Overlapping regions are merged.  A base gets the
        same score whether its neighbours are asked for or not.
    values
        ``probability`` (of signals: their values), or ``log-odds`` of every state of the model,
        see :func:`state_log_odds`.
    by_phase
        A channel for each codon phase instead of one for each class and strand.
    window_bases, batch_bases
        Bases of a window with its context, and of a batch.  They change speed and memory, and
        scores only by rounding and by what the model makes of sequence further away than its
        context (``bundle.context``).
    device, precision
        See :class:`genoseq.inference.predict.Predictor`.

    Yields
    ------
    Tracks of consecutive pieces, contigs in FASTA order.  Classes are probabilities, rounded to
    :data:`~genoseq.genome.tracks.DECIMALS`; signals are in the signal's units.  A base that is not
    A, C, G or T is NaN.

    Raises
    ------
    ConfigError
        If log-odds are asked for of signals, or by phase.
    """
    output = model_output(bundle.scheme, values, by_phase)
    predictor = Predictor(bundle, device, precision)
    context, stride = bundle.context, bundle.settings.stride
    reader = _WindowReader(genome)
    windows = (
        (window, window, reader.codes(window))
        for region in wanted_regions(genome, regions)
        for core in [core_bases(bundle, genome.lengths[region.chrom], window_bases)]
        for window in tile(region, core, context, stride)
    )
    pieces = (
        (window, _channel_values(output, predicted, codes))
        for window, codes, predicted in predict_windows(predictor, windows, context, batch_bases)
    )
    return stitch(pieces, output.channels)


@dataclass(frozen=True, slots=True)
class Output:
    """What is told of a model: channels, the kind of their values, and how they are computed.

    ``values`` takes predictions of states, shape (S, L), and gives those of channels, (C, L).
    """

    kind: Kind
    channels: tuple[Channel, ...]
    values: Callable[[Values], Values]


def model_output(
    scheme: Scheme, values: ValueKind = "probability", by_phase: bool = False
) -> Output:
    """What :func:`score` tells of a model.  ConfigError if the model has no such values."""
    if values == "log-odds":
        if scheme.kind != "classes":
            raise ConfigError("log-odds are of classes, and this model predicts signals")
        if by_phase:
            raise ConfigError("log-odds are of every state, codon phases included: not by phase")
        return Output("log-odds", tuple(map(_state_channel, scheme.states)), state_log_odds)
    matrix, channels = output_channels(scheme, by_phase)
    if scheme.kind == "classes":
        return Output("classes", channels, lambda states: (matrix @ states).round(DECIMALS))
    return Output("signal", channels, lambda states: matrix @ states)


def output_channels(
    scheme: Scheme, by_phase: bool = False
) -> tuple[NDArray[np.float32], tuple[Channel, ...]]:
    """How states become channels: a 0/1 matrix of shape (C, S), and the C channels."""
    if not by_phase:
        of_state = scheme.channel_of_state
        rows = np.arange(len(scheme.channels))[:, None]
        return (rows == of_state).astype(np.float32), scheme.channels
    chosen = [i for i, channel in enumerate(scheme.channel_of_state) if channel >= 0]
    named = tuple(_state_channel(scheme.states[i]) for i in chosen)
    return np.eye(len(scheme), dtype=np.float32)[chosen], named


def state_log_odds(probabilities: Values) -> Values:
    """Natural log-odds, log(p / (1 - p)), of states that exclude one another; both (S, L).

    Clipped to :data:`LOG_ODDS`.  The other states are added up, because 1 - p of a float32 near 1
    has few digits left; one by one, so that a base's value does not depend on its neighbours.
    """
    before = np.cumsum(probabilities, axis=0)
    after = np.cumsum(probabilities[::-1], axis=0)[::-1]
    others = np.zeros_like(before)
    others[1:] += before[:-1]
    others[:-1] += after[1:]
    with np.errstate(divide="ignore"):  # -inf, and then clipped
        odds = np.log(np.ascontiguousarray(probabilities)) - np.log(others)
    return odds.clip(-LOG_ODDS, LOG_ODDS)


def _state_channel(state: State) -> Channel:
    return Channel(state.name, state.strand, state.phase)


def wanted_regions(genome: Fasta, regions: Iterable[Region] | None) -> list[Region]:
    """What to score, merged and in FASTA order; every contig if nothing is said.

    Raises
    ------
    RegionError
        If a region is not on the genome.
    """
    if regions is None:
        return [Region(chrom, 0, length) for chrom, length in genome.lengths.items()]
    order = {chrom: index for index, chrom in enumerate(genome.lengths)}
    merged = merge(check_bounds(region, genome.lengths) for region in regions)
    return sorted(merged, key=lambda region: order[region.chrom])


def _channel_values(output: Output, predicted: Values, codes: Codes) -> Values:
    """Predictions (S, L) as values of channels (L, C); NaN where a base is N."""
    values = output.values(predicted)
    values[:, codes == N] = np.nan
    return values.T


class _WindowReader:
    """Base codes of windows, read in long stretches: one seek for hundreds of windows."""

    def __init__(self, genome: Fasta) -> None:
        self._genome = genome
        self._chrom: str | None = None
        self._start = 0
        self._codes: Codes = np.empty(0, np.uint8)

    def codes(self, window: Window) -> Codes:
        """Codes of a window, shape (W,); N outside the contig."""
        length = self._genome.lengths[window.chrom]
        start, end = max(0, window.start), min(window.end, length)
        held = self._start + len(self._codes)
        if window.chrom != self._chrom or start < self._start or end > held:
            # Scattered regions are read one by one, a whole contig in long stretches.
            follows = window.chrom == self._chrom and start <= held
            stop = min(length, max(end, start + _STRETCH_BASES)) if follows else end
            self._codes = self._genome.codes(window.chrom, start, stop)
            self._chrom, self._start = window.chrom, start
        inside = self._codes[start - self._start : end - self._start]
        return np.pad(inside, (start - window.start, window.end - end), constant_values=N)
