"""A recurrent layer over rows of any lengths, by the compiled kernels of recurrent.cpp."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from genoseq.kernels.cpu.library import INT, LONG, POINTER, Chosen, kernel
from genoseq.kernels.cpu.threads import run_all, shares, side_by_side

Family = Literal["rnn", "gru", "lstm"]

_FAMILIES: dict[Family, int] = {"rnn": 0, "gru": 1, "lstm": 2}
_ROWS = 4
"""Rows that are worth a thread of their own."""


class Layer(NamedTuple):
    """Weights of a layer in one direction, as PyTorch's modules name and shape them.

    Attributes
    ----------
    weight_ih, weight_hh, bias_ih, bias_hh
        Shapes (G D, E), (G D, D), (G D,), (G D,), G gates.
    """

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor


class IntegerLayer(NamedTuple):
    """A layer's direction in int8.

    Attributes
    ----------
    weight_ih, weight_hh
        Signed bytes, shapes (G D, E) and (G D, D), G gates.
    bias_ih, bias_hh
        Shape (G D,), with the gates' factors and what the zeros of inputs and states add up to.
        ``bias_hh`` is that of a GRU's third gate, 0 for others, whose biases are added up.
    scale_ih, scale_hh
        What 1 of either sum is in the gate's argument, shape (G D,).
    input_scale, input_zero
        An input is told as ``round(x * input_scale + input_zero)``, shape (E,).
    """

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor
    scale_ih: Tensor
    scale_hh: Tensor
    input_scale: Tensor
    input_zero: Tensor


_POINTERS = 6
"""Fields of either kind of layer that a run of recurrent.cpp is given, the first ones."""


class _Run(ctypes.Structure):
    """GenoseqRun of recurrent.cpp."""

    _fields_ = (
        ("inputs", POINTER),
        ("outputs", POINTER),
        ("lengths", POINTER),
        ("weight_ih", POINTER),
        ("weight_hh", POINTER),
        ("bias_ih", POINTER),
        ("bias_hh", POINTER),
        ("scale_ih", POINTER),
        ("scale_hh", POINTER),
        ("input_step", LONG),
        ("input_row", LONG),
        ("output_step", LONG),
        ("output_row", LONG),
        ("steps", LONG),
        ("rows", LONG),
        ("first", LONG),
        ("last", LONG),
        ("width_in", INT),
        ("width", INT),
        ("family", INT),
        ("reverse", INT),
        ("as_bytes", INT),
    )


def run_layer(
    chosen: Chosen,
    family: Family,
    steps: Tensor,
    directions: Sequence[Layer],
    lengths: Tensor | None = None,
    wanted: range | None = None,
) -> Tensor:
    """Hidden states (N, B, D) of vectors (N, B, E), those of two directions side by side.

    What a row gives depends on neither the rows beside it nor the number of threads.

    Parameters
    ----------
    chosen
        Kernels that compute in the vectors' number format, see :func:`choose`.
    family
        Which kind of layer it is.
    steps
        On the CPU.
    directions
        Forward, and backward if there are two.
    lengths
        Steps (B,) of each row, the first ones; hidden states of others are 0.  None: all.
    wanted
        Steps whose hidden states are asked for; those of others are 0, and a direction does not go
        on behind them.  None: all.

    Raises
    ------
    MemoryError
        If there is none left.
    """
    weights = [Layer(*(each.float().contiguous() for each in layer)) for layer in directions]
    compute = kernel(chosen, "recurrent", steps.dtype)
    return _run(compute, family, steps, weights, lengths, wanted, steps.dtype)


def run_integer_layer(
    chosen: Chosen,
    family: Family,
    steps: Tensor,
    directions: Sequence[IntegerLayer],
    lengths: Tensor | None = None,
    wanted: range | None = None,
    told: torch.dtype = torch.float32,
) -> Tensor:
    """The same in int8.

    Vectors are float32, or the bytes that they are told as, by all directions as by the first.
    Hidden states are ``told`` as float32, or as bytes: the nearest to 127 of each, and 128.
    """
    if steps.dtype != torch.uint8:
        steps = _as_bytes(chosen, steps, directions[0])
    compute = kernel(chosen, "recurrent", torch.int8)
    return _run(compute, family, steps, directions, lengths, wanted, told)


def _as_bytes(chosen: Chosen, steps: Tensor, layer: IntegerLayer) -> Tensor:
    """Inputs (N, B, E) as unsigned bytes, once for both directions."""
    steps = steps.contiguous()
    found = torch.empty_like(steps, dtype=torch.uint8)
    compute = kernel(chosen, "bytes", torch.float32)
    assert steps.dtype == torch.float32
    *_, scale, zero = layer
    jobs = [
        partial(
            compute,
            *(POINTER(each.data_ptr()) for each in (steps[some], found[some], scale, zero)),
            LONG((some.stop - some.start) * steps.shape[1]), INT(steps.shape[2]),
        )
        for some in shares(len(steps), 1)
    ]  # fmt: skip
    side_by_side(jobs)
    return found


def _run(
    compute: Callable[..., int],
    family: Family,
    steps: Tensor,
    directions: Sequence[Layer] | Sequence[IntegerLayer],
    lengths: Tensor | None,
    wanted: range | None,
    told: torch.dtype,
) -> Tensor:
    (count, rows, width_in), width = steps.shape, directions[0].weight_hh.shape[1]
    if lengths is None:
        lengths = torch.full((rows,), count)
    lengths = lengths.to(torch.int64).contiguous()
    wanted = range(count) if wanted is None else wanted
    if steps.stride(2) != 1:
        steps = steps.contiguous()
    hidden = steps.new_empty(count, rows, width * len(directions), dtype=told)
    runs: list[_Run] = []
    for number, layer in enumerate(directions):
        part = hidden[:, :, number * width : (number + 1) * width]
        pointers = [each.data_ptr() for each in layer[:_POINTERS]]
        pointers += [0] * (_POINTERS - len(pointers))
        for some in shares(rows, _ROWS, len(directions)):
            run = _Run(
                *(each.data_ptr() for each in (steps[:, some], part[:, some], lengths[some])),
                *pointers,
                *steps.stride()[:2], *part.stride()[:2],
                count, some.stop - some.start, wanted.start, wanted.stop,
                width_in, width, _FAMILIES[family], number, int(told == torch.uint8),
            )  # fmt: skip
            runs.append(run)
    run_all(compute, runs)
    return hidden
