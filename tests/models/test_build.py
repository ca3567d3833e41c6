import itertools
import re

import pytest
import torch

from genoseq.config.encoders import RecurrentSettings, TransformerSettings
from genoseq.config.schema import ModelSettings, StemSettings, TokenizerSettings
from genoseq.errors import ConfigError
from genoseq.genome.schemes import cds_phase_scheme, signal_scheme, unstranded_scheme
from genoseq.models.build import build_model
from genoseq.tasks.per_base import PerBase
from genoseq.tokenizers.kmer import KmerTokenizer

torch.set_num_threads(1)
SMALL = RecurrentSettings(width=6)


def test_default_model_has_the_documented_parts():
    model = build_model(ModelSettings(), PerBase(cds_phase_scheme()))
    shapes = {name: tuple(weight.shape) for name, weight in model.named_parameters()}
    assert shapes["embedding.weight"] == (69, 32)
    assert shapes["stem.convolution.weight"] == (96, 32, 9)
    assert shapes["encoder.recurrent.weight_hh_l0_reverse"] == (256, 64)
    assert shapes["head.projection.weight"] == (21, 128)
    assert model(torch.randint(5, 69, (2, 30))).shape == (2, 30, 7)


@pytest.mark.parametrize(
    ("family", "bidirectional", "stem", "tokenizer"),
    list(
        itertools.product(
            ["rnn", "gru", "lstm"],
            [True, False],
            [None, StemSettings(stride=2, kernel=4, width=8)],
            [TokenizerSettings(k=1), TokenizerSettings(k=4, stride=3)],
        )
    ),
)
def test_every_model_gives_logits_of_every_base(family, bidirectional, stem, tokenizer):
    settings = ModelSettings(
        tokenizer=tokenizer,
        embedding=4,
        stem=stem,
        encoder=RecurrentSettings(family=family, width=6, bidirectional=bidirectional, layers=2),
    )
    model = build_model(settings, PerBase(unstranded_scheme(["exon", "intron"])))
    ids = torch.randint(0, model.embedding.num_embeddings, (3, 8))
    logits = model(ids)
    assert logits.shape == (3, 8 * tokenizer.stride, 3)
    logits.sum().backward()
    assert all(weight.grad is not None for weight in model.parameters())


@pytest.mark.parametrize("stem", [None, StemSettings(stride=2, kernel=4, width=8)])
@pytest.mark.parametrize("tokenizer", [TokenizerSettings(k=1), TokenizerSettings(k=4, stride=3)])
@pytest.mark.parametrize("registers", [0, 2])
def test_every_transformer_gives_logits_of_every_base(stem, tokenizer, registers):
    encoder = TransformerSettings(width=8, heads=2, layers=2, window=3, registers=registers)
    settings = ModelSettings(tokenizer=tokenizer, embedding=4, stem=stem, encoder=encoder)
    model = build_model(settings, PerBase(unstranded_scheme(["exon", "intron"])))
    logits = model(torch.randint(0, model.embedding.num_embeddings, (3, 8)))
    assert logits.shape == (3, 8 * tokenizer.stride, 3)
    logits.sum().backward()
    assert all(weight.grad is not None for weight in model.parameters())


STRANDED = (cds_phase_scheme(), signal_scheme([("reads", "+"), ("reads", "-"), ("gc", ".")]))


@pytest.mark.parametrize(
    "encoder",
    [
        SMALL,
        RecurrentSettings(family="gru", width=6, bidirectional=False),
        TransformerSettings(width=8, heads=2, window=4),
        TransformerSettings(width=8, heads=2, window=4, registers=2),
    ],
)
@pytest.mark.parametrize("tokenizer", [TokenizerSettings(), TokenizerSettings(k=3, stride=3)])
@pytest.mark.parametrize("scheme", STRANDED)
def test_tied_strands_mirror_one_another(encoder, tokenizer, scheme):
    settings = ModelSettings(
        tokenizer=tokenizer, embedding=4, encoder=encoder, tied_strands=True, dropout=0.3
    )
    model = build_model(settings, PerBase(scheme)).double().eval()
    ids = torch.randint(0, model.embedding.num_embeddings, (2, 30))
    reverse = KmerTokenizer(tokenizer.k, tokenizer.stride).reverse_complement(ids.numpy())
    found = model(torch.from_numpy(reverse)).flip(1)[..., scheme.reverse_permutation]
    torch.testing.assert_close(found, model(ids), rtol=0, atol=1e-14)
    untied = settings.model_copy(update={"tied_strands": False})
    plain = build_model(untied, PerBase(scheme)).double().eval()
    plain.load_state_dict(model.state_dict())  # the same weights, and no more
    assert not torch.allclose(plain(ids), model(ids))


def test_beyond_the_ends_stands_the_unknown_token():
    """A window in the middle of unknown tokens sees what it sees alone, in the stem."""
    model = build_model(ModelSettings(encoder=SMALL), PerBase(cds_phase_scheme())).eval()
    ids = torch.randint(5, 69, (1, 12))
    unknown = torch.ones(1, 6, dtype=torch.int64)
    wide = torch.cat([unknown, ids, unknown], 1)
    torch.testing.assert_close(model.embed(wide)[:, 2:6], model.embed(ids))


def test_unidirectional_model_does_not_look_ahead_of_its_kernel():
    settings = ModelSettings(encoder=RecurrentSettings(width=6, bidirectional=False))
    model = build_model(settings, PerBase(cds_phase_scheme())).eval()
    ids = torch.randint(5, 69, (1, 30))
    changed = ids.clone()
    changed[0, 18:] = 7
    # The kernel of step 4 (tokens 12 to 14) ends at token 17.
    torch.testing.assert_close(model(changed)[:, :15], model(ids)[:, :15])
    assert not torch.allclose(model(changed)[:, 15:], model(ids)[:, 15:])


def test_chunked_model_equals_the_whole_one():
    task = PerBase(cds_phase_scheme())
    model = build_model(ModelSettings(encoder=SMALL), task).eval().double()
    chunked = build_model(ModelSettings(encoder=SMALL), task).eval().double()
    chunked.encoder.chunk = 7
    chunked.load_state_dict(model.state_dict())
    ids = torch.randint(5, 69, (2, 90))
    torch.testing.assert_close(chunked(ids), model(ids), rtol=1e-12, atol=1e-12)


def test_same_seed_builds_the_same_network():
    torch.manual_seed(3)
    one = build_model(ModelSettings(), PerBase(cds_phase_scheme())).state_dict()
    torch.manual_seed(3)
    two = build_model(ModelSettings(), PerBase(cds_phase_scheme())).state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_dropout_acts_in_training_only():
    model = build_model(ModelSettings(dropout=0.5, encoder=SMALL), PerBase(cds_phase_scheme()))
    ids = torch.randint(5, 69, (1, 30))
    assert not torch.equal(model(ids), model(ids))
    model.eval()
    assert torch.equal(model(ids), model(ids))


@pytest.mark.parametrize(
    ("forward", "found"),
    [
        (lambda vectors: vectors[:, ::2], "(1, 5, 8)"),
        (lambda vectors: vectors[:, :1], "(1, 1, 8)"),
        (lambda vectors: vectors[..., :6], "(1, 10, 6)"),
        (lambda vectors: (vectors, None), "tuple"),
    ],
)
def test_an_encoder_of_another_shape_is_refused(forward, found):
    encoder = torch.nn.Identity()
    encoder.outputs, encoder.forward = 8, forward
    settings = ModelSettings(stem=StemSettings(width=8))
    model = build_model(settings, PerBase(signal_scheme([("a", ".")])), encoder)
    message = (
        f"Identity: its forward takes vectors of shape (1, 10, 8) to {found}: "
        "hidden states of shape (1, 10, 8) are asked for"
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        model(torch.ones(1, 30, dtype=torch.int64))


@pytest.mark.parametrize("tokens", [0, 1, 31])
def test_a_length_off_the_stride_is_refused(tokens):
    model = build_model(ModelSettings(), PerBase(cds_phase_scheme()))
    message = f"{tokens} tokens: their number must be a multiple of the stem's stride 3; pad with"
    with pytest.raises(ValueError, match=message):
        model(torch.ones(1, tokens, dtype=torch.int64))


def test_ids_of_another_shape_are_refused():
    model = build_model(ModelSettings(), PerBase(cds_phase_scheme()))
    with pytest.raises(ValueError, match=r"ids of shape \(9,\): expected \(batch, tokens\)"):
        model(torch.ones(9, dtype=torch.int64))
