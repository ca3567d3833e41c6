"""A network that is shown a sequence piece by piece says what it says of the whole."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from language import ATTENTION, NETWORKS, WORDS, causal

from genoseq.models.transformer import Cache

torch.set_num_threads(1)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("pieces", [[1] * 20, [7, 1, 1, 11], [20]])
def test_steps_give_the_outputs_of_the_whole(network: dict[str, Any], pieces: list[int]) -> None:
    model = causal(network).double()
    tokens = model.settings.stride // model.settings.tokenizer.stride
    torch.manual_seed(1)
    ids = torch.randint(0, model.embedding.num_embeddings, (3, 20 * tokens))
    state, found = None, []
    for piece in torch.split(ids, [tokens * each for each in pieces], dim=1):
        outputs, state = model.step(piece, state)
        found.append(outputs)
    torch.testing.assert_close(torch.cat(found, dim=1), model(ids), rtol=0, atol=1e-10)


def test_cache_holds_registers_and_the_window_alone() -> None:
    model = causal(WORDS | {"encoder": ATTENTION | {"window": 5, "registers": 2}})
    state = None
    for _ in range(30):
        _, state = model.step(torch.zeros(1, 1, dtype=torch.long), state)
    assert state is not None
    cache = state.encoder
    assert isinstance(cache, Cache)
    assert cache.position == 32
    assert {keys.shape for pair in cache.seen for keys in pair} == {(1, 7, 4, 4)}
