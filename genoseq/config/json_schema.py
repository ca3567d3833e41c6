"""The JSON schema of the configuration, for editors; descriptions tell the bounds of numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from genoseq.config.schema import Config

_LOWER = {"minimum": "at least", "exclusiveMinimum": "above"}
_UPPER = {"maximum": "at most", "exclusiveMaximum": "below"}


def json_schema() -> str:
    """JSON schema of :class:`Config`, for editors and for ``workflows/schemas``."""
    schema = Config.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        for field in part.get("properties", {}).values():
            if told := "; ".join(map(_bounds, numbers_of(field))):
                said = field.get("description")
                field["description"] = f"{said}; {told}" if said else told
    return json.dumps(schema, indent=2) + "\n"


def numbers_of(field: Any) -> Iterator[Mapping[str, Any]]:
    """The schemas of numbers that have bounds in a field's: its own, or those of alternatives."""
    if isinstance(field, list):
        for part in field:
            yield from numbers_of(part)
    elif isinstance(field, dict):
        if field.get("type") in ("integer", "number") and "enum" not in field:
            yield field
        for name in ("anyOf", "items", "prefixItems", "additionalProperties"):
            yield from numbers_of(field.get(name))


def _bounds(number: Mapping[str, Any]) -> str:
    """``at least 1 and at most 1,024``."""
    return " and ".join(
        f"{word} {number[name]:,}" for name, word in (_LOWER | _UPPER).items() if name in number
    )
