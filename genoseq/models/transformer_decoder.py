"""Transformer decoder: letters attend to those before them, and to the source."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from genoseq.config.decoders import TransformerDecoderSettings
from genoseq.config.encoders import TransformerSettings
from genoseq.kernels import Rotary
from genoseq.kernels.operator import attention
from genoseq.models.cross_attention import attend, turn, turn_both_ways
from genoseq.models.layers import Dropout
from genoseq.models.rotary import rotary_tables
from genoseq.models.transformer import FeedForward
from genoseq.tasks.decoders import Sizes, Tensors


class TransformerDecoder(nn.Module):
    """Hidden states of a source to logits of its target's letters.

    Vaswani et al. (2017), arXiv:1706.03762, with norms before each part and rotary positions: of
    letters, and across, of letters and of the source's steps, which half of the heads count from
    its end.

    Parameters
    ----------
    settings, sizes
        Layers, width and heads, and what it reads and writes.
    """

    def __init__(self, settings: TransformerDecoderSettings, sizes: Sizes) -> None:
        super().__init__()
        shared = settings.model_dump(exclude={"family", "dropout"})
        self.settings = TransformerSettings(**shared, window=None)
        self.embedding = nn.Embedding(sizes.tokens, settings.width)
        self.layers = nn.ModuleList(
            DecoderLayer(self.settings, sizes.inputs, settings.dropout)
            for _ in range(settings.layers)
        )
        self.norm = nn.LayerNorm(settings.width)
        self.letters = nn.Linear(settings.width, sizes.outputs)

    def forward(self, hidden: Tensor, steps: Tensor, tokens: Tensor) -> Tensor:
        """States (B, N, D), own steps (B,) and the tokens before each letter (B, M).

        Returns
        -------
        Logits (B, M, V).
        """
        memory, _ = self.begin(hidden, steps)
        rotary = rotary_tables(self.settings, tokens.shape[1], hidden)
        states = self._embedded(tokens)
        for number, layer in enumerate(self.layers):
            states = layer(states, rotary, _layer_of(memory, number), memory["steps"])
        return self._logits(states)

    def begin(self, hidden: Tensor, steps: Tensor) -> tuple[Tensors, Tensors]:
        """See :class:`~genoseq.tasks.decoders.Decoding`: keys and values of the source."""
        rotary = rotary_tables(self.settings, hidden.shape[1], hidden)
        memory = {"steps": steps.clamp(min=1)}
        state: Tensors = {}
        for number, layer in enumerate(self.layers):
            across = cast(DecoderLayer, layer).across
            keys, values = across.keys_and_values(hidden)
            memory[f"keys{number}"] = turn_both_ways(keys, rotary, memory["steps"])
            memory[f"values{number}"] = values
            for name in (f"keys{number}", f"values{number}"):
                state[name] = keys.new_empty(len(keys), 0, *keys.shape[2:])
        return memory, state

    def step(self, tokens: Tensor, memory: Tensors, state: Tensors) -> tuple[Tensor, Tensors]:
        """See :class:`~genoseq.tasks.decoders.Decoding`: keys and values of letters are kept."""
        states, after = self._embedded(tokens[:, None]), Tensors()
        done = state["keys0"].shape[1]
        rotary = rotary_tables(self.settings, 1, states, first=done)
        for number, layer in enumerate(self.layers):
            before = _layer_of(state, number)
            states, keys, values = cast(DecoderLayer, layer).step(
                states, rotary, before, _layer_of(memory, number), memory["steps"]
            )
            after |= {f"keys{number}": keys, f"values{number}": values}
        return self._logits(states)[:, 0], after

    def _embedded(self, tokens: Tensor) -> Tensor:
        return cast(Tensor, self.embedding(tokens))

    def _logits(self, states: Tensor) -> Tensor:
        return cast(Tensor, self.letters(self.norm(states)))


Pair = tuple[Tensor, Tensor]


def _layer_of(tensors: Tensors, number: int) -> Pair:
    """Keys and values of a layer."""
    return tensors[f"keys{number}"], tensors[f"values{number}"]


class DecoderLayer(nn.Module):
    """Attention to letters, attention to the source, feed-forward; each on normed states."""

    def __init__(self, settings: TransformerSettings, inputs: int, dropout: float) -> None:
        super().__init__()
        scale = (3 * settings.layers) ** -0.5  # as in models/transformer.py, of three branches
        width = settings.width
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.own = HeadedAttention(settings, width, scale)
        self.across = HeadedAttention(settings, inputs, scale)
        self.feed_forward = FeedForward(settings, scale)
        self.dropout = Dropout(dropout)

    def forward(self, states: Tensor, rotary: Rotary, source: Pair, steps: Tensor) -> Tensor:
        """States (B, M, width) of letters, all at once; keys and values of the source."""
        rows, length = states.shape[:2]
        normed = self.norms[0](states)
        q, (k, v) = self.own.queries(normed), self.own.keys_and_values(normed)
        ends = torch.arange(rows + 1, dtype=torch.int32, device=states.device) * length
        packed_q, packed_k, packed_v = (each.flatten(0, 1) for each in (q, k, v))
        seen = attention(packed_q, packed_k, packed_v, ends, causal=True, rotary=rotary).out
        states = states + self.dropout(self.own.leave(seen.view_as(q)))
        return self._above(states, rotary, source, steps)

    def step(
        self, states: Tensor, rotary: Rotary, before: Pair, source: Pair, steps: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The same of one letter, (B, 1, width): states, and its keys and values behind those."""
        normed = self.norms[0](states)
        first = torch.zeros(states.shape[:2], dtype=torch.int64, device=states.device)
        new_keys, new_values = self.own.keys_and_values(normed)
        keys = torch.cat([before[0], turn(new_keys, rotary, first)], 1)
        values = torch.cat([before[1], new_values], 1)
        q = turn(self.own.queries(normed), rotary, first)
        so_far = torch.full_like(steps, keys.shape[1])
        states = states + self.own.leave(attend(q, keys, values, so_far))
        return self._above(states, rotary, source, steps), keys, values

    def _above(self, states: Tensor, rotary: Rotary, source: Pair, steps: Tensor) -> Tensor:
        """Attention to the source, and feed-forward; table row i is of letter i of the states."""
        position = torch.arange(states.shape[1], device=states.device).expand(len(states), -1)
        q = turn(self.across.queries(self.norms[1](states)), rotary, position)
        states = states + self.dropout(self.across.leave(attend(q, *source, steps)))
        added = self.dropout(self.feed_forward(self.norms[2](states)))
        return cast(Tensor, states + added)


class HeadedAttention(nn.Module):
    """Projections of an attention: queries of states, keys and values of what they attend to."""

    def __init__(self, settings: TransformerSettings, inputs: int, scale: float) -> None:
        super().__init__()
        self.heads = settings.heads
        self.query = nn.Linear(settings.width, settings.width)
        self.key_value = nn.Linear(inputs, 2 * settings.width)
        self.exit = nn.Linear(settings.width, settings.width)
        with torch.no_grad():
            self.exit.weight.mul_(scale)

    def queries(self, states: Tensor) -> Tensor:
        """(B, M, width) -> (B, M, H, D)."""
        projected = cast(Tensor, self.query(states))
        return projected.view(*states.shape[:2], self.heads, -1)

    def keys_and_values(self, states: Tensor) -> Pair:
        """(B, N, inputs) -> both (B, N, H, D)."""
        projected = cast(Tensor, self.key_value(states))
        both = projected.view(*states.shape[:2], 2, self.heads, -1)
        return both[:, :, 0], both[:, :, 1]

    def leave(self, seen: Tensor) -> Tensor:
        """(B, M, H, D) -> (B, M, width)."""
        return cast(Tensor, self.exit(seen.flatten(2)))
