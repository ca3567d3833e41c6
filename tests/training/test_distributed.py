"""Tests of genoseq.training.distributed, and of the parts that a batch is divided into."""

import logging
import socket
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from planted import planted_store

from genoseq.config.schema import TokenizerSettings, TrainingSettings
from genoseq.data.dataset import Share, TrainingWindows, ValidationWindows
from genoseq.errors import BackendError, ConfigError
from genoseq.genome.schemes import UNKNOWN, cds_phase_scheme, signal_scheme
from genoseq.tasks.losses import build_objective, build_weight
from genoseq.training import distributed as team
from genoseq.training.distributed import Place, Team, first_host, join_team, place_of
from genoseq.training.losses import PendingLosses
from genoseq.training.pulse import Pulse
from genoseq.training.schedule import Clock
from genoseq.training.stop_signals import StopRequest

TORCHRUN = {
    **{"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"},
    **{"MASTER_ADDR": "node1", "MASTER_PORT": "29500"},
}
STEP = {
    **{"SLURM_JOB_ID": "1000", "SLURM_STEP_ID": "2", "SLURM_NTASKS": "4"},
    **{"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "3", "SLURM_LOCALID": "1"},
    **{"SLURM_STEP_NUM_NODES": "2", "SLURM_STEP_NODELIST": "gpu[07-08]"},
}


def test_place_comes_from_torchrun_or_from_a_step_of_slurm() -> None:
    assert place_of(TORCHRUN) == Place(3, 4, 1, "node1", 29500)
    del (kubernetes := dict(TORCHRUN))["LOCAL_RANK"]
    assert place_of(kubernetes) == Place(3, 4, 0, "node1", 29500)
    assert place_of(STEP) == Place(3, 4, 1, "gpu07", 20_000 + (32 * 1000 + 2) % 12_000)
    assert place_of(STEP | TORCHRUN) == place_of(TORCHRUN)
    given = {"MASTER_ADDR": "10.0.0.1", "MASTER_PORT": "1234"}
    assert place_of(STEP | given) == Place(3, 4, 1, "10.0.0.1", 1234)
    found = place_of(STEP | {"SLURM_STEP_NUM_NODES": "1"})
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
def test_process_alone_has_no_place(environment: dict[str, str]) -> None:
    assert place_of(environment) is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"MASTER_PORT": ""}, r"^MASTER_PORT is not set: processes are started by srun, torchrun"),
        ({"MASTER_ADDR": ""}, r"^WORLD_SIZE is set and MASTER_ADDR is not: name the host of rank"),
        ({"RANK": "-1"}, r"^RANK is '-1': processes are started by"),
        ({"RANK": "4"}, r"^RANK is 4 of 4: it counts from 0$"),
    ],
)
def test_place_needs_all_of_its_variables(changed: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        place_of(TORCHRUN | changed)


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


@given(count=st.integers(0, 50), of=st.integers(1, 9))
def test_shares_divide_rows_evenly(count: int, of: int) -> None:
    parts = [range(count)[Share(rank, of).rows(count)] for rank in range(of)]
    assert [row for part in parts for row in part] == list(range(count))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("of", [2, 3, 7])
def test_batches_of_shares_make_up_the_batch(tmp_path: Path, of: int) -> None:
    stores = [planted_store(tmp_path / "store", ("train", 5_000), ("valid", 3_000))]
    tokenizer = TokenizerSettings()
    shares = [Share(rank, of) for rank in range(of)]
    for whole, parts in (
        (
            TrainingWindows(stores, tokenizer, 300, 7, 1, True, 3),
            [TrainingWindows(stores, tokenizer, 300, 7, 1, True, 3, share) for share in shares],
        ),
        (
            ValidationWindows(stores, tokenizer, "valid", 300, 7),
            [
                ValidationWindows(stores, tokenizer, "valid", 300, 7, None, share)
                for share in shares
            ],
        ),
    ):
        for number in range(len(whole)):
            for expected, found in zip(
                whole[number], zip(*(part[number] for part in parts), strict=True), strict=True
            ):
                assert torch.equal(torch.cat(found), expected)


@pytest.mark.parametrize(
    ("scheme", "changed"),
    [
        ("classes", {}),
        ("classes", {"class_weights": "balanced"}),
        ("classes", {"loss": "focal", "class_weights": [1, 2, 3, 0, 0, 0.1, 0]}),
        ("signal", {"loss": "mse"}),
        ("signal", {"loss": "poisson"}),
    ],
)
@pytest.mark.parametrize("unknown", [0.0, 0.5, 1.0])
def test_loss_of_a_batch_is_the_weighted_mean_of_its_parts(
    scheme: str, changed: dict[str, object], unknown: float
) -> None:
    rng = np.random.default_rng(3)
    training = TrainingSettings.model_validate(changed)
    made = cds_phase_scheme() if scheme == "classes" else signal_scheme([("a", "."), ("b", ".")])
    logits = torch.from_numpy(rng.normal(size=(5, 20, len(made))))
    hidden = torch.from_numpy(rng.random((5, 20)) < unknown)
    hidden[:2] |= unknown > 0  # one part without any known label
    if scheme == "classes":
        labels = torch.from_numpy(rng.integers(0, 7, (5, 20))).where(~hidden, UNKNOWN)
    else:
        labels = torch.from_numpy(rng.random((5, 20, 2)).astype(np.float32))
        labels[hidden] = torch.nan
    counts = [50, 5, 5, 5, 1, 1, 0]
    loss, weigh = (make(training, made, counts) for make in (build_objective, build_weight))
    parts = [(logits[rows], labels[rows]) for rows in (slice(2), slice(2, 5))]
    weights = torch.stack([weigh(known) for _, known in parts])
    assert float(weights.sum()) == pytest.approx(float(weigh(labels)))
    losses = torch.stack([loss(*part) for part in parts])
    whole = (losses * weights).sum() / weights.sum().where(weights.sum() > 0, 1.0)
    assert float(whole) == pytest.approx(float(loss(logits, labels)), rel=1e-6)


def test_team_of_one_keeps_what_it_is_told() -> None:
    alone, value = Team(), torch.ones(2)
    assert alone.first
    assert alone.sum(value) is value
    assert alone.concat(value) is value
    assert alone.rows(1.5, 2).tolist() == [[1.5, 2.0]]
    assert alone.from_first(lambda: 3) == 3
    alone.wait()
    with join_team(None, torch.device("cpu")) as joined:
        assert (joined.rank, joined.size) == (0, 1)


def test_pulse_of_one_process_needs_no_beat() -> None:
    stop = StopRequest()
    pulse = Pulse(Team(), Clock(7.0), stop)
    assert pulse.received is None
    stop.received = 15
    assert pulse.received == 15
    before = pulse.elapsed
    assert 7.0 <= before <= pulse.elapsed


def test_restored_losses_are_those_of_the_first_process() -> None:
    class Second(Team):
        def sum(self, value: torch.Tensor) -> torch.Tensor:
            return value

    losses = PendingLosses(1, Second(1, 2))
    losses.restore(torch.tensor([1.0, 2.0]))
    assert losses.tensor().tolist() == [0.0, 0.0]


def test_process_that_meets_nobody_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(team, "PATIENCE", timedelta(seconds=1))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = Place(0, 2, 0, "127.0.0.1", taken.getsockname()[1])
    message = rf"^process 0 of 2 did not meet the others at 127.0.0.1:{place.port} \("
    with (
        caplog.at_level(logging.CRITICAL),
        pytest.raises(BackendError, match=message),
        join_team(place, torch.device("cpu")),
    ):
        pass
