"""How the package is built, in numbers, for some revisions and the working tree side by side.

    python benchmarks/structure.py [REV ...]

A room is a folder of ``genoseq/``, a loose module a file beside them.  An import edge is a module
(or room; a loose module counts as one) that imports another, also late, but not for types alone.
A cycle is a set of modules or rooms each of which imports all of the set, directly or by others.
A place decides by a family, a format or a kind of labels where the name of one is compared with or
is the key of a table.  Lines are those of ``.py`` files.  Revisions are read by ``git archive``:
nothing is checked out.
"""

from __future__ import annotations

import argparse
import ast
import io
import statistics
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
WORKING_TREE = "here"
PACKAGE = "genoseq"
TRAINING = ("training/",)
PLAN = ("plan/", "workflow.py", "estimate.py", "memory.py", "work.py")
"""Where plans are, and were before there was a room for them."""
NAMES = {
    "an encoder family": {"rnn", "gru", "lstm", "recurrent", "transformer"},
    "a format": {"bigwig", "bedgraph", "tsv"},  # bed and scores are words of other meanings too
    "a kind of labels": {"classes", "signal", "cds-phase", "stranded", "unstranded"},
}
Edges = set[tuple[str, str]]


@dataclass(frozen=True)
class Tree:
    """One revision: the text of every file, by its path in ``genoseq/`` or ``tests/``."""

    package: Mapping[str, str]
    tests: Mapping[str, str]

    def syntax(self) -> Iterator[tuple[str, ast.Module]]:
        """Path and syntax tree of each file of the package."""
        for path, text in self.package.items():
            yield path, ast.parse(text, path)


def read_tree(folder: Path) -> Tree:
    """The revision in a folder."""

    def texts(root: Path) -> dict[str, str]:
        files = sorted(root.rglob("*.py"))
        return {str(file.relative_to(root)): file.read_text() for file in files}

    return Tree(texts(folder / PACKAGE), texts(folder / "tests"))


def tree_of(revision: str) -> Tree:
    """The tree of a git revision, or the working tree."""
    if revision == WORKING_TREE:
        return read_tree(REPOSITORY)
    command = ["git", "archive", "--format=tar", revision, PACKAGE, "tests"]
    packed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(folder, filter="data")
        return read_tree(Path(folder))


def module_name(path: str) -> str:
    """``models.build`` for ``models/build.py``; empty for the package's own ``__init__.py``."""
    return path.removesuffix(".py").removesuffix("__init__").strip("/").replace("/", ".")


def module_edges(tree: Tree) -> Edges:
    """Modules and those that they import; ``genoseq`` itself, which has the version, left out."""
    modules = {module_name(path) for path in tree.package}
    edges = {
        (module_name(path), imported)
        for path, syntax in tree.syntax()
        for imported in _imported(syntax, modules)
    }
    return {(one, other) for one, other in edges if one != other and other}


def _imported(syntax: ast.AST, modules: set[str]) -> Iterator[str]:
    """Modules of the package that are imported when a module runs."""
    for node in ast.iter_child_nodes(syntax):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == PACKAGE:
            base = (node.module or "").removeprefix(PACKAGE).strip(".")
            for alias in node.names:
                whole = f"{base}.{alias.name}".strip(".")
                yield whole if whole in modules else base
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith(f"{PACKAGE}."):
                    yield alias.name.removeprefix(f"{PACKAGE}.")
        else:
            yield from _imported(node, modules)


def room_edges(edges: Edges) -> Edges:
    """The same imports between rooms and loose modules; the package's entry points left out."""
    rooms = {(one.partition(".")[0], other.partition(".")[0]) for one, other in edges}
    return {(one, other) for one, other in rooms if one != other and one not in ("", "__main__")}


def cycles(edges: Edges) -> int:
    """Sets of more than one node each of which reaches the others."""
    targets: dict[str, set[str]] = {}
    for one, other in edges:
        targets.setdefault(one, set()).add(other)
    reached = {node: _reached(node, targets) for node in targets}
    rounds = {node for node in targets if node in reached[node]}
    return len({frozenset(n for n in rounds & reached[m] if m in reached[n]) for m in rounds})


def _reached(node: str, targets: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        new = targets.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def function_lines(tree: Tree) -> list[int]:
    """Lines of each function, decorators apart."""
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for _, syntax in tree.syntax()
        for node in ast.walk(syntax)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def deciding(tree: Tree, names: set[str]) -> dict[str, int]:
    """Places in each file that decide by one of the names; files without are left out."""
    counts = {
        path: sum(bool(names & set(_decided_by(node))) for node in ast.walk(syntax))
        for path, syntax in tree.syntax()
    }
    return {path: count for path, count in counts.items() if count}


def _decided_by(node: ast.AST) -> Iterator[str]:
    """Strings that a comparison or a case compares with, or that are the keys of a table."""
    if isinstance(node, ast.Compare):
        parts: Iterable[ast.AST | None] = [node.left, *node.comparators]
    elif isinstance(node, ast.MatchValue):
        parts = [node.value]
    elif isinstance(node, ast.Dict):
        parts = node.keys
    else:
        return
    for part in parts:
        several = isinstance(part, ast.Tuple | ast.List | ast.Set)
        for item in part.elts if several else [part]:  # type: ignore[union-attr]
            if isinstance(item, ast.Constant) and isinstance(item.value, str):
                yield item.value


def lines(texts: Mapping[str, str], *beginnings: str) -> int:
    """Lines of all files, or of those whose path has one of the beginnings."""
    return sum(
        len(text.splitlines())
        for path, text in texts.items()
        if path.startswith(beginnings or ("",))
    )


def measures(tree: Tree) -> dict[str, str]:
    """Every number of a revision, by what it says."""
    edges = module_edges(tree)
    rooms = room_edges(edges)
    functions = sorted(function_lines(tree))
    loose = [path for path in tree.package if "/" not in path and not path.startswith("__")]
    longest = max(tree.package, key=lambda path: lines({path: tree.package[path]}))
    found = {
        "rooms": str(len({path.partition("/")[0] for path in tree.package if "/" in path})),
        "loose modules": str(len(loose)),
        "modules": f"{len(tree.package):,}",
        "import edges between rooms and loose modules": f"{len(rooms):,}",
        "import edges between modules": f"{len(edges):,}",
        "import cycles of rooms; of modules": f"{cycles(rooms)}; {cycles(edges)}",
        "lines of the package": f"{lines(tree.package):,}",
        "lines of tests": f"{lines(tree.tests):,}",
        "lines of training/": f"{lines(tree.package, *TRAINING):,}",
        "lines of plan/": f"{lines(tree.package, *PLAN):,}",
        "functions": f"{len(functions):,}",
        "function, median; p90; longest": f"{statistics.median(functions):g}; "
        f"{functions[len(functions) * 9 // 10]}; {functions[-1]}",
        "longest file": f"{longest}, {lines({longest: tree.package[longest]})}",
    }
    for what, names in NAMES.items():
        counts = deciding(tree, names)
        found[f"files that decide by {what} (places)"] = f"{len(counts)} ({sum(counts.values())})"
    return found


def table(columns: Mapping[str, Mapping[str, str]]) -> str:
    """A Markdown table: a row for each measure, a column for each revision."""
    rows = [
        ["", *columns],
        *([name, *(c[name] for c in columns.values())] for name in _names(columns)),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    align: list[Callable[[str, int], str]] = [str.ljust, *[str.rjust] * len(columns)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    padded = [[f(c, w) for f, c, w in zip(align, row, widths, strict=True)] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [padded[0], rule, *padded[1:]])


def _names(columns: Mapping[str, Mapping[str, str]]) -> list[str]:
    return list(next(iter(columns.values())))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("revisions", nargs="*", metavar="REV", help="git revisions")
    parser.add_argument("--files", action="store_true", help="say which files decide, of each")
    words = parser.parse_args()
    trees = {name: tree_of(name) for name in [*words.revisions, WORKING_TREE]}
    print(table({name: measures(tree) for name, tree in trees.items()}))
    for name, tree in trees.items() if words.files else ():
        for what, names in NAMES.items():
            print(f"\n{name}, by {what}: {', '.join(deciding(tree, names))}")


if __name__ == "__main__":
    main()
