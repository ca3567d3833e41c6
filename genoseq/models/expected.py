"""Whether a bundle is what a configuration says, before anything is computed with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from genoseq.config.base import parse_settings, read_mapping
from genoseq.config.schema import RunSettings
from genoseq.config.training import without_later
from genoseq.errors import BundleError
from genoseq.models.bundle import Bundle


def check_model(bundle: Bundle, path: Path, expected: str | Path | None) -> None:
    """BundleError if a model is not one of these settings, or of those in this file."""
    if expected is not None:
        check_expected(bundle, path, parse_settings(RunSettings, read_mapping(expected)))


def check_expected(bundle: Bundle, path: Path, settings: RunSettings) -> None:
    """Refuse a bundle that was trained by other settings than these.

    Snakemake does not know what a job was asked for that ended while nobody watched it, and then
    sees no edit of its settings.

    Raises
    ------
    BundleError
        With the settings that differ.  A bundle without provenance is judged by its network and
        the name of its task.
    """
    wanted = settings.decisive()
    found: dict[str, Any] = {"model": bundle.settings.model_dump(mode="json")}
    trained = bundle.provenance.get("settings")
    if trained:
        found["training"] = without_later(dict(trained))
    task = settings.task.model_dump(mode="json")
    noted = bundle.provenance.get("task")  # of tasks with settings
    found["task"] = noted or {"name": bundle.task.name}
    wanted["task"] = task if noted else {"name": task["name"]}
    wanted = {name: wanted[name] for name in found}
    differing = [f"{name} {ours} and not {asked}" for name, ours, asked in unlike(found, wanted)]
    if differing:
        raise BundleError(
            f"{path}: trained by other settings than the configuration's: {'; '.join(differing)}; "
            f"train it again: snakemake --forcerun train"
        )


def unlike(
    found: Mapping[str, Any], wanted: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Name and both values of entries that differ, of mappings within mappings too."""
    for name in dict.fromkeys([*found, *wanted]):
        ours, asked = found.get(name), wanted.get(name)
        if isinstance(ours, Mapping) and isinstance(asked, Mapping):
            yield from unlike(ours, asked, f"{prefix}{name}.")
        elif ours != asked:
            yield f"{prefix}{name}", ours, asked
