"""Losses of per-base predictions; bases without a known label leave them.

Class labels are int64 (B, L) with ``schemes.UNKNOWN_LABEL``; labels of classes that do not exclude
one another are float32 (B, L, S), 0, 1 or ``UNKNOWN_LABEL``; signal labels are float32 (B, L, S)
with NaN.  Every loss is a pair of scalars: the sum over known labels, in float32 or wider, and what
these labels weigh; the loss of a batch is their quotient (:func:`mean`), wherever its rows were
computed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal, cast

import torch
from torch import Tensor
from torch.nn import functional

from genoseq.config.training import LOSSES
from genoseq.config.training import Loss as NamedLoss
from genoseq.errors import ConfigError
from genoseq.genome.schemes import UNKNOWN_LABEL, Scheme
from genoseq.tasks.count_losses import COUNT_LOSSES, Total
from genoseq.tasks.heads import Activation, compress

Loss = NamedLoss | Literal["binary-cross-entropy", "binary-focal"]
_BINARY: dict[str, Loss] = {"cross-entropy": "binary-cross-entropy", "focal": "binary-focal"}
"""What the losses of classes are of those that do not exclude one another."""

ACTIVATIONS: dict[Loss, Activation] = {
    "cross-entropy": "softmax",
    "focal": "softmax",
    "binary-cross-entropy": "sigmoid",
    "binary-focal": "sigmoid",
    "mse": "expm1",
    "poisson": "exp",
    "negative-binomial": "exp",
    "multinomial": "exp",
}
"""How logits that were learned by a loss become values."""


def loss_of(loss: str | None, scheme: Scheme) -> Loss:
    """The loss of a scheme by its name in settings or its own; None: the scheme's default.

    Raises
    ------
    ConfigError
        If a loss for classes meets signals or the other way round.
    """
    binary = _BINARY if scheme.kind == "independent" else {}
    for named in LOSSES[scheme.kind]:
        own = binary.get(named, cast(Loss, named))
        if loss in (None, named, own):
            return own
    known = " or ".join(LOSSES[scheme.kind])
    raise ConfigError(f"training.loss {loss} does not suit {scheme.kind}: use {known}")


def loss_function(loss: Loss, gamma: float) -> Callable[[Tensor, Tensor, Tensor | None], Total]:
    """Logits (B, L, S), labels and weights of classes (S,) or None to a sum and its weight."""
    functions: dict[Loss, Callable[[Tensor, Tensor, Tensor | None], Total]] = {
        "cross-entropy": cross_entropy,
        "focal": partial(focal, gamma=gamma),
        "binary-cross-entropy": partial(binary, gamma=0.0),
        "binary-focal": partial(binary, gamma=gamma),
    }
    if loss in functions:
        return functions[loss]
    of_signals = {"mse": mse, **COUNT_LOSSES}[loss]
    return lambda logits, labels, _weights: of_signals(logits, labels)


def mean(total: Tensor, weight: Tensor) -> Tensor:
    """The loss: sum over weight, 0 (with a gradient) where no label is known."""
    return total / weight.where(weight > 0, 1).to(total)


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


def binary(
    logits: Tensor, labels: Tensor, weights: Tensor | None = None, *, gamma: float = 0.0
) -> Total:
    """-log p of what each state is, there or not, times ``(1 - p)^gamma``.

    Parameters
    ----------
    logits
        Shape (B, L, S).
    labels
        Float, shape (B, L, S): 0, 1, or UNKNOWN_LABEL.
    weights
        Of states where they are there, (S,), against 1 where they are not; None: all 1.
    """
    known = labels != UNKNOWN_LABEL
    there = (labels == 1).to(logits.dtype)
    wide = logits if logits.dtype == torch.float64 else logits.float()
    nll = functional.binary_cross_entropy_with_logits(wide, there.to(wide), reduction="none")
    if gamma:
        easy = (-(-nll).expm1()).clamp_min(torch.finfo(nll.dtype).tiny)
        nll = easy**gamma * nll
    weight = known.to(wide)
    if weights is not None:
        weight = weight * (1 + there.to(wide) * (weights.to(wide) - 1))
    return (nll * weight).sum(), weight.sum()


def taught(logits: Tensor, values: Tensor, known: Tensor, *, exclusive: bool) -> Total:
    """Cross-entropy of logits against probabilities, in place of labels.

    Parameters
    ----------
    logits, values
        Shape (B, L, S) each.
    known
        Which bases count, (B, L).
    exclusive
        Whether states exclude one another.
    """
    if exclusive:
        likely = values.flatten(0, 1).T.to(torch.float32)
        losses = -(likely * _log_p(logits)).sum(0)
    else:
        losses = (
            functional.binary_cross_entropy_with_logits(
                logits.float(), values.float(), reduction="none"
            )
            .sum(2)
            .flatten()
        )
    weight = known.flatten()
    return (losses * weight).sum(), weight.sum()


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
