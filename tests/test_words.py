"""The words of the house: what a thing is called, and how English is written about it.

``BANNED`` words stand in no name; ``PROSE`` is not written in docstrings, comments, messages and
pages; a name in ``OWNERS`` is defined in one module, so that one word means one thing.  No call
unpacks a tuple whose parts it could name.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
FILES = sorted((REPOSITORY / "genoseq").rglob("*.py"))
PAGES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((REPOSITORY / "config").glob("*.*")),
    *sorted((REPOSITORY / "workflows").rglob("*.md")),
    *sorted((REPOSITORY / "docs").glob("*.md")),
    *sorted((REPOSITORY / "genoseq").rglob("*.md")),
]

BANNED = {
    "util": "the name of what it does",
    "helper": "the name of what it does",
    "misc": "the name of what it holds",
    "manager": "the name of what it does",
    "team": "group (a process group, as torch says)",
    "pulse": "checkpoint, or report",
    "beat": "checkpoint, or report",
    "claim": "interval (LabelInterval)",
    "stroke": "interval, or row",
    "paint": "write",
    "cell": "field of a table, own bases of a token",
    "place": "position, index, offset or path",
    "member": "process, row or state",
}
"""Words of names, in any case and in the plural: what to say instead."""

ALLOWED = {
    "genoseq/kernels/attention/compiled.py": {"utils"},  # the attribute that Triton asks for
    "genoseq/inference/evaluation.py": {"check_place"},
}

OWNERS = {
    r"_?UNKNOWN|NOT_KNOWN": "UNKNOWN_LABEL, UNKNOWN_TOKEN, UNKNOWN_ORIGIN ...: unknown what?",
    r"_?PIECE|_?Piece": "a chunk of what: _CHUNK_BASES; or the name of what it is a part of",
    r"signals?_received|Signals?Handler": "stop_signals are POSIX's; signals are measured values",
}
"""Names that meant two things, as whole names: what to say instead."""

NOUNS = (
    "base|batch|bin|block|channel|class|contig|device|file|gene|genome|head|job|key|label|layer"
    "|line|model|process|query|record|region|row|rule|section|shard|slab|split|step|store|token"
    "|validation|verb|window"
)
AMOUNTS = (
    r"\d[\d.,]*|one|two|three|four|five|bases?|bp|bytes?|colour|columns?|entries|files?|kB|lines?"
    r"|MB|GB|million|module|names|numbers?|registers|rows?|scores?|seconds?|steps?|tokens?|values?"
    r"|windows"
)
PROSE = {
    rf"\b(?:{AMOUNTS}) an? (?:{NOUNS})\b": "'per', as in 'one row per base'",
    r"\bparted by\b": "'separated by'",
    r"\bas files they are\b": "say what they are",
    r"\bfor to\b|\bfor want of\b|\bwhereof\b|\bthereof\b|\bhitherto\b|\bupon\b": "plain English",
    r"\bfor each two\b|\bof each two\b": "'for each pair of'",
    r"\b(?:utils?|helpers?|misc|(?<!context )managers?|teams?|pulses?)\b": "what it does or holds",
    r"\b(?:strokes?|claim(?:s|ed)?|paint(?:s|ed)?)\b": "'interval', 'write'",
}
"""What is not written: what to write instead."""


@cache
def words_of(name: str) -> frozenset[str]:
    """The words of a name in lower case, and without a plural's ``s``."""
    words = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}
    return frozenset(words | {word.removesuffix("s") for word in words})


@cache
def tree_of(text: str) -> ast.Module:
    """The syntax tree of a module, parsed once for all tests."""
    return ast.parse(text)


def names_of(text: str) -> Iterator[tuple[int, str]]:
    """Line and name of all that a module defines: classes, functions, arguments, variables."""
    for node in ast.walk(tree_of(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.alias) and node.asname is not None:
            yield node.lineno, node.asname


def prose_of(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of docstrings, comments and messages; line breaks in them are spaces."""
    for node in ast.walk(tree_of(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, " ".join(node.value.split())
    block: list[str] = []
    first = last = -1
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT or "type: ignore" in token.string:
            continue
        if token.start[0] != last + 1:
            yield first, " ".join(block)
            block, first = [], token.start[0]
        last = token.start[0]
        block.append(token.string.lstrip("#: "))
    yield first, " ".join(block)


def wrong_names(path: str, text: str) -> list[str]:
    """Names that are banned or mean two things: where, which, and what to say instead."""
    found = []
    module = Path(path).parent.name if path.endswith("__init__.py") else Path(path).stem
    for line, name in [(1, module), *names_of(text)]:
        if name in ALLOWED.get(path, ()):
            continue
        found += [
            f"{path}:{line}: {name}: not {word!r} but {better}"
            for word, better in BANNED.items()
            if word in words_of(name)
        ]
        found += [
            f"{path}:{line}: {name}: {better}"
            for pattern, better in OWNERS.items()
            if re.fullmatch(pattern, name)
        ]
    return found


def wrong_prose(path: str, prose: Iterator[tuple[int, str]]) -> list[str]:
    """What is not plain English: where, what stands there, and what to write instead."""
    return [
        f"{path}:{line}: {match[0]!r}: write {better}"
        for line, text in prose
        for pattern, better in PROSE.items()
        for match in re.finditer(pattern, text)
    ]


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of the paragraphs of a page or a commented file."""
    line = 1
    for block in re.split(r"\n(?=\s*\n)", text):
        yield line + (len(block) - len(block.lstrip("\n"))), re.sub(r"\s+(?:# )?", " ", block)
        line += block.count("\n") + 1


def unpacked_tuples(path: str, text: str) -> list[str]:
    """Calls that unpack a tuple or list of their own function, and so hide arguments' names."""
    found = []
    scopes = [
        node for node in ast.walk(tree_of(text)) if isinstance(node, ast.FunctionDef | ast.Module)
    ]
    for scope in scopes if "*" in text else ():
        nodes = list(_own(scope))
        literal = {
            target.id
            for node in nodes
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in nodes:
            for part in node.args if isinstance(node, ast.Call) else ():
                value = part.value if isinstance(part, ast.Starred) else None
                named = isinstance(value, ast.Name) and value.id in literal
                if named or isinstance(value, ast.Tuple | ast.List):
                    assert value is not None
                    found.append(
                        f"{path}:{value.lineno}: *{ast.unparse(value)}: pass each part by its name"
                    )
    return found


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function or module without those of the functions in it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef):
            yield child
            yield from _own(child)


def relative(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def test_words_of_names_are_those_of_the_house() -> None:
    found = [line for path in FILES for line in wrong_names(relative(path), path.read_text())]
    assert not found, "\n".join(found)


def test_words_of_prose_are_plain_english() -> None:
    found = []
    for path in FILES:
        found += wrong_prose(relative(path), prose_of(path.read_text()))
    for page in PAGES:
        found += wrong_prose(relative(page), paragraphs(page.read_text()))
    assert not found, "\n".join(found)


def test_words_no_call_unpacks_a_tuple_of_its_own() -> None:
    found = [line for path in FILES for line in unpacked_tuples(relative(path), path.read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("genoseq/a.py", "class RunManager:\n    pass\n", "genoseq/a.py:1: RunManager: not 'man"),
        ("genoseq/a.py", "def f(cells): ...\n", "genoseq/a.py:1: cells: not 'cell' but field of"),
        ("genoseq/a.py", "\nPAINT_ORDER = 1\n", "genoseq/a.py:2: PAINT_ORDER: not 'paint' but wr"),
        ("genoseq/a.py", "x.beats = 1\n", "genoseq/a.py:1: beats: not 'beat' but checkpoint"),
        ("genoseq/utils.py", "", "genoseq/utils.py:1: utils: not 'util' but the name of what it"),
        ("genoseq/misc/__init__.py", "", "genoseq/misc/__init__.py:1: misc: not 'misc' but the"),
        ("genoseq/a.py", "UNKNOWN = 255\n", "genoseq/a.py:1: UNKNOWN: UNKNOWN_LABEL, UNKNOWN_TOK"),
        ("genoseq/a.py", "_PIECE = 1 << 20\n", "genoseq/a.py:1: _PIECE: a chunk of what"),
    ],
)
def test_wrong_names_says_where_and_what_instead(path: str, text: str, found: str) -> None:
    (line,) = wrong_names(path, text)
    assert line.startswith(found)


def test_wrong_names_knows_words_from_parts_of_words() -> None:
    assert wrong_names("genoseq/a.py", "cancelled = misclassified = steam = upbeat_ = 1\n") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"""Values, one row a\n    base."""\n', "genoseq/a.py:1: 'row a base': write 'per'"),
        ("x = 1\n# it has two rows a\n# base\n", "genoseq/a.py:2: 'rows a base': write"),
        ('raise ValueError("columns parted by tabs")\n', "genoseq/a.py:1: 'parted by': write"),
        ('f"{n} windows a step"\n', "genoseq/a.py:1: 'windows a step': write"),
        ('"""The helper of all; a context manager."""\n', "genoseq/a.py:1: 'helper': write what"),
        ("# bases that a class claims\n", "genoseq/a.py:1: 'claims': write 'interval', 'wri"),
    ],
)
def test_wrong_prose_says_where_and_what_instead(text: str, found: str) -> None:
    (line,) = wrong_prose("genoseq/a.py", prose_of(text))
    assert line.startswith(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("f(*(a, b), c)\n", "genoseq/a.py:1: *(a, b): pass each part by its name"),
        ("def g():\n    p = 1, 2\n    f(*p)\n", "genoseq/a.py:3: *p: pass each part by its name"),
        ("f(*[a], c)\n", "genoseq/a.py:1: *[a]: pass each part by its name"),
    ],
)
def test_unpacked_tuples_says_where(text: str, found: str) -> None:
    assert unpacked_tuples("genoseq/a.py", text) == [found]


def test_unpacked_tuples_leaves_other_stars_alone() -> None:
    text = "def g(*p):\n    f(*p)\n    return (*p, 1)\ndef h():\n    p = 1, 2\n    return [*p]\n"
    assert unpacked_tuples("genoseq/a.py", text) == []
