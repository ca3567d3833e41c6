"""Small inputs of attention: four packed documents, queries of four heads, keys of two."""

from __future__ import annotations

import torch
from kernels.dense_attention import documents
from torch import Tensor

from genoseq.kernels.rotary import Rotary

CU_SEQLENS = documents(13, 0, 7, 13)
TOKENS = 33


def random_inputs(dtype: torch.dtype = torch.float64, width: int = 8) -> list[Tensor]:
    torch.manual_seed(1)
    return [
        torch.randn(TOKENS, heads, width, dtype=dtype, requires_grad=True) for heads in (4, 2, 2)
    ]


OTHER = documents(5, 9, 0, 21)
"""Keys of other tokens: 35, none for one document."""


def other_inputs(dtype: torch.dtype = torch.float64) -> list[Tensor]:
    """q of 33 tokens, k and v of 35."""
    torch.manual_seed(1)
    shapes = ((TOKENS, 4), (35, 2), (35, 2))
    return [torch.randn(*shape, 8, dtype=dtype, requires_grad=True) for shape in shapes]


def tables(dtype: torch.dtype = torch.float64, width: int = 8) -> Rotary:
    angles = torch.rand(13, width // 2, dtype=dtype, generator=torch.Generator().manual_seed(2)) * 6
    return Rotary(angles.cos(), angles.sin())
