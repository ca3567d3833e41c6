"""Drawing words from what a language model says of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from genoseq.errors import ConfigError


@dataclass(frozen=True)
class Sampling:
    """How a word is drawn.

    Attributes
    ----------
    temperature
        Divides log chances: below 1 likely words are drawn more often than the model says, above 1
        less; 0: always the likeliest.
    top_k
        Only so many of the likeliest words are drawn.
    top_p
        Only the likeliest words that have this chance together.

    Raises
    ------
    ConfigError
        If a number is out of its range.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.temperature < float("inf"):
            problems.append(f"temperature {self.temperature}: use 0 or more")
        if self.top_k is not None and self.top_k < 1:
            problems.append(f"top-k {self.top_k}: use 1 or more")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            problems.append(f"top-p {self.top_p}: use more than 0, and 1 at most")
        if problems:
            raise ConfigError(problems)

    def draw(self, log_p: Tensor, uniform: Tensor) -> Tensor:
        """Words (B,), one for each row.

        Parameters
        ----------
        log_p
            Log chances, float64 (B, W); -inf of words that must not be drawn.
        uniform
            A number from 0 to 1 for each row, float64 (B,).
        """
        if self.temperature == 0:
            return log_p.argmax(-1)
        tempered = (log_p / self.temperature).softmax(-1)
        chances, words = torch.sort(tempered, dim=-1, descending=True, stable=True)
        if self.top_k is not None:
            chances[:, self.top_k :] = 0
        if self.top_p is not None:  # the word that reaches it is the last
            total = chances.sum(-1, keepdim=True)
            chances[chances.cumsum(-1) - chances >= self.top_p * total] = 0
        sums = chances.cumsum(-1)
        place = torch.searchsorted(sums, uniform[:, None] * sums[:, -1:], right=True)
        last = (chances > 0).sum(-1, keepdim=True) - 1
        return words.gather(1, torch.minimum(place, last))[:, 0]


def beginning_with(log_p: Tensor, bases: int, known: Tensor, prefix: Tensor) -> Tensor:
    """Log chances (B, 4 ** bases) of words of which the first bases are known.

    Parameters
    ----------
    known
        How many bases, 0 to ``bases``, (B,).
    prefix
        The number of their word, (B,).
    """
    words = torch.arange(log_p.shape[1], device=log_p.device)
    begins = words >> (2 * (bases - known))[:, None]
    return log_p.masked_fill(begins != prefix[:, None], -torch.inf)
