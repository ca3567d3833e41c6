"""``genoseq-prodigal``: the option letters of Prodigal 2.6.3, so that pipelines can swap it in.

A program of its own, because a pipeline that calls ``prodigal`` gets it by a symbolic link, and
because the letters mean other things to the verbs of ``genoseq``.
"""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from genoseq import __version__
from genoseq.cli.app import answer
from genoseq.cli.computing import Jobs, Threads, chosen_jobs, start_computing
from genoseq.errors import ConfigError

_EXAMPLE = "Example: genoseq-prodigal -i genome.fa -f gff -o genes.gff -a proteins.faa -p single"
_VERSION = f"Prodigal V2.6.3's options, by genoseq {__version__}"
"""Prokka looks for a line that begins with ``Prodigal V`` and a number."""


class _Format(StrEnum):
    GBK = "gbk"
    GFF = "gff"
    SCO = "sco"


class _Procedure(StrEnum):
    SINGLE = "single"
    META = "meta"


def _version(asked: bool) -> None:
    if asked:
        print(_VERSION, file=sys.stderr)
        raise typer.Exit


def _no_training(path: Path | None) -> None:
    if path is not None:
        raise ConfigError(
            f"-t {path}: there are no training files, because start sites and codon usage are "
            f"learned from each input itself: leave -t out"
        )


app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command(epilog=_EXAMPLE)
def prodigal(
    fasta: Annotated[
        Path, typer.Option("-i", help="FASTA, GenBank or EMBL.", show_default="stdin")
    ] = Path("-"),
    genes: Annotated[
        Path | None, typer.Option("-o", help="File for the genes.", show_default="stdout")
    ] = None,
    format_: Annotated[_Format, typer.Option("-f", help="Format of the genes.")] = _Format.GBK,
    proteins: Annotated[
        Path | None, typer.Option("-a", help="FASTA for the proteins.", show_default="none")
    ] = None,
    bases: Annotated[
        Path | None, typer.Option("-d", help="FASTA for the genes' bases.", show_default="none")
    ] = None,
    starts: Annotated[
        Path | None,
        typer.Option(
            "-s", help="Table of all starts, as starts.tsv of genoseq genes.", show_default="none"
        ),
    ] = None,
    code: Annotated[
        str | None,
        typer.Option(
            "-g",
            help="Genetic code: auto, 11, 4, 25 or 15.",
            show_default="11; auto with -p meta",
        ),
    ] = None,
    procedure: Annotated[
        _Procedure, typer.Option("-p", help="Contigs of one organism, or of many.")
    ] = _Procedure.SINGLE,
    closed: Annotated[
        bool, typer.Option("-c", help="No genes that the ends of contigs or runs of N cut off.")
    ] = False,
    masked: Annotated[
        bool, typer.Option("-m", help="Always so: no gene spans a run of 10 N or more.")
    ] = False,
    any_motif: Annotated[
        bool, typer.Option("-n", help="Always so: any motif before starts is looked for.")
    ] = False,
    training: Annotated[
        Path | None,
        typer.Option("-t", callback=_no_training, help="Refused: there are no training files."),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", help="Say only what went wrong.")] = False,
    version: Annotated[
        bool, typer.Option("-v", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", help="Model folder, or a model in the box.", show_default="bacteria"
        ),
    ] = None,
    jobs: Jobs = None,
    threads: Threads = None,
) -> None:
    """Call the genes of bacteria and archaea by genoseq, with the options of Prodigal.

    The formats are Prodigal's as well; parts of its score that genoseq has not are left out.
    """
    del masked, any_motif, training, version
    from genoseq.genes.prodigal_files import ProdigalOutputs, call_genes_as_prodigal

    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("genoseq").setLevel(logging.WARNING if quiet else logging.INFO)
    with start_computing("genes", genes, threads) as report:
        call_genes_as_prodigal(
            fasta,
            ProdigalOutputs(genes, format_, proteins, bases, starts),
            model=model,
            code=code,
            meta=procedure == _Procedure.META,
            closed=closed,
            jobs=chosen_jobs(jobs, threads),
            report=report,
        )


def main() -> None:
    """Run the command line ``genoseq-prodigal``."""
    answer(app, "genoseq-prodigal")
