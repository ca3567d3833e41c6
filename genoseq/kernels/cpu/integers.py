"""Recurrent layers and heads in int8: weights as integers, and PyTorch's twin of the kernels.

Inputs and states are unsigned bytes, weights signed ones, so that each sum of products is an exact
integer; it becomes the argument of a gate by one scale of that gate and one bias.  Gates and cells
are fp32: only what is multiplied by weights is rounded to 8 bits.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from genoseq.kernels.cpu.head import DEPTH, LANES, Head
from genoseq.kernels.cpu.recurrent import Family, IntegerLayer, Layer

LEVELS = 255
"""Steps between the least and the most that an input can be told as."""
STATES = 127
"""Steps of a state from 0 to 1."""
LEAST_STATE = -128 / 127
"""What the byte 0 stands for, of states that are the next layer's inputs."""
_MIDDLE = 128
"""The byte of a state of 0."""
_TOGETHER = 126
"""Most of what weights of one sign that meet in 16 bits are together before they are rounded: 128
afterwards, so that without VNNI no sum is cut off (vectors.h)."""
_LOG2_E = 1.4426950408889634
_SIGMOID, _TANH = -_LOG2_E, -2 * _LOG2_E
_FACTORS: dict[Family, tuple[float, ...]] = {
    "rnn": (_TANH,),
    "gru": (_SIGMOID, _SIGMOID, _TANH),
    "lstm": (_SIGMOID, _SIGMOID, _TANH, _SIGMOID),
}
"""Of each gate's argument, as recurrent.cpp has them: gates are computed as powers of 2."""


def integer_layer(family: Family, layer: Layer, low: Tensor, high: Tensor) -> IntegerLayer:
    """A layer's direction in int8, for inputs from ``low`` to ``high``, each of shape (E,).

    Inputs beyond are taken as the limit.  Both ranges are widened to hold 0.
    """
    weight_ih, weight_hh, bias_ih, bias_hh = (each.detach().double() for each in layer)
    low, high = low.double().clamp(max=0), high.double().clamp(min=0)
    step = torch.where(high > low, (high - low) / LEVELS, 1.0)
    zero = (-low / step).round()
    ih, scale_ih = _as_bytes(weight_ih * step)
    hh, scale_hh = _as_bytes(weight_hh / STATES)
    width = weight_hh.shape[1]
    factor = torch.tensor(_FACTORS[family], dtype=torch.float64).repeat_interleave(width)
    scale_ih, scale_hh = (scale_ih * factor).float(), (scale_hh * factor).float()
    of_inputs = bias_ih * factor - scale_ih.double() * (ih @ zero)
    of_states = bias_hh * factor - scale_hh.double() * _MIDDLE * ih.new_ones(width).matmul(hh.T)
    apart = torch.zeros_like(factor, dtype=torch.bool)
    if family == "gru":
        apart[2 * width :] = True
    return IntegerLayer(
        ih.to(torch.int8), hh.to(torch.int8),
        (of_inputs + of_states.masked_fill(apart, 0)).float(),
        of_states.masked_fill(~apart, 0).float(),
        scale_ih, scale_hh, (1 / step).float(), zero.float(),
    )  # fmt: skip


def _as_bytes(weights: Tensor) -> tuple[Tensor, Tensor]:
    """Whole numbers (R, C), float64, and what 1 of each row stands for."""
    # Of eight neighbours the first, second, fifth and sixth meet in 16 bits, and the other four.
    meeting = functional.pad(weights, (0, -weights.shape[1] % 8)).view(len(weights), -1, 2, 2, 2)
    of_one_sign = torch.stack([meeting.clamp(min=0), -meeting.clamp(max=0)]).sum((3, 5))
    most = of_one_sign.amax(dim=(0, 2, 3))
    scale = torch.where(most == 0, 1.0, most / _TOGETHER)
    return (weights / scale[:, None]).round(), scale


def integer_head(weight: Tensor, bias: Tensor, bases: int, states: int) -> Head:
    """Of a linear layer's weight (bases * states, D) and bias (bases * states,), which reads states
    that are told as bytes.

    A weight is the sum of two bytes, each with a scale of its output: with one of them alone a
    quarter more bases change their class.
    """
    weight, bias = weight.detach().double() / STATES, bias.detach().double()
    coarse, coarse_scale = _as_bytes(weight)
    fine, fine_scale = _as_bytes(weight - coarse * coarse_scale[:, None])
    scales = torch.stack([coarse_scale, fine_scale]).float()
    parts = torch.stack([coarse, fine])
    of_middle = (scales.double() * parts.sum(2)).sum(0) * _MIDDLE
    packed = functional.pad(parts.flatten(0, 1), (0, -weight.shape[1] % DEPTH))
    packed = functional.pad(packed, (0, 0, 0, -len(packed) % LANES))
    wide, deep = packed.shape
    packed = packed.view(wide, deep // 4, 4).transpose(0, 1).reshape(deep, wide)
    filled = (0, wide - len(weight))
    return Head(
        packed.to(torch.int8), functional.pad((bias - of_middle).float(), filled),
        functional.pad(scales, filled), bases, states,
    )  # fmt: skip


def outputs_by_torch(hidden: Tensor, head: Head) -> Tensor:
    """Logits (S, B, N * bases) of states that are told as bytes (N, B, D): the kernels' numbers,
    bit for bit."""
    (steps, rows, width), outputs = hidden.shape, head.bases * head.states
    deep, wide = head.weights.shape
    parts = head.weights.view(deep // 4, wide, 4).transpose(0, 1).reshape(wide, deep)[:, :width]
    coarse, fine = (
        _product(hidden, parts[part * outputs : (part + 1) * outputs]) for part in range(2)
    )
    scale, bias = head.scale[:, :outputs], head.bias[:outputs]
    logits = _fma(coarse, scale[0], _fma(fine, scale[1], bias))
    ordered = logits.view(steps, rows, head.bases, head.states).permute(3, 1, 0, 2)
    return ordered.reshape(head.states, rows, steps * head.bases)


def states_as_bytes(states: Tensor) -> Tensor:
    """Hidden states as they are multiplied: the nearest whole numbers to 127 of each, and 128."""
    # Whole numbers are next to each other from 2^23 on.
    magic = torch.tensor(12583040.0)
    return (_fma(states, torch.tensor(127.0), magic) - (magic - _MIDDLE)).to(torch.uint8)


def states_by_torch(
    family: Family, steps: Tensor, layer: IntegerLayer, *, reverse: bool = False
) -> Tensor:
    """Hidden states (N, B, D) of vectors (N, B, E), or of the bytes that they are told as, by one
    direction: the kernels' numbers, bit for bit, but slowly."""
    told = steps
    if steps.dtype != torch.uint8:
        told = _fma(steps, layer.input_scale, layer.input_zero).clamp(0, LEVELS).round()
    arguments = _fma(_product(told, layer.weight_ih), layer.scale_ih, layer.bias_ih)
    width = layer.weight_hh.shape[1]
    kept = torch.zeros(steps.shape[1], width)
    bytes_of = states_as_bytes(kept)
    found = torch.empty(*steps.shape[:2], width)
    for index in range(len(steps) - 1, -1, -1) if reverse else range(len(steps)):
        base = arguments[index]
        if family == "gru":
            base = torch.cat([base[:, : 2 * width], layer.bias_hh[2 * width :].expand_as(kept)], 1)
        sums = _fma(_product(bytes_of, layer.weight_hh), layer.scale_hh, base)
        state, kept = _next_state(family, sums, arguments[index], kept)
        found[index] = state
        bytes_of = states_as_bytes(state)
    return found


def _product(told: Tensor, weights: Tensor) -> Tensor:
    """Whole numbers, exact in float64, as fp32 has them."""
    return (told.double() @ weights.double().T).float()


def _next_state(
    family: Family, sums: Tensor, inputs: Tensor, kept: Tensor
) -> tuple[Tensor, Tensor]:
    """State, and what is kept, after a step: as next_state of recurrent.cpp, operation by
    operation."""
    width, one = kept.shape[1], torch.tensor(1.0)
    if family == "rnn":
        of_state = _power_of_two(sums)
        return _from_one(of_state) / _fma(*of_state, one), kept
    if family == "gru":
        reset_sum, update_sum, third = torch.split(sums, width, 1)
        reset, update = 1 / _fma(*_power_of_two(reset_sum), one), _power_of_two(update_sum)
        of_proposed = _power_of_two(_fma(reset, third, inputs[:, 2 * width :]))
        proposed = _from_one(of_proposed) / _fma(*of_proposed, one)
        state = _fma(update[0] * update[1], proposed, kept) / _fma(*update, one)
        return state, state
    in_sum, forget_sum, candidate_sum, out_sum = torch.split(sums, width, 1)
    into, forget = (_fma(*_power_of_two(each), one) for each in (in_sum, forget_sum))
    candidate, out = (_fma(*_power_of_two(each), one) for each in (candidate_sum, out_sum))
    both, tanh = into * candidate, torch.tensor(_TANH, dtype=torch.float32)
    kept = _fma(kept, both, _fma(candidate, -tanh, 2 * tanh) * forget) / (both * forget)
    shown = _power_of_two(kept)
    return _from_one(shown) / (out * _fma(*shown, one)), kept


def _power_of_two(x: Tensor) -> tuple[Tensor, Tensor]:
    """As power_nearly of rows.h: the two factors of 2^x."""
    x, magic = x.clamp(-40, 40), torch.tensor(12583039.0)
    shifted = x + magic
    part = x - (shifted - magic)
    total = torch.tensor(0.23986372)
    for factor in (0.70294184, 1.0):
        total = _fma(total, part, torch.tensor(factor))
    return total, (shifted.view(torch.int32) << 23).view(torch.float32)


def _from_one(power: tuple[Tensor, Tensor]) -> Tensor:
    """1 - 2^x, rounded once."""
    part, exponent = power
    return _fma(-part, exponent, torch.tensor(1.0))


def _fma(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """a * b + c, rounded once: the product of two fp32 numbers is exact in float64.

    The sum is rounded to float64 first; that this shows in fp32 takes a tie in 2^29.
    """
    return (a.double() * b.double() + c.double()).float()
