"""How far a model looks: the context that it needs at scoring, measured when it is trained.

What an encoder without a bounded reach, such as an LSTM, makes of a base depends a little on
sequence however far away.  Stretches of the genomes are predicted whole and cut in two: how much a
base moves tells what the sequence beyond the cut was worth at that distance.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.config.context import WINDOW_BASES
from genoseq.config.schema import ModelSettings
from genoseq.errors import ConfigError, GenoseqError
from genoseq.genome.sequences import Codes
from genoseq.models.build import SequenceModel
from genoseq.store.store import Store
from genoseq.tasks.task import Task
from genoseq.tokenizers.kmer import KmerTokenizer

CONTEXTS = (384, 768, 1536, 2304, 3072)
"""Contexts to choose from, in bp."""
TOLERANCE = 0.01
"""What counts as moved: a probability by this much, another value by this part of its spread."""
MOST_MOVED = 0.001
"""The share of bases that may be moved by sequence beyond the context."""
_log = logging.getLogger("genoseq.training")
_HALF = 6144
"""Bases of half a stretch."""
_STRETCHES = 32
_TOGETHER = 4
"""Stretches that are predicted at once."""


@dataclass(frozen=True)
class Measured:
    """A context, and what it was chosen by.

    Attributes
    ----------
    context
        In bp.
    moved
        The share of bases, in windows of :data:`~genoseq.config.context.WINDOW_BASES`, that
        sequence beyond the context moves by more than :data:`TOLERANCE`.
    bases
        How many were looked at.
    """

    context: int
    moved: float
    bases: int

    def __str__(self) -> str:
        return (
            f"{self.context:,} bp: sequence further away moves {self.moved:.3%} of bases by more "
            f"than {TOLERANCE}, of {self.bases:,}"
        )

    def to_json(self) -> Mapping[str, Any]:
        """Plain data, for the bundle's metrics."""
        return {"bp": self.context, "moved": round(self.moved, 6), "bases": self.bases}


def measure_context(model: SequenceModel, task: Task, stores: Sequence[Store]) -> Measured | None:
    """The least of :data:`CONTEXTS` beyond which few bases move, or the largest.

    Parameters
    ----------
    model, task
        The trained network, on any device, and what its outputs are.
    stores
        Genomes: stretches lie evenly in their regions for validation, or else for training.

    Returns
    -------
    The measurement; None where no contig is long enough for the least context.
    """
    half = _half(model, stores)
    fitting = [context for context in CONTEXTS if context < half]
    if not fitting:
        return None
    moved = np.zeros(half)
    count = 0
    stretches = list(_stretches(stores, 2 * half))
    for at in range(0, len(stretches), _TOGETHER):
        rows = np.stack(stretches[at : at + _TOGETHER])
        moved += _moved(model, task, rows, half).sum(0)
        count += 2 * len(rows)
    share = moved / count  # of bases at that distance from a cut
    for context in fitting:
        # Either end of a window is a cut.
        beyond = 2 * float(share[context:].sum()) / (WINDOW_BASES - 2 * context)
        if beyond <= MOST_MOVED:
            break
    return Measured(context, beyond, count * half)


def fitting_context(
    model: SequenceModel, task: Task, stores: Sequence[Store], usual: int
) -> tuple[int, dict[str, Any]]:
    """Context of a bundle for which none was asked, and the figures by which it was chosen.

    That is what is measured where a base's outputs have no bound, as of an LSTM, and elsewhere
    ``usual`` (:func:`genoseq.config.context.usual_context`).
    """
    if not _is_measured(model.settings):
        return usual, {}
    measured = measure_context(model, task, stores)
    if measured is None:
        _log.info("context %s bp: no contig is long enough to measure it", f"{usual:,}")
        return usual, {}
    _log.info("context %s", measured)
    return measured.context, {"context": measured.to_json()}


def _is_measured(settings: ModelSettings) -> bool:
    """Whether nothing but a measurement tells how much context a network needs."""
    return settings.encoder.reach() is None and not settings.encoder.sees_all()


def check_length(model: SequenceModel, task: Task, stores: Sequence[Store]) -> None:
    """ConfigError if a network cannot take what its context will be measured in, if it will.

    Told before a training, which would otherwise fail at its end.
    """
    if not _is_measured(model.settings):
        return
    bases, training = 2 * _half(model, stores), model.training
    model.eval()
    try:
        _predicted(model, task, np.zeros((1, max(bases, model.settings.stride)), np.uint8))
    except GenoseqError:
        raise
    except Exception as error:
        raise ConfigError(
            f"{model.settings.encoder.describe()}: it cannot take {bases:,} bp at once, and "
            f"genomes are scored in windows of up to {WINDOW_BASES:,} bp: {error}"
        ) from error
    finally:
        model.train(training)


def _half(model: SequenceModel, stores: Sequence[Store]) -> int:
    """Bases of half a stretch, a multiple of the stride; fewer where no contig is long enough."""
    longest = max(max(store.lengths.values()) for store in stores)
    return min(_HALF, longest // 2) // model.settings.stride * model.settings.stride


def _moved(model: SequenceModel, task: Task, rows: Codes, half: int) -> NDArray[np.float64]:
    """Whether bases move that lie 0, 1, ... from the cut through stretches, shape (2 B, half)."""
    whole, left, right = (
        _predicted(model, task, part) for part in (rows, rows[:, :half], rows[:, half:])
    )
    near = torch.cat([(whole[:, :half] - left).flip(1), whole[:, half:] - right])
    limit = TOLERANCE * (1.0 if task.output().kind == "classes" else _spread(whole))
    found: NDArray[np.float64] = (near.abs().amax(2) > limit).double().cpu().numpy()
    return found


@torch.inference_mode()
def _predicted(model: SequenceModel, task: Task, rows: Codes) -> Tensor:
    """Values (B, W, S) of windows (B, W), of which people read; 0 where a base has none."""
    settings = model.settings.tokenizer
    tokenizer = KmerTokenizer(settings.k, settings.stride)
    codes = torch.from_numpy(rows).to(next(model.parameters()).device)
    return task.predicted(model, tokenizer, codes)[..., : task.shown].nan_to_num(0.0)


def _spread(values: Tensor) -> float:
    """From the lowest thousandth of values to the highest."""
    few = values.flatten()[:: max(1, values.numel() // 100_000)].float().cpu()
    low, high = torch.quantile(few, torch.tensor([0.001, 0.999])).tolist()
    return float(high - low)


def _stretches(stores: Sequence[Store], length: int) -> Iterator[Codes]:
    """Bases around positions spread evenly over the regions, from contigs that are long enough."""
    for split in ("valid", "train"):
        regions = [
            (store, store.regions[int(index)].region)
            for store in stores
            for index in store.regions.of_split(split)
        ]
        regions = [one for one in regions if one[0].lengths[one[1].chrom] >= length]
        if regions:
            break
    ends = np.cumsum([len(region) for _, region in regions])
    for position in np.linspace(0, ends[-1], _STRETCHES, endpoint=False, dtype=np.int64):
        number = int(np.searchsorted(ends, position, side="right"))
        store, region = regions[number]
        middle = region.end - int(ends[number] - position)
        start = min(max(0, middle - length // 2), store.lengths[region.chrom] - length)
        yield store.codes(region.chrom, start, start + length)
