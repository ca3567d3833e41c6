import math

import pytest
import torch
from torch.nn import functional

from genoseq.errors import ConfigError
from genoseq.genome.schemes import UNKNOWN_LABEL, cds_phase_scheme, signal_scheme, unstranded_scheme
from genoseq.tasks import count_losses, losses
from genoseq.tasks.losses import loss_of, mean
from genoseq.tasks.per_base import PerBase

torch.set_num_threads(1)
CLASSES = cds_phase_scheme()
SIGNAL = signal_scheme([("coverage", ".")])


def cross_entropy(logits, labels, weights=None):
    return mean(*losses.cross_entropy(logits, labels, weights))


def focal(logits, labels, gamma=2.0, weights=None):
    return mean(*losses.focal(logits, labels, weights, gamma=gamma))


def mse(logits, labels):
    return mean(*losses.mse(logits, labels))


def poisson(logits, labels):
    return mean(*count_losses.poisson(logits, labels))


def negative_binomial(logits, labels):
    """With dispersions of 1."""
    both = torch.cat([logits, torch.zeros_like(logits)], -1)
    return mean(*count_losses.negative_binomial(both, labels))


def multinomial(logits, labels):
    return mean(*count_losses.multinomial(logits, labels))


@pytest.fixture
def batch():
    """Logits (2, 30, 7) that need a gradient, and labels of which a third is unknown."""
    torch.manual_seed(0)
    labels = torch.randint(0, 7, (2, 30))
    labels[torch.rand(2, 30) < 1 / 3] = UNKNOWN_LABEL
    return torch.randn(2, 30, 7, requires_grad=True), labels


@pytest.mark.parametrize("weights", [None, torch.tensor([0.1, 1, 2, 3, 1, 0, 1.0])])
def test_cross_entropy_equals_pytorch_on_the_known_bases(batch, weights):
    logits, labels = batch
    known = labels != UNKNOWN_LABEL
    expected = functional.cross_entropy(logits[known], labels[known], weight=weights)
    found = cross_entropy(logits, labels, weights)
    torch.testing.assert_close(found, expected)
    (one,) = torch.autograd.grad(expected, logits)
    (two,) = torch.autograd.grad(found, logits)
    torch.testing.assert_close(two, one)
    assert (two[~known] == 0).all()


def test_focal_is_the_formula_of_lin_et_al(batch):
    logits, labels = batch
    known = labels != UNKNOWN_LABEL
    weights = torch.tensor([0.5, 1, 2, 3, 1, 1, 1])
    p = logits[known].softmax(-1).gather(1, labels[known][:, None])[:, 0]
    own = weights[labels[known]]
    expected = (own * (1 - p) ** 1.5 * -p.log()).sum() / own.sum()
    torch.testing.assert_close(focal(logits, labels, 1.5, weights), expected)


def test_focal_with_gamma_zero_is_cross_entropy(batch):
    torch.testing.assert_close(focal(*batch, gamma=0.0), cross_entropy(*batch))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_of_certain_bases_has_a_finite_gradient(gamma):
    logits = torch.tensor([[[200.0, 0.0], [-200.0, 0.0]]], requires_grad=True)
    loss = focal(logits, torch.tensor([[0, UNKNOWN_LABEL]]), gamma)
    loss.backward()
    assert loss.item() == 0
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 0.0])])
@pytest.mark.parametrize("loss", [cross_entropy, focal])
def test_class_losses_of_nothing_known_are_zero_with_a_gradient(loss, weights):
    logits = torch.randn(2, 5, 2, requires_grad=True)
    value = loss(logits, torch.full((2, 5), UNKNOWN_LABEL), weights=weights)
    value.backward()
    assert value.item() == 0
    assert torch.equal(logits.grad, torch.zeros_like(logits))


@pytest.mark.parametrize("loss", [mse, poisson, negative_binomial, multinomial])
def test_signal_losses_of_nothing_known_are_zero_with_a_gradient(loss):
    logits = torch.randn(2, 5, 3, requires_grad=True)
    value = loss(logits, torch.full((2, 5, 3), math.nan))
    value.backward()
    assert value.item() == 0
    assert torch.equal(logits.grad, torch.zeros_like(logits))


@pytest.mark.parametrize("loss", [cross_entropy, focal])
def test_bf16_logits_are_computed_in_float32(batch, loss):
    logits, labels = batch
    half = logits.detach().bfloat16()
    value = loss(half, labels)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, loss(half.float(), labels))


def test_mse_is_on_log1p_of_the_known_bases():
    logits = torch.tensor([[[0.0, 1.0], [2.0, 5.0]]], requires_grad=True)
    labels = torch.tensor([[[0.0, math.nan], [9.0, -1.0]]])
    value = mse(logits, labels)
    squares = [0.0, (2 - math.log(10)) ** 2, (5 + math.log(2)) ** 2]
    assert value.item() == pytest.approx(sum(squares) / 3)
    value.backward()
    assert logits.grad[0, 0, 1] == 0
    assert logits.grad.isfinite().all()


def test_poisson_equals_pytorch_on_the_known_bases():
    logits = torch.randn(2, 6, 1, dtype=torch.float64)
    labels = torch.randint(0, 5, (2, 6, 1)).double()
    labels[0, :2] = math.nan
    known = ~labels.isnan()
    expected = functional.poisson_nll_loss(logits[known], labels[known])
    torch.testing.assert_close(poisson(logits, labels), expected)


def test_poisson_is_least_at_the_right_rate():
    labels = torch.full((1, 1, 1), 4.0)
    at = {rate: poisson(torch.tensor(rate).log().view(1, 1, 1), labels) for rate in (3, 4, 5)}
    assert at[4] < min(at[3], at[5])


@pytest.mark.parametrize("loss", [poisson, negative_binomial, multinomial])
def test_losses_of_counts_refuse_negative_signals(loss):
    with pytest.raises(ConfigError, match=r"the signal has negative values \(-2\): use mse"):
        loss(torch.zeros(1, 2, 1), torch.tensor([[[1.0], [-2.0]]]))


def counts_and_outputs(columns):
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 9, (2, 6, 2), generator=generator).double()
    labels[0, :2, 1] = math.nan
    return torch.randn(2, 6, columns, generator=generator, dtype=torch.float64), labels


def test_negative_binomial_equals_pytorch_on_the_known_bases():
    outputs, labels = counts_and_outputs(4)
    known = ~labels.isnan()
    means, size = outputs[..., :2].exp()[known], (-outputs[..., 2:]).exp()[known]
    peer = torch.distributions.NegativeBinomial(size, logits=means.log() - size.log())
    constant = -(labels[known] + 1).lgamma()
    expected = -(peer.log_prob(labels[known]) - constant).sum()
    total, weight = count_losses.negative_binomial(outputs, labels)
    torch.testing.assert_close(total, expected)
    assert weight == known.sum()


def test_multinomial_of_weight_one_is_poisson_and_else_mostly_the_shape():
    outputs, labels = counts_and_outputs(2)
    whole = count_losses.multinomial(outputs, labels, total_weight=1.0)
    torch.testing.assert_close(whole, count_losses.poisson(outputs, labels))
    more = [count_losses.multinomial(outputs + shift, labels, 0.0)[0] for shift in (0, 3)]
    torch.testing.assert_close(*more)  # the total does not count


def test_binary_losses_are_of_each_state_by_itself():
    logits = torch.tensor([[[0.0, 2.0], [1.0, -3.0], [4.0, 0.5]]])
    labels = torch.tensor([[[1.0, 0.0], [0.0, 255.0], [255.0, 1.0]]])
    total, weight = losses.binary(logits, labels)
    known = [(0.0, 1), (2.0, 0), (1.0, 0), (0.5, 1)]
    nll = [-math.log(1 / (1 + math.exp(-x if there else x))) for x, there in known]
    assert total.item() == pytest.approx(sum(nll), rel=1e-5)
    assert weight.item() == 4
    heavy, weight = losses.binary(logits, labels, torch.tensor([3.0, 1.0]))
    assert heavy.item() == pytest.approx(sum(nll) + 2 * nll[0], rel=1e-5)
    assert weight.item() == 6
    easy, _ = losses.binary(logits, labels, gamma=2.0)
    assert easy.item() == pytest.approx(sum((1 - math.exp(-x)) ** 2 * x for x in nll), rel=1e-4)


def test_scheme_chooses_the_loss_and_the_loss_its_activation():
    assert loss_of(None, CLASSES) == "cross-entropy"
    assert loss_of(None, SIGNAL) == "mse"
    assert PerBase(CLASSES).activation == PerBase(CLASSES, "focal").activation == "softmax"
    assert PerBase(SIGNAL).activation == "expm1"
    assert PerBase(SIGNAL, "poisson").activation == "exp"


@pytest.mark.parametrize(
    ("loss", "scheme", "message"),
    [
        ("mse", CLASSES, "loss mse does not suit classes: use cross-entropy or focal"),
        (
            "focal",
            SIGNAL,
            "loss focal does not suit signal: use mse or poisson or negative-binomial or multin",
        ),
    ],
)
def test_a_loss_for_other_outputs_is_refused(loss, scheme, message):
    with pytest.raises(ConfigError, match=message):
        PerBase(scheme, loss)


def test_objective_teaches_a_model_of_one_layer():
    """Descent on the loss finds labels that the input determines."""
    torch.manual_seed(0)
    task = PerBase(unstranded_scheme(["exon", "intron"]))
    layer = torch.nn.Linear(4, 3)
    inputs = torch.randn(2, 50, 4)
    labels = (inputs @ torch.randn(4, 3)).argmax(-1)
    optimizer = torch.optim.Adam(layer.parameters(), 0.1)
    for _ in range(200):
        optimizer.zero_grad()
        loss = mean(*task.loss(layer(inputs), labels))
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.35
