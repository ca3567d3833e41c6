"""What all settings have in common: strict names, and all problems of a file reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from genoseq.errors import ConfigError
from genoseq.genome.shards import MOST

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LEARNED = ("train", "valid", "test")
"""Splits that a model is made and judged with, in the order in which one may leak into the next."""
SPLITS = (*LEARNED, "score")
"""What a region is for."""

Positive = Annotated[int, Field(ge=1)]
ShardCount = Annotated[int, Field(ge=1, le=MOST)]
Fraction = Annotated[float, Field(ge=0, le=1)]
AskedPrecision = Literal["auto", "bf16", "fp32"]


class Settings(BaseModel):
    """Frozen, and strict about names: an unknown setting is an error, not a silent no-op."""

    model_config = ConfigDict(extra="forbid", frozen=True)


SettingsT = TypeVar("SettingsT", bound=Settings)


def parse_settings(
    kind: type[SettingsT], data: Mapping[str, Any], path: str | Path | None = None
) -> SettingsT:
    """Validated settings of a mapping; ConfigError lists every problem by its dotted name."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        problems = list(map(_problem, error.errors()))
        raise ConfigError(problems, path) from None


def _problem(entry: ErrorDetails) -> str:
    """``setting: what is wrong (found ...)``; rules about several settings have no one value."""
    known = entry["type"] != "extra_forbidden"
    said = entry["msg"].removeprefix("Value error, ") if known else "unknown name, misspelt?"
    # Names in angle brackets are tags of unions, no settings.
    if loc := [name for name in map(str, entry["loc"]) if not name.startswith("<")]:
        said = f"{'.'.join(loc)}: {said}"
    return said if isinstance(entry["input"], Mapping) else f"{said} (found {entry['input']!r})"


def read_mapping(source: str | Path) -> dict[str, Any]:
    """Mapping of a YAML or JSON file, or of JSON text that starts with ``{``."""
    import yaml  # 30 ms: only where a file is read

    text = str(source)
    path = None if text.lstrip().startswith("{") else Path(source)
    try:
        data = yaml.safe_load(text if path is None else path.read_text())
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"not YAML: {' '.join(str(error).split())}", path) from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(f"expected settings (name: value), found {type(data).__name__}", path)
    return data


def with_training(
    source: str | Path, overrides: Mapping[str, float | int | None]
) -> str | Path | dict[str, Any]:
    """The source itself, or its mapping with ``overrides`` in ``training``; None overrides
    nothing."""
    given = {name: value for name, value in overrides.items() if value is not None}
    if not given:
        return source
    data = read_mapping(source)
    training = data.get("training", {})
    return data | {"training": training | given} if isinstance(training, dict) else data
