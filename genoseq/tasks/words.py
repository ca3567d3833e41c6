"""Words of bases: the chance of a word, of each base in it, and drawing one.

Words of n bases are numbered as k-mers are: base-4 numbers, the first base most significant.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from genoseq.genome.sequences import N


def word_numbers(codes: Tensor, bases: int) -> Tensor:
    """Numbers (B, N) of words in bases (B, N * bases), int64; -1 where a base is N."""
    letters = codes.long().reshape(len(codes), -1, bases)
    numbers = torch.zeros_like(letters[..., 0])
    for base in range(bases):
        numbers = numbers * 4 + letters[..., base].clamp_max(3)
    return numbers.masked_fill((letters >= N).any(-1), -1)


def chained(log_p: Tensor) -> list[Tensor]:
    """Log chances of the first 0, 1, ... n bases of a word, shapes (..., 1), (..., 4), ...

    Parameters
    ----------
    log_p
        Those of whole words, shape (..., 4 ** n).
    """
    chances = [log_p]
    while chances[0].shape[-1] > 1:
        chances.insert(0, _by_last_base(chances[0]).logsumexp(-1))
    return chances


def base_chances(log_p: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """Log chance of each base after those before it in its word, and whether it is the likeliest.

    The log chances of a word's bases add up to the word's.

    Parameters
    ----------
    log_p
        Of words, shape (B, N, 4 ** n).
    codes
        Bases (B, N * n).

    Returns
    -------
    Log chances (B, N * n), NaN from the first N of a word on, and booleans.
    """
    chances = chained(log_p)
    letters = codes.long().reshape(*log_p.shape[:2], -1)
    told, right = [], []
    at = torch.zeros_like(letters[..., 0])
    missing = torch.zeros_like(at, dtype=torch.bool)
    for base, (before, after) in enumerate(pairwise(chances)):
        letter = letters[..., base]
        missing = missing | (letter >= N)
        letter = letter.clamp_max(3)
        following = _by_last_base(after)
        each = following.gather(2, at[..., None, None].expand(*at.shape, 1, 4))[:, :, 0]
        sum_before = before.gather(2, at[..., None])[..., 0]
        chance = each.gather(2, letter[..., None])[..., 0] - sum_before
        told.append(chance.masked_fill(missing, torch.nan))
        right.append(each.argmax(-1) == letter)
        at = at * 4 + letter
    return torch.stack(told, -1).flatten(1), torch.stack(right, -1).flatten(1)


def _by_last_base(chances: Tensor) -> Tensor:
    """Shape (..., 4 ** n) as (..., 4 ** (n - 1), 4)."""
    return chances.reshape(*chances.shape[:-1], -1, 4)
