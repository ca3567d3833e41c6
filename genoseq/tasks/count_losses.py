"""Losses of counts and coverage: signals that are never negative.

Logits are logarithms of rates, shape (B, L, S): the canonical link, because coverage spans orders
of magnitude, and a network whose logits had to span them learned nothing but its mean.  Labels are
float32 (B, L, S), NaN where unknown.  Counts need not be whole: coverage that was scaled or
averaged has the same least.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from genoseq.errors import ConfigError
from genoseq.tasks.heads import LARGEST_LOG_RATE

Total = tuple[Tensor, Tensor]
"""Sum of losses and of weights."""

TOTAL_WEIGHT = 0.2
"""Of a window's total beside its shape, as Linder et al. (2025) weigh it."""
_NOTHING = -1e30
LARGEST_LOG_DISPERSION = 7.0
"""Beyond this, either way, float32 has no digits left for the gamma functions."""


def poisson(logits: Tensor, labels: Tensor) -> Total:
    """Poisson negative log-likelihoods, less their constants, of rate exp(logits)."""
    known, target = _checked(labels, "poisson")
    log_rate = _log_rate(logits)
    errors = log_rate.exp() - target * log_rate
    return (errors * known).sum(), known.sum()


def negative_binomial(outputs: Tensor, labels: Tensor) -> Total:
    """Negative binomial negative log-likelihoods, less their constants.

    The variance is ``mean + dispersion * mean**2``: reads pile up more than chance makes them, and
    Poisson would take every pile for knowledge.

    Parameters
    ----------
    outputs
        Logarithms of the S means and then of the S dispersions, shape (B, L, 2 S).
    labels
        Shape (B, L, S).
    """
    known, target = _checked(labels, "negative-binomial")
    means, dispersions = outputs.chunk(2, -1)
    log_mean = _log_rate(means)
    log_size = -_wide(dispersions).clamp(-LARGEST_LOG_DISPERSION, LARGEST_LOG_DISPERSION)
    size = log_size.exp()
    errors = (
        size.lgamma()
        - (target + size).lgamma()
        + (target + size) * torch.logaddexp(log_size, log_mean)
        - size * log_size
        - target * log_mean
    )
    return (errors * known).sum(), known.sum()


def multinomial(logits: Tensor, labels: Tensor, total_weight: float = TOTAL_WEIGHT) -> Total:
    """How a window's counts lie within it, and (weighed less) how many they are.

    With weight 1 this is :func:`poisson`, whose likelihood is the product of both: of a network
    that sees little of what decides how much there is, the shape is what it can learn.
    Kelley (2020) and Linder et al. (2025), Predicting RNA-seq coverage from DNA sequence.
    """
    known, target = _checked(labels, "multinomial")
    log_rate = _log_rate(logits)
    # Not minus infinity, whose gradient is none where all of a window is unknown.
    log_total = log_rate.masked_fill(~known, _NOTHING).logsumexp(1, keepdim=True)
    shape = (target * (log_rate - log_total) * known).sum()
    totals = log_total.exp() - target.sum(1, keepdim=True) * log_total
    return total_weight * (totals * known.any(1, keepdim=True)).sum() - shape, known.sum()


COUNT_LOSSES: dict[str, Callable[[Tensor, Tensor], Total]] = {
    "poisson": poisson,
    "negative-binomial": negative_binomial,
    "multinomial": partial(multinomial, total_weight=TOTAL_WEIGHT),
}


def _checked(labels: Tensor, loss: str) -> tuple[Tensor, Tensor]:
    """Which labels are known, and labels with 0 for the others.

    Raises
    ------
    ConfigError
        If a signal is negative: counts and coverage are not.
    """
    known = ~labels.isnan()
    target = _wide(labels.where(known, 0.0))
    if bool((target < 0).any()):
        raise ConfigError(
            f"training.loss {loss}: the signal has negative values ({float(target.min()):g}): "
            "use mse"
        )
    return known, target


def _log_rate(logits: Tensor) -> Tensor:
    return _wide(logits).clamp_max(LARGEST_LOG_RATE)


def _wide(values: Tensor) -> Tensor:
    return values if values.dtype == torch.float64 else values.float()
