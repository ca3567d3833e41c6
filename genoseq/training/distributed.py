"""The processes of one training: which one this is, and what they tell one another.

Tensors of the network travel by DistributedDataParallel; here is the rest, a few numbers a step.
They go through gloo also where the network's go through nccl: a GPU waits for none of them, and a
process that ended is noticed at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, distributed

from genoseq.data.dataset import Share
from genoseq.errors import BackendError, ConfigError, GenoseqError
from genoseq.models.device import choose_device
from genoseq.training.stop_signals import TrainingInterruptedError

PATIENCE = timedelta(minutes=10)
"""How long processes wait for one another: at the start, and where one hangs without ending."""

_PORTS = 20_000, 12_000  # first and number: below those that Linux gives to others
_T = TypeVar("_T")


class Place(NamedTuple):
    """Where a process stands among those of its training.

    Attributes
    ----------
    rank, size
        Its number from 0, and how many they are.
    local
        Its number among those on its machine: the GPU it takes.
    address, port
        Where the first of them listens.
    """

    rank: int
    size: int
    local: int
    address: str
    port: int


def place_of(environment: Mapping[str, str]) -> Place | None:
    """The place that torchrun or srun gave to a process; None if it is the only one.

    The variables of torchrun, which Kubernetes' PyTorchJob sets as well, come before those of a
    step of Slurm; MASTER_ADDR and MASTER_PORT are heeded for both.  SLURM_STEP_NUM_TASKS and not
    SLURM_NTASKS: the script of a job with several tasks, and what it starts without ``srun``, is
    one process.

    Raises
    ------
    ConfigError
        If one of the variables is missing or no number.
    """
    if "RANK" in environment and "WORLD_SIZE" in environment:
        names, address, port = ("RANK", "WORLD_SIZE", "LOCAL_RANK"), "", ""
        found = {"LOCAL_RANK": "0", **environment}
    elif "SLURM_STEP_NUM_TASKS" in environment:
        names = ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID")
        address, port = _slurm_address(environment)
        found = {**environment}
    else:
        return None
    found = {"MASTER_ADDR": address, "MASTER_PORT": port} | found
    if _number(found, names[1]) == 1:
        return None
    if not found["MASTER_ADDR"]:
        raise ConfigError("WORLD_SIZE is set and MASTER_ADDR is not: name the host of rank 0")
    rank, size, local = (_number(found, name) for name in names)
    place = Place(rank, size, local, found["MASTER_ADDR"], _number(found, "MASTER_PORT"))
    if not 0 <= place.rank < place.size:
        raise ConfigError(f"{names[0]} is {place.rank} of {place.size}: it counts from 0")
    return place


def _slurm_address(environment: Mapping[str, str]) -> tuple[str, str]:
    """Host of the step's first task, and a port that two steps of a machine seldom share."""
    nodes = environment.get("SLURM_STEP_NODELIST", "")
    one = environment.get("SLURM_STEP_NUM_NODES") == "1"
    step = 32 * _number(environment, "SLURM_JOB_ID") + _number(environment, "SLURM_STEP_ID")
    first, count = _PORTS
    return "127.0.0.1" if one else first_host(nodes), f"{first + step % count}"


def first_host(nodes: str) -> str:
    """First host of a list as Slurm writes it: ``gpu-[07-12,15],cpu3`` begins with gpu-07."""
    name = re.match(r"(?:\[[^]]*\]|[^,[])*", nodes)
    return re.sub(r"\[(\w+)[^]]*\]", r"\1", name[0] if name else nodes)


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "")
    if not text.isascii() or not text.isdigit():
        found = f"is {text!r}" if text else "is not set"
        raise ConfigError(f"{name} {found}: processes are started by srun, torchrun or alike")
    return int(text)


class Team:
    """What the processes of a training tell one another; by default there is only this one.

    Every method but the properties has to be called by all of them, in the same order.

    Attributes
    ----------
    rank, size
        Number of this process, and how many they are.
    """

    def __init__(self, rank: int = 0, size: int = 1, control: Any = None) -> None:
        self.rank = rank
        self.size = size
        self._control = control

    @property
    def first(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0

    @property
    def share(self) -> Share:
        """Its part of each batch."""
        return Share(self.rank, self.size)

    def sum(self, value: Tensor) -> Tensor:
        """Sum over the processes, of one shape and type in all; without a gradient."""
        if self.size == 1:
            return value
        total = value.detach().clone()
        distributed.all_reduce(total, group=self._group(total))
        return total

    def rows(self, *values: float) -> Tensor:
        """The numbers of each process, float64, shape (size, n)."""
        own = torch.tensor([values], dtype=torch.float64)
        return own if self.size == 1 else self._gather(own)

    def concat(self, value: Tensor) -> Tensor:
        """The tensors of all, one after the other; only their first dimension may differ."""
        if self.size == 1:
            return value
        counts = [int(count) for count in self.rows(len(value))[:, 0]]
        padded = value.new_zeros(max(counts), *value.shape[1:])
        padded[: len(value)] = value
        pieces = torch.split(self._gather(padded), max(counts))
        return torch.cat([piece[:count] for piece, count in zip(pieces, counts, strict=True)])

    def from_first(self, make: Callable[[], _T]) -> _T:
        """What ``make`` gives in the first process; the others do not call it."""
        found = [make() if self.first else None]
        if self.size > 1:
            distributed.broadcast_object_list(found, 0, group=self._control)
        return found[0]  # type: ignore[return-value]

    def wait(self) -> None:
        """Go on when all have come so far."""
        if self.size > 1:
            distributed.barrier(group=self._control)

    def _gather(self, value: Tensor) -> Tensor:
        whole = value.new_empty(self.size * len(value), *value.shape[1:])
        pieces = list(torch.split(whole, len(value)))
        distributed.all_gather(pieces, value.contiguous(), group=self._group(value))
        return whole

    def _group(self, value: Tensor) -> Any:
        """The group for a tensor: None, which is all processes' own, for one on a GPU."""
        return None if value.is_cuda else self._control


def device_of(place: Place | None, asked: str | None) -> torch.device:
    """The device of a process: of several on one machine each takes the next GPU it sees.

    Raises
    ------
    BackendError
        If there is no such device.
    """
    device = choose_device(asked)
    if place is None or device.type == "cpu" or device.index is not None:
        return device
    return torch.device("cuda", place.local % torch.cuda.device_count())


@contextmanager
def join_team(place: Place | None, device: torch.device) -> Iterator[Team]:
    """Meet the other processes of a training; leave them at the end of the block.

    Parameters
    ----------
    place
        From :func:`place_of`; None: a team of one.
    device
        Where this process computes: gradients go through nccl for a GPU, else through gloo.

    Raises
    ------
    BackendError
        If the others do not come, are of another kind, or one of them ends early.
    """
    if place is None:
        yield Team()
        return
    who = f"process {place.rank} of {place.size}"
    try:
        team = _meet(place, device)
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise BackendError(
            f"{who} did not meet the others at {place.address}:{place.port} ({reason}): all have "
            f"to run at once and reach that host; MASTER_ADDR and MASTER_PORT name another"
        ) from error
    try:
        _check_devices(team, device)
        yield team
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


def _meet(place: Place, device: torch.device) -> Team:
    distributed.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        init_method=f"tcp://{place.address}:{place.port}",
        rank=place.rank,
        world_size=place.size,
        timeout=PATIENCE,
    )
    control = distributed.new_group(backend="gloo", timeout=PATIENCE)
    return Team(place.rank, place.size, control)


def _check_devices(team: Team, device: torch.device) -> None:
    """All on CPUs, or each on a GPU of its own."""
    own = device.type
    if own == "cuda":
        own = f"GPU {torch.cuda.get_device_properties(device).uuid}"
    found: list[str] = [""] * team.size
    distributed.all_gather_object(found, own, group=team._control)
    if len({name.startswith("GPU") for name in found}) > 1:
        raise BackendError(
            f"processes compute on {', '.join(found)}: give each a GPU, or all --device cpu"
        )
    if own != "cpu" and len({*found}) < team.size:
        raise BackendError(
            f"{team.size} processes share {len({*found})} GPUs: start one a GPU, as with srun "
            f"--ntasks-per-gpu 1"
        )


def _is_lost(error: RuntimeError) -> bool:
    """Whether it is about a process that no longer answers."""
    return isinstance(error, distributed.DistError) or "gloo" in str(error)
