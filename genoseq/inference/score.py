"""From a genome and a model to tracks: the one page where a base's way can be read.

``readers.fasta`` reads a stretch, ``windows.tile`` says which windows cover it on either strand,
windows of any contigs make a batch, ``predict`` runs it, ``strands`` joins both strands' values,
``tracks.stitch`` keeps the pieces in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from genoseq.config.base import AskedPrecision, AskedStrands
from genoseq.config.context import BATCH_BASES
from genoseq.errors import ConfigError
from genoseq.files.jobs import Jobs, in_jobs
from genoseq.genome.regions import Region, check_bounds, merge
from genoseq.genome.sequences import Codes, N
from genoseq.genome.tracks import Track, round_channels, stitch
from genoseq.inference.confidence import SureOutput, check_strands, sure_output, sure_pieces
from genoseq.inference.parts import parts_of
from genoseq.inference.predict import Predictor, Values, bundle_of
from genoseq.inference.strands import (
    Controls,
    Prediction,
    grouped,
    predict_regions,
    predict_strands,
)
from genoseq.inference.track_decimals import track_decimals
from genoseq.inference.windows import Genome, tilings
from genoseq.models.bundle import Bundle
from genoseq.tasks.outputs import Output, ValueKind

_TOGETHER = 1 << 12
"""Bases whose values are computed together, of however many contigs: enough that calls of numpy do
not count."""


def score(
    genome: Genome,
    bundle: Bundle | str | Path | Sequence[Bundle | str | Path],
    *,
    regions: Iterable[Region] | None = None,
    values: ValueKind = "probability",
    by_phase: bool = False,
    confidence: Sequence[str] = (),
    window_bases: int | None = None,
    batch_bases: int = BATCH_BASES,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    jobs: int | Jobs = 1,
    rounded: bool = True,
    control: Controls | None = None,
    strands: AskedStrands | None = None,
    then: Callable[[Values], Values] | None = None,
) -> Iterator[Track]:
    """Score a genome, both strands averaged, or one where the model reads one, in flat memory.

    Parameters
    ----------
    genome
        An open FASTA, or a store.
    bundle
        The model, or its folder; or a list of models, whose mean is told, and how far they spread.
    regions
        What to score; by default every contig.  Overlapping regions are merged.  A base gets the
        same score whether its neighbours are asked for or not.
    values
        ``probability`` (of signals: their values), or ``log-odds`` of every state of the model,
        see :func:`genoseq.tasks.outputs.state_log_odds`.
    by_phase
        A channel for each codon phase instead of one for each class and strand.
    confidence
        What is told of how sure values are, see :mod:`genoseq.inference.confidence`: ``margin``,
        ``entropy``, ``disagreement``, in channels behind the others.
    window_bases, batch_bases
        Bases of a window with its context, and of a batch.  They change speed and memory, and
        scores by rounding at most: the windows of a model that has no bounded reach are its own,
        see :func:`genoseq.config.context.longest_window`.
    device, precision, jobs
        See :class:`genoseq.inference.predict.Predictor`, and :mod:`genoseq.files.jobs` of the
        processes that share the work, how many or those that write as well; the values are the
        same.
    strands
        ``one``: the forward strand alone, for half the work; None: as the model's settings say.
    control
        What the controls of signals are, of models that learned it; None: values are free of what
        controls explain, see :mod:`genoseq.tasks.control`.
    then
        What the processes make of one model's values, (C, L) to (C, L), base by base.

    Yields
    ------
    Tracks of consecutive pieces, contigs in FASTA order.  Classes are probabilities, if ``rounded``
    as :func:`kept_decimals`; signals are in the signal's units.  What is not A, C, G or T is NaN.

    Raises
    ------
    ConfigError
        If log-odds are asked for of signals, or by phase; or the genome or model is none; if models
        do not tell the same, or have no such confidence, or read both strands and are to read one.
    """
    if not hasattr(genome, "lengths"):
        raise ConfigError(f"{genome!r} is no genome: open it, by open_fasta or open_store")
    bundles = bundles_of(bundle)
    tasks = [(f"model {number}", each.task) for number, each in enumerate(bundles, 1)]
    sure = sure_output(tasks, values, by_phase, confidence)
    output = _followed(bundles[0].task.output(values, by_phase), then)
    predictors = [Predictor(one, device, precision, strands=strands) for one in bundles]
    check_strands(confidence, predictors)
    wanted = wanted_regions(genome, regions)
    if control is not None and not all(one.takes_control for one in predictors):
        raise ConfigError("this model has learned no control: leave out --control")
    decimals = kept_decimals(bundles, sure or output) if rounded else None
    told = _Told(predictors, genome, output, sure, decimals, (window_bases, batch_bases, control))
    most = jobs.most if isinstance(jobs, Jobs) else jobs
    parts = _parts(predictors[0], genome, wanted, window_bases, batch_bases, most)
    return stitch(in_jobs(told, parts, jobs), (sure or output).channels)


def _followed(output: Output, then: Callable[[Values], Values] | None) -> Output:
    """The same output, whose values are what is made of them."""
    if then is None:
        return output
    first = output.values
    return replace(output, values=lambda predicted: then(first(predicted)))


def _parts(
    first: Predictor,
    genome: Genome,
    wanted: list[Region],
    window_bases: int | None,
    batch_bases: int,
    jobs: int,
) -> list[list[Region]]:
    """What is wanted, in parts for several processes; one part where a single one computes."""
    if jobs <= 1 or first.device.type != "cpu":
        return [wanted]
    windows = tilings(genome.lengths, first.settings, first.context, window_bases)
    return parts_of(wanted, windows, jobs, batch_bases, len(first.read_strands))


def kept_decimals(
    bundles: Sequence[Bundle], output: Output | SureOutput
) -> int | Sequence[int] | None:
    """Decimals of all channels, or of each; None: values are not rounded."""
    known = [one.metrics for one in bundles]
    return track_decimals(known, output.channels, output.kind) or output.decimals


@dataclass(frozen=True)
class _Told:
    """What is told of any regions: what each model predicts, and how it is written."""

    predictors: Sequence[Predictor]
    genome: Genome
    output: Output
    sure: SureOutput | None
    decimals: int | Sequence[int] | None
    computed: tuple[int | None, int, Controls | None]

    def __call__(self, part: Sequence[Region]) -> Iterator[tuple[str, int, Values]]:
        computed = self.computed
        if self.sure is None:
            (one,) = self.predictors
            found = predict_regions(one, self.genome, part, "values", *computed)
            return _together(found, self.output, self.decimals)
        streams = [
            predict_strands(one, self.genome, part, "values", *computed) for one in self.predictors
        ]
        told = sure_pieces(self.predictors, streams, self.sure)
        return _told(told, self.decimals)


def bundles_of(model: Bundle | str | Path | Sequence[Bundle | str | Path]) -> list[Bundle]:
    """One model or several, each loaded where it is given by its folder.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if isinstance(model, Sequence) and not isinstance(model, str):
        if not model:
            raise ConfigError("no model given: name one at least")
        return [bundle_of(one) for one in model]
    return [bundle_of(model)]


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


def _together(
    found: Iterable[Prediction], output: Output, decimals: int | Sequence[int] | None
) -> Iterator[tuple[str, int, Values]]:
    """Values of pieces as those of tracks; those of reads and other short pieces at one go."""
    for group in grouped(found, _TOGETHER):
        if len(group) == 1:  # as of a long contig: nothing to join, nothing to cut
            (one,) = group
            yield from _told(
                [(one.chrom, one.start, one.codes, output.values(one.values))], decimals
            )
            continue
        codes = np.concatenate([each.codes for each in group])
        values = output.values(np.concatenate([each.values for each in group], axis=1))
        ((_, _, told),) = _told([("", 0, codes, values)], decimals)
        first = 0
        for each in group:
            # A copy, channel by channel: a slice would leave the process of a job base by base,
            # which costs who writes it a third more.
            own = told[first : first + len(each.codes)].copy("F")
            yield each.chrom, each.start, own
            first += len(each.codes)


def _told(
    pieces: Iterable[tuple[str, int, Codes, Values]], decimals: int | Sequence[int] | None
) -> Iterator[tuple[str, int, Values]]:
    """Values (C, L) as those of tracks (L, C), rounded if wanted; NaN where a base is N."""
    for chrom, start, codes, values in pieces:
        if decimals is not None:
            values = round_channels(values, decimals)
        values[:, codes == N] = np.nan
        yield chrom, start, values.T
