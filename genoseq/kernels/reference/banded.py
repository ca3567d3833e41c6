"""Queries that see a window and the global tokens: time and memory linear in the tokens.

Queries go in blocks of B.  A block sees the first G keys and the keys from W before it to W behind
it, which lie in memory padded with zeros: keys of another document are never touched, so that its
NaN cannot leak.

Shapes: R document-heads (documents x key heads), g query heads to each, L queries, K keys; the
queries are the last L of K tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from genoseq.kernels.mask import Mask
from genoseq.kernels.reference.tile import (
    CHUNK,
    LOG2E,
    Rows,
    products,
    slopes,
    softmax_,
)

_BLOCK = 64
"""Queries to a block of a window of up to 256 tokens; 32 and 128 took longer, see CHUNK."""


class BlockRun(NamedTuple):
    """Blocks [first, last) of some document-heads, whose scores fill a chunk."""

    heads: slice
    first: int
    last: int
    bias: Tensor
    """0 or -inf, (last - first or 1, 1, B, keys)."""


@dataclass(frozen=True)
class Band:
    """How L queries fall into blocks.

    Parameters
    ----------
    mask
        Has a window.
    length
        Queries of each document, L.
    key_length
        Keys of each document, K, at least L.
    device, dtype
        Of the bias: the accumulator's type.
    """

    mask: Mask
    length: int
    key_length: int
    device: torch.device
    dtype: torch.dtype

    @property
    def window(self) -> int:
        """Keys on one side, W, no more than there are."""
        return min(self.mask.window or 0, self.key_length)

    @property
    def ahead(self) -> int:
        """Keys before the first query."""
        return self.key_length - self.length

    @property
    def block(self) -> int:
        """Queries to a block, B: more for wide windows, whose keys are copied for each block."""
        block = max(_BLOCK, min(512, self.window // 4))
        # A decoder asks for one query at a time.
        return min(block, self.length) if self.ahead else block

    @property
    def blocks(self) -> int:
        """Blocks, the last one perhaps not full."""
        return -(-self.length // self.block)

    @property
    def behind(self) -> int:
        """Keys behind a block that it sees."""
        return 0 if self.mask.causal else self.window

    @property
    def globals(self) -> int:
        """Global keys of a document, G."""
        return min(self.mask.global_tokens, self.key_length)

    @property
    def keys(self) -> int:
        """Keys to a block: G + W + B + W."""
        return self.globals + self.window + self.block + self.behind

    def pad_queries(self, rows: Tensor, value: float = 0.0) -> Tensor:
        """(R, g, L, ...) -> (R, blocks, g, B, ...): whole blocks."""
        spare = self.blocks * self.block - self.length
        if spare:
            after = (0,) * (2 * (rows.dim() - 3))
            rows = functional.pad(rows, (*after, 0, spare), value=value)
        shape = (*rows.shape[:2], self.blocks, self.block, *rows.shape[3:])
        return rows.view(shape).transpose(1, 2)

    def take(self, blocks: Tensor, run: BlockRun) -> Tensor:
        """Rows of a run, (heads x blocks, g B, ...)."""
        some = blocks[run.heads, run.first : run.last]
        return some.reshape(-1, some.shape[2] * some.shape[3], *some.shape[4:])

    def crop(self, blocks: Tensor) -> Tensor:
        """Undo `pad_queries`: (R, blocks, g, B, ...) -> (R, g, L, ...)."""
        return blocks.transpose(1, 2).flatten(2, 3)[:, :, : self.length]

    def pad_keys(self, keys: Tensor) -> Tensor:
        """(R, K, D) -> (R, W + blocks B + W, D): from W before the first query on."""
        spare = self.blocks * self.block - self.length
        # Keys further ahead than W are cut off.
        return functional.pad(keys, (0, 0, self.window - self.ahead, spare + self.behind))

    def gather(self, keys: Tensor, padded: Tensor, run: BlockRun) -> Tensor:
        """Keys that the blocks of a run see, (heads x blocks, G + W + B + W, D)."""
        seen = self.globals
        reach = self.keys - seen
        start, stop = run.first * self.block, (run.last - 1) * self.block + reach
        windows = padded[run.heads, start:stop].unfold(1, reach, self.block).mT
        if seen:
            shared = keys[run.heads, None, :seen].expand(-1, windows.shape[1], -1, -1)
            windows = torch.cat([shared, windows], 2)
        return windows.reshape(-1, self.keys, keys.shape[-1])

    def gradient(self, heads: int, width: int) -> Tensor:
        """Zeros to add the gradients of padded keys to, (R, blocks, B, D), the first W padding."""
        blocks = self.blocks - (-(self.window + self.behind) // self.block)
        shape = (heads, blocks, self.block, width)
        return torch.zeros(shape, dtype=self.dtype, device=self.device)

    def scatter(self, part: Tensor, total: Tensor, padded: Tensor, run: BlockRun) -> None:
        """Undo `gather` for a gradient: add `part` to `total` (R, K, D) and `padded`."""
        part = part.view(-1, run.last - run.first, self.keys, part.shape[-1])
        if self.globals:
            shared = part[:, :, : self.globals]
            total[run.heads, : self.globals] += shared.sum(1, dtype=total.dtype)
        for shift, piece in enumerate(torch.split(part[:, :, self.globals :], self.block, 2)):
            blocks = slice(run.first + shift, run.last + shift)
            padded[run.heads, blocks, : piece.shape[2]] += piece

    def weights(self, heads: int, group: int) -> tuple[int, int, int, int]:
        """Shape of all weights of R document-heads, (R, blocks, g B, keys)."""
        return heads, self.blocks, group * self.block, self.keys

    def clear(self, weights: Tensor, group: int, first: int) -> None:
        """Set weights to 0 of the first queries, which see all keys, and of those that fill up."""
        split = weights.view(*weights.shape[:2], group, self.block, self.keys)
        whole, rest = divmod(first, self.block)
        split[:, :whole] = 0
        split[:, whole : whole + 1, :, :rest] = 0
        split[:, -1:, :, self.length - (self.blocks - 1) * self.block :] = 0

    def runs(self, heads: int, group: int) -> Iterator[BlockRun]:
        """All blocks of all document-heads, chunk by chunk."""
        items = max(1, CHUNK // (group * self.block * self.keys))
        for first, last, alike in self._runs(items):
            blocks = min(items, last - first)
            together = max(1, items // blocks)
            for start in range(first, last, blocks):
                stop = min(start + blocks, last)
                bias = self._bias(first, first + 1) if alike else self._bias(start, stop)
                for head in range(0, heads, together):
                    yield BlockRun(slice(head, min(head + together, heads)), start, stop, bias)

    def _runs(self, items: int) -> Iterator[tuple[int, int, bool]]:
        """Runs of blocks, and whether all blocks of the run have the same bias."""
        inner = max(0, -(-(self.window + self.globals - self.ahead) // self.block))
        last = (self.length - self.behind) // self.block
        if self.blocks <= items or last - inner < 2:
            yield 0, self.blocks, False
            return
        for start, stop, alike in ((0, inner, False), (inner, last, True)):
            if stop > start:
                yield start, stop, alike
        if self.blocks > last:
            yield last, self.blocks, False

    def _bias(self, first: int, last: int) -> Tensor:
        """0 where a query of blocks [first, last) sees a key, -inf elsewhere."""
        start = torch.arange(first, last, device=self.device)[:, None, None] * self.block
        start += self.ahead
        queries = start + torch.arange(self.block, device=self.device)[:, None]
        keys = start - self.window + torch.arange(self.keys - self.globals, device=self.device)
        seen = self.mask.visible(queries, keys)
        seen &= (keys >= self.globals) & (keys < self.key_length)
        shared = torch.arange(self.globals, device=self.device)
        seen = torch.cat([self.mask.visible(queries, shared), seen], -1)
        bias = torch.zeros(seen.shape, device=self.device, dtype=self.dtype)
        return bias.masked_fill_(~seen, -torch.inf).unsqueeze(1)


def forward(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    band: Band,
    scale: float,
    out: Tensor,
    lse: Tensor,
    kept: Tensor | None = None,
) -> None:
    """Fill `out` (R, g, L, D) and `lse` (R, g, L) from q (R, g, L, D), k and v (R, K, D).

    Rows of global tokens come out as if they saw a window only.  ``kept``, of the shape of
    :meth:`Band.weights` and the accumulator's type, is filled with the weights.
    """
    heads, group = q.shape[:2]
    queries, padded_k, padded_v = band.pad_queries(q), band.pad_keys(k), band.pad_keys(v)
    attended = torch.empty(queries.shape, dtype=q.dtype, device=q.device)
    totals = torch.empty(queries.shape[:-1], dtype=lse.dtype, device=q.device)
    for run in band.runs(heads, group):
        keys, values = band.gather(k, padded_k, run), band.gather(v, padded_v, run)
        scores = _scores(band.take(queries, run), keys, run, group, scale)
        weights, total = softmax_(scores)
        blocks = (run.heads, slice(run.first, run.last))
        attended[blocks] = torch.bmm(weights.to(q.dtype), values).view_as(attended[blocks])
        totals[blocks] = total.view_as(totals[blocks])
        if kept is not None:
            kept[blocks] = weights.view_as(kept[blocks])
    out.copy_(band.crop(attended))
    lse.copy_(band.crop(totals))


def backward(
    d_out: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    lse2: Tensor,
    delta: Tensor,
    band: Band,
    scale: float,
    d_q: Tensor,
    d_k: Tensor,
    d_v: Tensor,
    kept: Tensor | None = None,
) -> None:
    """Add gradients to `d_q` (R, g, L, D), `d_k` and `d_v` (R, K, D), in the accumulator's type.

    `lse2` and `delta` are (R, g, L), `d_out` (R, g, L, D).  A row whose `lse2` is +inf adds
    nothing.  Weights are those that are `kept`, or computed again.
    """
    heads, group, length, width = q.shape
    padded_k, padded_v = band.pad_keys(k), band.pad_keys(v)
    saved = (band.pad_queries(q), band.pad_queries(d_out))
    columns = (band.pad_queries(lse2, torch.inf), band.pad_queries(delta))
    sums_k, sums_v = band.gradient(heads, width), band.gradient(heads, width)
    sums_q = torch.empty(saved[0].shape, dtype=q.dtype, device=q.device)
    for run in band.runs(heads, group):
        keys, values = band.gather(k, padded_k, run), band.gather(v, padded_v, run)
        queries, d_rows = (band.take(rows, run) for rows in saved)
        lse_rows, delta_rows = (band.take(rows.unsqueeze(-1), run) for rows in columns)
        blocks = (run.heads, slice(run.first, run.last))
        if kept is None:
            weights = _scores(queries, keys, run, group, scale).sub_(lse_rows).exp2_()
        else:
            weights = kept[blocks].flatten(0, 1)
        part = slopes(Rows(queries, d_rows, delta_rows), keys, values, weights, scale)
        sums_q[blocks] = part.d_q.view_as(sums_q[blocks])
        band.scatter(part.d_k, d_k, sums_k, run)
        band.scatter(part.d_v, d_v, sums_v, run)
    d_q += band.crop(sums_q)
    seen = max(0, band.ahead - band.window)  # the first key that a window reaches
    start = seen - band.ahead + band.window
    for total, padded in ((d_k, sums_k), (d_v, sums_v)):
        total[:, seen:] += padded.flatten(1, 2)[:, start : band.window + length]


def _scores(queries: Tensor, keys: Tensor, run: BlockRun, group: int, scale: float) -> Tensor:
    """Scores in log2 with their bias, (heads x blocks, g B, keys)."""
    scores = products(queries, keys)
    block, seen = queries.shape[1] // group, keys.shape[1]
    split = scores.view(-1, run.last - run.first, group, block, seen)
    torch.add(run.bias, split, alpha=scale * LOG2E, out=split)
    return scores
