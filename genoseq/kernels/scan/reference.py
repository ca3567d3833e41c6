"""Gated linear recurrences in plain PyTorch: any device and any type, in blocks of steps.

With logits of gates g and values v of each step, unit by unit:

    a_t = sigmoid(g_t)      h_t = a_t h_{t-1} + (1 - a_t) v_t

which is minGRU (Feng et al. 2024, Were RNNs All We Needed?, arXiv:2410.01201, equation 3, with its
gate z = 1 - a), and the recurrence of Martin and Cundy (2018, arXiv:1709.04057).  For gradients e
of the states alone, and e' that count what later states pass back:

    e'_t = e_t + a_{t+1} e'_{t+1}    dv_t = (1 - a_t) e'_t    dg_t = a_t (h_{t-1} - v_t) dv_t

Both are x_t = f_t x_{t-1} + y_t, forward or backward in time.  A state is an average of values, so
that nothing can grow, and no logarithms are needed.
"""

from __future__ import annotations

import torch
from torch import Tensor

_BLOCK = 16
"""Steps of a block, worked through one by one in all blocks at once."""


def forward(given: Tensor, lengths: Tensor, before: Tensor | None) -> Tensor:
    """States (N, B, K, D).

    Parameters
    ----------
    given
        Gates g and values v, (N, B, K, 2, D); of K directions the second goes from last to first.
    lengths
        Of each row, steps of its own (B,); states of the others are 0.
    before
        States before the first step of either direction, (B, K, D); None: zeros.
    """
    kept, values, inside = _parts(given, lengths)
    taken = (1 - kept) * values * inside
    kept = kept * inside
    parts = []
    for turn in range(given.shape[2]):
        first = None if before is None else before[:, turn]
        parts.append(_recur(kept[:, :, turn], taken[:, :, turn], first, reverse=turn == 1))
    return torch.stack(parts, 2)


def backward(
    d_states: Tensor, given: Tensor, states: Tensor, lengths: Tensor, before: Tensor | None
) -> Tensor:
    """Gradients of gates and values (N, B, K, 2, D), from those of states."""
    kept, values, inside = _parts(given, lengths)
    d_given = torch.empty_like(given)
    for turn in range(given.shape[2]):
        own, state = kept[:, :, turn] * inside[:, :, 0], states[:, :, turn]
        first = state.new_zeros(1, *state.shape[1:])
        none, start = first, first if before is None else before[None, :, turn]
        if turn == 1:
            passed, previous = torch.cat([none, own[:-1]]), torch.cat([state[1:], start])
        else:
            passed, previous = torch.cat([own[1:], none]), torch.cat([start, state[:-1]])
        grad = _recur(passed, d_states[:, :, turn], None, reverse=turn == 0) * inside[:, :, 0]
        taken = (1 - kept[:, :, turn]) * grad
        d_given[:, :, turn, 0] = kept[:, :, turn] * taken * (previous - values[:, :, turn])
        d_given[:, :, turn, 1] = taken
    return d_given


def _parts(given: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Gates and values (N, B, K, D); which steps are a row's own, (N, B, 1, 1)."""
    steps = torch.arange(len(given), device=given.device)[:, None]
    inside = (steps < lengths.to(given.device))[:, :, None, None]
    return torch.sigmoid(given[:, :, :, 0]), given[:, :, :, 1], inside.to(given.dtype)


def _recur(factors: Tensor, terms: Tensor, before: Tensor | None, *, reverse: bool) -> Tensor:
    """x_t = factors_t x_{t-1} + terms_t of steps (N, B, D); x before the first is 0 if not told."""
    if reverse:
        return _recur(factors.flip(0), terms.flip(0), before, reverse=False).flip(0)
    count, *others = terms.shape
    if count == 0:
        return terms.clone()
    blocks = -(-count // _BLOCK)
    extra = blocks * _BLOCK - count
    shape = (blocks, _BLOCK, *others)
    factor = torch.cat([factors, factors.new_ones(extra, *others)]).view(shape)
    term = torch.cat([terms, terms.new_zeros(extra, *others)]).view(shape)
    # Each block alone, then what came before it.
    sums, products = [term[:, 0]], [factor[:, 0]]
    for step in range(1, _BLOCK):
        sums.append(torch.addcmul(term[:, step], factor[:, step], sums[-1]))
        products.append(factor[:, step] * products[-1])
    carried = [terms.new_zeros(others) if before is None else before]
    for end, product in zip(sums[-1][:-1], products[-1][:-1], strict=True):
        carried.append(torch.addcmul(end, product, carried[-1]))
    own, product = torch.stack(sums, 1), torch.stack(products, 1)
    return torch.addcmul(own, product, torch.stack(carried)[:, None]).flatten(0, 1)[:count]
