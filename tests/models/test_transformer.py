"""The Transformer encoder: what sees what, and what must not matter."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from genoseq.config.encoders import TransformerSettings
from genoseq.kernels import Rotary
from genoseq.models import transformer as encoder_file
from genoseq.models.rotary import rotary_tables
from genoseq.models.transformer import Transformer

torch.set_num_threads(1)
SMALL: dict[str, Any] = {"layers": 2, "width": 16, "heads": 2, "window": 3}


def small(**changes: Any) -> Transformer:
    torch.manual_seed(2)
    return Transformer(5, TransformerSettings(**SMALL | changes)).double().eval()


def vectors(batch: int = 2, length: int = 20, width: int = 5) -> Tensor:
    torch.manual_seed(3)
    return torch.randn(batch, length, width, dtype=torch.float64)


def assert_equal(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("feed_forward", "shared", "registers", "window", "fraction"),
    list(itertools.product(["swiglu", "gelu"], [None, 1], [0, 2], [None, 3], [0.0, 0.5])),
)
def test_encoder_gives_states_of_every_token(
    feed_forward: Any, shared: int | None, registers: int, window: int | None, fraction: float
) -> None:
    encoder = small(
        feed_forward=feed_forward,
        key_value_heads=shared,
        registers=registers,
        window=window,
        rotary_fraction=fraction,
    )
    states = encoder(vectors())
    assert states.shape == (2, 20, encoder.outputs) == (2, 20, 16)
    (states * torch.randn_like(states)).sum().backward()
    for name, weight in encoder.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


@pytest.mark.parametrize("registers", [0, 2])
def test_encoder_runs_sequences_of_a_batch_apart(registers: int) -> None:
    encoder, given = small(registers=registers), vectors(batch=3)
    alone = torch.cat([encoder(row[None]) for row in given])
    assert_equal(encoder(given), alone)


def test_encoder_sees_a_window_for_each_layer_and_no_further() -> None:
    encoder, given = small(), vectors(batch=1)
    changed = given.clone()
    changed[0, 10] += 1
    moved = (encoder(changed) - encoder(given)).abs().sum(-1)[0] > 1e-9
    # 2 layers of 3 tokens
    assert moved.nonzero().flatten().tolist() == list(range(4, 17))


@pytest.mark.parametrize("changes", [{"window": None}, {"registers": 1}])
def test_encoder_sees_all_by_full_attention_or_registers(changes: dict[str, Any]) -> None:
    encoder, given = small(**changes), vectors(batch=1)
    changed = given.clone()
    changed[0, 0] += 1
    assert ((encoder(changed) - encoder(given)).abs().sum(-1) > 1e-9).all()


@pytest.mark.parametrize("registers", [0, 2])
@pytest.mark.parametrize("window", [3, None])
def test_encoder_depends_on_distances_not_places(
    registers: int, window: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, given = small(registers=registers, window=window), vectors()
    expected = encoder(given)

    def shifted(settings: TransformerSettings, positions: int, like: Tensor, first: int) -> Rotary:
        return rotary_tables(settings, positions, like, first + 1_000)

    monkeypatch.setattr(encoder_file, "rotary_tables", shifted)
    assert_equal(encoder(given), expected)


@pytest.mark.parametrize("registers", [0, 2])
@pytest.mark.parametrize("window", [3, None])
def test_encoder_that_turns_the_other_way_mirrors_its_states(
    registers: int, window: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, given = small(registers=registers, window=window), vectors()
    expected = encoder(given).flip(1)
    assert not torch.allclose(encoder(given.flip(1)), expected)

    def mirrored(settings: TransformerSettings, positions: int, like: Tensor, first: int) -> Rotary:
        cos, sin = rotary_tables(settings, positions, like, first)
        return Rotary(cos, -sin)

    monkeypatch.setattr(encoder_file, "rotary_tables", mirrored)
    assert_equal(encoder(given.flip(1)), expected)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("registers", [0, 2])
def test_checkpoints_change_no_bit(dropout: float, registers: int) -> None:
    given, found = vectors().float(), []
    for checkpoint in (False, True):
        torch.manual_seed(5)
        settings = TransformerSettings(**SMALL, checkpoint=checkpoint, registers=registers)
        encoder = Transformer(5, settings, dropout)
        inputs = given.clone().requires_grad_()
        states = encoder(inputs)
        (states**2).sum().backward()
        grads = [weight.grad for weight in encoder.parameters()]
        found.append([states, inputs.grad, *grads, torch.rand(1)])
    for plain, checkpointed in zip(*found, strict=True):
        assert torch.equal(plain, checkpointed)


def test_checkpoints_keep_fewer_tensors() -> None:
    kept = []
    for checkpoint in (False, True):
        encoder = Transformer(5, TransformerSettings(**SMALL, checkpoint=checkpoint))
        sizes: list[int] = []

        def keep(tensor: Tensor, sizes: list[int] = sizes) -> Tensor:
            sizes.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            encoder(vectors().float())
        kept.append(sum(sizes))
    assert kept[1] < kept[0] / 5


def test_dropout_acts_in_training_only() -> None:
    encoder = Transformer(5, TransformerSettings(**SMALL), dropout=0.5)
    given = vectors().float()
    assert not torch.equal(encoder(given), encoder(given))
    encoder.eval()
    assert torch.equal(encoder(given), encoder(given))


def test_encoder_runs_under_bf16_autocast() -> None:
    encoder = small(registers=2).float()
    given = vectors().float()
    with torch.inference_mode():
        expected = encoder(given)
        with torch.autocast("cpu", torch.bfloat16):
            found = encoder(given)
    torch.testing.assert_close(found.float(), expected, rtol=0.1, atol=0.1)


def test_untrained_layers_keep_the_size_of_their_input() -> None:
    torch.manual_seed(0)
    encoder = Transformer(64, TransformerSettings(layers=12, width=64, heads=2, window=8))
    sizes = []
    for layer in encoder.layers:
        layer.register_forward_hook(lambda _layer, _inputs, out: sizes.append(float(out.std())))
    with torch.inference_mode():
        states = encoder(torch.randn(2, 100, 64))
    assert 0.4 < sizes[0] < sizes[-1] < 1
    assert float(states.std()) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("changes", [{}, {"registers": 2}, {"window": None}])
def test_rows_have_the_states_that_they_have_alone(changes: dict[str, Any]) -> None:
    encoder, given = small(**changes), vectors(batch=4)
    lengths = torch.tensor([20, 1, 13, 8])
    with torch.inference_mode():
        together = encoder.time_first(given.transpose(0, 1), lengths).transpose(0, 1)
        for row, length in enumerate(lengths.tolist()):
            assert_equal(together[row, :length], encoder(given[row : row + 1, :length])[0])
