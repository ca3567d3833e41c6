"""Sequences that are generated: exact, repeatable, and stopped where they should be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from language import NETWORKS, WORDS, bases, bundle_of, causal, tokenizer_of
from torch import Tensor, nn

from genoseq.errors import ConfigError
from genoseq.genome.schemes import cds_phase_scheme
from genoseq.genome.sequences import N, decode, encode
from genoseq.inference.generate import Generated, Prompt, Stop, generate
from genoseq.inference.sampling import Sampling, beginning_with
from genoseq.models.build import build_model
from genoseq.models.bundle import Bundle
from genoseq.tasks.causal_lm import CausalLm
from genoseq.tasks.per_base import PerBase

torch.set_num_threads(1)
PROMPTS = [
    Prompt("none"),
    Prompt("one", encode(b"A")),
    Prompt("words", encode(b"ACGTTG" * 9)),
    Prompt("odd", encode(b"ACGTTGCA" * 4)),
]


def bits_of(bundle: Bundle, made: Generated) -> float:
    """Bits of what was made, by the whole network."""
    model = bundle.model
    assert isinstance(bundle.task, CausalLm)
    rest = -len(made.codes) % model.settings.stride
    codes = torch.from_numpy(np.pad(made.codes, (0, rest), constant_values=N))[None]
    told = bundle.task.predicted(model, tokenizer_of(model.settings), codes)[0, :, 0]
    return -float(told[len(made.codes) - made.bases : len(made.codes)].sum())


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_likelihood_is_what_the_whole_network_says(network: dict[str, Any]) -> None:
    bundle = bundle_of(causal(network))
    made = list(generate(bundle, 40, PROMPTS, number=2, sampling=Sampling(temperature=0.7)))
    assert [(each.prompt.name, each.number) for each in made[:3]] == [
        ("none", 1),
        ("none", 2),
        ("one", 1),
    ]
    for each in made:
        assert each.codes[: len(each.prompt.codes)].tolist() == each.prompt.codes.tolist()
        assert (each.bases, len(each.codes)) == (40, len(each.prompt.codes) + 40)
        assert each.log2_likelihood == pytest.approx(bits_of(bundle, each), abs=1e-3)


def test_what_is_made_is_told_while_it_is_made() -> None:
    told: list[tuple[int, int]] = []
    bundle = bundle_of(causal(NETWORKS["registers"]))
    made = generate(bundle, 1_000, number=3, together=2, report=lambda *now: told.append(now))
    next(made)
    assert told[0] == (0, 3_000)
    assert told[-1] == (2_000, 3_000)
    assert len(told) > 3
    assert len(list(made)) == 2
    assert told[-1] == (3_000, 3_000)
    assert told == sorted(told)


def test_sequences_depend_on_seed_and_number_and_not_on_their_neighbours() -> None:
    bundle = bundle_of(causal(NETWORKS["registers"]).double())
    made, apart, other = (
        [decode(each.codes) for each in generate(bundle, 50, PROMPTS, number=3, **changes)]
        for changes in ({}, {"together": 5}, {"seed": 2})
    )
    assert made == apart
    assert len({*made}) == 12
    assert not {*made} & {*other}


def test_words_are_drawn_as_often_as_the_network_says() -> None:
    bundle = bundle_of(causal(WORDS | {"encoder": {"width": 4, "bidirectional": False}}))
    with torch.no_grad():
        bundle.model.head.weight.mul_(20)
        logits, _ = bundle.model.step(torch.full((1, 1), 3))
    expected = logits[0, -1].softmax(-1).numpy()
    made = generate(bundle, 3, number=6_000, together=6_000)
    numbers = np.array([each.codes for each in made]) @ [16, 4, 1]
    found = np.bincount(numbers, minlength=64) / 6_000
    assert np.abs(found - expected).max() < 5 * np.sqrt(expected.max() / 6_000)
    # With the word's first base known, the others are drawn from the words that begin so.
    made = generate(bundle, 2, [Prompt("G", encode(b"G"))], number=6_000, together=6_000)
    numbers = np.array([each.codes for each in made]) @ [16, 4, 1]
    assert {*(numbers // 16)} == {2}
    given = expected[32:48] / expected[32:48].sum()
    found = np.bincount(numbers - 32, minlength=16) / 6_000
    assert np.abs(found - given).max() < 5 * np.sqrt(given.max() / 6_000)


def test_temperature_zero_takes_the_likeliest_word() -> None:
    bundle = bundle_of(causal(NETWORKS["lstm"]))
    greedy = Sampling(temperature=0)
    one, two = (
        [decode(each.codes) for each in generate(bundle, 30, sampling=greedy, seed=seed)]
        for seed in (1, 2)
    )
    also = next(generate(bundle, 30, sampling=Sampling(top_k=1), seed=3))
    assert one == two == [decode(also.codes)]


def test_sampling_leaves_out_unlikely_words() -> None:
    log_p = torch.tensor([[0.4, 0.3, 0.2, 0.1]], dtype=torch.float64).log().expand(1_000, 4)
    uniform = torch.linspace(0, 0.9999, 1_000, dtype=torch.float64)

    def drawn(**how: Any) -> list[int]:
        return torch.bincount(Sampling(**how).draw(log_p, uniform), minlength=4).tolist()

    assert drawn() == pytest.approx([400, 300, 200, 100], abs=1)
    assert drawn(top_k=2) == pytest.approx([571, 429, 0, 0], abs=1)
    assert drawn(top_p=0.7) == pytest.approx([571, 429, 0, 0], abs=1)
    assert drawn(top_p=0.71) == pytest.approx([444, 333, 222, 0], abs=1)
    assert drawn(temperature=0.5) == pytest.approx([533, 300, 133, 33], abs=1)
    with pytest.raises(ConfigError, match=r"temperature -1: use 0 or more\ntop-k 0: use 1 or more"):
        Sampling(temperature=-1, top_k=0)


def test_words_that_begin_otherwise_are_not_drawn() -> None:
    log_p = torch.zeros(2, 16)
    left = beginning_with(log_p, 2, torch.tensor([0, 1]), torch.tensor([0, 3]))
    assert left.isfinite().sum(1).tolist() == [16, 4]
    assert left[1].isfinite().nonzero().flatten().tolist() == [12, 13, 14, 15]


@pytest.mark.parametrize("in_frame", [False, True])
@pytest.mark.parametrize("network", ["lstm", "gru of single bases", "stem of pairs"])
def test_sequences_end_with_the_first_stop_word(network: str, in_frame: bool) -> None:
    bundle = bundle_of(causal(NETWORKS[network]))
    stop = Stop((b"TAA", b"TAG", b"TGA"), in_frame)
    made = list(generate(bundle, 200, PROMPTS, number=4, stop=stop))
    assert any(each.stopped for each in made)
    for each in made:
        letters, first = decode(each.codes), len(each.prompt.codes)
        ends = [
            at + 3
            for at in range(len(letters) - 2)
            if letters[at : at + 3] in stop.words and at + 3 > first and not (in_frame and at % 3)
        ]
        assert ends == ([len(letters)] if each.stopped else [])
        assert each.log2_likelihood == pytest.approx(bits_of(bundle, each), abs=1e-3)


class NoSteps(nn.Module):
    outputs = 4

    def forward(self, vectors: Tensor) -> Tensor:
        return vectors[..., :4]


def test_models_and_prompts_that_do_not_suit_are_refused() -> None:
    bundle = bundle_of(causal(NETWORKS["lstm"]))
    with pytest.raises(ConfigError, match=r"prompt 'x': base 3 is N: give A, C, G, T"):
        next(generate(bundle, 5, [Prompt("x", encode(b"ACNT"))]))
    with pytest.raises(ConfigError, match=r"length 0, number 1: give 1 or more of each"):
        next(generate(bundle, 0))
    task = PerBase(cds_phase_scheme())
    other = bundle_of(build_model(bundle.settings, task), task)
    with pytest.raises(
        ConfigError, match=r"task per-base is used by genoseq score: sequences are generated by"
    ):
        next(generate(other, 5))
    given = bundle_of(build_model(bundle.settings, CausalLm(3), NoSteps()), CausalLm(3))
    with pytest.raises(ConfigError, match=r"the encoder has no method step"):
        next(generate(given, 5))
    assert len(bases(1, 5)[0]) == 5
