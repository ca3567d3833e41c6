"""Layers around the encoder."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from genoseq.config.schema import StemSettings

_MOST_NUMBERS = 1 << 18
"""Numbers of the tables of a stem: with more they leave the cache of a core."""


class Stem(nn.Module):
    """Strided convolution over token vectors: one step of the encoder for `stride` tokens.

    The ids are padded by :meth:`pad` before they are embedded, never the vectors with zeros, so
    that the network is a pure function of bases with N beyond both ends.

    Parameters
    ----------
    embedding
        Width of the token vectors, E.
    settings
        Stride, kernel and width of the convolution.
    unknown
        Id of the token that stands beyond both ends.
    """

    def __init__(self, embedding: int, settings: StemSettings, unknown: int) -> None:
        super().__init__()
        self.stride = settings.stride
        self.margins = settings.margins
        self.unknown = unknown
        self.convolution = nn.Conv1d(
            embedding, settings.width, settings.kernel, stride=settings.stride
        )

    def pad(self, ids: Tensor) -> Tensor:
        """Ids (B, T) with unknown tokens beyond both ends, (B, T + M), M = kernel - stride."""
        return functional.pad(ids, self.margins, value=self.unknown)

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors of padded tokens (B, T + M, E) -> (B, T / stride, width)."""
        convolved = cast(Tensor, self.convolution(vectors.transpose(1, 2)))
        return functional.gelu(convolved.transpose(1, 2).contiguous())

    def of_tokens(self, embedding: nn.Embedding, ids: Tensor) -> Tensor:
        """What :meth:`forward` gives of embedded padded ids (B, T + M): (B, T / stride, width).

        Few tokens make one vector for each at each position of the kernel, and a step is their sum.
        On a CPU that is faster than to embed and convolve: a training step of the model in the box
        takes some three quarters of the time (benchmarks/training_steps.py).
        """
        weight, kernel = self.convolution.weight, self.convolution.kernel_size[0]
        vectors = embedding.weight
        few = kernel * len(vectors) * len(weight) <= _MOST_NUMBERS
        if ids.device.type != "cpu" or vectors.dtype != torch.float32 or not few:
            return cast(Tensor, self(embedding(ids)))
        with torch.autocast("cpu", enabled=False):  # sums of bf16 would be coarse
            tables = torch.einsum("ve,dep->pvd", vectors, weight).flatten(0, 1)
            first = torch.arange(kernel) * len(vectors)
            words = (ids.unfold(1, kernel, self.stride) + first).flatten(0, 1)
            sums = cast(Tensor, cast(Any, _SumOfRows.apply)(tables, words))
            steps = sums.view(len(ids), -1, len(weight))
            return functional.gelu(steps + cast(Tensor, self.convolution.bias))


class _SumOfRows(torch.autograd.Function):
    """Sums of rows of a table (R, D), by their numbers (N, P): (N, D).

    PyTorch's own backward sorts the numbers, which takes four times as long.
    """

    @staticmethod
    def forward(ctx: Any, table: Tensor, numbers: Tensor) -> Tensor:
        ctx.save_for_backward(numbers)
        ctx.rows = len(table)
        return functional.embedding_bag(numbers, table, mode="sum")

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (numbers,) = ctx.saved_tensors
        grad, found = grad.contiguous(), grad.new_zeros(ctx.rows, grad.shape[1])
        for column in numbers.unbind(1):
            found.index_add_(0, column, grad)
        return found, None


class Dropout(nn.Module):
    """Dropout that draws one byte for an element on the CPU, where PyTorch's draws far more.

    PyTorch's took a sixth of a training step (5.1 ms for 1 M bf16 elements, this 0.7 ms; one
    thread, AMD EPYC).  There the rate is rounded to 1/256; elsewhere PyTorch's own is used.

    Parameters
    ----------
    rate
        Fraction of elements set to 0 in training; the others are scaled up to keep the mean.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self._limit = min(255, round(rate * 256))

    def forward(self, vectors: Tensor) -> Tensor:
        """Same shape."""
        if not self.training or not self.rate:
            return vectors
        if vectors.device.type != "cpu":
            return functional.dropout(vectors, self.rate)
        # Straight into the vectors' type: through bool it takes five times as long.
        factor = torch.empty(vectors.shape, dtype=vectors.dtype)
        torch.ge(_random_bytes(vectors.shape), self._limit, out=factor)
        return vectors * factor.mul_(256 / (256 - self._limit))


def _random_bytes(shape: torch.Size) -> Tensor:
    """uint8, even over 0 to 255, from torch's global generator, eight for each draw."""
    size = shape.numel()
    draws = torch.empty((size + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
    return draws.view(torch.uint8)[:size].view(shape)
