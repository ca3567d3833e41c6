"""``genoseq run``: the workflow, by Snakemake."""

from __future__ import annotations

from typing import Annotated

import typer

EPILOG = "Example: genoseq run my --cores 4 --dry-run"
PASSED_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""How the command line is read: what it does not know is Snakemake's."""


def run(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DIR] [SNAKEMAKE OPTIONS]...",
            help="Folder of the run, if not this one; then options and targets of Snakemake.",
        ),
    ] = None,
) -> None:
    """Run the workflow in a folder that `genoseq init` made, or in a clone: Snakemake does it.

    It is the snakemake of genoseq's own environment, started in DIR, with all cores unless the
    options or the profile say otherwise. `--workflow-profile slurm` runs it on a cluster;
    `genoseq run . --help` lists all options. The exit status is Snakemake's.
    """
    from genoseq.plan.run import run_workflow

    options = list(words or ())
    folder = options.pop(0) if options and not options[0].startswith("-") else "."
    raise typer.Exit(run_workflow(folder, options, replace=True))
