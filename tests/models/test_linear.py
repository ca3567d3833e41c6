"""Gated linear recurrences: the formula, rows of different lengths, pieces, settings."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genoseq.config.encoders import LinearSettings
from genoseq.models.linear import LinearEncoder

FORMS: list[dict[str, Any]] = [
    {"layers": 2, "width": 5, "gated": True},
    {"layers": 1, "width": 3},
    {"layers": 2, "width": 4, "bidirectional": False},
]
each_form = pytest.mark.parametrize("form", FORMS)


def encoder(form: dict[str, Any], dropout: float = 0.0) -> LinearEncoder:
    torch.manual_seed(1)
    return LinearEncoder(4, LinearSettings(**form), dropout).double()


def test_states_follow_the_formula_step_by_step() -> None:
    made = encoder({"layers": 1, "width": 3, "bidirectional": False, "gated": True})
    vectors = torch.randn(1, 9, 4, dtype=torch.float64)
    layer, state, told = made.layers[0], torch.zeros(3, dtype=torch.float64), []
    for vector in vectors[0]:
        gate, value = layer.recurrent(vector).chunk(2)
        state = gate.sigmoid() * state + (1 - gate.sigmoid()) * value
        told.append(state * torch.nn.functional.gelu(layer.gate(vector)))
    torch.testing.assert_close(made(vectors)[0], torch.stack(told), rtol=0, atol=1e-12)


@each_form
def test_rows_of_a_batch_are_what_they_are_alone(form: dict[str, Any]) -> None:
    made, vectors = encoder(form).eval(), torch.randn(3, 40, 4, dtype=torch.float64)
    both = made.time_first(vectors.transpose(0, 1), torch.tensor([40, 17, 0]))
    for row, length in enumerate((40, 17)):
        alone = made(vectors[row : row + 1, :length])[0]
        torch.testing.assert_close(both[:length, row], alone, rtol=0, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(pieces=st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_any_split_with_the_state_carried_gives_the_states_of_the_whole(pieces: list[int]) -> None:
    made = encoder(FORMS[2]).eval()
    vectors = torch.randn(2, sum(pieces), 4, dtype=torch.float64)
    found, state = [], None
    with torch.no_grad():
        for piece in vectors.split(pieces, 1):
            told, state = made.step(piece, state)
            found.append(told)
        torch.testing.assert_close(torch.cat(found, 1), made(vectors), rtol=0, atol=1e-12)


def test_both_directions_mirror_one_another() -> None:
    made = encoder({"layers": 1, "width": 3, "gated": True})
    vectors = torch.randn(2, 20, 4, dtype=torch.float64)
    with torch.no_grad():
        for one in (made.layers[0].recurrent.weight, made.layers[0].recurrent.bias):
            one.copy_(torch.cat([one[:6], one[:6]]))
        for one in (made.layers[0].gate.weight, made.layers[0].gate.bias):
            one.copy_(torch.cat([one[:3], one[:3]]))
    back = made(vectors.flip(1)).flip(1)
    torch.testing.assert_close(made(vectors), torch.cat([back[..., 3:], back[..., :3]], 2))


def test_dropout_is_of_training_and_between_layers() -> None:
    vectors = torch.randn(1, 20, 4, dtype=torch.float64)
    made = encoder(FORMS[0], 0.5)
    assert not torch.equal(made(vectors), made(vectors))
    made.eval()
    assert torch.equal(made(vectors), made(vectors))
    one = encoder(FORMS[1], 0.5)
    assert torch.equal(one(vectors), one(vectors))


@each_form
def test_settings_count_weights(form: dict[str, Any]) -> None:
    made, asked = encoder(form), LinearSettings(**form)
    told = asked.operations(4, 100)
    matrices = [weight for weight in made.parameters() if weight.ndim > 1]
    assert told.weights == told.multiply_adds == sum(weight.numel() for weight in matrices)
    assert made.outputs == told.outputs
    assert asked.reach() is None
    assert asked.sees_ahead() == form.get("bidirectional", True)
    assert LinearSettings().describe() == "bidirectional linear, 1 x 64"


def test_an_untrained_layer_remembers_as_long_as_it_says() -> None:
    made = encoder({"layers": 1, "width": 8})
    kept = made.layers[0].recurrent.bias.view(2, 2, 8)[:, 0].sigmoid()
    for each in kept.tolist():
        assert each[0] == pytest.approx(1 / 2)
        assert each[-1] == pytest.approx(1 - 1 / 100)
        assert each == sorted(each)
