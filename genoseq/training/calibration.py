"""What a trained network tells of windows drawn anywhere, by which its probabilities are set right.

Windows around rare classes have other surroundings than most of a genome: by how often classes are
shown alone probabilities come out up to half too low.  So the mean of what is told is compared with
what is there, in training regions, windows side by side.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from genoseq.config.schema import RunSettings
from genoseq.data.dataset import ValidationWindows
from genoseq.genome.windows import round_up
from genoseq.models.build import SequenceModel
from genoseq.models.device import Precision, autocast
from genoseq.store.store import Store
from genoseq.tasks.task import Task

_LONG = 6144
"""bp of a window where lengths do not matter, as much as scoring shows at once: what a recurrent
network has learned of windows in which there is a site is not what it tells of longer ones."""
_OUTPUTS = 1 << 23
"""Outputs that are looked at: 32 MB, and of seven classes a million bases."""


@torch.no_grad()
def told_anywhere(
    model: SequenceModel,
    task: Task,
    settings: RunSettings,
    stores: Sequence[Store],
    device: torch.device,
    precision: Precision,
) -> tuple[Tensor, Tensor]:
    """Outputs (N, S) of a network in evaluation mode, and targets (N, ...), on the CPU.

    They are of windows evenly spread over the training regions, as many as there are or as fit.
    """
    trained = settings.training.window
    length = trained if settings.model.encoder.sees_all() else max(trained, _LONG)
    window = round_up(length, settings.model.stride)
    most = max(1, _OUTPUTS // task.outputs // window)
    tokenizer = settings.model.tokenizer
    batch = max(1, settings.training.batch * trained // window)
    windows = ValidationWindows(stores, tokenizer, "train", window, batch, most)
    outputs, targets = [], []
    for number in range(len(windows)):
        here = windows[number]
        with autocast(precision, device):
            told = model(here.ids.to(device))
        outputs.append(told.float().flatten(0, 1).cpu())
        targets.append(task.targets(here).flatten(0, 1))
    return torch.cat(outputs), torch.cat(targets)
