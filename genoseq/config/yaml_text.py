"""YAML text to plain values, strictly: no key twice, no text that grows beyond what it says."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path
from reprlib import repr as short
from typing import IO, Any

import yaml

from genoseq.errors import ConfigError

LARGEST = 1 << 20
"""Bytes of a configuration: a thousand models with every setting are half of it."""
MOST_VALUES = 100_000
"""Values of a configuration, with each alias (``*name``) counted as what it stands for."""
DEEPEST = 50
"""Levels of a configuration; the schema has six."""
LONGEST_NUMBER = 100
"""Characters of a number; a float64 has 24 at most."""

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_NUMBERS = (f"{_TAG}int", f"{_TAG}float")
_PLAIN = (*_NUMBERS, *(_TAG + kind for kind in ("str", "bool", "null", "timestamp", "map", "seq")))
"""What values of settings may be."""


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
        nested too deep, or has too many values; at a value that is not plain, such as ``!!set``, or
        a whole number beyond 64 bits, with its line.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _check_size(node, path)
            _check_values(loader, node, path)
            if problems := list(_twice(node, "")):
                raise ConfigError(problems, path)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except RecursionError:
        raise ConfigError(f"nested deeper than {DEEPEST} levels", path) from None
    except ConfigError:
        raise
    except yaml.YAMLError as error:
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


def _check_values(loader: yaml.SafeLoader, root: yaml.Node, path: str | Path | None) -> None:
    """Refuse the first value that is not plain; each node is met once."""
    known, waiting = {id(root)}, [root]
    while waiting:
        node = waiting.pop()
        if node.tag != _MERGE and (problem := _value_problem(loader, node)):
            raise ConfigError(f"line {_line(node)}: {problem}", path)
        new = [child for child in _children(node) if id(child) not in known]
        known.update(map(id, new))
        waiting += reversed(new)


def _value_problem(loader: yaml.SafeLoader, node: yaml.Node) -> str | None:
    """What is wrong with a value, whatever is within it."""
    kind = short(node.tag.removeprefix(_TAG))
    if node.tag not in _PLAIN:
        return f"a value of the kind {kind}: settings are numbers, text, lists and mappings"
    if not isinstance(node, yaml.ScalarNode):
        return None
    if "\0" in node.value:
        return "text with a NUL character (\\0): remove it"
    if node.tag in _NUMBERS and len(node.value) > LONGEST_NUMBER:
        return f"a number of {len(node.value):,} characters, at most {LONGEST_NUMBER}"
    try:
        found = loader.construct_object(node)
    except Exception:  # whatever the parser of this kind happens to trip over
        return f"{short(node.value)} is no {kind}"
    if isinstance(found, int) and not -(1 << 63) <= found < 1 << 63:
        return f"{node.value} does not fit into 64 bits"
    return None


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
