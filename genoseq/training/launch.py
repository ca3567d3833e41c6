"""How this process was started: alone, or as one of several by torchrun or srun."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from genoseq.errors import ConfigError


class Launch(NamedTuple):
    """Where a process stands among those of its training.

    Attributes
    ----------
    rank, world_size
        Its number from 0, and how many they are.
    local_rank
        Its number among those on its machine: the GPU it takes.
    address, port
        Where that of rank 0 listens.
    """

    rank: int
    world_size: int
    local_rank: int
    address: str
    port: int


def launch_of(environment: Mapping[str, str]) -> Launch | None:
    """What torchrun or srun told a process; None if it is the only one.

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
        names = "RANK", "WORLD_SIZE", "LOCAL_RANK"
        found = {"LOCAL_RANK": "0", "MASTER_ADDR": "", **environment}
    elif "SLURM_STEP_NUM_TASKS" in environment:
        names = "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"
        found = _slurm_address(environment) | {**environment}
    else:
        return None
    if _number(found, names[1]) == 1:
        return None
    if not found["MASTER_ADDR"]:
        raise ConfigError("WORLD_SIZE is set and MASTER_ADDR is not: name the host of rank 0")
    rank, world_size, local_rank = (_number(found, name) for name in names)
    port = _number(found, "MASTER_PORT")
    if not 0 <= rank < world_size:
        raise ConfigError(f"{names[0]} is {rank} of {world_size}: it counts from 0")
    return Launch(rank, world_size, local_rank, found["MASTER_ADDR"], port)


def first_host(nodes: str) -> str:
    """First host of a list as Slurm writes it: ``gpu-[07-12,15],cpu3`` begins with gpu-07."""
    name = re.match(r"(?:\[[^]]*\]|[^,[])*", nodes)
    return re.sub(r"\[(\w+)[^]]*\]", r"\1", name[0] if name else nodes)


def _slurm_address(environment: Mapping[str, str]) -> dict[str, str]:
    """Host of the step's first task, and a port that two steps of a machine seldom share."""
    nodes = environment.get("SLURM_STEP_NODELIST", "")
    one = environment.get("SLURM_STEP_NUM_NODES") == "1"
    step = 32 * _number(environment, "SLURM_JOB_ID") + _number(environment, "SLURM_STEP_ID")
    port = 20_000 + step % 12_000  # below those that Linux gives to others
    return {"MASTER_ADDR": "127.0.0.1" if one else first_host(nodes), "MASTER_PORT": str(port)}


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "")
    if not text.isascii() or not text.isdigit():
        found = f"is {text!r}" if text else "is not set"
        raise ConfigError(f"{name} {found}: processes are started by srun, torchrun or alike")
    return int(text)
