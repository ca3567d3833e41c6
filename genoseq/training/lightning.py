"""Lightning's Trainer, without what our module does itself and without its chatter."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning import Trainer
from pytorch_lightning.loggers import TensorBoardLogger

from genoseq.training.curve import CurveLogger
from genoseq.training.run import Run

# What Lightning says of every run and nobody can act on; anything else it says is heard.
_CHATTER = (
    "GPU available:",
    "TPU available:",
    "HPU available:",
    "LOCAL_RANK:",
    "💡 Tip:",
    "You are using a CUDA device",
)
_WARNINGS = (
    r".*does not have many workers.*",
    r".*`isinstance\(treespec, LeafSpec\)` is deprecated.*",
    r".*GPU available but not used.*",
    r".*The `srun` command is available.*",
)


def build_trainer(run: Run, device: torch.device, logs: Path, step: int) -> Trainer:
    """A trainer for the run, whose logs go on after ``step``."""
    logs.mkdir(parents=True, exist_ok=True)
    # TensorBoard ignores what earlier event files say of steps from purge_step on.
    board = TensorBoardLogger(
        logs, name="", version="tensorboard", default_hp_metric=False, purge_step=step + 1
    )
    return Trainer(
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=[device.index or 0] if device.type == "cuda" else 1,
        plugins=[LightningEnvironment()],  # Slurm's would requeue by itself
        logger=[CurveLogger(logs / "metrics.csv", step), board],
        max_epochs=-1,
        limit_val_batches=None if run.valid is not None else 0,
        num_sanity_val_steps=0,
        reload_dataloaders_every_n_epochs=1,
        accumulate_grad_batches=run.settings.accumulate,
        gradient_clip_val=run.settings.clip,
        log_every_n_steps=1,
        inference_mode=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
        use_distributed_sampler=False,
    )


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Hold back the messages that Lightning gives at every run; any other is heard."""

    def heard(record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(_CHATTER)

    said = logging.getLogger("pytorch_lightning.utilities.rank_zero")
    said.addFilter(heard)
    try:
        with warnings.catch_warnings():
            for pattern in _WARNINGS:
                warnings.filterwarnings("ignore", message=pattern)
            yield
    finally:
        said.removeFilter(heard)
