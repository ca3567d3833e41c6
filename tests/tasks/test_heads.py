import pytest
import torch

from genoseq.tasks.heads import PerBaseHead, activate, compress

torch.set_num_threads(1)


def test_head_lays_out_base_then_state():
    head = PerBaseHead(4, bases=3, states=2)
    hidden = torch.randn(2, 5, 4)
    logits = head(hidden)
    assert logits.shape == (2, 15, 2)
    weight, bias = head.projection.weight, head.projection.bias
    for base, state in [(0, 0), (1, 1), (2, 0)]:
        row = base * 2 + state
        torch.testing.assert_close(
            logits[1, 3 * 4 + base, state], hidden[1, 4] @ weight[row] + bias[row]
        )


def test_activate_softmax_sums_to_one_on_the_given_dimension():
    logits = torch.randn(4, 3, 5).bfloat16()
    values = activate(logits, "softmax", dim=1)
    assert values.dtype == torch.float32
    torch.testing.assert_close(values.sum(1), torch.ones(4, 5))
    torch.testing.assert_close(activate(logits, "softmax").sum(-1), torch.ones(4, 3))


@pytest.mark.parametrize("signal", [0.0, 1e-3, 7.0, 1e5, -0.5, -300.0])
def test_activate_expm1_undoes_compress(signal):
    value = torch.tensor([signal], dtype=torch.float64)
    torch.testing.assert_close(activate(compress(value), "expm1"), value)


def test_compress_is_log1p_from_zero_up():
    signal = torch.tensor([0.0, 0.5, 20.0])
    torch.testing.assert_close(compress(signal), signal.log1p())


def test_activate_exp_is_a_finite_rate():
    values = activate(torch.tensor([-200.0, 0.0, 2.0, 500.0]), "exp")
    assert values.tolist() == pytest.approx([0.0, 1.0, 7.389056, 1.0686e13], rel=1e-4)
