"""A configuration as YAML with every default filled in, and what each setting may be."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from genoseq.config.schema import Config, load_config

_WIDTH = 100
_BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "above"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "below"),
)
Schema = Mapping[str, Any]
"""JSON schema of a setting."""


def show_config(path: str | Path | None = None) -> str:
    """YAML of all settings with their values, each with what it means and may be as a comment.

    Parameters
    ----------
    path
        The configuration, YAML or JSON; None: the defaults.
    """
    config = Config() if path is None else load_config(path)
    schema = Config.model_json_schema()
    lines = _lines(config.model_dump(mode="json"), schema, schema.get("$defs", {}), "")
    return "\n".join(lines) + "\n"


def _lines(
    values: Mapping[str, Any], schema: Schema, definitions: Schema, indent: str
) -> Iterator[str]:
    """A mapping's settings, those below them further to the right."""
    properties = schema.get("properties", {})
    for name, value in values.items():
        setting = properties.get(name, schema.get("additionalProperties") or {})
        below = _of_value(setting, value, definitions)
        if isinstance(value, dict) and value:
            yield f"{indent}{_yaml(name)}:"
            yield from _lines(value, below, definitions, indent + "  ")
            continue
        line = f"{indent}{_yaml(name)}: {_yaml(value)}"
        yield from _commented(line, _meaning(setting, definitions), indent)


def _yaml(value: Any) -> str:
    """A value on one line."""
    import yaml  # 30 ms

    listed: str = yaml.safe_dump([value], default_flow_style=True, width=10**6)
    return listed.rstrip("\n")[1:-1]


def _commented(line: str, comment: str, indent: str) -> Iterator[str]:
    """A line and its comment: beside it where there is room, and else above."""
    if not comment:
        yield line
    elif len(line) + len(comment) + 4 <= _WIDTH:
        yield f"{line}  # {comment}"
    else:
        yield from (
            f"{indent}# {part}" for part in textwrap.wrap(comment, _WIDTH - 2 - len(indent))
        )
        yield line


def _of_value(setting: Schema, value: Any, definitions: Schema) -> Schema:
    """The schema that a value was written by, of those that a setting may have."""
    found = _resolved(setting, definitions)
    for each in (*found.get("anyOf", ()), *found.get("oneOf", ())):
        kind = _resolved(each, definitions)
        if isinstance(value, dict) and value.keys() <= kind.get("properties", {}).keys():
            return kind
    return found


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    reference = schema.get("$ref")
    return schema if reference is None else definitions[reference.rpartition("/")[2]]


def _meaning(setting: Schema, definitions: Schema) -> str:
    """What a setting means, and in brackets what it may be."""
    allowed = _allowed(setting, definitions).removesuffix("text")  # goes without saying
    described = str(setting.get("description", ""))
    return f"{described} ({allowed})" if described and allowed else described or allowed


def _allowed(setting: Schema, definitions: Schema) -> str:
    """Values that a setting takes, in words; empty where any text will do."""
    found = _resolved(setting, definitions)
    kinds = [_allowed(each, definitions) for each in found.get("anyOf", ())]
    if kinds:
        return " | ".join(dict.fromkeys(filter(None, kinds)))
    if "enum" in found:
        return " | ".join(map(str, found["enum"]))
    if "const" in found:
        return str(found["const"])
    if found.get("type") in ("null", "boolean"):
        return {"null": "null", "boolean": "true | false"}[found["type"]]
    if found.get("type") == "array":
        items = _allowed(found.get("items", {}), definitions)
        return f"list of {items}" if items else "list"
    bounds = [f"{words} {found[key]:,}" for key, words in _BOUNDS if key in found]
    if {"minimum", "maximum"} <= found.keys():
        bounds = [f"{found['minimum']:,} to {found['maximum']:,}"]
    words = {"integer": "whole number", "number": "number", "string": "text"}
    return " ".join(filter(None, [words.get(found.get("type", ""), ""), " and ".join(bounds)]))
