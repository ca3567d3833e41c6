import pytest
import torch
from torch.nn import functional

from genoseq.config.schema import StemSettings
from genoseq.models.layers import Dropout, Stem

torch.set_num_threads(1)


@pytest.mark.parametrize(("stride", "kernel"), [(3, 9), (1, 1), (2, 4), (4, 10)])
def test_stem_gives_one_step_for_stride_tokens(stride, kernel):
    stem = Stem(5, StemSettings(stride=stride, kernel=kernel, width=7), unknown=1)
    ids = torch.randint(0, 4, (2, 6 * stride))
    padded = stem.pad(ids)
    margin = (kernel - stride) // 2
    assert padded.shape == (2, 6 * stride + 2 * margin)
    assert (padded[:, :margin] == 1).all()
    assert (padded[:, padded.shape[1] - margin :] == 1).all()
    vectors = torch.randn(2, padded.shape[1], 5)
    assert stem(vectors).shape == (2, 6, 7)


def test_stem_is_a_centred_convolution():
    stem = Stem(2, StemSettings(stride=3, kernel=5, width=4), unknown=1).double()
    vectors = torch.randn(1, 11, 2, dtype=torch.float64)
    expected = [
        stem.convolution.bias
        + torch.einsum("oik,ki->o", stem.convolution.weight, vectors[0, 3 * step : 3 * step + 5])
        for step in range(3)
    ]
    torch.testing.assert_close(stem(vectors)[0], functional.gelu(torch.stack(expected)))


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("stride", "kernel"), [(3, 9), (1, 1), (2, 4), (4, 10)])
def test_stem_of_tokens_is_that_of_their_vectors(stride, kernel, causal):
    torch.manual_seed(0)
    settings = StemSettings(stride=stride, kernel=kernel, width=7, causal=causal)
    stem, embedding = Stem(5, settings, unknown=1), torch.nn.Embedding(11, 5)
    ids = stem.pad(torch.randint(0, 11, (3, 6 * stride), dtype=torch.int32))
    parameters = [embedding.weight, *stem.parameters()]
    expected, found = stem(embedding(ids)), stem.of_tokens(embedding, ids)
    assert found.shape == (3, 6, 7)
    torch.testing.assert_close(found, expected)
    factor = torch.randn(found.shape)
    pair = (torch.autograd.grad((each * factor).sum(), parameters) for each in (expected, found))
    for one, other in zip(*pair, strict=True):
        torch.testing.assert_close(other, one)


def test_stem_of_many_tokens_or_other_numbers_is_the_convolution():
    stem = Stem(2, StemSettings(stride=3, kernel=9, width=64), unknown=1)
    many = torch.nn.Embedding(1000, 2)
    ids = stem.pad(torch.randint(0, 1000, (2, 30)))
    assert torch.equal(stem.of_tokens(many, ids), stem(many(ids)))
    stem, few = stem.double(), torch.nn.Embedding(70, 2).double()
    assert torch.equal(stem.of_tokens(few, ids % 70), stem(few(ids % 70)))


def test_stem_of_tokens_sums_in_fp32_where_products_are_of_bf16():
    torch.manual_seed(0)
    stem, embedding = Stem(32, StemSettings(), unknown=1), torch.nn.Embedding(65, 32)
    ids = stem.pad(torch.randint(0, 65, (2, 300)))
    with torch.autocast("cpu", torch.bfloat16):
        found = stem.of_tokens(embedding, ids)
    assert torch.equal(found, stem.of_tokens(embedding, ids))


@pytest.mark.parametrize("rate", [0.1, 0.5])
@pytest.mark.parametrize("shape", [(3, 1001, 33), (1, 50_000, 2)])
def test_dropout_drops_the_rate_and_keeps_the_mean(rate, shape):
    torch.manual_seed(0)
    dropout = Dropout(rate)
    dropped = dropout(torch.ones(shape))
    limit = round(rate * 256)
    assert float((dropped == 0).float().mean()) == pytest.approx(limit / 256, abs=0.006)
    kept = dropped[dropped != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 256 / (256 - limit)))


def test_dropout_drops_neighbours_independently():
    torch.manual_seed(0)
    kept = (Dropout(0.5)(torch.ones(1 << 18)) != 0).float().reshape(-1, 8)
    correlation = torch.corrcoef(kept.T) - torch.eye(8)
    assert correlation.abs().max() < 0.03


def test_dropout_passes_gradients_of_what_it_kept():
    torch.manual_seed(0)
    vectors = torch.randn(4, 50, requires_grad=True)
    dropped = Dropout(0.25)(vectors)
    dropped.sum().backward()
    scale = 256 / (256 - 64)
    torch.testing.assert_close(vectors.grad, (dropped != 0).float() * scale)


def test_dropout_does_nothing_at_evaluation_and_repeats_with_the_seed():
    dropout = Dropout(0.3)
    vectors = torch.randn(2, 9)
    torch.manual_seed(5)
    first = dropout(vectors)
    torch.manual_seed(5)
    assert torch.equal(dropout(vectors), first)
    assert torch.equal(dropout.eval()(vectors), vectors)
    assert torch.equal(Dropout(0.0)(vectors), vectors)
