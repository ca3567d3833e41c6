"""``genoseq haplotypes``: a phased VCF, a FASTA and a model in, tracks of every haplotype out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from genoseq.cli.computing import (
    BatchBases,
    Device,
    GenomeFile,
    Jobs,
    Model,
    Precision,
    ProgressFd,
    Threads,
    chosen_jobs,
    start_computing,
)
from genoseq.cli.formats import ByPhase, Digits, Formats, ValuesTold

EPILOG = (
    "Example: genoseq haplotypes phased.vcf.gz genome.fa -m results/models/bilstm "
    "--regions regions.bed -o haplotypes/"
)

_log = logging.getLogger(__name__)


def haplotypes(
    vcf: Annotated[
        Path, typer.Argument(help="VCF with genotypes, plain or compressed; - is stdin.")
    ],
    fasta: GenomeFile,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder, replaced as a whole.")],
    model: Model = None,
    regions: Annotated[
        Path | None,
        typer.Option(
            help="BED of what to score. Variants are applied all over its contigs.",
            show_default="every contig",
        ),
    ] = None,
    sample: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="May be repeated.", show_default="every sample"),
    ] = None,
    unphased: Annotated[
        Literal["error", "reference"],
        typer.Option(
            help="Of heterozygous genotypes that are not phased, in the regions or near them: "
            "reference keeps it there, and says so in haplotypes.tsv."
        ),
    ] = "error",
    against: Annotated[
        Literal["reference", "first", "both", "none"],
        typer.Option(
            help="What haplotypes are compared with: the reference, the sample's first one, both."
        ),
    ] = "both",
    formats: Formats = None,
    values: ValuesTold = "probability",
    by_phase: ByPhase = False,
    digits: Digits = None,
    batch_bases: BatchBases = None,
    device: Device = None,
    precision: Precision = "auto",
    jobs: Jobs = None,
    threads: Threads = None,
    progress_fd: ProgressFd = None,
) -> None:
    """Score the haplotypes of a phased VCF: tracks of each, and of what they differ by.

    All variants of a haplotype are applied together, and its scores mapped back to the reference:
    inserted bases by their maximum, deleted ones as a gap. OUT gets haplotypes.tsv, which says of
    every variant whether it was applied, or why not, and folders of tracks.
    """
    from genoseq.variants.haplotype_files import haplotype_files

    with start_computing("haplotypes", out, threads, progress_fd) as report:
        made = haplotype_files(
            vcf, fasta, model, out,
            regions=regions, samples=sample or (), unphased=unphased, against=against,
            formats=formats, values=values, by_phase=by_phase, digits=digits,
            batch_bases=batch_bases, device=device, precision=precision,
            jobs=chosen_jobs(jobs, threads), report=report,
        )  # fmt: skip
    _log.info("haplotypes: wrote %s", made)
