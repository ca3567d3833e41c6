"""Losses of per-base predictions; bases without a known label leave them.

Class labels are int64 (B, L) with ``schemes.UNKNOWN_LABEL``; signal labels are float32 (B, L, S)
with NaN.  Every loss is a pair of scalars: the sum over known labels, in float32 or wider, and what
these labels weigh; the loss of a batch is their quotient (:func:`mean`), wherever its rows were
computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, cast, get_args

import torch
from torch import Tensor
from torch.nn import functional

from genoseq.config.training import LOSSES, ClassLoss, Loss
from genoseq.errors import ConfigError
from genoseq.genome.schemes import UNKNOWN_LABEL, Scheme
from genoseq.tasks.count_losses import COUNT_LOSSES, Total
from genoseq.tasks.heads import Activation, compress

ACTIVATIONS: dict[Loss, Activation] = {
    "cross-entropy": "softmax",
    "focal": "softmax",
    "mse": "expm1",
    "poisson": "exp",
    "negative-binomial": "exp",
    "multinomial": "exp",
}
"""How logits that were learned by a loss become values."""
OUTPUTS: dict[Loss, int] = {"negative-binomial": 2}
"""Outputs for a signal, where there is more than one: its mean, and then its dispersion."""


def loss_of(loss: Loss | None, scheme: Scheme) -> Loss:
    """The loss itself, or the scheme's default: cross-entropy, or mse for signals.

    Raises
    ------
    ConfigError
        If a loss for classes meets signals or the other way round.
    """
    fitting = LOSSES[scheme.kind]
    chosen = loss or cast(Loss, fitting[0])
    if chosen not in fitting:
        raise ConfigError(
            f"training.loss {chosen} does not suit {scheme.kind}: use {' or '.join(fitting)}"
        )
    return chosen


def loss_function(loss: Loss, gamma: float) -> Callable[[Tensor, Tensor, Tensor | None], Total]:
    """Logits (B, L, S), labels and weights of classes (S,) or None to a sum and its weight."""
    if loss in get_args(ClassLoss):
        return cross_entropy if loss == "cross-entropy" else partial(focal, gamma=gamma)
    of_signals = {"mse": mse, **COUNT_LOSSES}[loss]
    return lambda logits, labels, _weights: of_signals(logits, labels)


def mean(total: Tensor, weight: Tensor) -> Tensor:
    """The loss: sum over weight, 0 (with a gradient) where no label is known."""
    return total / weight.where(weight > 0, 1).to(total)


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
        average = known[known > 0].mean()
        return torch.where(known > 0, average / known, 1.0).float()
    weights = torch.tensor([float(weight) for weight in setting])
    if len(weights) != states:
        raise ConfigError(f"training.class_weights: {len(weights)} weights, {states} states")
    if not bool((weights >= 0).all()) or not bool(weights.sum().isfinite() & (weights.sum() > 0)):
        raise ConfigError("training.class_weights: weights must be 0 or more, and one above 0")
    return weights


def cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> Total:
    """-log p of the labels.

    Parameters
    ----------
    logits
        Shape (B, L, S), any float type.
    labels
        int64, shape (B, L); UNKNOWN_LABEL where no class is known.
    weights
        Of the states, shape (S,); None: all 1.
    """
    log_p, labels = _log_p(logits), labels.flatten()
    on = None if weights is None else weights.to(log_p)
    total = functional.nll_loss(
        log_p[None], labels[None], on, ignore_index=UNKNOWN_LABEL, reduction="sum"
    )
    return total, _weight(labels, on)


def focal(
    logits: Tensor, labels: Tensor, weights: Tensor | None = None, *, gamma: float = 2.0
) -> Total:
    """Cross-entropy times ``(1 - p)^gamma``: bases already right count little.

    Lin et al. (2017), Focal Loss for Dense Object Detection.  Arguments as in
    :func:`cross_entropy`.
    """
    log_p, labels = _log_p(logits), labels.flatten()
    on = None if weights is None else weights.to(log_p)
    nll = functional.nll_loss(
        log_p[None], labels[None], on, ignore_index=UNKNOWN_LABEL, reduction="none"
    )[0]
    known = labels != UNKNOWN_LABEL
    own = log_p.gather(0, labels.where(known, 0)[None])[0]
    # p = 1 would give 0^(gamma - 1), infinite for gamma < 1, in the gradient.
    easy = (-own.expm1()).clamp_min(torch.finfo(own.dtype).tiny)
    return (easy**gamma * nll).sum(), _weight(labels, on)


def mse(logits: Tensor, labels: Tensor) -> Total:
    """Squared errors on the log1p scale (see ``heads.compress``).

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
    return (errors * known).sum(), known.sum()


def _log_p(logits: Tensor) -> Tensor:
    """Logits (B, L, S) -> log probabilities (S, B * L), float32 or wider.

    States first: a softmax over a short last dimension is three times slower on the CPU.
    """
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return wide.flatten(0, 1).T.contiguous().log_softmax(0)


def _weight(labels: Tensor, weights: Tensor | None) -> Tensor:
    """Number of known labels, or the sum of their weights."""
    known = labels != UNKNOWN_LABEL
    # A selection would make the processor wait for a GPU, to learn how many there are.
    return known.sum() if weights is None else weights[labels[known]].sum()
