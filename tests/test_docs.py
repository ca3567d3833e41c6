"""README, CONTRIBUTING and the configuration's README name things that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from genoseq.cli.app import app
from genoseq.config.schema import Config

REPOSITORY = Path(__file__).parents[1]
README = (REPOSITORY / "README.md").read_text()
PAGES = ["README.md", "CONTRIBUTING.md", "config/README.md", "docs/recipes.md"]
ROOT = typer.main.get_command(app)


def commands(page: str) -> list[list[str]]:
    """Words of every genoseq command of a page's code blocks."""
    found = []
    for line in re.sub(r"\\\n\s*", " ", page).splitlines():
        match = re.match(r"(?:    |\$ |    \$ )?(genoseq [^#|>&]*)", line)
        if match:
            found.append(shlex.split(match[1]))
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
