"""LSTM decoder: at each letter it attends to the source, and to where it attended before."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from genoseq.config.decoders import LstmDecoderSettings
from genoseq.config.encoders import TransformerSettings
from genoseq.models.cross_attention import turn, turn_both_ways
from genoseq.models.layers import Dropout
from genoseq.models.rotary import rotary_tables, rotated_pairs
from genoseq.tasks.decoders import Sizes, Tensors

_HIDDEN = -1e4
"""Score of what lies behind a source's end."""
_ALONG = 8.0
"""Score of a step at the letter's own position, before any training."""


class LstmDecoder(nn.Module):
    """Hidden states of a source to logits of its target's letters.

    Scores are products of states and keys (Luong, Pham and Manning 2015, arXiv:1508.04025, section
    3.1: ``general``).  To them comes the attention of the letter before, through a filter that the
    state makes (Chorowski et al. 2015, arXiv:1506.07503, section 2.2, whose filters are fixed): of
    sequences of few letters content alone does not tell one position from another.  Queries and
    keys are turned by their positions (:mod:`genoseq.models.cross_attention`), one half of them
    counted from the source's start and the other from its end; at first letter n looks at step n
    from either.  What was attended to goes into the letter, and into the layers above, but not
    into the next state of the first layer: in training nothing but the filter goes letter by
    letter, a fourth of the time.

    Parameters
    ----------
    settings, sizes
        Layers and width, and what it reads and writes.
    """

    def __init__(self, settings: LstmDecoderSettings, sizes: Sizes) -> None:
        super().__init__()
        width = settings.width
        self.width, self.reach = width, settings.reach
        self.positions = TransformerSettings(
            width=width, heads=2, rotary_base=settings.rotary_base, window=None
        )
        self.embedding = nn.Embedding(sizes.tokens, width)
        self.initial = nn.Linear(sizes.inputs, 2 * width)
        self.keys = nn.Linear(sizes.inputs, width)
        self.values = nn.Linear(sizes.inputs, 2 * width)
        self.recurrent = nn.LSTM(width, width, batch_first=True)
        self.query = nn.Linear(width, width + 2 * settings.reach + 1)
        self.above: nn.LSTM | None = None
        if settings.layers > 1:
            self.above = nn.LSTM(2 * width, width, settings.layers - 1, batch_first=True)
        self.merge = nn.Linear(2 * width, width)
        self.letters = nn.Linear(width, sizes.outputs)
        self.dropout = Dropout(settings.dropout)
        self._look_along()

    def _look_along(self) -> None:
        """Let the same positions from either end have the highest scores.

        To favour the steps beside the last one from the start as well made training slower: a loss
        of 2.61 after 200 steps of noisy reads, where this had 2.37.
        """
        pairs, half = rotated_pairs(self.positions), self.width // 2
        if pairs:
            size = (_ALONG * half**0.5 / pairs) ** 0.5
            with torch.no_grad():
                for bias in (self.query.bias, self.keys.bias):
                    bias[:pairs], bias[half : half + pairs] = size, size

    def forward(self, hidden: Tensor, steps: Tensor, tokens: Tensor) -> Tensor:
        """States (B, N, D), own steps (B,) and the tokens before each letter (B, M).

        Returns
        -------
        Logits (B, M, V).
        """
        memory, state = self.begin(hidden, steps)
        return self._written(tokens, memory, state)[0]

    def begin(self, hidden: Tensor, steps: Tensor) -> tuple[Tensors, Tensors]:
        """See :class:`~genoseq.tasks.decoders.Decoding`; states begin as the mean of the source."""
        own = torch.arange(hidden.shape[1], device=hidden.device) < steps[:, None]
        mean = (hidden * own[..., None]).sum(1) / steps.clamp(min=1)[:, None]
        h, carry = self.initial(mean.to(hidden.dtype)).tanh().chunk(2, -1)
        hide = torch.zeros_like(own, dtype=h.dtype).masked_fill(~own, _HIDDEN)
        keys = self._halves(self.keys(hidden))
        rotary = rotary_tables(self.positions, hidden.shape[1], hidden)
        memory = {
            "keys": turn_both_ways(keys, rotary, steps).flatten(2),
            "values": functional.glu(self.values(hidden), -1),
            "hide": hide,
        }
        state = {"h": h[:, None], "carry": carry[:, None], "weights": torch.zeros_like(hide)}
        state["written"] = torch.zeros_like(steps)
        if self.above is not None:
            shape = len(h), self.above.num_layers, self.width
            state |= {name: h.new_zeros(shape) for name in ("above_h", "above_carry")}
        return memory, state

    def step(self, tokens: Tensor, memory: Tensors, state: Tensors) -> tuple[Tensor, Tensors]:
        """See :class:`~genoseq.tasks.decoders.Decoding`."""
        logits, after = self._written(tokens[:, None], memory, state)
        return logits[:, 0], after

    def _written(self, tokens: Tensor, memory: Tensors, state: Tensors) -> tuple[Tensor, Tensors]:
        """Logits (B, M, V) behind each of the tokens (B, M), and the state after the last."""
        after: Tensors = {}
        letters = self.dropout(self.embedding(tokens))
        before = state["h"], state["carry"]
        states, after["h"], after["carry"] = _run(self.recurrent, letters, before)
        weights = self._attend(states, memory, state)
        after["written"] = state["written"] + tokens.shape[1]
        after["weights"] = weights[:, -1]
        seen = torch.cat([states, torch.bmm(weights, memory["values"])], 2)
        merged = self.merge(self.dropout(seen)).tanh()
        if self.above is not None:
            above, after["above_h"], after["above_carry"] = _run(
                self.above, self.dropout(seen), (state["above_h"], state["above_carry"])
            )
            merged = merged + above
        return cast(Tensor, self.letters(self.dropout(merged))), after

    def _halves(self, vectors: Tensor) -> Tensor:
        return vectors.reshape(*vectors.shape[:2], 2, self.width // 2)

    def _attend(self, states: Tensor, memory: Tensors, state: Tensors) -> Tensor:
        """Weights (B, M, N) of the source's steps, for each of the letters."""
        query, filters = self.query(states).split([self.width, 2 * self.reach + 1], 2)
        first = int(state["written"][0])  # of all rows
        position = torch.arange(states.shape[1], device=states.device).expand(len(states), -1)
        rotary = rotary_tables(self.positions, states.shape[1], states, first)
        query = turn(self._halves(query), rotary, position).flatten(2) * (self.width // 2) ** -0.5
        content = torch.bmm(query, memory["keys"].transpose(1, 2)) + memory["hide"][:, None]
        weights = state["weights"]
        rows, found = len(states), []
        for scores, own in zip(content.unbind(1), filters.unbind(1), strict=True):
            # A convolution of each row by its own filter: rows are groups.
            near = functional.conv1d(weights[None], own[:, None], padding=self.reach, groups=rows)
            weights = (scores + near[0]).softmax(1)
            found.append(weights)
        return torch.stack(found, 1)


def _run(
    recurrent: nn.LSTM, vectors: Tensor, state: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """States (B, M, width) of an LSTM from a state (B, layers, width) on, and the last one."""
    h, carry = (each.transpose(0, 1).contiguous().to(vectors.dtype) for each in state)
    states, (h, carry) = recurrent(vectors, (h, carry))
    return states, h.transpose(0, 1), carry.transpose(0, 1)
