"""Decoders: letter by letter is all at once, rows do not see beyond their ends, gradients flow."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import genoseq.models.decoders  # noqa: F401  known from here on
from genoseq.config.decoders import (
    DecoderSettings,
    LstmDecoderSettings,
    MonotonicDecoderSettings,
    TransformerDecoderSettings,
)
from genoseq.errors import ConfigError
from genoseq.tasks.decoders import Sizes, build_decoder

SIZES = Sizes(inputs=12, tokens=8, outputs=7)
FAMILIES: list[DecoderSettings] = [
    LstmDecoderSettings(width=16, reach=3),
    LstmDecoderSettings(width=16, layers=3),
    TransformerDecoderSettings(width=16, heads=2, layers=2),
    TransformerDecoderSettings(width=16, heads=1, layers=1, feed_forward="gelu"),
    MonotonicDecoderSettings(width=16),
    MonotonicDecoderSettings(width=16, slots=2),
]


@pytest.fixture(params=FAMILIES, ids=lambda each: each.describe())
def decoder(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(1)
    return build_decoder(request.param, SIZES).eval()


def example(dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states of three rows, how many steps are theirs, and tokens."""
    generator = torch.Generator().manual_seed(2)
    hidden = torch.randn(3, 9, 12, dtype=dtype, generator=generator)
    tokens = torch.randint(0, 8, (3, 6), generator=generator)
    return hidden, torch.tensor([9, 4, 1]), tokens


@torch.no_grad()
def stepwise(decoder: nn.Module, hidden: Tensor, steps: Tensor, tokens: Tensor) -> Tensor:
    memory, state = decoder.begin(hidden, steps)
    found = []
    for token in tokens.unbind(1):
        logits, state = decoder.step(token, memory, state)
        found.append(logits)
    return torch.stack(found, 1)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
@torch.no_grad()
def test_steps_give_what_all_letters_at_once_do(
    decoder: nn.Module, dtype: torch.dtype, tolerance: float
) -> None:
    hidden, steps, tokens = example(dtype)
    whole = decoder.to(dtype)(hidden, steps, tokens)
    assert whole.shape == (3, 6, 7)
    found = stepwise(decoder, hidden, steps, tokens)
    torch.testing.assert_close(found, whole, rtol=0, atol=tolerance)


@torch.no_grad()
def test_rows_are_what_they_are_alone(decoder: nn.Module) -> None:
    hidden, steps, tokens = example(torch.float64)
    whole = decoder.double()(hidden, steps, tokens)
    for row, own in enumerate(steps.tolist()):
        rows = slice(row, row + 1)
        alone = decoder(hidden[rows, :own], steps[rows], tokens[rows])
        torch.testing.assert_close(whole[rows], alone, rtol=0, atol=1e-12)


@torch.no_grad()
def test_letters_see_none_behind_them(decoder: nn.Module) -> None:
    hidden, steps, tokens = example(torch.float64)
    before = decoder.double()(hidden, steps, tokens)
    tokens[:, 4] = (tokens[:, 4] + 1) % 8
    after = decoder(hidden, steps, tokens)
    torch.testing.assert_close(after[:, :4], before[:, :4], rtol=0, atol=1e-12)
    assert (after[:, 4:] != before[:, 4:]).any()


def test_every_weight_and_the_source_get_a_gradient(decoder: nn.Module) -> None:
    hidden, steps, tokens = example()
    hidden.requires_grad_()
    decoder(hidden, steps, tokens).square().sum().backward()
    assert hidden.grad is not None
    assert hidden.grad[0].abs().sum(-1).min() > 0
    assert not hidden.grad[1, 4:].any()
    for name, weights in decoder.named_parameters():
        assert weights.grad is not None, name
        assert weights.grad.abs().sum() > 0, name


@torch.no_grad()
def test_untrained_lstm_decoder_looks_along_the_source() -> None:
    torch.manual_seed(1)
    decoder = build_decoder(LstmDecoderSettings(width=64), SIZES).eval()
    hidden, tokens = 0.1 * torch.randn(2, 20, 12), torch.randint(0, 8, (2, 10))
    memory, state = decoder.begin(hidden, torch.tensor([20, 20]))
    for number, token in enumerate(tokens.unbind(1)):
        _, state = decoder.step(token, memory, state)
        for weights in state["weights"]:
            ends = {number, 19 - number}
            near = {n for end in ends for n in (end - 1, end, end + 1)}
            assert float(sum(weights[n] for n in near if 0 <= n < 20)) > 0.5


def test_settings_of_decoders_are_checked() -> None:
    with pytest.raises(ValueError, match="width 30: use a multiple of 4"):
        LstmDecoderSettings(width=30)
    with pytest.raises(ValueError, match="width 20 does not divide into 3 heads"):
        TransformerDecoderSettings(width=20, heads=3)

    class Unbuilt(DecoderSettings):
        family: str = "unbuilt"

    with pytest.raises(ConfigError, match="decoder family 'unbuilt': its settings are known"):
        build_decoder(Unbuilt(), SIZES)
