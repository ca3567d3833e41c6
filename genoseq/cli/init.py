"""``genoseq init``: a new folder for a run of the workflow."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

EPILOG = "Example: genoseq init my --demo"


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder, or one to add to.")],
    demo: Annotated[
        bool, typer.Option("--demo", help="The demo, which runs as it is; needs the extra `demo`.")
    ] = False,
) -> None:
    """Lay down a configuration, a sample sheet, a Snakefile and profiles, to be edited.

    Nothing is overwritten: a folder that has one of these files is refused. `genoseq run DIR`, or
    `snakemake` in it, runs the workflow that came with genoseq.
    """
    from genoseq.plan.init import init_run

    for path in init_run(folder, demo):
        print(f"wrote {path}")
    if not demo:
        print(f"list your genomes in {folder / 'config/genomes.tsv'}, then")
    print(f"run it: genoseq run {quote(str(folder))}")
