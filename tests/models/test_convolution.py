"""The convolutional encoder: how far it sees, rows of different lengths, settings."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from genoseq.config.base import parse_settings
from genoseq.config.encoders import ConvolutionSettings
from genoseq.config.schema import ModelSettings
from genoseq.errors import ConfigError
from genoseq.genome.schemes import stranded_scheme
from genoseq.models.build import build_model
from genoseq.models.convolution import Convolution
from genoseq.tasks.per_base import PerBase

SMALL: dict[str, Any] = {"layers": 3, "width": 6, "kernel": 5, "dilation": 2}


def encoder(dropout: float = 0.0) -> Convolution:
    torch.manual_seed(1)
    return Convolution(4, ConvolutionSettings(**SMALL), dropout).double()


def test_a_step_sees_its_reach_and_no_farther() -> None:
    made, vectors = encoder(), torch.randn(1, 60, 4, dtype=torch.float64)
    vectors.requires_grad_()
    # Not their sum: of what a layer normalises it is 0, and its gradient that of rounding.
    (made(vectors)[0, 30] @ torch.randn(6, dtype=torch.float64)).backward()
    assert vectors.grad is not None
    seen = vectors.grad[0].abs().sum(1).nonzero().flatten()
    reach = ConvolutionSettings(**SMALL).reach()
    assert reach == 2 * (1 + 2 + 4)
    assert (int(seen.min()), int(seen.max())) == (30 - reach, 30 + reach)


def test_rows_of_a_batch_are_what_they_are_alone() -> None:
    made, vectors = encoder().eval(), torch.randn(2, 40, 4, dtype=torch.float64)
    both = made.time_first(vectors.transpose(0, 1), torch.tensor([40, 17]))
    for row, length in enumerate((40, 17)):
        alone = made(vectors[row : row + 1, :length])[0]
        torch.testing.assert_close(both[:length, row], alone, rtol=0, atol=1e-12)


def test_dropout_is_of_training() -> None:
    made, vectors = encoder(0.5), torch.randn(1, 20, 4, dtype=torch.float64)
    assert not torch.equal(made(vectors), made(vectors))
    made.eval()
    assert torch.equal(made(vectors), made(vectors))


@pytest.mark.parametrize("stem", [None, {"stride": 2, "kernel": 4, "width": 8}])
def test_a_network_with_it_tells_every_base(stem: dict[str, int] | None) -> None:
    data = {"embedding": 4, "stem": stem, "encoder": {"family": "convolution", **SMALL}}
    settings = parse_settings(ModelSettings, data)
    model = build_model(settings, PerBase(stranded_scheme(["site"])))
    logits = model(torch.randint(0, 69, (3, 30)))
    assert logits.shape == (3, 30, 3)
    logits.sum().backward()
    assert all(weight.grad is not None for weight in model.parameters())
    # Steps, the stem's margin and the base beside a 3-mer, in whole steps.
    assert settings.reach == (14 + 1 if stem is None else 2 * (14 + 1))
    assert settings.encoder.operations(4, 100).weights == sum(
        weight.numel() for name, weight in model.encoder.named_parameters() if weight.ndim > 1
    ) - (0 if stem is None else 4 * 6)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"kernel": 4}, "^encoder: kernel 4: must be odd, to be centred$"),
        ({"layers": 40}, "^encoder: 40 layers of dilation 2 see .* use fewer layers"),
        ({"layers": 0}, "encoder.layers: "),
    ],
)
def test_settings_refuse(asked: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_settings(ModelSettings, {"encoder": {"family": "convolution", **asked}})
    assert ConvolutionSettings().describe() == "convolution, 4 x 64, 75 steps on either side"
