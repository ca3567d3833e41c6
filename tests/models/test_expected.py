"""Tests of genoseq.models.expected."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from genoseq.config.base import parse_settings
from genoseq.config.schema import RunSettings
from genoseq.config.tasks import TaskSettings
from genoseq.errors import BundleError
from genoseq.models.bundle import Bundle
from genoseq.models.expected import check_expected

PATH = Path("models/a")


def settings_of(bundle: Bundle, **training: Any) -> RunSettings:
    model = bundle.settings.model_dump(mode="json")
    return parse_settings(RunSettings, {"model": model, "training": training})


def trained(bundle: Bundle, settings: RunSettings) -> Bundle:
    """The bundle, with the record of a training by these settings."""
    noted = settings.training.model_dump(mode="json", exclude={"checkpoint_minutes"})
    return replace(bundle, provenance={"settings": noted})


def test_check_expected_takes_a_model_of_these_settings(bundle: Bundle) -> None:
    made = trained(bundle, settings_of(bundle, seed=7, class_weights=[1.0] * 7))
    check_expected(made, PATH, settings_of(bundle, seed=7, class_weights=[1.0] * 7))
    hurried = settings_of(bundle, seed=7, class_weights=[1.0] * 7, checkpoint_minutes=1.0)
    check_expected(made, PATH, hurried)


class MaskedSettings(TaskSettings):
    name: Literal["masked"] = "masked"
    fraction: float = 0.1


def test_check_expected_compares_tasks(bundle: Bundle) -> None:
    usual = settings_of(bundle)
    masked = usual.model_copy(update={"task": MaskedSettings()})
    with pytest.raises(BundleError, match=r": task\.name per-base and not masked; train it again"):
        check_expected(bundle, PATH, masked)
    noted = {**trained(bundle, usual).provenance, "task": {"name": "masked", "fraction": 0.1}}
    made = replace(bundle, provenance=noted)
    check_expected(made, PATH, masked)
    more = usual.model_copy(update={"task": MaskedSettings(fraction=0.2)})
    with pytest.raises(BundleError, match=r": task\.fraction 0\.1 and not 0\.2; train it again"):
        check_expected(made, PATH, more)
    with pytest.raises(BundleError, match=r": task\.name masked and not per-base; task\.fraction"):
        check_expected(made, PATH, usual)


def test_check_expected_names_every_setting_that_differs(bundle: Bundle) -> None:
    made = trained(bundle, settings_of(bundle, seed=7))
    asked = settings_of(bundle, seed=1, steps=9)
    model = asked.model.model_copy(update={"dropout": 0.5})
    asked = asked.model_copy(update={"model": model})
    message = (
        r"models/a: .*: model\.dropout 0\.1 and not 0\.5; training\.steps 3000 and not 9; "
        r"training\.seed 7 and not 1; train it again: snakemake --forcerun train"
    )
    with pytest.raises(BundleError, match=message):
        check_expected(made, PATH, asked)


def test_check_expected_judges_a_model_without_record_by_its_network(bundle: Bundle) -> None:
    check_expected(bundle, PATH, settings_of(bundle, seed=3))
    other = parse_settings(RunSettings, {})
    with pytest.raises(BundleError, match=r"model\.embedding 8 and not"):
        check_expected(bundle, PATH, other)
