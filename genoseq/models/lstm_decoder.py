"""LSTM decoder: at each letter it attends to the source, and to where it attended before."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from genoseq.config.decoders import LstmDecoderSettings
from genoseq.models.layers import Dropout
from genoseq.tasks.decoders import Sizes, Tensors


class LstmDecoder(nn.Module):
    """Hidden states of a source to logits of its target's letters.

    Scores are products of states and keys (Luong, Pham and Manning 2015, arXiv:1508.04025, section
    3.1), and what was attended to goes into the next step with the letter (Bahdanau, Cho and
    Bengio 2015, arXiv:1409.0473).  To them comes the last step's attention through a filter, as in
    Chorowski et al. (2015, arXiv:1506.07503, section 2.2), here one that the state itself makes:
    in sequences of few letters, content alone does not tell one place from another.

    Parameters
    ----------
    settings, sizes
        Layers and width, and what it reads and writes.
    """

    def __init__(self, settings: LstmDecoderSettings, sizes: Sizes) -> None:
        super().__init__()
        width = settings.width
        self.reach = settings.reach
        self.embedding = nn.Embedding(sizes.tokens, width)
        self.keys = nn.Linear(sizes.inputs, width, bias=False)
        self.values = nn.Linear(sizes.inputs, width)
        self.initial = nn.Linear(sizes.inputs, 2 * width)
        self.letter_gates = nn.Linear(width, 4 * width)
        self.state_gates = nn.Linear(2 * width, 4 * width, bias=False)
        self.query = nn.Linear(width, width + 2 * settings.reach + 1)
        self.above: nn.LSTM | None = None
        if settings.layers > 1:
            self.above = nn.LSTM(2 * width, width, settings.layers - 1, batch_first=True)
        self.merge = nn.Linear(2 * width, width)
        self.letters = nn.Linear(width, sizes.outputs)
        self.dropout = Dropout(settings.dropout)
        with torch.no_grad():
            # Forget gates open, see models/recurrent.py; gates stand as input, forget, cell, output.
            self.letter_gates.bias[width : 2 * width] = 1.0

    def forward(self, hidden: Tensor, steps: Tensor, tokens: Tensor) -> Tensor:
        """States (B, N, D), own steps (B,) and the tokens before each letter (B, M).

        Returns
        -------
        Logits (B, M, V).
        """
        memory, state = self.begin(hidden, steps)
        gates = self.letter_gates(self.dropout(self.embedding(tokens)))
        h, cell, seen, weights = (state[name] for name in ("h", "cell", "seen", "weights"))
        found = []
        for step in gates.unbind(1):
            h, cell, seen, weights = self._attended(step, h, cell, seen, weights, memory)
            found.append(torch.cat([h, seen], 1))
        states = torch.stack(found, 1)
        above = states if self.above is None else self.above(self.dropout(states))[0]
        return self._logits(states, above)

    def begin(self, hidden: Tensor, steps: Tensor) -> tuple[Tensors, Tensors]:
        """See :class:`~genoseq.tasks.decoders.Decoding`; states begin as the mean of the source."""
        own = torch.arange(hidden.shape[1], device=hidden.device) < steps[:, None]
        mean = (hidden * own[..., None]).sum(1) / steps.clamp(min=1)[:, None]
        h, cell = self.initial(mean).tanh().chunk(2, -1)
        hide = torch.zeros_like(own, dtype=h.dtype).masked_fill(~own, -1e4)
        memory = {"keys": self.keys(hidden), "values": self.values(hidden), "hide": hide}
        state = {"h": h, "cell": cell, "seen": torch.zeros_like(h), "weights": torch.zeros_like(hide)}
        if self.above is not None:
            shape = len(h), self.above.num_layers, self.above.hidden_size
            state |= {name: h.new_zeros(shape) for name in ("above_h", "above_cell")}
        return memory, state

    def step(self, tokens: Tensor, memory: Tensors, state: Tensors) -> tuple[Tensor, Tensors]:
        """See :class:`~genoseq.tasks.decoders.Decoding`."""
        gates = self.letter_gates(self.embedding(tokens))
        carried = (state[name] for name in ("h", "cell", "seen", "weights"))
        h, cell, seen, weights = self._attended(gates, *carried, memory)
        after = {"h": h, "cell": cell, "seen": seen, "weights": weights}
        states = torch.cat([h, seen], 1)[:, None]
        above = states
        if self.above is not None:
            before = (state["above_h"].transpose(0, 1), state["above_cell"].transpose(0, 1))
            above, (top, top_cell) = self.above(
                states, (before[0].contiguous(), before[1].contiguous())
            )
            after |= {"above_h": top.transpose(0, 1), "above_cell": top_cell.transpose(0, 1)}
        return self._logits(states, above)[:, 0], after

    def _logits(self, states: Tensor, above: Tensor) -> Tensor:
        merged = self.merge(self.dropout(states)).tanh()
        if self.above is not None:
            merged = merged + above
        return cast(Tensor, self.letters(self.dropout(merged)))

    def _attended(
        self,
        gates: Tensor,
        h: Tensor,
        cell: Tensor,
        seen: Tensor,
        weights: Tensor,
        memory: Tensors,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One step of the first layer: states and what is attended to (B, width), weights (B, N).

        Parameters
        ----------
        gates
            The letter's part of the gates, (B, 4 width).
        """
        gates = gates + self.state_gates(torch.cat([seen, h], 1))
        entry, forget, new, leave = gates.chunk(4, 1)
        cell = forget.sigmoid() * cell + entry.sigmoid() * new.tanh()
        h = leave.sigmoid() * cell.tanh()
        query, kernel = self.query(h).split([h.shape[1], 2 * self.reach + 1], 1)
        scores = torch.baddbmm(memory["hide"][..., None], memory["keys"], query[..., None])[..., 0]
        weights = (scores + self._near(weights, kernel)).softmax(1)
        seen = torch.bmm(weights[:, None], memory["values"])[:, 0]
        return h, cell, seen, weights

    def _near(self, weights: Tensor, kernel: Tensor) -> Tensor:
        """The last weights (B, N) through each row's own filter (B, 2 reach + 1): (B, N)."""
        rows = len(weights)
        return functional.conv1d(weights[None], kernel[:, None], padding=self.reach, groups=rows)[0]
