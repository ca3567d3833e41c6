"""Tests of genoseq.models.weights."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from genoseq.errors import BundleError
from genoseq.models.bundle import Bundle, save_bundle
from genoseq.models.weights import build_within, read_header, read_weights, weights_bytes

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.zeros(4, dtype=torch.int64)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "w.safetensors"
    path.write_bytes(weights_bytes(TENSORS))
    return path


def test_read_weights_gives_back_what_was_written(file: Path) -> None:
    tensors, _ = read_weights(file)
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert read_header(file) == {"a": (torch.float32, (2, 3)), "b": (torch.int64, (4,))}


def _with_header(file: Path, header: bytes, data: bytes = b"") -> None:
    file.write_bytes(struct.pack("<Q", len(header)) + header + data)


def _tensor(dtype: str, shape: list[int], *offsets: int) -> bytes:
    return json.dumps({"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}).encode()


@pytest.mark.parametrize(
    ("header", "data"),
    [
        (b"", b""),
        (b'{"a":' + b"[" * 100_000, b""),
        (_tensor("F32", [1 << 62, 4], 0, 8), b"12345678"),
        (_tensor("F32", [2], 0, 10**9), b"12345678"),
        (_tensor("F32", [-2], 0, 8), b"12345678"),
        (_tensor("F8_E4M3", [8], 0, 8), b"12345678"),
        (_tensor("Q4", [8], 0, 8), b"12345678"),
        (_tensor("F32", [2], 0, 8), b"123456789"),
    ],
)
def test_headers_that_lie_are_refused_in_one_line(file: Path, header: bytes, data: bytes) -> None:
    _with_header(file, header, data)
    with pytest.raises(ValueError, match=r"^.{5,200}$"):
        read_header(file)


@pytest.mark.parametrize("length", [2**64 - 1, 10**12, 1 << 24])
def test_a_header_longer_than_the_file_asks_for_no_memory(file: Path, length: int) -> None:
    file.write_bytes(struct.pack("<Q", length) + file.read_bytes()[8:])
    with pytest.raises(ValueError, match=r"a header of [\d,]+ bytes, at most 8,388,608"):
        read_header(file)


@pytest.mark.parametrize(
    "build",
    [
        lambda: nn.Linear(1 << 30, 1 << 30),
        lambda: nn.LSTM(1 << 16, 1 << 16, 1024),
        lambda: [nn.Linear(1, 1) for _ in range(10**9)],
        lambda: torch.zeros(size=(1 << 40,)),
        lambda: torch.arange(1 << 40),
        lambda: torch.empty(1 << 20, 1 << 20),
    ],
)
def test_build_within_refuses_a_larger_network_before_its_memory(file: Path, build) -> None:
    with (
        pytest.raises(ValueError, match="ask for a larger network than the weights are of"),
        build_within(read_header(file)),
    ):
        build()
    assert nn.Linear(3, 2).weight.shape == (2, 3)  # and nothing afterwards


def test_a_dry_save_leaves_nothing_and_fails_as_a_real_one(bundle: Bundle, tmp_path: Path) -> None:
    save_bundle(tmp_path / "made" / "m", bundle, dry=True)
    assert not list((tmp_path / "made").iterdir())
    bad = replace(bundle, metrics={"f1": math.nan})
    with pytest.raises(BundleError, match="metrics and provenance must be plain JSON"):
        save_bundle(tmp_path / "made" / "m", bad, dry=True)
