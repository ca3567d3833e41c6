"""Layers that stand before the encoder."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from genoseq.config import StemSettings


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
        self.margin = (settings.kernel - settings.stride) // 2
        self.unknown = unknown
        self.convolution = nn.Conv1d(
            embedding, settings.width, settings.kernel, stride=settings.stride
        )

    def pad(self, ids: Tensor) -> Tensor:
        """Ids (B, T) with `margin` unknown tokens on either side, shape (B, T + 2 margin)."""
        return functional.pad(ids, (self.margin, self.margin), value=self.unknown)

    def forward(self, vectors: Tensor) -> Tensor:
        """Vectors of padded tokens (B, T + 2 margin, E) -> (B, T / stride, width)."""
        convolved = cast(Tensor, self.convolution(vectors.transpose(1, 2)))
        return functional.gelu(convolved).transpose(1, 2)
