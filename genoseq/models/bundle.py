"""Bundles: a folder with a trained network and all that scoring needs to know of it.

    model.safetensors   the weights, float32; counts as they are
    config.json         format, genoseq version, settings, task, context, metrics, and checksums of
                        the weights and of itself
    provenance.json     where it comes from (:mod:`genoseq.files.provenance`); nothing needs it
    genes.json          of some: weights of the gene decoder that were learned for this model

No pickle is written or read.  A folder whose parts do not fit one another is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from genoseq import __version__
from genoseq.config.base import parse_settings
from genoseq.config.schema import ModelSettings
from genoseq.errors import BundleError, ConfigError
from genoseq.files.atomic import atomic_folder
from genoseq.files.journal import complete
from genoseq.files.names import CONFIG, DECODER, WEIGHTS
from genoseq.files.provenance import PROVENANCE, read_record, write_record
from genoseq.files.staging import staging_folder
from genoseq.files.stored import check_seal, read_json, sealed
from genoseq.models.build import SequenceModel, build_model
from genoseq.models.bundle_weights import (
    check_finite,
    check_fit,
    header_of,
    unreadable,
    whole_weights,
)
from genoseq.models.weights import build_within, weights_bytes
from genoseq.pretrained.registry import model_folder
from genoseq.tasks.registry import task_from_json
from genoseq.tasks.task import Task

FORMAT = 2
BUNDLE_FILES = (WEIGHTS, CONFIG, PROVENANCE, DECODER)
"""All that a bundle may hold."""

_DECISIVE = ("weights_sha256", "model", "task", "context")
"""Entries of ``config.json`` that scores depend on; the others tell of training."""
_KINDS = {"model": dict, "task": dict, "context": int, "metrics": dict, "weights_sha256": str}
"""Entries of ``config.json``, and what they are."""
MOST_CONTEXT = 1 << 24
"""bp: no window is longer."""
_LOSSES = {"softmax": "cross-entropy", "expm1": "mse", "exp": "poisson"}
"""Loss by what format 1 called the activation."""


@dataclass(frozen=True)
class Bundle:
    """A network, what it was trained for, and where it comes from.

    Attributes
    ----------
    model
        The network; :func:`load_bundle` gives it in evaluation mode, on the CPU.
    settings
        What it was built from.
    task
        What it learned, and so what its outputs are.
    context
        bp that it should see on either side of a base that is scored.
    provenance
        Where it comes from (:mod:`genoseq.files.provenance`); plain JSON data, empty where it is
        not known.
    metrics
        What was measured on it; plain JSON data.

    Raises
    ------
    BundleError
        If the context is negative, or longer than any window.
    """

    model: SequenceModel
    settings: ModelSettings
    task: Task
    context: int
    provenance: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.context <= MOST_CONTEXT:
            wanted = f"0 to {MOST_CONTEXT:,}"
            raise BundleError(f"context of {self.context:.10g} bp: it must be {wanted}")

    def __repr__(self) -> str:
        weights = sum(tensor.numel() for tensor in self.model.state_dict().values())
        what = f"{self.task.name}, {self.task.outputs} outputs, {weights:,} weights"
        return f"Bundle({what}, {self.settings.encoder.describe()}, context {self.context} bp)"


def save_bundle(
    path: str | Path, bundle: Bundle, dry: bool = False, decoder: bytes | None = None
) -> None:
    """Write the folder `path` whole or not at all; an older one is replaced.

    Parameters
    ----------
    decoder
        What ``genes.json`` is to hold, if there is to be one.
    dry
        Write it beside its place and remove it again, to know before a training that it can be.

    Raises
    ------
    BundleError
        If a weight is not finite, or metrics or provenance are not JSON (NaN is not).
    """
    # Counts, such as those of batch norms, stay whole numbers.
    tensors = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in bundle.model.state_dict().items()
    }
    check_finite(tensors, path)
    weights = weights_bytes(tensors)
    config = {
        "format": FORMAT,
        "genoseq": __version__,
        "model": bundle.settings.model_dump(mode="json"),
        "task": bundle.task.to_json(),
        "context": bundle.context,
        "metrics": dict(bundle.metrics),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }
    try:
        text = json.dumps(sealed(config), indent=2, allow_nan=False)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        where = staging_folder(Path(path).parent, "-dry", path) if dry else atomic_folder(path)
        with where as folder:
            (folder / WEIGHTS).write_bytes(weights)
            (folder / CONFIG).write_text(text + "\n")
            if decoder is not None:
                (folder / DECODER).write_bytes(decoder)
            if bundle.provenance:
                write_record(folder, bundle.provenance)
    except (TypeError, ValueError) as error:
        raise BundleError(f"{path}: metrics and provenance must be plain JSON: {error}") from None


def load_bundle(path: str | Path, encoder: nn.Module | None = None) -> Bundle:
    """The bundle of a folder, its network in evaluation mode on the CPU.

    Parameters
    ----------
    path
        The folder, or the name of a model in the box.
    encoder
        A module like the one that was given to ``fit``, if one was: its weights are replaced.

    Raises
    ------
    BundleError
        If a file is missing or damaged, the format is unknown, or weights, settings and task do
        not fit one another; the message names the file and what was found in it.
    InputFormatError
        If ``provenance.json`` is there and damaged.
    """
    folder = model_folder(path)
    config, file = _read_config(folder), folder / WEIGHTS
    found = header_of(file)
    try:
        settings = parse_settings(ModelSettings, config["model"])
        task = task_from_json(config["task"])
        # Loading must not move the caller's random numbers; the drawn weights are overwritten.
        with torch.random.fork_rng(devices=[]), build_within(found):
            model = build_model(settings, task, encoder)
    except ConfigError as error:
        raise BundleError(f"{folder / CONFIG}: {'; '.join(error.problems)}") from None
    except ValueError as error:
        raise BundleError(f"{folder / CONFIG}: {error}") from None
    check_fit(found, model, file)
    tensors = whole_weights(file, config["weights_sha256"])
    _check_seal(config, folder / CONFIG)
    model.load_state_dict(tensors)
    return Bundle(
        model.eval(),
        settings,
        task,
        config["context"],
        read_record(folder) or {},
        config["metrics"],
    )


def bundle_identity(path: str | Path) -> str:
    """SHA-256 of all in a bundle that decides scores: weights, settings, task, context.

    The weights' is the one in ``config.json``, which :func:`load_bundle` checks.

    Raises
    ------
    BundleError
        If ``config.json`` is missing or damaged.
    """
    config = _read_config(Path(path))
    _check_seal(config, Path(path) / CONFIG)
    decisive = {name: config[name] for name in _DECISIVE}
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


def _read_config(folder: Path) -> dict[str, Any]:
    """config.json of the known format, every entry there and of its type."""
    path = folder / CONFIG
    complete(folder)
    try:
        config = read_json(path)
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError as error:
        raise BundleError(f"{path}: not JSON: {error}") from None
    if isinstance(config, dict) and config.get("format") == 1:
        config = _of_format_1(config)
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        found = config.get("format") if isinstance(config, dict) else type(config).__name__
        raise BundleError(
            f"{path}: bundle format {found!r}: genoseq {__version__} reads format {FORMAT}; "
            "another version of genoseq wrote this, or it is no bundle"
        )
    for name, kind in _KINDS.items():
        if type(config.get(name)) is not kind:
            raise BundleError(f"{path}: {name!r} is missing or not {kind.__name__}")
    if not 0 <= config["context"] <= MOST_CONTEXT:
        raise BundleError(f"{path}: a context of {config['context']:.3g} bp cannot be")
    return config


def _check_seal(config: Mapping[str, Any], path: Path) -> None:
    """Last of all, as what is wrong with an entry says more."""
    try:
        check_seal(config)
    except ValueError as error:
        raise BundleError(f"{path}: {error}, some were changed: copy the bundle again") from None


def _of_format_1(config: dict[str, Any]) -> dict[str, Any]:
    """The same entries as today's format has them: only per-base tasks were known."""
    task = {"name": "per-base", "scheme": config.get("scheme")}
    loss = _LOSSES.get(str(config.get("activation")))
    return config | {"format": FORMAT, "task": task | {"loss": loss}}
