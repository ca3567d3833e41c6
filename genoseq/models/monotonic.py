"""Sums over all ways in which the slots of a source write letters in order, or skip."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

NEVER = -1e9
"""Logarithm that stands for that of zero: with it gradients are finite."""
BLOCK = 64
"""Slots that are taken at once in translation."""


def reached(
    wrote: Tensor, none: Tensor, leave: Tensor, stay: Tensor, back: Tensor
) -> tuple[Tensor, Tensor]:
    """How likely slots are reached with so many letters written: the forward algorithm.

    Parameters
    ----------
    wrote
        Logarithms of writing letter m + 1 of a known target in slot s, float64, (B, S, M - 1).
    none, leave
        Of writing nothing there; and of skipping what is behind it too, (B, S).
    stay, back
        Of going on to skip at a slot, and of ending that behind it, (B, S).

    Returns
    -------
    Logarithms (B, S + 1, M) of being before slot s, not skipping, with m letters written; and
    (B, M) of being at the end so, skipping or not.
    """
    found: tuple[Tensor, Tensor] = _Reached.apply(  # type: ignore[no-untyped-call]
        wrote, none, leave, stay, back
    )
    return found


class _Reached(torch.autograd.Function):
    """The forward algorithm and its way back: a small step for all rows and letters of a slot."""

    @staticmethod
    def forward(ctx: Any, *moves: Tensor) -> tuple[Tensor, Tensor]:
        wrote, *others = (each.transpose(0, 1).contiguous() for each in moves)
        none, leave, stay, back = (each[..., None] for each in others)
        slots, rows, letters = wrote.shape
        writing = wrote.new_full((slots + 1, rows, letters + 1), NEVER)
        skipping = torch.full_like(writing, NEVER)
        writing[0, :, 0] = 0
        for slot in range(slots):
            at, off = writing[slot], skipping[slot]
            after = torch.logaddexp(at + none[slot], off + back[slot], out=writing[slot + 1])
            after[:, 1:] = torch.logaddexp(after[:, 1:], at[:, :-1] + wrote[slot])
            torch.logaddexp(off + stay[slot], at + leave[slot], out=skipping[slot + 1])
        ctx.save_for_backward(writing, skipping, wrote, *others)
        return writing.transpose(0, 1), torch.logaddexp(writing[-1], skipping[-1])

    @staticmethod
    def backward(ctx: Any, *given: Tensor) -> tuple[Tensor, ...]:
        writing, skipping, wrote, *others = ctx.saved_tensors
        none, leave, stay, back = (each[..., None] for each in others)
        gradient, ended = given[0].transpose(0, 1), given[1]
        end = torch.logaddexp(writing[-1], skipping[-1])
        onto = gradient[-1] + ended * (writing[-1] - end).exp()
        off_path = ended * (skipping[-1] - end).exp()
        of_letters, of_moves = torch.empty_like(wrote), [torch.empty_like(each) for each in others]
        for slot in reversed(range(len(wrote))):
            at, off, to, away = writing[slot], skipping[slot], writing[slot + 1], skipping[slot + 1]
            # Shares of what is reached that came by each move.
            by_none = onto * (at + none[slot] - to).exp_()
            by_back = onto * (off + back[slot] - to).exp_()
            by_stay = off_path * (off + stay[slot] - away).exp_()
            by_leave = off_path * (at + leave[slot] - away).exp_()
            by_letter = torch.exp(at[:, :-1] + wrote[slot] - to[:, 1:], out=of_letters[slot])
            by_letter *= onto[:, 1:]
            for of_move, move in zip(of_moves, (by_none, by_leave, by_stay, by_back), strict=True):
                torch.sum(move, 1, out=of_move[slot])
            onto = gradient[slot] + by_none + by_leave
            onto[:, :-1] += by_letter
            off_path = by_back + by_stay
        return tuple(each.transpose(0, 1) for each in (of_letters, *of_moves))


def blocks_of(none: Tensor, leave: Tensor, stay: Tensor, back: Tensor) -> Tensor:
    """How likely slots are reached from others without a letter written, block by block.

    Parameters
    ----------
    none, leave, stay, back
        Logarithms as of :func:`reached`, (B, S), S a multiple of BLOCK.

    Returns
    -------
    Shape (B, S / BLOCK, BLOCK + 2, BLOCK + 2).  Rows: from before the block, not skipping and
    skipping, and from behind each of its slots; columns: to before each of its slots, and to behind
    the block, not skipping and skipping.
    """
    moves = (each.exp().reshape(len(each), -1, BLOCK, 1) for each in (none, leave, stay, back))
    nothing, away, still, again = moves
    found = []
    writing = nothing.new_zeros(*nothing.shape[:2], BLOCK + 2)
    skipping = torch.zeros_like(writing)
    writing[..., 0] = skipping[..., 1] = 1
    for slot in range(BLOCK):
        found.append(writing)
        after = writing * nothing[:, :, slot] + skipping * again[:, :, slot]
        skipping = skipping * still[:, :, slot] + writing * away[:, :, slot]
        writing = after
        writing[..., slot + 2] = 1
    return torch.stack([*found, writing, skipping], 3)


def onward(wrote: Tensor, blocks: Tensor, begun: bool = True) -> tuple[Tensor, Tensor]:
    """How likely each slot is reached, (B, S), and the end, (B,), without another letter.

    Parameters
    ----------
    wrote
        How likely each slot wrote the last letter, (B, S).
    blocks
        Made by :func:`blocks_of`.
    begun
        False: from the source's start instead.
    """
    carried = wrote.new_zeros(len(wrote), 2)
    carried[:, 0] = not begun
    before = []
    for own, block in zip(torch.split(wrote, BLOCK, 1), blocks.unbind(1), strict=True):
        after = torch.bmm(torch.cat([carried, own], 1)[:, None], block)[:, 0]
        carried = after[:, BLOCK:]
        before.append(after[:, :BLOCK])
    return torch.cat(before, 1), carried.sum(1)
