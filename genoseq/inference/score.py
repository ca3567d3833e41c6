"""From a genome and a model to tracks: the one page where a base's way can be read.

``readers.fasta`` reads a stretch, ``windows.tile`` says which windows cover it on either strand,
windows of any contigs make a batch, ``predict`` runs it, ``strands`` joins both strands' values,
``tracks.stitch`` keeps the pieces in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from genoseq.config.context import BATCH_BASES
from genoseq.errors import ConfigError
from genoseq.genome.regions import Region, check_bounds, merge
from genoseq.genome.sequences import Codes, N
from genoseq.genome.tracks import Track, stitch
from genoseq.inference.predict import Predictor, Values, bundle_of
from genoseq.inference.strands import predict_regions
from genoseq.inference.windows import Genome
from genoseq.models.bundle import Bundle
from genoseq.tasks.outputs import Output, ValueKind


def score(
    genome: Genome,
    bundle: Bundle | str | Path,
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
        An open FASTA, or a store.
    bundle
        The model, or its folder.
    regions
        What to score; by default every contig.  Overlapping regions are merged.  A base gets the
        same score whether its neighbours are asked for or not.
    values
        ``probability`` (of signals: their values), or ``log-odds`` of every state of the model,
        see :func:`genoseq.tasks.outputs.state_log_odds`.
    by_phase
        A channel for each codon phase instead of one for each class and strand.
    window_bases, batch_bases
        Bases of a window with its context, and of a batch.  They change speed and memory, and
        scores by rounding at most: the windows of a model that has no bounded reach are its own,
        see :func:`genoseq.config.context.longest_window`.
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
        If log-odds are asked for of signals, or by phase; or the genome or model is none.
    """
    if not hasattr(genome, "lengths"):
        raise ConfigError(f"{genome!r} is no genome: open it, by open_fasta or open_store")
    bundle = bundle_of(bundle)
    output = bundle.task.output(values, by_phase)
    predictor = Predictor(bundle, device, precision)
    wanted = wanted_regions(genome, regions)
    predicted = predict_regions(
        predictor, genome, wanted, window_bases=window_bases, batch_bases=batch_bases
    )
    pieces = (
        (piece.chrom, piece.start, _channel_values(output, piece.values, piece.codes))
        for piece in predicted
    )
    return stitch(pieces, output.channels)


def wanted_regions(genome: Genome, regions: Iterable[Region] | None) -> list[Region]:
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
    """Predictions (S, L) as values of channels (L, C), rounded if wanted; NaN where a base is N."""
    values = output.values(predicted)
    if output.decimals is not None:
        values = values.round(output.decimals)
    values[:, codes == N] = np.nan
    return values.T
