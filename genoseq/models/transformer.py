"""Transformer encoder: attention within a window, over sequences of any length."""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from genoseq.config.encoders import TransformerSettings
from genoseq.kernels import Rotary
from genoseq.kernels.mask import Mask
from genoseq.kernels.operator import attention
from genoseq.kernels.rotary import rotate
from genoseq.models.layers import Dropout
from genoseq.models.rotary import rotary_tables, rotated_pairs

_Kept = tuple[Tensor, Tensor]


class Cache(NamedTuple):
    """What a causal Transformer keeps of what it has seen.

    Attributes
    ----------
    position
        Of the next vector; registers are counted.
    seen
        Keys, turned by their positions, and values of each layer, shape (B, K, heads, width of a
        head): those of the registers, and of the last vectors within the window.
    """

    position: int
    seen: tuple[_Kept, ...]


class Transformer(nn.Module):
    """Vectors (B, N, E) to hidden states (B, N, D), N of any length.

    Pre-norm layers (Xiong et al. 2020, arXiv:2002.04745) and a norm at the end.  LayerNorm rather
    than RMSNorm, because PyTorch has a kernel of its own for it on CPUs.

    Registers are learned vectors before each sequence that see and are seen by every token, and
    leave at the end (Darcet et al. 2024, arXiv:2309.16588).  They have no position: the rotated
    part of their queries and keys is 0, so that shifting or mirroring a sequence does not move it
    relative to them.  In a causal one they come before all tokens: seen, and seeing none.

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
        hidden, rotary = self._entered(vectors)
        ends = _ends(hidden, None if lengths is None else lengths + self.settings.registers)
        for layer in self.layers:
            if self.settings.checkpoint and self.training:
                hidden = cast(Tensor, checkpoint(layer, hidden, rotary, ends, use_reentrant=False))
            else:
                hidden = layer(hidden, rotary, ends)
        return cast(Tensor, self.norm(hidden[:, self.settings.registers :]))

    def step(self, vectors: Tensor, after: Cache | None = None) -> tuple[Tensor, Cache]:
        """Hidden states (B, n, D) of vectors (B, n, E) that follow those of a cache, and the cache
        after them; None: the first.  Of a causal one only."""
        first = 0 if after is None else after.position
        hidden, rotary = self._entered(vectors, first)
        seen = []
        for number, layer in enumerate(self.layers):
            kept = None if after is None else after.seen[number]
            hidden, kept = cast(Layer, layer).step(hidden, rotary, first, kept)
            seen.append(kept)
        position = first + hidden.shape[1]
        hidden = cast(Tensor, self.norm(hidden[:, -vectors.shape[1] :]))
        return hidden, Cache(position, tuple(seen))

    def _entered(self, vectors: Tensor, first: int = 0) -> tuple[Tensor, Rotary]:
        """What the first layer reads, and tables of its positions from ``first`` on; before the
        first vector come the registers."""
        hidden = cast(Tensor, self.entry(vectors))
        if torch.is_autocast_enabled(hidden.device.type):
            hidden = hidden.float()  # sums of layers; what each of them adds is bf16
        if self.registers is not None and not first:
            registers = self.registers.weight.to(hidden.dtype).expand(len(hidden), -1, -1)
            hidden = torch.cat([registers, hidden], dim=1)
        rotary = rotary_tables(self.settings, hidden.shape[1], hidden, first)
        if not first:
            for table in rotary:  # both 0: the turned part of a register's query and key becomes 0
                table[: self.settings.registers, : rotated_pairs(self.settings)] = 0
        return hidden, rotary


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
        return self._added(hidden, seen)

    def step(
        self, hidden: Tensor, rotary: Rotary, first: int, kept: _Kept | None
    ) -> tuple[Tensor, _Kept]:
        """The same of vectors from position ``first`` on, and what is kept of them."""
        seen, kept = self.attention.step(self.attention_norm(hidden), rotary, first, kept)
        return self._added(hidden, seen), kept

    def _added(self, hidden: Tensor, seen: Tensor) -> Tensor:
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
        q, k, v = self._projected(hidden)
        seen = attention(
            q,
            k,
            v,
            ends,
            window=settings.window,
            global_tokens=settings.registers,
            causal=settings.causal,
            rotary=rotary,
        )
        return cast(Tensor, self.exit(seen.out.reshape(batch, length, width)))

    def step(
        self, hidden: Tensor, rotary: Rotary, first: int, kept: _Kept | None
    ) -> tuple[Tensor, _Kept]:
        """Attention (B, n, D) of states (B, n, D) from position ``first`` on to those kept and to
        each other, and what is kept after them: of registers and the window."""
        batch, length, width = hidden.shape
        settings, registers = self.settings, self.settings.registers
        q, k, v = self._projected(hidden)
        turned = torch.arange(length, device=hidden.device).repeat(batch)
        q, k = rotate(q, rotary, turned), rotate(k, rotary, turned)
        q, k, v = (each.view(batch, length, -1, self.head_width) for each in (q, k, v))
        if kept is not None:
            k, v = torch.cat([kept[0], k], dim=1), torch.cat([kept[1], v], dim=1)
        last = first + length
        keys = torch.arange(last - k.shape[1], last, device=hidden.device)
        keys[: min(registers, len(keys))] = torch.arange(min(registers, len(keys)))
        queries = torch.arange(first, last, device=hidden.device)
        visible = Mask(settings.window, registers, causal=True).visible(queries[:, None], keys)
        heads_first = [each.transpose(1, 2) for each in (q, k, v)]
        seen = functional.scaled_dot_product_attention(
            heads_first[0], heads_first[1], heads_first[2], attn_mask=visible, enable_gqa=True
        )
        out = cast(Tensor, self.exit(seen.transpose(1, 2).reshape(batch, length, width)))
        return out, (self._within(k), self._within(v))

    def _projected(self, hidden: Tensor) -> list[Tensor]:
        """Queries, keys and values of states (B, N, D), shape (B * N, heads, width of a head)."""
        projected = cast(Tensor, self.entry(hidden))
        packed = projected.view(hidden.shape[0] * hidden.shape[1], -1, self.head_width)
        return list(torch.split(packed, [self.settings.heads, self.shared, self.shared], dim=1))

    def _within(self, seen: Tensor) -> Tensor:
        """Of keys or values (B, K, ...), registers and those that the next ones may still see."""
        window, registers = self.settings.window, self.settings.registers
        if window is None or seen.shape[1] <= registers + window:
            return seen
        return torch.cat([seen[:, :registers], seen[:, seen.shape[1] - window :]], dim=1)


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
