"""Transformer encoder: attention within a window, over sequences of any length."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from genoseq.config.encoders import TransformerSettings
from genoseq.kernels import Rotary
from genoseq.kernels.operator import attention
from genoseq.models.layers import Dropout
from genoseq.models.rotary import rotary_tables, rotated_pairs


class Transformer(nn.Module):
    """Vectors (B, N, E) to hidden states (B, N, D), N of any length.

    Pre-norm layers (Xiong et al. 2020, arXiv:2002.04745) and a norm at the end.  LayerNorm rather
    than RMSNorm, because PyTorch has a kernel of its own for it on CPUs.

    Registers are learned vectors before each sequence that see and are seen by every token, and
    leave at the end (Darcet et al. 2024, arXiv:2309.16588).  They have no position: the rotated
    part of their queries and keys is 0, so that shifting or mirroring a sequence does not move it
    relative to them.

    Parameters
    ----------
    inputs
        Width of the input vectors, E.
    settings
        Layers, width, heads, window.
    dropout
        Fraction dropped of what each layer adds.

    Attributes
    ----------
    outputs
        Width of the hidden states, D: ``settings.width``.
    """

    def __init__(self, inputs: int, settings: TransformerSettings, dropout: float = 0.0) -> None:
        super().__init__()
        self.settings = settings
        self.outputs = settings.width
        self.entry = _linear(inputs, settings.width)
        self.registers: nn.Embedding | None = None
        if settings.registers:
            self.registers = nn.Embedding(settings.registers, settings.width)
        self.layers = nn.ModuleList(Layer(settings, dropout) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(settings.width)

    def time_first(self, steps: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (N, B, E) -> hidden states (N, B, D), see :func:`~genoseq.models.encoders`."""
        return cast(Tensor, self(steps.transpose(0, 1), lengths)).transpose(0, 1)

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Vectors (B, N, E) -> hidden states (B, N, D).

        Of a row, the first ``lengths`` vectors (B,) are its own and see each other alone.
        """
        hidden = cast(Tensor, self.entry(vectors))
        if torch.is_autocast_enabled(hidden.device.type):
            hidden = hidden.float()  # sums of layers; what each of them adds is bf16
        if self.registers is not None:
            registers = self.registers.weight.to(hidden.dtype).expand(len(hidden), -1, -1)
            hidden = torch.cat([registers, hidden], dim=1)
        rotary = rotary_tables(self.settings, hidden.shape[1], hidden)
        for table in rotary:  # both 0: the turned part of a register's queries and keys becomes 0
            table[: self.settings.registers, : rotated_pairs(self.settings)] = 0
        ends = _ends(hidden, None if lengths is None else lengths + self.settings.registers)
        for layer in self.layers:
            if self.settings.checkpoint and self.training:
                hidden = cast(Tensor, checkpoint(layer, hidden, rotary, ends, use_reentrant=False))
            else:
                hidden = layer(hidden, rotary, ends)
        return cast(Tensor, self.norm(hidden[:, self.settings.registers :]))


class Layer(nn.Module):
    """Attention and feed-forward, each on the normed states and added to them: (B, N, D)."""

    def __init__(self, settings: TransformerSettings, dropout: float) -> None:
        super().__init__()
        # What 2 * layers branches add keeps the size of one (Radford et al. 2019, GPT-2).
        scale = (2 * settings.layers) ** -0.5
        self.attention_norm = nn.LayerNorm(settings.width)
        self.attention = SelfAttention(settings, scale)
        self.feed_forward_norm = nn.LayerNorm(settings.width)
        self.feed_forward = FeedForward(settings, scale)
        self.dropout = Dropout(dropout)

    def forward(self, hidden: Tensor, rotary: Rotary, ends: Tensor) -> Tensor:
        """Same shape; rotary tables of N positions, and where sequences end."""
        seen = self.attention(self.attention_norm(hidden), rotary, ends)
        hidden = hidden + self.dropout(seen)
        added = self.dropout(self.feed_forward(self.feed_forward_norm(hidden)))
        return cast(Tensor, hidden + added)


class SelfAttention(nn.Module):
    """Attention of each sequence to itself, queries, keys and values by one projection.

    Groups of query heads may share a head of keys and values (Ainslie et al. 2023,
    arXiv:2305.13245).
    """

    def __init__(self, settings: TransformerSettings, scale: float) -> None:
        super().__init__()
        self.settings = settings
        self.head_width = settings.width // settings.heads
        self.shared = settings.key_value_heads or settings.heads
        heads = settings.heads + 2 * self.shared
        self.entry = _linear(settings.width, heads * self.head_width)
        self.exit = _linear(settings.width, settings.width, scale)

    def forward(self, hidden: Tensor, rotary: Rotary, ends: Tensor) -> Tensor:
        """States (B, N, D) -> (B, N, D); ends of sequences in B * N, see :func:`attention`."""
        batch, length, width = hidden.shape
        settings = self.settings
        projected = cast(Tensor, self.entry(hidden))
        packed = projected.view(batch * length, -1, self.head_width)
        q, k, v = torch.split(packed, [settings.heads, self.shared, self.shared], dim=1)
        seen = attention(
            q,
            k,
            v,
            ends,
            window=settings.window,
            global_tokens=settings.registers,
            rotary=rotary,
        )
        return cast(Tensor, self.exit(seen.out.reshape(batch, length, width)))


def _ends(hidden: Tensor, lengths: Tensor | None) -> Tensor:
    """Ends of the sequences in rows (B, N), one after the other, int32, from 0 on.

    A row is one sequence, or the first ``lengths`` (B,) of it and the rest are one each.
    """
    batch, length = hidden.shape[:2]
    rows = torch.arange(0, batch + 1, dtype=torch.int32, device=hidden.device) * length
    if lengths is None:
        return rows
    own = rows[:-1] + lengths.to(rows)
    return torch.cat([rows[:1], torch.stack([own, rows[1:]], dim=1).flatten()])


class FeedForward(nn.Module):
    """Two linear maps around GELU, or around SwiGLU, where a second one gates the first.

    Shazeer (2020), GLU Variants Improve Transformer, arXiv:2002.05202.
    """

    def __init__(self, settings: TransformerSettings, scale: float) -> None:
        super().__init__()
        inside = max(1, round(settings.expansion * settings.width))
        self.gated = settings.feed_forward == "swiglu"
        self.entry = _linear(settings.width, 2 * inside if self.gated else inside)
        self.exit = _linear(inside, settings.width, scale)

    def forward(self, hidden: Tensor) -> Tensor:
        """States (B, N, D) -> (B, N, D)."""
        inside = cast(Tensor, self.entry(hidden))
        if self.gated:
            gate, value = inside.chunk(2, dim=-1)
            if torch.is_grad_enabled():
                inside = functional.silu(gate) * value
            else:  # in place, nobody needs the two again: 1.6 GB less for a million tokens
                inside = functional.silu(gate, inplace=True).mul_(value)
        else:
            inside = functional.gelu(inside)
        return cast(Tensor, self.exit(inside))


def _linear(inputs: int, outputs: int, scale: float = 1.0) -> nn.Linear:
    """A linear map with weights of PyTorch's usual size, times `scale`; biases start at 0."""
    linear = nn.Linear(inputs, outputs)
    nn.init.normal_(linear.weight, std=scale * (3 * inputs) ** -0.5)
    nn.init.zeros_(linear.bias)
    return linear
