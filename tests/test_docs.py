"""README, CONTRIBUTING and the configuration's README name things that exist, as they are."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import pytest
import typer

from genoseq.cli.app import app
from genoseq.config.schema import Config

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text()
FOLDERS = [".", "docs", "config", "config/examples", "workflows", "benchmarks", "genoseq/kernels"]
PAGES = sorted(
    str(path.relative_to(REPOSITORY))
    for folder in FOLDERS
    for path in [*(REPOSITORY / folder).glob("*.md"), *(REPOSITORY / folder).glob("*/README.md")]
    if path.name != "CHANGELOG.md" and path.parent.name[:1] != "."  # it tells of verbs that went
)
ROOT = typer.main.get_command(app)
ROOMS = {path.parent.name for path in (REPOSITORY / "genoseq").glob("*/__init__.py")}


def commands(page: str) -> list[list[str]]:
    """Words of every genoseq command of a page's code blocks."""
    found = []
    for line in re.sub(r"\\\n\s*", " ", page).splitlines():
        match = re.match(r"(?:    |\$ |    \$ )(genoseq .*)", line)
        if match:
            words = shlex.shlex(match[1], posix=True, punctuation_chars="|>&;")
            words.whitespace_split = True
            found.append(list(takewhile(lambda word: not set(word) <= set("|>&;"), words)))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_docs_commands_have_verbs_and_options_that_exist(page: str) -> None:
    for words in commands((REPOSITORY / page).read_text()):
        command: Any = ROOT
        rest = words[1:]
        while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
            assert rest[0] in command.commands, words
            command = command.commands[rest.pop(0)]
        options = {
            name for given in command.params for name in (*given.opts, *given.secondary_opts)
        }
        options |= {"-h", "--help"}
        if command.context_settings.get("ignore_unknown_options"):
            continue  # the rest is another program's
        assert {word.split("=")[0] for word in rest if word.startswith("-")} <= options, words


def test_docs_readme_names_every_verb() -> None:
    for verb in ROOT.commands:  # type: ignore[attr-defined]
        assert re.search(rf"genoseq {verb}\b", README), verb


def test_docs_readme_names_the_commands_that_run_and_test_all() -> None:
    assert "snakemake --cores" in README
    assert "make test" in README
    assert re.search(r"^test:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


def test_docs_ci_runs_the_same_check_as_people() -> None:
    assert re.search(r"^make check$", (REPOSITORY / ".ci/run").read_text(), re.MULTILINE)
    assert re.search(r"^check:.* test\b", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_docs_links_lead_somewhere(page: str) -> None:
    path = REPOSITORY / page
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / link).exists(), link


def test_docs_readme_says_that_the_demo_s_labels_are_predictions() -> None:
    assert "Prodigal" in README
    assert "predictions" in README


def test_docs_config_names_every_top_level_setting() -> None:
    text = (REPOSITORY / "config/config.yaml").read_text()
    named = {line.split(":")[0] for line in text.splitlines() if re.match(r"\w+:", line)}
    assert named == set(Config.model_fields) - {"pathvars"}  # which is Snakemake's


def layers_of_contract() -> list[set[str]]:
    """The rooms of each layer, the highest first, as import-linter holds them."""
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [set(layer.split(" | ")) for layer in layers]


def layers_of_page(page: str) -> list[set[str]]:
    """The same as a page says them: ``imports point down: `a` > `b`, `c` > ...``."""
    match = re.search(r"imports point down: (.*?)\.", " ".join(page.split()))
    assert match is not None
    return [set(re.findall(r"`(\w+)`", layer)) for layer in match[1].split(">")]


def tree_of_page(page: str) -> list[tuple[str, str]]:
    """What stands below ``genoseq/`` in a page's tree, and what is said of it, in order."""
    match = re.search(r"^    genoseq/\n((?:      .*\n)+)", page, re.MULTILINE)
    assert match is not None
    lines = [line.split(maxsplit=1) for line in match[1].splitlines()]
    return [(name, said) for name, said in lines]


def wrong_tree(page: str, rooms: set[str], layers: list[set[str]]) -> list[str]:
    """What a page's tree lacks, has too much of, or has in another order than the layers."""
    tree = [(name.removesuffix("/").removesuffix(".py"), said) for name, said in tree_of_page(page)]
    names = [name for name, _ in tree]
    found = [f"{name}: not in the tree" for name in sorted((rooms | {"errors"}) - set(names))]
    found += [f"{name}: no such room" for name in sorted(set(names) - rooms - {"errors"})]
    found += [f"{name}: twice in the tree" for name in sorted(set(names)) if names.count(name) > 1]
    depth = {name: -number for number, layer in enumerate(layers) for name in layer}
    placed = [name for name in names if name in depth and name != "errors"]
    for before, after in pairwise(placed):
        if depth[before] > depth[after]:
            found.append(f"{after}: after {before}, which is in a higher layer")
    return found


def test_docs_tree_of_the_readme_is_that_of_the_rooms() -> None:
    assert wrong_tree(README, ROOMS, layers_of_contract()) == []


def test_docs_layers_of_contributing_are_those_of_the_contract() -> None:
    layers = layers_of_contract()
    assert layers_of_page((REPOSITORY / "CONTRIBUTING.md").read_text()) == layers
    assert set().union(*layers) == ROOMS | {"errors"}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_docs_each_room_says_in_two_lines_what_it_is_for(room: str) -> None:
    text = (REPOSITORY / "genoseq" / room / "__init__.py").read_text()
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring
    assert len(docstring.splitlines()) <= 2


def test_wrong_tree_names_every_difference() -> None:
    layers = [{"cli"}, {"a", "b"}, {"errors"}]
    page = "    genoseq/\n      errors.py  x\n      {}  x\n      {}  x\n      {}  x\n"
    assert wrong_tree(page.format("b/", "a/", "cli/"), {"a", "b", "cli"}, layers) == []
    assert wrong_tree(page.format("a/", "cli/", "b/"), {"a", "b", "cli"}, layers) == [
        "b: after cli, which is in a higher layer"
    ]
    assert wrong_tree(page.format("a/", "a/", "c/"), {"a", "b"}, layers) == [
        "b: not in the tree",
        "c: no such room",
        "a: twice in the tree",
    ]


def test_layers_of_page_reads_them_in_order() -> None:
    page = "Data flows one way and imports point down: `cli` >\n  `a`, `b` > `errors`. `lint` holds"
    assert layers_of_page(page) == [{"cli"}, {"a", "b"}, {"errors"}]
