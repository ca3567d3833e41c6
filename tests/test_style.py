"""The limits of CONTRIBUTING.md: how long files and functions are."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

REPOSITORY = Path(__file__).parents[1]
FOLDERS = ("genoseq", "tests", "benchmarks")
KERNELS = "genoseq/kernels/"


class Limits(NamedTuple):
    """Lines: a file has fewer than ``file``, a function ``function`` at most."""

    file: int
    function: int


HOUSE = Limits(300, 80)
OF_KERNELS = Limits(450, 150)
FILES = sorted(
    str(path.relative_to(REPOSITORY))
    for folder in FOLDERS
    for path in (REPOSITORY / folder).rglob("*.py")
)


def limits_of(path: str) -> Limits:
    """Those of a file, by its path in the repository."""
    return OF_KERNELS if path.startswith(KERNELS) else HOUSE


def too_long(path: str, text: str) -> list[str]:
    """What breaks a limit in a file: where, how long it is, how long it may be.

    A function's lines are those from ``def`` to its end, without its decorators.
    """
    limits, lines = limits_of(path), len(text.splitlines())
    found = []
    if lines >= limits.file:
        found.append(f"{path}: {lines} lines, under {limits.file} allowed: split it")
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > limits.function:
                found.append(
                    f"{path}:{node.lineno}: {node.name} has {length} lines, "
                    f"{limits.function} at most: split it"
                )
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_style_files_and_functions_are_short(folder: str) -> None:
    paths = [path for path in FILES if path.startswith(f"{folder}/")]
    assert paths
    found = [line for path in paths for line in too_long(path, (REPOSITORY / path).read_text())]
    assert not found, "\n".join(["longer than CONTRIBUTING.md allows:", *found])


def function_of(lines: int, before: str = "") -> str:
    return before + "def f():\n" + "    pass\n" * (lines - 1)


@pytest.mark.parametrize(
    ("path", "limits"), [("genoseq/a.py", (300, 80)), ("genoseq/kernels/b/a.py", (450, 150))]
)
def test_too_long_names_what_breaks_a_limit(path: str, limits: tuple[int, int]) -> None:
    file, function = limits
    assert too_long(path, "pass\n" * (file - 1)) == []
    assert too_long(path, "pass\n" * file) == [
        f"{path}: {file} lines, under {file} allowed: split it"
    ]
    assert too_long(path, function_of(function, "@g\n")) == []
    assert too_long(path, function_of(function + 1, "@g\nasync ")) == [
        f"{path}:2: f has {function + 1} lines, {function} at most: split it"
    ]


def test_too_long_finds_methods_and_inner_functions() -> None:
    text = "class A:\n" + "".join(f"    {line}\n" for line in function_of(81).splitlines())
    assert too_long("tests/a.py", text) == ["tests/a.py:2: f has 81 lines, 80 at most: split it"]


def test_style_contributing_says_the_limits() -> None:
    text = " ".join((REPOSITORY / "CONTRIBUTING.md").read_text().split())
    assert f"Functions are short ({HOUSE.function} lines at most)" in text
    assert f"files under {HOUSE.file} lines" in text
    assert f"kernels may have {OF_KERNELS.function} and {OF_KERNELS.file}" in text
