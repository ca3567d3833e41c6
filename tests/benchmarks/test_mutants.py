"""benchmarks/mutants.py: its list fits the package, and it tells found faults from others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FAULTS = """
[[mutant]]
name = "sum-is-a-difference"
file = "adding.py"
old = "a + b"
new = "a - b"
tests = ["test_adding.py"]

[[mutant]]
name = "word-nobody-tests"
file = "adding.py"
old = "sum of"
new = "difference of"
tests = ["test_adding.py"]
"""
TEST = "from genoseq.adding import add\n\ndef test_add():\n    assert add(2, 3) == 5\n"


def run(script: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The script with these words."""
    command = [sys.executable, str(script), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script in a repository of one module, one test and two faults."""
    for folder in ("benchmarks", "genoseq", "tests"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "genoseq" / "__init__.py").touch()
    text = '"""The sum of two numbers."""\n\ndef add(a, b):\n    return a + b\n'
    (tmp_path / "genoseq" / "adding.py").write_text(text)
    (tmp_path / "tests" / "test_adding.py").write_text(TEST)
    (tmp_path / "benchmarks" / "mutants.toml").write_text(FAULTS)
    copy = tmp_path / "benchmarks" / "mutants.py"
    copy.write_text((BENCHMARKS / "mutants.py").read_text())
    return copy


def test_mutants_replace_text_that_is_there() -> None:
    found = run(BENCHMARKS / "mutants.py", "--list")
    assert found.returncode == 0, found.stderr
    assert len(found.stdout.splitlines()) >= 40


def test_mutants_that_survive_are_told(script: Path) -> None:
    found = run(script)
    assert found.returncode == 1, found.stderr
    killed, survived, total = found.stdout.splitlines()
    assert killed.split()[:3] == ["sum-is-a-difference", "adding.py", "killed"]
    assert survived.split()[:3] == ["word-nobody-tests", "adding.py", "SURVIVED"]
    assert total == "1 of 2 killed, 50.0%"
    assert run(script, "--only", "sum").returncode == 0


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("genoseq/adding.py", "def add(a, b):\n    return sum((a, b))\n", "has 'a + b' 0 times"),
        ("tests/test_adding.py", "def test_add():\n    assert False\n", "fails without any fault"),
        ("tests/test_adding.py", "import nowhere\n", "pytest failed"),
    ],
)
def test_mutants_need_their_text_and_passing_tests(
    script: Path, file: str, text: str, message: str
) -> None:
    (script.parents[1] / file).write_text(text)
    found = run(script, "--only", "sum")
    assert found.returncode == 1
    assert message in found.stderr
    assert found.stdout == ""
