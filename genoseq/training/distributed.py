"""The process group of one training, and what its processes tell one another.

Tensors of the network travel by DistributedDataParallel; here is the rest, a few numbers per step.
They go through gloo also where the network's go through nccl: a GPU waits for none of them, and a
process that ended is noticed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from genoseq.data.dataset import Share
from genoseq.errors import BackendError, GenoseqError
from genoseq.training.launch import Launch
from genoseq.training.stop_signals import TrainingInterruptedError

PATIENCE = timedelta(minutes=10)
"""How long processes wait for one another: at the start, and where one hangs without ending."""

_T = TypeVar("_T")


class ProcessGroup:
    """What the processes of a training tell one another; by default there is only this one.

    Every method has to be called by all of them, in the same order.

    Attributes
    ----------
    rank, world_size
        Number of this process, and how many they are; rank 0 is the one that writes.
    """

    def __init__(self, rank: int = 0, world_size: int = 1, control: Any = None) -> None:
        self.rank, self.world_size = rank, world_size
        self._control = control

    @property
    def share(self) -> Share:
        """Its part of each batch."""
        return Share(self.rank, self.world_size)

    def parallel(self, model: nn.Module, device: torch.device) -> nn.Module:
        """The network, whose gradients are the mean of those of all processes."""
        if self.world_size == 1:
            return model
        devices = [device] if device.type == "cuda" else None
        # Buffers are tables that training leaves alone.
        return DistributedDataParallel(model, device_ids=devices, forward_sync_buffers=False)

    def sum(self, value: Tensor) -> Tensor:
        """Sum over the processes, of one shape and type in all; without a gradient."""
        if self.world_size == 1:
            return value
        total = value.detach().clone()
        distributed.all_reduce(total, group=self._group(total))
        return total

    def rows(self, *values: float) -> Tensor:
        """The numbers of each process, float64, shape (world size, n)."""
        own = torch.tensor([values], dtype=torch.float64)
        return own if self.world_size == 1 else self._gather(own)

    def concat(self, value: Tensor) -> Tensor:
        """The tensors of all, one after the other; only their first dimension may differ."""
        if self.world_size == 1:
            return value
        counts = [int(count) for count in self.rows(len(value))[:, 0]]
        padded = value.new_zeros(max(counts), *value.shape[1:])
        padded[: len(value)] = value
        pieces = torch.split(self._gather(padded), max(counts))
        return torch.cat([piece[:count] for piece, count in zip(pieces, counts, strict=True)])

    def from_rank_0(self, make: Callable[[], _T]) -> _T:
        """What ``make`` gives in the process of rank 0; the others do not call it."""
        found = [make() if self.rank == 0 else None]
        if self.world_size > 1:
            distributed.broadcast_object_list(found, 0, group=self._control)
        return found[0]  # type: ignore[return-value]

    def wait(self) -> None:
        """Go on when all have come so far."""
        if self.world_size > 1:
            distributed.barrier(group=self._control)

    def all_of(self, value: str) -> list[str]:
        """The text of each process."""
        found = [value] * self.world_size
        if self.world_size > 1:
            distributed.all_gather_object(found, value, group=self._control)
        return found

    def _gather(self, value: Tensor) -> Tensor:
        whole = value.new_empty(self.world_size * len(value), *value.shape[1:])
        pieces = list(torch.split(whole, len(value)))
        distributed.all_gather(pieces, value.contiguous(), group=self._group(value))
        return whole

    def _group(self, value: Tensor) -> Any:
        """The group for a tensor: None, which is all processes' own, for one on a GPU."""
        return None if value.is_cuda else self._control


@contextmanager
def join_group(launch: Launch | None, device: torch.device) -> Iterator[ProcessGroup]:
    """Meet the other processes of a training; leave them at the end of the block.

    Parameters
    ----------
    launch
        From :func:`genoseq.training.launch.launch_of`; None: this process alone.
    device
        Where this process computes: gradients go through nccl for a GPU, else through gloo.

    Raises
    ------
    BackendError
        If the others do not come, are of another kind, or one of them ends early.
    """
    if launch is None:
        yield ProcessGroup()
        return
    who = f"process {launch.rank} of {launch.world_size}"
    try:
        group = _meet(launch, device)
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise BackendError(
            f"{who} did not meet the others at {launch.address}:{launch.port} ({reason}): all have "
            f"to run at once and reach that host; MASTER_ADDR and MASTER_PORT name another"
        ) from error
    try:
        _check_devices(group, device)
        yield group
    except TrainingInterruptedError:
        distributed.destroy_process_group()  # all of them are here
        raise
    except RuntimeError as error:
        if isinstance(error, GenoseqError) or not _is_lost(error):
            raise
        raise BackendError(
            f"{who} lost another one, which says why if it could; the same command goes on from "
            f"the last state"
        ) from error
    distributed.destroy_process_group()


def _meet(launch: Launch, device: torch.device) -> ProcessGroup:
    distributed.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        init_method=f"tcp://{launch.address}:{launch.port}",
        rank=launch.rank,
        world_size=launch.world_size,
        timeout=PATIENCE,
    )
    control = distributed.new_group(backend="gloo", timeout=PATIENCE)
    return ProcessGroup(launch.rank, launch.world_size, control)


def _check_devices(group: ProcessGroup, device: torch.device) -> None:
    """BackendError unless all compute on CPUs, or each on a GPU of its own."""
    gpu = device.type == "cuda"
    own = f"GPU {torch.cuda.get_device_properties(device).uuid}" if gpu else device.type
    found = group.all_of(own)
    if len({name.startswith("GPU") for name in found}) > 1:
        raise BackendError(
            f"processes compute on {', '.join(found)}: give each a GPU, or all --device cpu"
        )
    if gpu and len({*found}) < len(found):
        raise BackendError(
            f"{len(found)} processes share {len({*found})} GPUs: start one per GPU, as with srun "
            f"--ntasks-per-gpu 1"
        )


def _is_lost(error: RuntimeError) -> bool:
    """Whether it is about a process that no longer answers."""
    return isinstance(error, distributed.DistError) or "gloo" in str(error)
