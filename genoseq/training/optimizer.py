"""AdamW: its learning rate by the progress of a run, and its moments as named tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

_PREFIX = "adam."


def build_adamw(model: nn.Module, weight_decay: float, rate: float = 0.0) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019) whose decay spares biases, norms and embeddings.

    Those have no scale to keep small: decay would only pull rare tokens to 0.  Frozen weights are
    left out.
    """
    flat = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    flat |= {id(parameter) for parameter in model.parameters() if parameter.ndim < 2}
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    decayed = [parameter for parameter in learned if id(parameter) not in flat]
    spared = [parameter for parameter in learned if id(parameter) in flat]
    parts = (decayed, weight_decay), (spared, 0.0)
    groups = [{"params": part, "weight_decay": decay} for part, decay in parts]
    return torch.optim.AdamW(groups, lr=rate, fused=True)


def learning_rate(progress: float, peak: float, warmup: float) -> float:
    """Rate at a progress of 0 to 1: linear from 0 to ``peak``, then half a cosine down to 0.

    The cosine is that of Loshchilov and Hutter, SGDR (2017), without restarts; ``warmup`` is the
    fraction of the run that the rate takes to reach ``peak``.
    """
    if progress < warmup:
        return peak * progress / warmup
    angle = math.pi * (progress - warmup) / (1 - warmup) if warmup < 1 else 0.0
    return peak * 0.5 * (1 + math.cos(angle))


def moments(optimizer: torch.optim.Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """Moments and step counts: ``adam.exp_avg.head.projection.weight``; empty before a step."""
    return {
        f"{_PREFIX}{kind}.{name}": value
        for name, parameter in model.named_parameters()
        for kind, value in optimizer.state.get(parameter, {}).items()
    }


def restore_moments(
    optimizer: torch.optim.Optimizer, model: nn.Module, tensors: Mapping[str, Tensor]
) -> None:
    """Put back what :func:`moments` gave; other tensors in the mapping are left alone."""
    parameters = dict(model.named_parameters())
    for key, value in tensors.items():
        if key.startswith(_PREFIX):
            kind, name = key.removeprefix(_PREFIX).split(".", 1)
            optimizer.state[parameters[name]][kind] = value.to(parameters[name].device)
