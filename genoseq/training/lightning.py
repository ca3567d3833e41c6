"""Lightning's Trainer, without what our module does itself and without its chatter."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning import Trainer
from pytorch_lightning.loggers import Logger, TensorBoardLogger
from pytorch_lightning.strategies import DDPStrategy

from genoseq.training.curve import CurveLogger
from genoseq.training.setup import Run

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


class Member(LightningEnvironment):
    """One process of a team, which Lightning takes for a machine with one device.

    Slurm's own environment would requeue jobs by itself, and torchrun's number of processes lets
    Lightning broadcast at every micro-batch, for which a GPU waits, and in its signal handler: what
    others received is asked in ``Pulse``.  So Lightning knows of one process, while its strategy
    wraps the network for all that have joined.

    Parameters
    ----------
    rank
        Number of the process: Lightning speaks in the first.
    """

    def __init__(self, rank: int) -> None:
        super().__init__()
        self._rank = rank

    @property
    def creates_processes_externally(self) -> bool:
        """Yes: Lightning is to start none."""
        return True

    def local_rank(self) -> int:
        """Which of the Trainer's devices: it has one."""
        return 0

    def node_rank(self) -> int:
        """Number of the process."""
        return self._rank


def build_trainer(run: Run, device: torch.device, logs: Path, step: int) -> Trainer:
    """A trainer for the run, whose logs go on after ``step``."""
    ours = device.index or 0
    if run.team.size > 1:
        # Unless this is set Lightning gives each process a thread for every core, which was ten
        # times slower with two processes on two busy cores.
        os.environ.setdefault("OMP_NUM_THREADS", f"{torch.get_num_threads()}")
    return Trainer(
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=[ours] if device.type == "cuda" else 1,
        # Buffers are tables that training leaves alone.
        strategy=DDPStrategy(forward_sync_buffers=False) if run.team.size > 1 else "auto",
        plugins=[Member(run.team.rank)],
        logger=_loggers(logs, step) if run.team.first else False,
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


def _loggers(logs: Path, step: int) -> list[Logger]:
    logs.mkdir(parents=True, exist_ok=True)
    # TensorBoard ignores what earlier event files say of steps from purge_step on.
    board = TensorBoardLogger(
        logs, name="", version="tensorboard", default_hp_metric=False, purge_step=step + 1
    )
    return [CurveLogger(logs / "metrics.csv", step), board]


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
