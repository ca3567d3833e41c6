"""YAML text to plain values, strictly: no key twice, no text that grows beyond what it says."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import IO, Any

import yaml

from genoseq.errors import ConfigError

LARGEST = 1 << 20
"""Bytes of a configuration: a thousand models with every setting are half of it."""
MOST_VALUES = 100_000
"""Values of a configuration, with each alias (``*name``) counted as what it stands for."""
DEEPEST = 50
"""Levels of a configuration; the schema has six."""

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"


def read_text(path: Path) -> str:
    """Text of a configuration file.

    Raises
    ------
    ConfigError
        If it cannot be read, is no text in UTF-8, or is larger than :data:`LARGEST`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path) from None
    if len(data) > LARGEST:
        raise ConfigError(f"more than {LARGEST:,} bytes: this is no configuration", path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"not YAML: {error}: save it as UTF-8", path) from None


def parse_yaml(text: str | IO[str], path: str | Path | None = None) -> Any:
    """The value of a YAML (or JSON) text.

    Raises
    ------
    ConfigError
        If it is not YAML; if keys are given twice, with all of them and their lines; if it is
        nested too deep, or has too many values.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _check_size(node, path)
            if problems := list(_twice(node, "")):
                raise ConfigError(problems, path)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except RecursionError:
        raise ConfigError(f"nested deeper than {DEEPEST} levels", path) from None
    except ConfigError:
        raise
    # ValueError: a date that is none, or a number of more digits than Python reads.
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"not YAML: {' '.join(str(error).split())}", path) from None


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _check_size(root: yaml.Node, path: str | Path | None) -> None:
    """Refuse what is deep, or large once its aliases are written out; each node is met once."""
    sizes: dict[yaml.Node, int] = {}

    def size(node: yaml.Node, depth: int) -> int:
        if depth > DEEPEST:
            raise ConfigError(
                f"line {_line(node)}: nested deeper than {DEEPEST} levels, or a name (&name) that "
                f"stands within itself: write it out",
                path,
            )
        if node not in sizes:
            sizes[node] = 1 + sum(size(child, depth + 1) for child in _children(node))
        return sizes[node]

    if (values := size(root, 0)) > MOST_VALUES:
        raise ConfigError(
            f"{values:,} values, names (*name) written out; at most {MOST_VALUES:,}", path
        )


def _twice(node: yaml.Node, prefix: str, known: set[int] | None = None) -> Iterator[str]:
    """A problem for each key that is given twice in one mapping, at any level."""
    known = set() if known is None else known
    if id(node) in known:
        return
    known.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, child in enumerate(node.value):
            yield from _twice(child, f"{prefix}{number}.", known)
    if not isinstance(node, yaml.MappingNode):
        return
    lines: dict[Hashable, list[int]] = {}
    for key, value in node.value:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
        if name and key.tag != _MERGE:
            lines.setdefault((key.tag, name), []).append(_line(key))
        yield from _twice(value, f"{prefix}{name}.", known)
    for (_, name), found in lines.items():  # type: ignore[misc]
        if len(found) > 1:
            *most, last = map(str, found)
            yield (
                f"{prefix}{name}: this key is given {len(found)} times, in lines "
                f"{', '.join(most)} and {last}: rename or remove all but one"
            )


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
