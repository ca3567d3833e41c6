"""The process group of one training, and what its processes exchange.

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

from genoseq.errors import BackendError, GenoseqError, TrainingInterruptedError
from genoseq.training.launch import Launch

PATIENCE = timedelta(minutes=10)
"""How long processes wait for one another: at the start, and where one hangs without ending."""

_T = TypeVar("_T")


class ProcessGroup:
    """How the processes of a training exchange values; by default there is only this one.

    Every method has to be called by all of them, in the same order.

    Attributes
    ----------
    rank, world_size
        Number of this process, and how many they are; rank 0 is the one that writes.
    """

    def __init__(self, rank: int = 0, world_size: int = 1, control: Any = None) -> None:
        self.rank, self.world_size = rank, world_size
        self._control = control

    def parallel(self, model: nn.Module) -> nn.Module:
        """The network, whose gradients are the mean of those of all processes."""
        return model if self.world_size == 1 else DistributedDataParallel(model)

    def same_buffers(self, model: nn.Module) -> None:
        """Give all the buffers of rank 0: training changes some, such as means of a norm."""
        if self.world_size > 1:
            for buffer in model.buffers():
                distributed.broadcast(buffer, 0)

    def sum(self, value: Tensor) -> Tensor:
        """Sum over the processes, of one shape and type in all; without a gradient."""
        if self.world_size == 1:
            return value
        total = value.detach().clone()
        # None is the group that they met in: nccl where they compute on GPUs.
        distributed.all_reduce(total, group=None if value.is_cuda else self._control)
        return total

    def rows(self, *values: float) -> Tensor:
        """The numbers of each process, float64, shape (world size, n)."""
        told = torch.zeros(self.world_size, len(values), dtype=torch.float64)
        told[self.rank] = torch.tensor(values, dtype=torch.float64)
        return self.sum(told)

    def concat(self, value: Tensor) -> Tensor:
        """The tensors of all, one after the other; only their first dimension may differ."""
        ends = self.rows(len(value))[:, 0].long().cumsum(0).tolist()
        whole = value.new_zeros(ends[-1], *value.shape[1:])
        whole[ends[self.rank] - len(value) : ends[self.rank]] = value
        return self.sum(whole)

    def from_rank_0(self, make: Callable[[], _T]) -> _T:
        """What ``make()`` returns in the process of rank 0, in all; the others do not call it."""
        found = [make() if self.rank == 0 else None]
        if self.world_size > 1:
            distributed.broadcast_object_list(found, 0, group=self._control)
        return found[0]  # type: ignore[return-value]

    def told(self, before: int) -> str:
        """What to say of how many they are, where it is not one as ``before``; 0: none was."""
        now, plural = self.world_size, "es" if self.world_size > 1 else ""
        if before not in (0, now):
            instead = f"{now} process{plural} instead of {before}"
            return f", {instead}: the same run but for rounding and dropout"
        return f", {now} processes share each batch" if now > 1 else ""


@contextmanager
def join_group(launch: Launch | None, device: torch.device) -> Iterator[ProcessGroup]:
    """Join the process group of a training, and leave it at the end of the block.

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
        distributed.init_process_group(
            "nccl" if device.type == "cuda" else "gloo",
            init_method=f"tcp://{launch.address}:{launch.port}",
            rank=launch.rank,
            world_size=launch.world_size,
            timeout=PATIENCE,
        )
        control = distributed.new_group(backend="gloo", timeout=PATIENCE)
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise BackendError(
            f"{who} did not meet the others at {launch.address}:{launch.port} ({reason}): all have "
            f"to run at once and reach that host; MASTER_ADDR and MASTER_PORT name another"
        ) from error
    try:
        _check_devices(device, launch.world_size, control)
        yield ProcessGroup(launch.rank, launch.world_size, control)
    except TrainingInterruptedError:
        distributed.destroy_process_group()  # all of them are here
        raise
    except RuntimeError as error:
        lost = isinstance(error, distributed.DistError) or "gloo" in str(error)
        if isinstance(error, GenoseqError) or not lost:
            raise
        raise BackendError(
            f"{who} lost another process, whose log may say why; the same command goes on from "
            f"the last state"
        ) from error
    distributed.destroy_process_group()


def _check_devices(device: torch.device, processes: int, control: Any) -> None:
    """BackendError unless all compute on CPUs, or each on a GPU of its own."""
    gpu = device.type == "cuda"
    own = f"GPU {torch.cuda.get_device_properties(device).uuid}" if gpu else device.type
    found = [own] * processes
    distributed.all_gather_object(found, own, group=control)
    if len({name.startswith("GPU") for name in found}) > 1:
        raise BackendError(
            f"processes compute on {', '.join(found)}: give each a GPU, or all --device cpu"
        )
    if gpu and len({*found}) < len(found):
        raise BackendError(
            f"{len(found)} processes share {len({*found})} GPUs: start one per GPU, as with srun "
            f"--ntasks-per-gpu 1"
        )
