"""What all settings have in common: strict names, and all problems of a file reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from reprlib import Repr
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from genoseq.errors import ConfigError
from genoseq.genome.shards import MOST

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LEARNED = ("train", "valid", "test")
"""Splits that a model is made and judged with, in the order in which one may leak into the next."""
SPLITS = (*LEARNED, "score")
"""What a region is for."""

# Every number of the settings has bounds: what lies beyond is a slip, and would be met hours later.
Basepairs = Annotated[int, Field(ge=1, le=10**12)]
"""bp of a genome: a hundred wheats."""
WindowLength = Annotated[int, Field(ge=1, le=1 << 24)]
"""bp or tokens of a window: no region is longer (:data:`genoseq.extraction.splits.LARGEST`)."""
Count = Annotated[int, Field(ge=1, le=10**9)]
"""Steps, or windows: decades of training."""
Size = Annotated[int, Field(ge=1, le=1 << 16)]
"""Units of a layer, or windows of a batch: a square of them is 4 billion weights."""
Layers = Annotated[int, Field(ge=1, le=1024)]
"""Layers, heads, or tokens of a step."""
Minutes = Annotated[float, Field(gt=0, le=10**7)]
"""Up to nineteen years."""
Positive = Annotated[float, Field(gt=0, le=10**9)]
Weight = Annotated[float, Field(ge=0, le=10**9)]
ShardCount = Annotated[int, Field(ge=1, le=MOST)]
Fraction = Annotated[float, Field(ge=0, le=1)]
TrainedPrecision = Literal["auto", "bf16", "fp32"]
AskedPrecision = Literal["auto", "bf16", "fp32", "int8"]
"""Number format of predictions."""
AskedStrands = Literal["both", "one"]
"""Strands that a model reads for a prediction: either in a pass of its own, or the forward one."""


class Settings(BaseModel):
    """Frozen, and strict: an unknown setting is an error, not a silent no-op, and numbers are
    finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="wrap")
    @classmethod
    def _no_truth(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        """YAML's true, yes and on are no 1."""
        made = handler(value)
        parts = zip(value, made, strict=True) if isinstance(made, tuple) else [(value, made)]
        if any(isinstance(given, bool) and type(part) in (int, float) for given, part in parts):
            raise ValueError("a number is asked for, and neither true nor false")
        return made


def without_causal(dumped: dict[str, Any]) -> dict[str, Any]:
    """Settings without ``causal`` where it is off: those of releases that did not have it."""
    return {name: value for name, value in dumped.items() if name != "causal" or value}


_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 120

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
    if entry["type"] == "int_parsing_size":
        said = "too large"
    # Names with brackets are alternatives of unions, no settings.
    if loc := [name for name in map(str, entry["loc"]) if not re.search(r"[<\[]", name)]:
        said = f"{'.'.join(loc)}: {said}"
    found = _SHORT.repr(entry["input"])
    return said if isinstance(entry["input"], Mapping) else f"{said} (found {found})"


def read_mapping(source: str | Path) -> dict[str, Any]:
    """Mapping of a YAML or JSON file, or of JSON text that starts with ``{``.

    Raises
    ------
    ConfigError
        If it cannot be read, or is not such; if a key is given twice, at any level.
    """
    from genoseq.config.yaml_text import parse_yaml, read_text  # 30 ms: only where a file is read

    text = str(source)
    path = None if text.lstrip().startswith("{") else Path(source)
    data = parse_yaml(text if path is None else read_text(path), path)
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
