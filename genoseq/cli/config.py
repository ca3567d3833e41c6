"""``genoseq config``: check a configuration, print its schema, print it with all defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genoseq.errors import ConfigError

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
    """Check settings, sample sheet and files, and say what a run would do.

    Every problem is listed at once, each on a line of its own.
    """
    from genoseq.settings import read_mapping
    from genoseq.workflow import make_plan, missing_files

    plan = make_plan(read_mapping(file), file)
    missing = missing_files(plan)
    if missing:
        raise ConfigError(
            [f"no such file: {path} (paths are relative to {Path.cwd()})" for path in missing],
            plan.config.genomes,
        )
    for name, row in plan.genomes.items():
        print(f"genome {name}: split {row.split}, {row.fasta}")
    for name in plan.config.models:
        print(f"model {name}: trains on {_listed(plan.stores(name, unused='test'))}")
        print(f"model {name}: is tested on {_listed(plan.stores(name, unused='train'))}")
        print(f"model {name}: scores {', '.join(plan.genomes)}")
    print(f"tracks: {', '.join(plan.config.score.formats)}")
    print("run it: snakemake --cores 2")


def _listed(stores: list[str]) -> str:
    return ", ".join(Path(store).name.rsplit(".", 1)[0] for store in stores) or "nothing"


@app.command("schema", epilog="Example: genoseq config schema > config.schema.json")
def schema() -> None:
    """Print the JSON schema of the configuration, for editors that check while one types."""
    from genoseq.config import json_schema

    print(json_schema(), end="")


@app.command("show", epilog="Example: genoseq config show config/config.yaml")
def show(file: File = DEFAULT) -> None:
    """Print the configuration as YAML with every default filled in."""
    import yaml

    from genoseq.config import load_config

    print(yaml.safe_dump(load_config(file).model_dump(mode="json"), sort_keys=False), end="")
