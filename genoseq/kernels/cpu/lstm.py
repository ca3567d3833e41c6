"""LSTMs that learn on CPUs, by the compiled kernels of lstm.cpp: states and gradients in fp32."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from genoseq.kernels.cpu.library import INT, LONG, POINTER, Chosen, kernel
from genoseq.kernels.cpu.recurrent import Layer
from genoseq.kernels.cpu.threads import run_all, shares

_FEWEST = 4
"""Rows of a thread's share: their products go through the weights together."""


class _Run(ctypes.Structure):
    """GenoseqLstm of lstm.cpp."""

    _fields_ = (
        ("gates", POINTER),
        ("cells", POINTER),
        ("states", POINTER),
        ("d_states", POINTER),
        ("d_sums", POINTER),
        ("weight_hh", POINTER),
        ("steps", LONG),
        ("rows", LONG),
        ("all_rows", LONG),
        ("width", INT),
        ("reverse", INT),
    )


def learning_layer(chosen: Chosen, steps: Tensor, directions: Sequence[Layer]) -> Tensor:
    """Hidden states (N, B, K width) of an LSTM's layer, with gradients, all in float32.

    Parameters
    ----------
    steps
        Inputs (N, B, E), of rows of N steps each.
    directions
        Weights of K directions, one or two: first step to last, last to first.
    """
    weights = [weight for layer in directions for weight in layer]
    apply = cast(Any, _Learning.apply)
    return cast(Tensor, apply(chosen, steps, *weights))


class _Learning(torch.autograd.Function):
    """A layer: what inputs add as one product, the rest step by step."""

    @staticmethod
    def forward(ctx: Any, chosen: Chosen, steps: Tensor, *weights: Tensor) -> Tensor:
        layers = _layers(weights)
        inputs = steps.reshape(-1, steps.shape[2])
        width = layers[0].weight_hh.shape[1]
        gates = [
            torch.addmm(layer.bias_ih + layer.bias_hh, inputs, layer.weight_ih.T)
            for layer in layers
        ]
        carried = [inputs.new_empty(len(inputs), width) for _ in layers]
        states = [torch.empty_like(own) for own in carried]
        nothing = [None] * len(layers)
        _run(chosen, "lstm", steps.shape, layers, (gates, carried, states, nothing, nothing))
        ctx.chosen = chosen
        ctx.shape = steps.shape
        ctx.save_for_backward(inputs, *weights, *gates, *carried, *states)
        return torch.cat(states, 1).view(*steps.shape[:2], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_hidden: Tensor) -> tuple[Tensor | None, ...]:
        inputs, *saved = ctx.saved_tensors
        count = len(saved) // 7  # of directions: four weights, gates, cells and states
        layers = _layers(saved[: 4 * count])
        gates, carried, states = (saved[at * count : (at + 1) * count] for at in (4, 5, 6))
        d_states = [part.contiguous() for part in d_hidden.flatten(0, 1).chunk(count, 1)]
        d_sums = [torch.empty_like(own) for own in gates]
        _run(ctx.chosen, "lstm_back", ctx.shape, layers, (gates, carried, states, d_states, d_sums))
        d_steps: Tensor | None = None
        found: list[Tensor] = []
        rows = ctx.shape[1]
        for turn, (layer, own) in enumerate(zip(layers, d_sums, strict=True)):
            part = own @ layer.weight_ih
            d_steps = part if d_steps is None else d_steps + part
            # Of the second direction the step before, whose states a step has, lies behind it.
            first, rest = slice(-rows), slice(rows, None)
            later, earlier = (first, rest) if turn else (rest, first)
            d_bias = own.sum(0)
            found += own.T @ inputs, own[later].T @ states[turn][earlier], d_bias, d_bias
        assert d_steps is not None
        return None, d_steps.view(ctx.shape), *found


def _layers(weights: Sequence[Tensor]) -> list[Layer]:
    """Weights of directions, four of each."""
    return [Layer(*weights[at : at + 4]) for at in range(0, len(weights), 4)]


_Parts = tuple[Sequence[Tensor | None], ...]


def _run(
    chosen: Chosen, name: str, shape: Sequence[int], layers: Sequence[Layer], tensors: _Parts
) -> None:
    """One run for each direction and each thread's rows; tensors are of (N B) steps and rows."""
    steps, rows, _ = shape
    runs = []
    kept = [layer.weight_hh.contiguous() for layer in layers]
    for turn, weight in enumerate(kept):
        for some in shares(rows, _FEWEST, len(layers)):
            parts = [tensor[turn] for tensor in tensors]
            run = _Run(
                *(None if part is None else part[some.start :].data_ptr() for part in parts),
                weight.data_ptr(), steps, some.stop - some.start, rows, weight.shape[1], turn,
            )  # fmt: skip
            runs.append(run)
    run_all(kernel(chosen, name, torch.float32), runs)
