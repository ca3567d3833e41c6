"""Tables of the rotary position embedding, of which a part of each head is spared."""

from __future__ import annotations

import torch
from torch import Tensor

from genoseq.config.encoders import TransformerSettings
from genoseq.kernels import Rotary


def rotated_pairs(settings: TransformerSettings) -> int:
    """Pairs of a head's dimensions that turn with the position; the others ignore it."""
    return int(settings.rotary_fraction * (settings.width // settings.heads // 2))


def rotary_tables(
    settings: TransformerSettings, positions: int, like: Tensor, first: int = 0
) -> Rotary:
    """Angles of consecutive positions: pair p turns by ``position / base ** (p / rotated pairs)``.

    Su et al. (2021), RoFormer, arXiv:2104.09864, section 3.2.2; the fraction as in GPT-NeoX
    (Black et al. 2022, arXiv:2204.06745, section 2.2).

    Parameters
    ----------
    settings
        Heads, base, fraction.
    positions
        How many, P.
    like
        Vectors that the tables are for: their device; float64 for float64, otherwise float32.
    first
        The first position.  Attention sees differences only: any will do.

    Returns
    -------
    cos and sin, shape (P, D / 2), D the width of a head; 1 and 0 in the pairs that do not turn.
    """
    rotated, pairs = rotated_pairs(settings), settings.width // settings.heads // 2
    # In float32 the angle of position 1,000,000 would be off by 0.06.
    steps = torch.arange(first, first + positions, dtype=torch.float64, device=like.device)
    exponents = torch.arange(rotated, dtype=torch.float64, device=like.device) / max(1, rotated)
    angles = torch.outer(steps, settings.rotary_base**-exponents)
    angles = torch.nn.functional.pad(angles, (0, pairs - rotated))
    dtype = torch.float64 if like.dtype == torch.float64 else torch.float32
    return Rotary(angles.cos().to(dtype), angles.sin().to(dtype))
