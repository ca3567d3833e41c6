"""Losses of per-base predictions; bases without a known label leave them.

Class labels are int64 (B, L) with ``schemes.UNKNOWN``; signal labels are float32 (B, L, S) with
NaN.  Every loss is the mean over known labels, in float32, and 0 (with a gradient) if none is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from genoseq.config.schema import TrainingSettings
from genoseq.errors import ConfigError
from genoseq.genome.schemes import UNKNOWN, Scheme
from genoseq.models.heads import LARGEST_LOG_RATE, Activation, compress

Loss = Literal["cross-entropy", "focal", "mse", "poisson"]
Objective = Callable[[Tensor, Tensor], Tensor]
"""(logits (B, L, S), labels) -> loss, a scalar."""

Weight = Callable[[Tensor], Tensor]
"""labels -> what they weigh in a mean over several batches, a scalar of float64."""

_ACTIVATIONS: dict[Loss, Activation] = {
    "cross-entropy": "softmax",
    "focal": "softmax",
    "mse": "expm1",
    "poisson": "exp",
}


def loss_of(training: TrainingSettings, scheme: Scheme) -> Loss:
    """The loss that settings name, or the scheme's default: cross-entropy, or mse for signals.

    Raises
    ------
    ConfigError
        If a loss for classes meets signals or the other way round.
    """
    loss: Loss = training.loss or ("cross-entropy" if scheme.kind == "classes" else "mse")
    if (_ACTIVATIONS[loss] == "softmax") != (scheme.kind == "classes"):
        fitting = "cross-entropy or focal" if scheme.kind == "classes" else "mse or poisson"
        raise ConfigError(f"training.loss {loss} does not suit {scheme.kind}: use {fitting}")
    return loss


def activation_of(training: TrainingSettings, scheme: Scheme) -> Activation:
    """How the logits of a model so trained become values; kept in its bundle."""
    return _ACTIVATIONS[loss_of(training, scheme)]


def build_objective(
    training: TrainingSettings, scheme: Scheme, counts: Sequence[int] = ()
) -> Objective:
    """The loss function of settings.

    Parameters
    ----------
    training, scheme
        What is trained, and its outputs.
    counts
        Bases of each state in the training data, S of them; only balanced class weights need it.

    Raises
    ------
    ConfigError
        If the loss or the class weights do not fit the scheme.
    """
    loss = loss_of(training, scheme)
    if scheme.kind == "signal" and training.class_weights != "none":
        raise ConfigError("training.class_weights are for classes, these labels are signals")
    if loss == "mse":
        return mse
    if loss == "poisson":
        return poisson
    weights = class_weights(counts, training.class_weights, len(scheme))
    if loss == "focal":
        return partial(focal, gamma=training.focal_gamma, weights=weights)
    return partial(cross_entropy, weights=weights)


def build_weight(training: TrainingSettings, scheme: Scheme, counts: Sequence[int] = ()) -> Weight:
    """What labels weigh in the loss of :func:`build_objective`, whose arguments it takes.

    The loss of two batches as one is the mean of their losses, by these weights.
    """
    if scheme.kind == "signal":
        return known_values
    weights = class_weights(counts, training.class_weights, len(scheme))
    return partial(known_weight, weights=weights)


def known_values(labels: Tensor) -> Tensor:
    """Number of known signals."""
    return (~labels.isnan()).sum().double()


def known_weight(labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Number of known classes, or the sum of their weights, shape (S,)."""
    known = labels != UNKNOWN
    if weights is None:
        return known.sum().double()
    return (weights.to(labels.device)[labels.where(known, 0)] * known).sum(dtype=torch.float64)


def class_weights(
    counts: Sequence[int], setting: Literal["none", "balanced"] | Sequence[float], states: int
) -> Tensor | None:
    """Weight of each state, float32 (S,), or None for equal weights.

    balanced: the mean count over the state's count, so that every state that occurs has the same
    say; a state that never occurs keeps weight 1.

    Raises
    ------
    ConfigError
        If the number of weights or counts is not S, or a weight is negative or all are 0.
    """
    if setting == "none":
        return None
    if setting == "balanced":
        if len(counts) != states:
            raise ConfigError(f"balanced class weights: {len(counts)} counts, {states} states")
        known = torch.tensor(counts, dtype=torch.float64)
        mean = known[known > 0].mean()
        return torch.where(known > 0, mean / known, 1.0).float()
    weights = torch.tensor([float(weight) for weight in setting])
    if len(weights) != states:
        raise ConfigError(f"training.class_weights: {len(weights)} weights, {states} states")
    if not bool((weights >= 0).all()) or not bool(weights.sum().isfinite() & (weights.sum() > 0)):
        raise ConfigError("training.class_weights: weights must be 0 or more, and one above 0")
    return weights


def cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Tensor:
    """Weighted mean of -log p of the labels.

    Parameters
    ----------
    logits
        Shape (B, L, S), any float type.
    labels
        int64, shape (B, L); UNKNOWN where no class is known.
    weights
        Shape (S,); the mean is over the weights of the known labels.
    """
    log_p, labels = _log_p(logits), labels.flatten()
    on = None if weights is None else weights.to(log_p)
    total = functional.nll_loss(
        log_p[None], labels[None], on, ignore_index=UNKNOWN, reduction="sum"
    )
    return total / _weight(labels, on)


def focal(
    logits: Tensor, labels: Tensor, gamma: float = 2.0, weights: Tensor | None = None
) -> Tensor:
    """Cross-entropy times ``(1 - p)^gamma``: bases already right count little.

    Lin et al. (2017), Focal Loss for Dense Object Detection.  Arguments as in
    :func:`cross_entropy`; the mean is over the weights of the known labels.
    """
    log_p, labels = _log_p(logits), labels.flatten()
    on = None if weights is None else weights.to(log_p)
    nll = functional.nll_loss(
        log_p[None], labels[None], on, ignore_index=UNKNOWN, reduction="none"
    )[0]
    known = labels != UNKNOWN
    own = log_p.gather(0, labels.where(known, 0)[None])[0]
    # p = 1 would give 0^(gamma - 1), infinite for gamma < 1, in the gradient.
    easy = (-own.expm1()).clamp_min(torch.finfo(own.dtype).tiny)
    return (easy**gamma * nll).sum() / _weight(labels, on)


def mse(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error on the log1p scale (see ``heads.compress``).

    Parameters
    ----------
    logits
        Predicted log1p of the signals, shape (B, L, S).
    labels
        Signals, float, shape (B, L, S); NaN where unknown.
    """
    known = ~labels.isnan()
    target = compress(labels.where(known, 0.0)).float()
    errors = (logits.float() - target) ** 2
    return (errors * known).sum() / known.sum().clamp_min(1)


def poisson(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean Poisson negative log-likelihood, less its constant, of rate exp(logits).

    The logarithm is the rate's canonical link: coverage spans orders of magnitude, and a network
    whose logits had to span them learned nothing but its mean.  Arguments as in :func:`mse`.

    Raises
    ------
    ConfigError
        If a signal is negative: counts and coverage are not.
    """
    known = ~labels.isnan()
    target = labels.where(known, 0.0).float()
    if bool((target < 0).any()):
        raise ConfigError(
            f"training.loss poisson: the signal has negative values ({float(target.min()):g}): "
            "use mse"
        )
    log_rate = (logits if logits.dtype == torch.float64 else logits.float()).clamp_max(
        LARGEST_LOG_RATE
    )
    errors = log_rate.exp() - target * log_rate
    return (errors * known).sum() / known.sum().clamp_min(1)


def _log_p(logits: Tensor) -> Tensor:
    """Logits (B, L, S) -> log probabilities (S, B * L), float32 or wider.

    States first: a softmax over a short last dimension is three times slower on the CPU.
    """
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return wide.flatten(0, 1).T.contiguous().log_softmax(0)


def _weight(labels: Tensor, weights: Tensor | None) -> Tensor:
    """Sum of the known labels' weights, or 1 where that is 0, so that 0 / 1 is the loss."""
    known = labels[labels != UNKNOWN]
    if weights is None:
        return torch.tensor(max(1, known.numel()), device=labels.device)
    total = weights[known].sum()
    return total.where(total > 0, 1.0)
