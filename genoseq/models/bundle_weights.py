"""Weights of a bundle: read whole, finite, and those that its settings ask for, or one line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from torch import Tensor

from genoseq.errors import BundleError
from genoseq.files.names import CONFIG, WEIGHTS
from genoseq.models.build import SequenceModel
from genoseq.models.weights import Header, read_header, read_weights


def unreadable(path: Path, error: OSError) -> BundleError:
    return BundleError(
        f"{path}: cannot be read ({error.strerror}): a bundle is a folder with "
        f"{WEIGHTS} and {CONFIG}"
    )


def header_of(path: Path) -> Header:
    with _safetensors(path):
        return read_header(path)


@contextmanager
def _safetensors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError as error:
        raise BundleError(f"{path}: not a whole safetensors file: {error}") from None


def whole_weights(path: Path, sha256: str) -> dict[str, Tensor]:
    """All tensors, finite, of a file with this checksum."""
    with _safetensors(path):
        tensors, found = read_weights(path)
    check_finite(tensors, path)
    if found != sha256:
        raise BundleError(f"{path}: changed since the bundle was written: copy it again")
    return tensors


def check_fit(found: Header, model: SequenceModel, path: Path) -> None:
    """Refuse weights that are not exactly the model's; the first difference is named."""
    expected = model.state_dict()
    for name, tensor in expected.items():
        if name not in found:
            raise BundleError(f"{path}: tensor {name} is missing: the settings need it")
        dtype, shape = found[name]
        if shape != tensor.shape:
            whose = "task" if name.startswith(("head.", "offset.")) else "settings"
            raise BundleError(
                f"{path}: tensor {name} is {list(shape)}, "
                f"the {whose} in {CONFIG} need {list(tensor.shape)}"
            )
        if dtype != tensor.dtype:
            raise BundleError(f"{path}: tensor {name} is {dtype}, not {tensor.dtype}")
    for name in found:
        if name not in expected:
            raise BundleError(f"{path}: tensor {name} is not part of the settings' network")


def check_finite(tensors: Mapping[str, Tensor], path: str | Path) -> None:
    for name, tensor in tensors.items():
        bad = int((~tensor.isfinite()).sum())
        if bad:
            raise BundleError(
                f"{path}: tensor {name} has {bad} of {math.prod(tensor.shape)} weights "
                "that are not finite: train again with a lower learning rate"
            )
