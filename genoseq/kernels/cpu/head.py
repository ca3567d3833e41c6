"""What a linear head tells of bases from hidden states, by the compiled kernels of head.cpp."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from genoseq.kernels.cpu.library import INT, LONG, POINTER, Chosen, kernel
from genoseq.kernels.cpu.threads import run_all, shares

LANES = 16
"""The most numbers in a vector of any instruction set."""
DEPTH = 8
"""Bytes of a hidden state that are multiplied together."""
_STEPS = 256
"""Steps that are worth a thread of their own."""


class Head(NamedTuple):
    """A linear head's weights as the kernels read them.

    Attributes
    ----------
    weights, bias
        Shapes (D, W) and (W,), float32: its outputs, and zeros up to whole vectors; weights in bf16
        are two by two, (D / 2, W, 2), in int8 four by four, (D / 4, W, 4), D a multiple of 8.
    scale
        Of int8, shape (2, W): what 1 of a sum of coarse or of fine weights stands for; for others
        empty.
    bases, states
        Of its outputs: number ``base * states + state``.
    """

    weights: Tensor
    bias: Tensor
    scale: Tensor
    bases: int
    states: int


class _Run(ctypes.Structure):
    """GenoseqHead of head.cpp."""

    _fields_ = (
        ("hidden", POINTER),
        ("weights", POINTER),
        ("bias", POINTER),
        ("scale", POINTER),
        ("outputs", POINTER),
        ("output_state", LONG),
        ("output_row", LONG),
        ("steps", LONG),
        ("rows", LONG),
        ("width", INT),
        ("wide", INT),
        ("bases", INT),
        ("states", INT),
        ("softmax", INT),
    )


def head_of(weight: Tensor, bias: Tensor, bases: int, states: int) -> Head:
    """Of a linear layer's weight (bases * states, D) and bias (bases * states,)."""
    dtype, width = weight.dtype, weight.shape[1]
    behind = -len(weight) % LANES
    padded = functional.pad(weight.float(), (0, 0, 0, behind)).T
    if dtype == torch.bfloat16 and width % 2 == 0:  # which are multiplied two by two
        pairs = padded.view(width // 2, 2, -1).transpose(1, 2)
        padded = pairs.reshape(width, -1).bfloat16()
    wide = functional.pad(bias.float(), (0, behind))
    return Head(padded.contiguous(), wide, torch.empty(0), bases, states)


def read_head(
    chosen: Chosen,
    hidden: Tensor,
    head: Head,
    *,
    softmax: bool = False,
    wanted: range | None = None,
) -> Tensor:
    """Logits, or probabilities, (S, B, N * bases) of hidden states (N, B, D); float32.

    What a row gives depends on neither the rows beside it nor the number of threads.

    Parameters
    ----------
    chosen
        Kernels that compute in the weights' number format.
    hidden
        On the CPU; of int8 bytes, as :func:`~genoseq.kernels.cpu.recurrent.run_integer_layer` tells
        them.
    softmax
        Whether probabilities of a base's states are told.
    wanted
        Steps that are asked for; what is told of others has no meaning.  None: all.

    Raises
    ------
    MemoryError
        If there is none left.
    """
    steps, rows, width = hidden.shape
    computed = head.weights.dtype
    if computed == torch.int8:
        assert hidden.dtype == torch.uint8
        if width % DEPTH:
            hidden = functional.pad(hidden, (0, -width % DEPTH))
    else:
        hidden = hidden.to(computed)
    hidden, width = hidden.contiguous(), len(head.weights)
    assert hidden.shape[2] == width
    found = torch.empty(head.states, rows, steps * head.bases)
    first, last = (0, steps) if wanted is None else (wanted.start, min(wanted.stop, steps))
    runs = []
    for some in shares(max(last - first, 0), _STEPS):
        own = slice(first + some.start, first + some.stop)
        of_bases = found[:, :, own.start * head.bases : own.stop * head.bases]
        pointers = hidden[own], head.weights, head.bias, head.scale, of_bases
        run = _Run(
            *(each.data_ptr() for each in pointers), *found.stride()[:2],
            own.stop - own.start, rows, width, len(head.bias),
            head.bases, head.states, int(softmax),
        )  # fmt: skip
        runs.append(run)
    run_all(kernel(chosen, "head", computed), runs)
    return found
