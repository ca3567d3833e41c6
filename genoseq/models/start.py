"""The network that a training begins with: drawn anew, or taken over from a bundle."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from genoseq.config.base import parse_settings, read_mapping
from genoseq.config.schema import NO_NETWORK, ModelSettings, RunSettings
from genoseq.errors import ConfigError
from genoseq.models.build import SequenceModel, build_model
from genoseq.models.bundle import Bundle, load_bundle
from genoseq.models.encoders import GivenSettings
from genoseq.models.expected import unlike
from genoseq.models.weights import weights_bytes
from genoseq.tasks.task import Task

_HEAD = "head.", "offset."
_log = logging.getLogger("genoseq.training")


@dataclass(frozen=True)
class Start:
    """Where the weights of a training come from; by default they are drawn by its seed.

    Attributes
    ----------
    bundle
        To go on from: all of its weights are taken over, those of the head where the task is the
        same.
    freeze
        Whether the head alone is trained.
    encoder
        A module in the place of the settings' encoder, with the weights that it has: a copy is
        trained, so that the same call begins with the same weights again.
    """

    bundle: Bundle | None = None
    freeze: bool = False
    encoder: nn.Module | None = None

    def settings(self, asked: RunSettings | Mapping[str, Any] | str | Path | None) -> RunSettings:
        """Settings of the run: the network is the bundle's where none is asked for.

        Parameters
        ----------
        asked
            Settings, a mapping, a YAML or JSON file, or JSON text; None: the defaults.

        Raises
        ------
        ConfigError
            If the settings do not hold, or a network is asked for that is not the bundle's, with
            every setting that differs; or untrained weights are to be frozen.
        """
        if self.freeze and self.bundle is None:
            raise ConfigError("frozen weights come from a bundle: name one to go on from")
        run = asked if isinstance(asked, RunSettings) else self._parsed(asked or {})
        if self.bundle is not None:
            _check_same_network(self.bundle.settings, run.model)
        elif self.encoder is not None:
            given = GivenSettings(module=type(self.encoder).__name__)
            run = run.model_copy(update={"model": run.model.model_copy(update={"encoder": given})})
        return run

    def _parsed(self, asked: Mapping[str, Any] | str | Path) -> RunSettings:
        data = asked if isinstance(asked, Mapping) else read_mapping(asked)
        model = data.get("model", {})
        if self.bundle is not None and isinstance(model, Mapping) and {*model} <= NO_NETWORK:
            network = self.bundle.settings.model_dump(mode="json")
            data = {**data, "model": {**network, **model}}
        named = not isinstance(asked, Mapping) and not str(asked).lstrip().startswith("{")
        return parse_settings(RunSettings, data, str(asked) if named else None)

    def network(self, settings: ModelSettings, task: Task, seed: int) -> SequenceModel:
        """The network at step 0; torch's global generator is seeded."""
        torch.manual_seed(seed)
        model = build_model(settings, task, deepcopy(self.encoder))
        if self.bundle is None:
            return model
        taken = self.bundle.model.state_dict()
        same = self.bundle.task.unfinished().to_json() == task.to_json()
        if not same:
            _log.info("the task is another than that of the model to go on from: a new head")
            own = model.state_dict()
            taken = {name: own[name] if name.startswith(_HEAD) else taken[name] for name in own}
        model.load_state_dict(taken)
        if same:
            task.calibrate(model.head, undo=True)
        if self.freeze:
            for name, parameter in model.named_parameters():
                parameter.requires_grad_(name.startswith(_HEAD))
        return model

    def fingerprint(self) -> dict[str, Any]:
        """The part of it that decides the weights; empty where they are drawn.

        The checksum of a bundle's weights is that of its file.
        """
        found: dict[str, Any] = {}
        if self.bundle is not None:
            found["start"] = {"weights": _digest(self.bundle.model), "freeze": self.freeze}
        if self.encoder is not None:
            found["encoder"] = {"module": repr(self.encoder), "weights": _digest(self.encoder)}
        return found


def start_from(
    bundle: Bundle | str | Path | None, freeze: bool = False, encoder: nn.Module | None = None
) -> Start:
    """A start from a bundle or its folder, or with a module as encoder."""
    if isinstance(bundle, str | Path):
        bundle = load_bundle(bundle, encoder)
    return Start(bundle, freeze, encoder)


def _check_same_network(found: ModelSettings, asked: ModelSettings) -> None:
    ours, wanted = (one.model_dump(mode="json", exclude=NO_NETWORK) for one in (found, asked))
    differing = [f"model.{name} {own} and not {other}" for name, own, other in unlike(ours, wanted)]
    if differing:
        raise ConfigError(
            f"the network to go on from has {'; '.join(differing)}: leave model out of the "
            f"settings, or ask for the same"
        )


def _digest(module: nn.Module) -> str:
    return hashlib.sha256(weights_bytes(module.state_dict())).hexdigest()
