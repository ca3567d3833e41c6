"""``genoseq fit-genes``: the weights of the gene decoder, learned from annotated genomes."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from genoseq.cli.computing import Device, GenesPrecision, Threads, start_computing

EPILOG = (
    "Example: genoseq fit-genes genomes.tsv -m results/models/bilstm "
    "-o results/models/bilstm/genes.json"
)

_log = logging.getLogger(__name__)


def fit_genes(
    table: Annotated[
        Path,
        typer.Argument(
            help="TSV of genomes: fasta, annotation, and if wanted mask, evidence, code, starts; "
            "for a model that tells introns fasta, annotation, contigs."
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            "-m",
            "--model",
            metavar="MODEL",
            help="Model folder of codon phases, made by genoseq train.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="File to write; genes.json in the model's folder.")
    ],
    refine: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Weights to begin with, where the table's starts are known by experiment: those "
            "of starts are drawn to them, all others stay.",
        ),
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE",
            help="With --refine: annotated genomes, those of FILE at best, by which conf and "
            "start_conf are made true again.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed.")] = 1,
    device: Device = None,
    precision: GenesPrecision = "auto",
    threads: Threads = None,
) -> None:
    """Learn how genes are chosen by what a model says, from genomes whose genes are known.

    Best on genomes that the model did not learn from: of those it did it is too sure.
    """
    from genoseq.genes.fit_files import fit_genes_files

    with start_computing("fit-genes", out, threads, unit="") as report:
        written = fit_genes_files(
            table,
            model,
            out,
            seed=seed,
            refine=refine,
            calibrate=calibrate,
            device=device,
            precision=precision,
            report=report,
        )
    _log.info("fit-genes: wrote %s", written)
