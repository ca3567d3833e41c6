"""Labels of bases near sites, in training: not known, or of the site's class.

Validation and evaluation see labels as they are.  A site beyond a window's edge is not seen.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from genoseq.config.sampling import NearbySettings
from genoseq.errors import ConfigError, listed
from genoseq.genome.schemes import UNKNOWN_LABEL, Scheme


def check_nearby(settings: NearbySettings, scheme: Scheme) -> None:
    """ConfigError if labels have no such classes, or classes have codon phases."""
    known = {state.name for state in scheme.states if state.phase is None}
    if scheme.kind == "signal" or {*settings.classes} - known:
        raise ConfigError(
            f"training.nearby.classes: {listed(settings.classes)}: use classes without codon "
            f"phases, such as sites; there are {listed(known) if scheme.kind != 'signal' else 0}"
        )


def with_nearby(labels: Tensor, settings: NearbySettings, scheme: Scheme) -> Tensor:
    """Labels (B, L) or (B, L, S) of windows, with those of bases near sites changed.

    Where classes exclude one another a site keeps its own label, and what is near sites of several
    states is not known.
    """
    own = [n for n, state in enumerate(scheme.states) if state.name in settings.classes]
    if scheme.kind == "independent":
        there = (labels == 1).float().transpose(1, 2)
        near = _near(there, settings.bp).transpose(1, 2) & (labels != 1)
        chosen = torch.zeros(labels.shape[2], dtype=torch.bool)
        chosen[own] = True
        value = 1 if settings.teach == "same" else UNKNOWN_LABEL
        return labels.masked_fill(near & chosen, value)
    sites = torch.stack([labels == state for state in own], 1)
    near = _near(sites.float(), settings.bp)
    beside = near.any(1) & ~sites.any(1)
    taught = torch.full_like(labels, UNKNOWN_LABEL)
    if settings.teach == "same":
        single = torch.tensor(own)[near.int().argmax(1)]
        taught = torch.where(near.sum(1) == 1, single, taught)
    return torch.where(beside, taught, labels)


def _near(there: Tensor, bp: int) -> Tensor:
    """Whether a base of each row (B, C, L) lies within ``bp``."""
    return functional.max_pool1d(there, 2 * bp + 1, 1, bp) > 0
