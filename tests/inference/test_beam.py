"""Beam search beside all sequences there are."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor, nn

from genoseq.config.decoders import DecoderSettings, LstmDecoderSettings, MonotonicDecoderSettings
from genoseq.config.decoders import TransformerDecoderSettings as Attending
from genoseq.inference.beam import Written, beam_search
from genoseq.tasks.decoders import Sizes, build_decoder

LETTERS, END, BEGIN, LONGEST = 2, 2, 3, 4
FAMILIES: list[DecoderSettings] = [
    LstmDecoderSettings(width=8, layers=2),
    Attending(width=8, heads=2, layers=1),
    MonotonicDecoderSettings(width=8),
]


@pytest.fixture(params=FAMILIES, ids=lambda each: str(each.family))
def decoder(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(4)
    made = build_decoder(request.param, Sizes(6, LETTERS + 2, LETTERS + 1)).double().eval()
    with torch.no_grad():
        for weights in made.parameters():
            weights.mul_(3)  # so that sequences differ in probability
    return made


def sources() -> tuple[Tensor, Tensor]:
    hidden = torch.randn(5, 7, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    return hidden, torch.tensor([7, 3, 5, 1, 7])


@torch.no_grad()
def all_written(decoder: nn.Module, hidden: Tensor, steps: Tensor) -> list[Written]:
    """Every sequence of up to LONGEST letters and its log-probability, of one source."""
    found = []
    for length in range(LONGEST + 1):
        for letters in product(range(LETTERS), repeat=length):
            tokens = torch.tensor([[BEGIN, *letters]])
            log_p = decoder(hidden, steps, tokens)[0].log_softmax(-1)
            wanted = [*letters, END]
            total = sum(float(log_p[at, token]) for at, token in enumerate(wanted))
            found.append(Written(list(letters), total))
    return found


def test_wide_beam_finds_the_best_of_all(decoder: nn.Module) -> None:
    hidden, steps = sources()
    found = beam_search(decoder, hidden, steps, BEGIN, END, 40, LONGEST)
    for row, each in enumerate(found):
        rows = slice(row, row + 1)
        best = max(all_written(decoder, hidden[rows], steps[rows]), key=lambda one: one.score)
        assert each.tokens == best.tokens
        assert each.log_probability == pytest.approx(best.log_probability, abs=1e-9)


@torch.no_grad()
def test_one_beam_takes_the_most_probable_token(decoder: nn.Module) -> None:
    hidden, steps = sources()
    found = beam_search(decoder, hidden, steps, BEGIN, END, 1, LONGEST)
    for row, each in enumerate(found):
        rows, tokens, total = slice(row, row + 1), [BEGIN], 0.0
        while tokens[-1] != END:
            log_p = decoder(hidden[rows], steps[rows], torch.tensor([tokens]))[0, -1]
            log_p = log_p.log_softmax(-1)
            tokens.append(END if len(tokens) > LONGEST else int(log_p.argmax()))
            total += float(log_p[tokens[-1]])
        assert each.tokens == tokens[1:-1]
        assert each.log_probability == pytest.approx(total, abs=1e-9)


@pytest.mark.parametrize("beams", [1, 2, 3])
def test_rows_do_not_depend_on_one_another(decoder: nn.Module, beams: int) -> None:
    hidden, steps = sources()
    whole = beam_search(decoder, hidden, steps, BEGIN, END, beams, LONGEST)
    for row, each in enumerate(whole):
        rows = slice(row, row + 1)
        (alone,) = beam_search(decoder, hidden[rows], steps[rows], BEGIN, END, beams, LONGEST)
        assert alone.tokens == each.tokens
        assert alone.log_probability == pytest.approx(each.log_probability, abs=1e-12)


class Uniform(nn.Module):
    """All tokens are as likely as any other."""

    def begin(self, hidden: Tensor, steps: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        del hidden
        return {}, {"steps": steps}

    def step(
        self, tokens: Tensor, memory: dict[str, Tensor], state: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        del memory
        return torch.zeros(len(tokens), LETTERS + 1, dtype=torch.float64), state


def test_of_equal_sequences_the_lowest_tokens_are_taken() -> None:
    hidden, steps = sources()
    for each in beam_search(Uniform(), hidden, steps, BEGIN, END, 1, LONGEST):
        assert each.tokens == [0] * LONGEST
