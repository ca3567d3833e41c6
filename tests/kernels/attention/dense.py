"""Dense attention in plain PyTorch, one document at a time, for comparison; autograd does the rest.

Written from the rule alone and shares no code with the kernels or the reference backend.
"""

from __future__ import annotations

import torch
from kernels.attention.cases import Options
from kernels.dense_attention import attend_document, table_type
from torch import Tensor


def visible(options: Options, length: int, keys: int, device: torch.device) -> Tensor:
    """Whether query i sees key j, (length, keys); the queries are the last tokens."""
    i = torch.arange(keys - length, keys, device=device)[:, None]
    j = torch.arange(keys, device=device)[None, :]
    seen = torch.ones(length, keys, dtype=torch.bool, device=device)
    if options.window is not None:
        seen = (i - j).abs() <= options.window
        seen = seen | (i < options.global_tokens) | (j < options.global_tokens)
    return seen & (j <= i) if options.causal else seen


def angles(options: Options) -> Tensor:
    """Rotation of each pair at each position (longest document, D/2), float64."""
    pair = torch.arange(options.width // 2, dtype=torch.float64)
    position = torch.arange(max(options.lengths), dtype=torch.float64)
    return position[:, None] * 100.0 ** (-2 * pair / options.width)


def turn(vectors: Tensor, options: Options) -> Tensor:
    """Vectors (T, H, D) rotated as complex numbers x[d] + i x[d + D/2]."""
    angle = torch.cat([angles(options)[:length] for length in options.lengths])[:, None]
    near, far = vectors.chunk(2, dim=-1)
    wide = table_type(vectors)
    cos, sin = (part.to(vectors.device, wide) for part in (angle.cos(), angle.sin()))
    turned = torch.cat([near * cos - far * sin, far * cos + near * sin], dim=-1)
    return turned.to(vectors.dtype)


def attend(
    q: Tensor, k: Tensor, v: Tensor, options: Options, scale: float
) -> tuple[Tensor, Tensor]:
    """Outputs (T, Hq, D) and log-sum-exp (Hq, T), in the inputs' own precision."""
    if options.rotary:
        q, k = turn(q, options), turn(k, options)
    outs, sums = [], []
    pieces = (q.split(options.lengths), k.split(options.keys), v.split(options.keys))
    for q_d, k_d, v_d in zip(*pieces, strict=True):
        hidden = ~visible(options, q_d.shape[0], k_d.shape[0], q.device)
        out, lse = attend_document(q_d, k_d, v_d, hidden, scale)
        outs.append(out)
        sums.append(lse)
    return torch.cat(outs), torch.cat(sums, dim=-1)
