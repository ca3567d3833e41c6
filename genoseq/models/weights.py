"""Named tensors as the bytes of a safetensors file, and back: what a file says it holds is compared
with what is needed before memory is asked for."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor
from torch.overrides import TorchFunctionMode

from genoseq.files.stored import check_file, parse_json

Header = Mapping[str, tuple[torch.dtype, tuple[int, ...]]]
"""Type and shape of each tensor of a file, by its name."""

_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
"""Types of tensors that are read."""
_MAKERS = frozenset(
    (torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn, torch.arange)
)
"""Functions that modules ask for memory by."""
_SPARE, _SPARE_TENSORS = 1 << 20, 1 << 8
"""Numbers and tensors that a network may ask for beside twice those of its weights: tables, and
what it draws them from."""
_LONGEST_HEADER = 1 << 23
"""Bytes: some ten thousand tensors, of a thousand layers, are a tenth of it."""


def weights_bytes(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """A safetensors file of tensors from any device; what two names share is in it twice."""
    written: dict[str, Tensor] = {}
    memory: set[int] = set()
    for name, tensor in tensors.items():
        whole = tensor.detach().cpu().contiguous()
        address = whole.untyped_storage().data_ptr()
        # Safetensors refuses tensors that share memory, as those of tied layers do.
        written[name] = whole.clone() if address in memory else whole
        memory.add(address)
    return save(written, metadata)


_SEAL, _BLANK = "sha256", "0" * 64
"""Entry of a file's metadata: the SHA-256 of the file, with the blank in its place."""


def sealed_bytes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """A safetensors file that holds its own checksum, so that it needs no other one beside it."""
    data = weights_bytes(tensors, {**metadata, _SEAL: _BLANK})
    return data.replace(_BLANK.encode(), hashlib.sha256(data).hexdigest().encode(), 1)


def read_sealed(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and metadata of a safetensors file, verified where it holds its own checksum.

    Raises
    ------
    OSError, ValueError
        As :func:`read_header`, and if its bytes have changed.
    """
    read_header(path)
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    metadata = parse_json(data[8:end]).get("__metadata__", {})
    if (seal := metadata.get(_SEAL)) is not None:
        digest = hashlib.sha256(data[:end].replace(seal.encode(), _BLANK.encode(), 1))
        digest.update(memoryview(data)[end:])
        if digest.hexdigest() != seal:
            raise ValueError("its checksum is not the one that it holds")
    return load(data), metadata


def read_header(path: Path) -> Header:
    """What is in a safetensors file, without its numbers.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no whole file of that kind, or has numbers of another kind.
    """
    check_file(path)
    with path.open("rb") as begin:
        length = int.from_bytes(begin.read(8), "little")
    if length > _LONGEST_HEADER:
        raise ValueError(f"a header of {length:,} bytes, at most {_LONGEST_HEADER:,}")
    header = {}
    try:
        with safe_open(path, "pt") as file:
            for name in file.keys():  # noqa: SIM118
                part = file.get_slice(name)
                kind = str(part.get_dtype())
                if kind not in _DTYPES:
                    raise ValueError(f"tensor {name} is of type {kind}")
                header[name] = _DTYPES[kind], tuple(part.get_shape())
    except SafetensorError as error:
        raise ValueError(_one_line(error)) from None
    return header


def read_weights(path: Path) -> tuple[dict[str, Tensor], str]:
    """The tensors of a safetensors file, and its SHA-256.

    Raises
    ------
    OSError, ValueError
        As :func:`read_header`.
    """
    check_file(path)
    data = path.read_bytes()
    try:
        return load(data), hashlib.sha256(data).hexdigest()
    except (SafetensorError, KeyError) as error:
        raise ValueError(_one_line(error)) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


@contextmanager
def build_within(found: Header) -> Iterator[None]:
    """A block in which a network is built that is to have the weights of a file.

    Raises
    ------
    ValueError
        At the layer by which it asks for about twice the numbers or tensors that the file has:
        settings are text, and ask for a thousand layers as readily as for one.
    """
    numbers = sum(math.prod(shape) for _, shape in found.values())
    with _Limited(2 * numbers + _SPARE, 2 * len(found) + _SPARE_TENSORS):
        yield


class _Limited(TorchFunctionMode):
    """Counts the numbers and tensors that are asked for, and refuses those beyond a limit."""

    def __init__(self, numbers: int, tensors: int) -> None:
        super().__init__()
        self._numbers, self._tensors = numbers, tensors

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if function in _MAKERS:
            self._numbers -= _numbers(function, args, kwargs or {})
            self._tensors -= 1
            if min(self._numbers, self._tensors) < 0:
                raise ValueError(
                    "its settings ask for a larger network than the weights are of: the two are of "
                    "different models, or were copied in part"
                )
        return function(*args, **(kwargs or {}))


def _numbers(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int:
    """How many a call asks for."""
    sizes = args or (kwargs.get("size", ()),)
    if function is torch.arange:
        return int(max((abs(n) for n in sizes if isinstance(n, int | float)), default=0))
    first = sizes[0]
    return (
        math.prod(first)
        if isinstance(first, tuple | list)
        else math.prod(n for n in sizes if isinstance(n, int))
    )
