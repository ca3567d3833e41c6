import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_sets import COMPILED
from number_format import computed_or_refused

from genoseq.config.encoders import RecurrentSettings
from genoseq.kernels.cpu.library import VARIABLE
from genoseq.models.device import autocast, choose_precision
from genoseq.models.recurrent import CUDNN_STEPS, RecurrentEncoder, difference_from_torch

torch.set_num_threads(1)


def _pair(family, layers, bidirectional, chunk):
    """The same weights, once run by PyTorch in one call, once in chunks; float64."""
    torch.manual_seed(layers)
    setting = RecurrentSettings(family=family, layers=layers, width=5, bidirectional=bidirectional)
    whole = RecurrentEncoder(4, setting).double()
    chunked = RecurrentEncoder(4, setting, chunk=chunk).double()
    chunked.load_state_dict(whole.state_dict())
    return whole, chunked


@pytest.mark.parametrize(
    ("family", "layers", "bidirectional"),
    list(itertools.product(["rnn", "gru", "lstm"], [1, 3], [False, True])),
)
def test_chunks_equal_one_call_forward_and_backward(family, layers, bidirectional):
    whole, chunked = _pair(family, layers, bidirectional, chunk=7)
    vectors = torch.randn(3, 30, 4, dtype=torch.float64)  # 4 chunks and a rest of 2
    inputs = [vectors.clone().requires_grad_() for _ in range(2)]
    expected, _ = whole.recurrent(inputs[0])
    found = chunked(inputs[1])
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)
    probe = torch.randn_like(expected)
    (expected * probe).sum().backward()
    (found * probe).sum().backward()
    torch.testing.assert_close(inputs[1].grad, inputs[0].grad, rtol=1e-11, atol=1e-12)
    for (name, one), two in zip(whole.named_parameters(), chunked.parameters(), strict=True):
        torch.testing.assert_close(two.grad, one.grad, rtol=1e-11, atol=1e-12, msg=name)


@settings(max_examples=30)
@given(steps=st.integers(1, 40), chunk=st.integers(1, 45), bidirectional=st.booleans())
def test_any_chunk_gives_the_same_states(steps, chunk, bidirectional):
    whole, chunked = _pair("lstm", 2, bidirectional, chunk)
    vectors = torch.randn(2, steps, 4, dtype=torch.float64)
    with torch.inference_mode():
        torch.testing.assert_close(chunked(vectors), whole(vectors), rtol=1e-12, atol=1e-13)


def test_more_steps_than_cudnn_takes_equal_one_call():
    setting = RecurrentSettings(width=2)
    encoder = RecurrentEncoder(3, setting).eval()
    vectors = torch.randn(1, CUDNN_STEPS + 10, 3)
    with torch.inference_mode():
        found = encoder(vectors)
        expected, _ = encoder.recurrent(vectors)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_chunks_run_under_bf16_autocast_and_agree_with_one_call():
    whole, chunked = _pair("lstm", 2, True, chunk=8)
    vectors = torch.randn(2, 20, 4)
    with computed_or_refused("bf16"):
        precision = choose_precision("cpu", "bf16").precision
        with torch.inference_mode(), autocast(precision):
            found, expected = chunked.float()(vectors), whole.float()(vectors)
        torch.testing.assert_close(found.float(), expected.float(), rtol=0.05, atol=0.02)


def test_weights_are_those_of_a_plain_lstm():
    encoder = RecurrentEncoder(4, RecurrentSettings(layers=2, width=5))
    plain = torch.nn.LSTM(4, 5, num_layers=2, batch_first=True, bidirectional=True)
    assert list(encoder.recurrent.state_dict()) == list(plain.state_dict())
    plain.load_state_dict(encoder.recurrent.state_dict())
    vectors = torch.randn(2, 6, 4, dtype=torch.float64)
    assert torch.equal(encoder.double()(vectors), plain.double()(vectors)[0])
    assert encoder.outputs == 10


def test_dropout_acts_between_layers_in_chunks_only_in_training():
    setting = RecurrentSettings(layers=2, width=64, bidirectional=False)
    encoder = RecurrentEncoder(4, setting, dropout=0.5, chunk=5)
    vectors = torch.randn(1, 12, 4)
    torch.manual_seed(0)
    first = encoder(vectors)
    assert not torch.equal(encoder(vectors), first)
    encoder.eval()
    assert torch.equal(encoder(vectors), encoder(vectors))


def test_forget_gates_start_open():
    encoder = RecurrentEncoder(4, RecurrentSettings(layers=2, width=3))
    for name, weight in encoder.recurrent.named_parameters():
        if name.startswith("bias_ih"):
            assert weight[3:6].tolist() == [1, 1, 1]
        if name.startswith("bias_hh"):
            assert weight[3:6].tolist() == [0, 0, 0]


def test_a_chunk_of_no_step_is_refused():
    with pytest.raises(ValueError, match="a chunk of 0 steps: it needs at least 1"):
        RecurrentEncoder(4, RecurrentSettings(), chunk=0)


@pytest.mark.parametrize(
    ("family", "layers", "bidirectional", "chunk"),
    [("lstm", 1, True, 100), ("gru", 2, True, 7), ("rnn", 2, False, 100), ("lstm", 3, True, 5)],
)
def test_rows_have_the_states_that_they_have_alone(family, layers, bidirectional, chunk):
    _, encoder = _pair(family, layers, bidirectional, chunk)
    encoder.eval()
    steps = torch.randn(20, 4, 4, dtype=torch.float64)
    lengths = torch.tensor([20, 1, 13, 8])
    with torch.inference_mode():
        together = encoder.time_first(steps, lengths)
        for row, length in enumerate(lengths.tolist()):
            alone = encoder(steps[:length, row][None])[0]
            torch.testing.assert_close(together[:length, row], alone, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("kernels", ["torch", *COMPILED])
def test_rows_that_are_full_round_alike_with_and_without_lengths(kernels, monkeypatch):
    monkeypatch.setenv(VARIABLE, kernels)
    encoder = RecurrentEncoder(96, RecurrentSettings(width=64)).eval()
    steps = torch.randn(90, 6, 96)
    with torch.inference_mode():
        told = encoder.time_first(steps, torch.full((6,), 90))
        assert torch.equal(told, encoder.time_first(steps))
        twin = encoder.recurrent(steps.transpose(0, 1))[0].transpose(0, 1)
        torch.testing.assert_close(told, twin, rtol=0, atol=0 if kernels == "torch" else 2e-6)


@pytest.mark.parametrize("kernels", COMPILED)
def test_gradients_autocast_and_training_are_torchs(kernels, monkeypatch):
    monkeypatch.setenv(VARIABLE, kernels)
    encoder, vectors = RecurrentEncoder(4, RecurrentSettings(width=5)), torch.randn(2, 6, 4)
    with torch.inference_mode():
        trained = encoder.train()(vectors)
        predicted = encoder.eval()(vectors)
        assert not torch.equal(trained, predicted)
        with computed_or_refused("bf16"), autocast(choose_precision("cpu", "bf16").precision):
            assert encoder(vectors).dtype == torch.bfloat16
    learning = encoder(vectors)
    assert learning.requires_grad
    torch.testing.assert_close(learning.detach(), trained, rtol=0, atol=2e-6)
    frozen = encoder.requires_grad_(False)
    assert torch.equal(frozen(vectors), predicted)
    assert frozen(vectors.requires_grad_()).requires_grad


@pytest.mark.parametrize("kernels", ["torch", *COMPILED])
def test_difference_from_torch_is_that_of_roundings(kernels, monkeypatch):
    monkeypatch.setenv(VARIABLE, kernels)
    before = torch.random.get_rng_state()
    found = difference_from_torch()
    assert max(found) < 2e-6
    assert [differ == 0 for differ in found] == [kernels == "torch"] * 2
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("kernels", COMPILED)
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (1, True), (3, True)])
def test_lstms_that_learn_equal_pytorch(kernels, layers, bidirectional, monkeypatch):
    setting = RecurrentSettings(layers=layers, width=21, bidirectional=bidirectional)
    torch.manual_seed(layers)
    encoder = RecurrentEncoder(10, setting, dropout=0.0).train()
    vectors = torch.randn(5, 60, 10)
    found = []
    for kind in ("torch", kernels):
        monkeypatch.setenv(VARIABLE, kind)
        inputs = vectors.clone().requires_grad_()
        hidden = encoder(inputs)
        assert ("_Learning" in str(_history(hidden))) == (kind != "torch")
        learned = [inputs, *encoder.parameters()]
        found.append([hidden, *torch.autograd.grad(hidden.square().sum(), learned)])
    for wanted, ours in zip(*found, strict=True):
        torch.testing.assert_close(ours, wanted, rtol=0, atol=3e-6 * max(1, wanted.abs().max()))


@pytest.mark.parametrize("kernels", COMPILED)
def test_lstms_that_learn_drop_states_between_layers(kernels, monkeypatch):
    monkeypatch.setenv(VARIABLE, kernels)
    encoder = RecurrentEncoder(4, RecurrentSettings(layers=2, width=8), dropout=0.5)
    vectors = torch.randn(2, 30, 4)
    one, two = (encoder.train()(vectors) for _ in range(2))
    assert not torch.equal(one, two)
    torch.manual_seed(3)
    first = encoder(vectors)
    torch.manual_seed(3)
    assert torch.equal(first, encoder(vectors))
    assert torch.equal(encoder.eval()(vectors), encoder(vectors))


def _history(hidden):
    """Names of what made a tensor, the last first."""
    names, those = [], [hidden.grad_fn]
    while those:
        node = those.pop()
        names.append(type(node).__name__)
        those += [before for before, _ in node.next_functions if before is not None]
    return names
