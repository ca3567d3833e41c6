"""A window of a recurrent encoder, whose states are carried over from the sequence as it is."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from torch import Tensor

from genoseq.genome.sequences import N
from genoseq.inference.predict import Predictor, Values
from genoseq.inference.windows import StrandWindow
from genoseq.models.recurrent import RecurrentEncoder
from genoseq.variants.recurrences import (
    Changed,
    Recurrence,
    Trajectory,
    following,
    overlaid,
)
from genoseq.variants.rescoring import Substitutions, taken

_ROWS = 768
"""Substitutions at once of one layer: rows that fit the cache."""
_ROWS_OF_SEVERAL = 64
"""The same of several layers, whose changes reach far: (steps, rows, width) numbers are kept."""


def can_carry(predictor: Predictor) -> bool:
    """Whether a model's states can be carried over: recurrent encoders that tell bases by them."""
    return (
        isinstance(predictor.network.encoder, RecurrentEncoder) and not predictor.task.reads_bases
    )


class CarriedWindow:
    """See :class:`genoseq.variants.rescoring.Rescorer`; only what changes is computed.

    Of one layer, that are the steps from the base to the last that is asked for, in either
    direction.  A layer above another one reads changes on both sides of the base, as far as they
    reach: until states are as they were, see :data:`genoseq.variants.recurrences.NEGLIGIBLE`.

    Parameters
    ----------
    predictor
        The model.
    window
        The window as it is.
    """

    @torch.inference_mode()
    def __init__(self, predictor: Predictor, window: StrandWindow) -> None:
        self._predictor, self._codes = predictor, window.codes
        self._margin = _margin(predictor)
        encoder = cast(RecurrentEncoder, predictor.network.encoder)
        turns = (False, True) if encoder.recurrent.bidirectional else (False,)
        vectors = predictor.vectors(window.codes[None])[:, 0]
        self._layers: list[list[Trajectory]] = []
        self._outputs: list[Tensor] = []
        for layer in range(encoder.recurrent.num_layers):
            recurrences = [Recurrence.of(encoder.family, encoder.weights(layer, t)) for t in turns]
            trajectories = [
                Trajectory(each, vectors.flip(0) if reverse else vectors)
                for each, reverse in zip(recurrences, turns, strict=True)
            ]
            vectors = torch.cat(
                [
                    each.hidden.flip(0) if reverse else each.hidden
                    for each, reverse in zip(trajectories, turns, strict=True)
                ],
                dim=1,
            )
            self._layers.append(trajectories)
            self._outputs.append(vectors)
        self._steps = len(vectors)

    def reference(self) -> Values:
        """Predictions of the window as it is, (S, W)."""
        return self._predictor.read(self._outputs[-1][:, None])[:, 0]

    @torch.inference_mode()
    def mutated(self, asked: Substitutions) -> Values:
        """Predictions with each of B substitutions alone, (S, B, count)."""
        rows = _ROWS if len(self._layers) == 1 else _ROWS_OF_SEVERAL
        rows = max(1, min(rows, rows * _ROWS // max(1, asked.count)))
        return np.concatenate([self._some(each) for each in asked.batches(rows)], axis=1)

    def _some(self, asked: Substitutions) -> Values:
        stride, device = self._predictor.stride, self._predictor.device
        first = asked.first // stride
        count = (asked.count - 1) // stride + 2
        start = torch.from_numpy(first).to(device)
        changed = self._vectors(asked)
        for layer, usual in zip(self._layers, self._outputs, strict=True):
            ends = (start, start + count) if layer is self._layers[-1] else None
            changed = self._layer(layer, usual, changed, ends)
        hidden = following(self._outputs[-1], start, count)
        overlaid(hidden, start, changed)
        return taken(self._predictor.read(hidden), asked.first - first * stride, asked.count)

    def _vectors(self, asked: Substitutions) -> Changed:
        """What the encoder reads where it changes: of the steps that see the base."""
        stride, margin = self._predictor.stride, self._margin
        count = min(2 * margin + 1, self._steps)
        first = np.clip(asked.bases // stride - margin, 0, self._steps - count)
        starts = (first - margin) * stride
        columns = starts[:, None] + np.arange((count + 2 * margin) * stride)
        inside = (columns >= 0) & (columns < len(self._codes))
        codes = np.where(inside, self._codes[np.where(inside, columns, 0)], np.uint8(N))
        codes[np.arange(len(codes)), asked.bases - starts] = asked.codes
        vectors = self._predictor.vectors(codes)[margin : margin + count]
        return Changed(torch.from_numpy(first).to(vectors.device), vectors)

    def _layer(
        self,
        layer: list[Trajectory],
        usual: Tensor,
        vectors: Changed,
        ends: tuple[Tensor, Tensor] | None,
    ) -> Changed:
        """Outputs of a layer that change; of steps (B,) to (B,) where only they are asked for."""
        forward = layer[0].changed(vectors, None if ends is None else ends[1])
        if len(layer) == 1:
            return forward
        turned = Changed(
            self._steps - vectors.first - len(vectors.vectors), vectors.vectors.flip(0)
        )
        back = layer[1].changed(turned, None if ends is None else self._steps - ends[0])
        count = len(back.vectors)
        back = Changed(self._steps - back.first - count, back.vectors.flip(0))
        return _joined(usual, forward, back)


def _joined(usual: Tensor, forward: Changed, back: Changed) -> Changed:
    """Both directions side by side, from the first step that changes to the last."""
    first = torch.minimum(forward.first, back.first).clamp(min=0)
    ends = [each.first + len(each.vectors) for each in (forward, back)]
    count = int((torch.maximum(*ends).clamp(max=len(usual)) - first).max())
    first = first.clamp(max=len(usual) - count)
    vectors = following(usual, first, count)
    width = forward.vectors.shape[2]
    overlaid(vectors[:, :, :width], first, forward)
    overlaid(vectors[:, :, width:], first, back)
    return Changed(first, vectors)


def _margin(predictor: Predictor) -> int:
    """Steps on either side of a base's own whose vectors see it."""
    settings = predictor.settings
    tokenizer, stem = settings.tokenizer, settings.stem
    beside = 0 if stem is None else max(stem.margins) * tokenizer.stride
    return -(-(beside + (tokenizer.k - tokenizer.stride + 1) // 2) // settings.stride)
