"""Tests of genoseq.training.distributed, and of the parts that a batch is divided into."""

import logging
import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from command import start_command
from hypothesis import given
from hypothesis import strategies as st
from planted import planted_store

from genoseq.config.schema import TokenizerSettings
from genoseq.config.training import TrainingSettings
from genoseq.data.dataset import Share, TrainingWindows, ValidationWindows
from genoseq.errors import BackendError
from genoseq.training import distributed
from genoseq.training.distributed import ProcessGroup, join_group
from genoseq.training.launch import Launch


@given(count=st.integers(0, 50), of=st.integers(1, 9))
def test_shares_divide_rows_evenly(count: int, of: int) -> None:
    parts = [range(count)[Share(rank, of).rows(count)] for rank in range(of)]
    assert [row for part in parts for row in part] == list(range(count))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("of", [2, 3, 7])
def test_batches_of_shares_make_up_the_batch(tmp_path: Path, of: int) -> None:
    stores = [planted_store(tmp_path / "store", ("train", 5_000), ("valid", 3_000))]
    tokenizer = TokenizerSettings()
    training = TrainingSettings(batch=7, steps=3)
    shares = [Share(rank, of) for rank in range(of)]
    for whole, parts in (
        (
            TrainingWindows(stores, tokenizer, 300, training),
            [TrainingWindows(stores, tokenizer, 300, training, share) for share in shares],
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
                if expected is None:
                    assert not any(each is not None for each in found)
                else:
                    assert torch.equal(torch.cat(found), expected)


def test_process_alone_keeps_what_it_is_told() -> None:
    alone, value = ProcessGroup(), torch.ones(2)
    assert alone.sum(value) is value
    assert torch.equal(alone.concat(value), value)
    assert alone.rows(1.5, 2).tolist() == [[1.5, 2.0]]
    assert alone.from_rank_0(lambda: 3) == 3
    model = torch.nn.Linear(1, 1)
    assert alone.parallel(model) is model
    with join_group(None, torch.device("cpu")) as joined:
        assert (joined.rank, joined.world_size) == (0, 1)


BUFFERS = """
import os, torch
from genoseq.training.distributed import join_group
from genoseq.training.launch import launch_of

with join_group(launch_of(os.environ), torch.device("cpu")) as group:
    norm = torch.nn.BatchNorm1d(1)
    values = torch.tensor([[1.0], [3.0]]) + 10 * group.rank
    parallel = group.parallel(norm)
    for _ in range(2):
        parallel(values)
    group.same_buffers(norm)
    print(norm.running_mean.item(), norm.num_batches_tracked.item())
"""


def test_buffers_that_training_changes_are_those_of_the_first_process(tmp_path: Path) -> None:
    (tmp_path / "buffers.py").write_text(BUFFERS)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    shared = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    processes = [
        start_command(
            "genoseq", [], shared | {"RANK": str(rank)}, script=str(tmp_path / "buffers.py")
        )
        for rank in range(2)
    ]
    said = [process.wait().stdout.split() for process in processes]
    assert said[0] == said[1]
    assert (float(said[0][0]), said[0][1]) == (pytest.approx(0.38), "2")


def test_process_that_meets_nobody_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(distributed, "PATIENCE", timedelta(seconds=1))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        launch = Launch(0, 2, 0, "127.0.0.1", taken.getsockname()[1])
    message = rf"^process 0 of 2 did not meet the others at 127.0.0.1:{launch.port} \("
    with (
        caplog.at_level(logging.CRITICAL),
        pytest.raises(BackendError, match=message),
        join_group(launch, torch.device("cpu")),
    ):
        pass
