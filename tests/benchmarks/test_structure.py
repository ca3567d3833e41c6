"""benchmarks/structure.py: what it counts, on a made package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "structure.py"
spec = importlib.util.spec_from_file_location("structure", SCRIPT)
assert spec is not None
assert spec.loader is not None
structure = importlib.util.module_from_spec(spec)
sys.modules["structure"] = structure
spec.loader.exec_module(structure)

PACKAGE = {
    "__init__.py": "",
    "loose.py": "import genoseq.low.a\nfrom genoseq import __version__\n",
    "low/__init__.py": "",
    "low/a.py": "def f():\n    from genoseq.low.b import g\n",
    "low/b.py": "from genoseq.low import a\n",
    "high/__init__.py": "",
    "high/c.py": """\
from genoseq.low import a, b
if TYPE_CHECKING:
    from genoseq import loose
RATES = {"lstm": 1, "gru": 2}
if kind == "signal" or "bigwig" in formats or family in ("lstm", "rnn"):
    print("classes")
""",
}


@pytest.fixture
def tree() -> structure.Tree:
    return structure.Tree(PACKAGE, {"test_a.py": "pass\n" * 7})


def test_module_edges_are_of_imports_that_run(tree: structure.Tree) -> None:
    edges = structure.module_edges(tree)
    assert edges == {
        ("loose", "low.a"),
        ("low.a", "low.b"),
        ("low.b", "low.a"),
        ("high.c", "low.a"),
        ("high.c", "low.b"),
    }
    assert structure.room_edges(edges) == {("loose", "low"), ("high", "low")}


def test_cycles_counts_each_set_once() -> None:
    ring = {("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e")}
    assert structure.cycles(ring) == 1
    assert structure.cycles(ring | {("e", "d")}) == 2
    assert structure.cycles({("a", "b"), ("b", "c"), ("a", "c")}) == 0


def test_deciding_counts_comparisons_and_tables(tree: structure.Tree) -> None:
    found = {what: structure.deciding(tree, names) for what, names in structure.NAMES.items()}
    assert found == {
        "an encoder family": {"high/c.py": 2},
        "a format": {"high/c.py": 1},
        "a kind of labels": {"high/c.py": 1},
    }


def test_measures_of_a_tree(tree: structure.Tree) -> None:
    found = structure.measures(tree)
    assert (found["rooms"], found["loose modules"], found["lines of tests"]) == ("2", "1", "7")
    assert found["import cycles of rooms; of modules"] == "0; 1"
    assert found["longest file"] == "high/c.py, 6"
