"""``genoseq config``: check a configuration, print its schema, print it with all defaults."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

app = typer.Typer(
    name="config",
    help="Check or print the workflow's configuration.",
    no_args_is_help=True,
    epilog="Example: genoseq config check config/config.yaml",
)

File = Annotated[Path, typer.Argument(help="YAML or JSON configuration.")]
DEFAULT = Path("config/config.yaml")


@app.command("check", epilog="Example: genoseq config check config/config.yaml")
def check(file: File = DEFAULT) -> None:
    """Check settings, sample sheet and files, and say what a run would do and take.

    Every problem is listed at once, each on a line of its own. Times are estimates.
    """
    from genoseq.plan.check import check_config

    for line in check_config(file).lines():
        print(line)
    print(f"run it: genoseq run{'' if file == DEFAULT else f' . --configfile {quote(str(file))}'}")


@app.command("schema", epilog="Example: genoseq config schema > config.schema.json")
def schema() -> None:
    """Print the JSON schema of the configuration, for editors that check while one types."""
    from genoseq.config.json_schema import json_schema

    print(json_schema(), end="")


@app.command("show", epilog="Example: genoseq config show config/config.yaml")
def show(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="YAML or JSON configuration; without one, and without config/config.yaml, the "
            "defaults.",
            show_default=str(DEFAULT),
        ),
    ] = None,
) -> None:
    """Print the configuration as YAML: every setting, its value, and what it may be."""
    from genoseq.config.show import show_config

    print(show_config(file or (DEFAULT if DEFAULT.exists() else None)), end="")
