"""Tests of genoseq.training.launch."""

import pytest

from genoseq.errors import ConfigError
from genoseq.training.launch import Launch, first_host, launch_of

TORCHRUN = {
    **{"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"},
    **{"MASTER_ADDR": "node1", "MASTER_PORT": "29500"},
}
STEP = {
    **{"SLURM_JOB_ID": "1000", "SLURM_STEP_ID": "2", "SLURM_NTASKS": "4"},
    **{"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "3", "SLURM_LOCALID": "1"},
    **{"SLURM_STEP_NUM_NODES": "2", "SLURM_STEP_NODELIST": "gpu[07-08]"},
}


def test_launch_comes_from_torchrun_or_from_a_step_of_slurm() -> None:
    assert launch_of(TORCHRUN) == Launch(3, 4, 1, "node1", 29500)
    del (kubernetes := dict(TORCHRUN))["LOCAL_RANK"]
    assert launch_of(kubernetes) == Launch(3, 4, 0, "node1", 29500)
    assert launch_of(STEP) == Launch(3, 4, 1, "gpu07", 20_000 + (32 * 1000 + 2) % 12_000)
    assert launch_of(STEP | TORCHRUN) == launch_of(TORCHRUN)
    given = {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "1234"}
    assert launch_of(STEP | given) == Launch(3, 4, 1, "10.0.0.1", 1234)
    found = launch_of(STEP | {"SLURM_STEP_NUM_NODES": "1"})
    assert found is not None
    assert found.address == "127.0.0.1"


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"RANK": "0", "WORLD_SIZE": "1"},
        {"WORLD_SIZE": "2"},
        STEP | {"SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"},
        # The script of a job with four tasks, which srun has not started.
        {"SLURM_JOB_ID": "1000", "SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"},
    ],
)
def test_process_alone_has_no_launch(environment: dict[str, str]) -> None:
    assert launch_of(environment) is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"MASTER_PORT": ""}, r"^MASTER_PORT is not set: processes are started by srun, torchrun"),
        ({"MASTER_ADDR": ""}, r"^WORLD_SIZE is set and MASTER_ADDR is not: name the host of rank"),
        ({"RANK": "-1"}, r"^RANK is '-1': processes are started by"),
        ({"RANK": "4"}, r"^RANK is 4 of 4: it counts from 0$"),
    ],
)
def test_launch_needs_all_of_its_variables(changed: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        launch_of(TORCHRUN | changed)


@pytest.mark.parametrize(
    ("nodes", "first"),
    [
        ("n1", "n1"),
        ("n1,n2", "n1"),
        ("n[1-2]", "n1"),
        ("gpu-[07-12,15],cpu3", "gpu-07"),
        ("rack[3,5]-node[10-11],n1", "rack3-node10"),
        ("n[1-2].example.org", "n1.example.org"),
    ],
)
def test_first_host_of_a_list(nodes: str, first: str) -> None:
    assert first_host(nodes) == first
