"""LSTMs that learn by compiled kernels against PyTorch's, for every set that runs here."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_sets import COMPILED, chosen
from torch import Tensor, nn

from genoseq.kernels.cpu import Layer, learning_layer

each_set = pytest.mark.parametrize("name", COMPILED)


def module(inputs: int, width: int, directions: int) -> nn.LSTM:
    torch.manual_seed(width)
    return nn.LSTM(inputs, width, bidirectional=directions == 2)


def layers(lstm: nn.LSTM) -> list[Layer]:
    own = list(lstm.parameters())
    return [Layer(*own[at : at + 4]) for at in range(0, len(own), 4)]


def learned(name: str, lstm: nn.LSTM, steps: Tensor, d_hidden: Tensor) -> list[Tensor]:
    """Hidden states and gradients of steps and weights; by PyTorch if so named."""
    steps = steps.clone().requires_grad_()
    hidden = (
        lstm(steps)[0] if name == "torch" else learning_layer(chosen(name), steps, layers(lstm))
    )
    return [
        hidden.detach(),
        *torch.autograd.grad(hidden, [steps, *lstm.parameters()], d_hidden.to(hidden.dtype)),
    ]


@each_set
@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 70),
    inputs=st.integers(1, 20),
    steps=st.integers(1, 40),
    rows=st.integers(1, 11),
    directions=st.integers(1, 2),
)
def test_states_and_gradients_equal_pytorch(
    name: str, width: int, inputs: int, steps: int, rows: int, directions: int
) -> None:
    lstm = module(inputs, width, directions)
    numbers = torch.randn(steps, rows, inputs)
    d_hidden = torch.randn(steps, rows, directions * width)
    ours = learned(name, lstm, numbers, d_hidden)
    exact = learned("torch", lstm.double(), numbers.double(), d_hidden)
    for found, wanted in zip(ours, exact, strict=True):
        scale = max(1.0, float(wanted.abs().max()))
        torch.testing.assert_close(found.double(), wanted, rtol=0, atol=3e-6 * scale)


@each_set
@pytest.mark.parametrize("directions", [1, 2])
def test_states_have_the_same_bits_by_any_set_threads_and_rows_beside(
    name: str, directions: int
) -> None:
    # Powers of 2 that sums of inputs are exact in: PyTorch's product of them may sum in any order.
    lstm = module(3, 37, directions)
    with torch.no_grad():
        for name_, weight in lstm.named_parameters():
            if "weight_ih" in name_ or "bias" in name_:
                weight.copy_(torch.randint(-4, 5, weight.shape) / 8)
    steps, d_hidden = torch.randint(-3, 4, (30, 13, 3)) / 2, torch.randn(30, 13, 37 * directions)
    states = learned(name, lstm, steps, d_hidden)[0]
    assert torch.equal(states, learned(COMPILED[-1], lstm, steps, d_hidden)[0])
    torch.set_num_threads(3)
    try:
        assert torch.equal(states, learned(name, lstm, steps, d_hidden)[0])
    finally:
        torch.set_num_threads(1)
    alone = learned(name, lstm, steps[:, 4:5].contiguous(), d_hidden[:, 4:5].contiguous())[0]
    assert torch.equal(alone, states[:, 4:5])


@each_set
def test_what_is_not_a_number_stays_so(name: str) -> None:
    lstm = module(4, 9, 1)
    steps = torch.randn(6, 3, 4)
    steps[2, 1, 0] = torch.nan
    states, d_steps, *d_weights = learned(name, lstm, steps, torch.ones(6, 3, 9))
    assert states.isnan().any(2).nonzero().tolist() == [[step, 1] for step in (2, 3, 4, 5)]
    assert d_steps[:, 1].isnan().all()
    assert not d_steps[:, 0].isnan().any()
    assert all(weight.isnan().any() for weight in d_weights)


@each_set
def test_gradients_of_gradients_are_refused(name: str) -> None:
    lstm = module(4, 9, 1)
    steps = torch.randn(6, 3, 4, requires_grad=True)
    hidden = learning_layer(chosen(name), steps, layers(lstm))
    (d_steps,) = torch.autograd.grad(hidden.square().sum(), steps, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        d_steps.sum().backward()
