"""Sums over all ways: as when each is written down; gradients are those of the sums."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from genoseq.config.decoders import MonotonicDecoderSettings
from genoseq.models.monotonic import BLOCK, NEVER, blocks_of, onward, reached
from genoseq.models.monotonic_decoder import MonotonicDecoder
from genoseq.tasks.decoders import Sizes

LETTERS = 2
NONE, LEAVE, STAY, BACK = range(LETTERS, LETTERS + 4)


def ways(writing: Tensor, back: Tensor, target: Sequence[int]) -> float:
    """Probability of a target: of each way that slots can take, those that write it."""
    total = 0.0
    for way in itertools.product(range(BACK + 1), repeat=len(writing)):
        if [move for move in way if move < LETTERS] != list(target):
            continue
        skips, share = False, 1.0
        for slot, move in enumerate(way):
            if skips != (move >= STAY):
                break
            if skips:
                share *= float(back[slot] if move == BACK else 1 - back[slot])
                skips = move == STAY
            else:
                share *= float(writing[slot, move])
                skips = move == LEAVE
        else:
            total += share
    return total


@pytest.mark.parametrize("target", [[], [0], [1, 1], [0, 1, 0]])
@torch.no_grad()
def test_probability_of_a_target_is_that_of_all_ways_to_it(target: list[int]) -> None:
    torch.manual_seed(1)
    sizes = Sizes(inputs=5, tokens=LETTERS + 2, outputs=LETTERS + 1)
    decoder = MonotonicDecoder(MonotonicDecoderSettings(width=8, slots=2), sizes).eval().double()
    decoder.exit.bias.zero_()  # skipping is rare before training
    hidden, steps = torch.randn(1, 3, 5, dtype=torch.float64), torch.tensor([2])
    numbers = decoder.exit(torch.tanh(decoder.between(hidden)))[0, :2].view(4, -1)
    expected = ways(numbers[:, :-1].softmax(-1), numbers[:, -1].sigmoid(), target)
    logits = decoder(hidden, steps, torch.tensor([[LETTERS + 1, *target]]))[0]
    torch.testing.assert_close(logits.exp().sum(-1), torch.ones(len(target) + 1).double())
    found = sum(float(row[letter]) for row, letter in zip(logits, [*target, LETTERS], strict=True))
    assert math.exp(found) == pytest.approx(expected, rel=2e-3)  # letters beyond the end: 1e-4


def moves(generator: torch.Generator, slots: int = 4) -> list[Tensor]:
    """Logarithms of three letters, none, leave, stay and back in slots of two rows."""
    shapes = (2, slots, 3), *[(2, slots)] * 4
    drawn = (torch.randn(shape, dtype=torch.float64, generator=generator) for shape in shapes)
    return [(-each.exp()).requires_grad_() for each in drawn]


def test_reached_has_the_gradients_of_its_sums() -> None:
    def possible(*given: Tensor) -> tuple[Tensor, ...]:
        return tuple(each[each > NEVER / 2] for each in reached(*given))

    assert torch.autograd.gradcheck(possible, moves(torch.Generator().manual_seed(1)))


@torch.no_grad()
def test_reached_knows_what_is_impossible() -> None:
    writing, ended = reached(*moves(torch.Generator().manual_seed(1)))
    count = torch.arange(4)
    assert (writing > NEVER / 2).equal((count <= torch.arange(5)[:, None]).expand(2, 5, 4))
    assert (ended > NEVER / 2).all()


@torch.no_grad()
def test_onward_from_the_begin_is_reached_without_a_letter() -> None:
    wrote, *others = moves(torch.Generator().manual_seed(2), 2 * BLOCK)
    writing, ended = reached(wrote, *others)
    before, end = onward(torch.zeros_like(others[0]), blocks_of(*others), begun=False)
    torch.testing.assert_close(writing[:, :-1, 0].exp(), before)
    torch.testing.assert_close(ended[:, 0].exp(), end)
