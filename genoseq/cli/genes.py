"""``genoseq genes``: a FASTA and a model in, genes out."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from genoseq.cli.computing import (
    Device,
    GenesPrecision,
    Jobs,
    Model,
    ProgressFd,
    Threads,
    chosen_jobs,
    start_computing,
)
from genoseq.cli.genomes import GenomeFiles, for_each_genome
from genoseq.errors import TrainingInterruptedError

EPILOG = "Example: genoseq genes genome.fa.gz -m results/models/bilstm -o genes/"

Code = Annotated[
    str,
    typer.Option(
        help="Genetic code: 11, 4, 25 or 15; auto: that of each organism. With introns 1 or "
        "another nuclear code; auto: 1."
    ),
]
Together = Annotated[bool, typer.Option("--together", help="All contigs are of one organism.")]
Mask = Annotated[
    Path | None,
    typer.Option(help="BED, GFF or GenBank of where no gene may be, as rRNA, tRNA, CRISPR."),
]
Adapt = Annotated[
    Literal["auto", "on", "off"],
    typer.Option(
        help="Train the network on what is certain of this genome, and call again; auto: where "
        "there is enough to learn from, and where it changes the genes."
    ),
]
Tracks = Annotated[
    bool,
    typer.Option(
        "--tracks",
        help="Write OUT/tracks as well: coding sequence per base, as genoseq score does.",
    ),
]
Frameshifts = Annotated[
    bool,
    typer.Option(
        "--frameshifts",
        help="Read genes across indels, in noisy assemblies and reads (best with -m "
        "bacteria-reads); writes frameshifts.bed, and marks what may be a pseudogene.",
    ),
]
SaveModel = Annotated[
    Path | None, typer.Option(help="Folder for the model that the genes are of, to be used by -m.")
]

_log = logging.getLogger(__name__)


def genes(
    fasta: GenomeFiles,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the genes.")],
    model: Model = None,
    code: Code = "auto",
    together: Together = False,
    circular: Annotated[
        str, typer.Option(help="Contigs that are circles, by commas; all or none.")
    ] = "none",
    mask: Mask = None,
    shortest: Annotated[
        int,
        typer.Option(min=30, max=100_000, help="bp of the shortest gene, its stop codon included."),
    ] = 90,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Weights of the decoder, made by genoseq fit-genes.",
            show_default="the model's genes.json, or else the package's",
        ),
    ] = None,
    all_starts: Annotated[
        bool, typer.Option("--all-starts", help="Write starts.tsv: every start, and its conf.")
    ] = False,
    tracks: Tracks = False,
    adapt: Adapt = "off",
    frameshifts: Frameshifts = False,
    save_model: SaveModel = None,
    device: Device = None,
    precision: GenesPrecision = "auto",
    jobs: Jobs = None,
    threads: Threads = None,
    progress_fd: ProgressFd = None,
) -> None:
    """Call the genes of a genome: of bacteria and archaea, or spliced ones by a model that tells
    introns.

    OUT gets genes.gff3, genes.bed, genes.gbk, genes.ffn, proteins.faa and summary.json; with
    --frameshifts frameshifts.bed as well, with --tracks a folder of tracks.
    """
    from genoseq.genes.call_files import call_genes_files

    # One count of bases tells of scoring and training alike.
    logging.getLogger("genoseq.training").setLevel(logging.WARNING)

    def of_genome(genome: Path, folder: Path) -> None:
        with start_computing("genes", folder, threads, progress_fd) as report:
            written = call_genes_files(
                genome,
                model,
                folder,
                code=code,
                together=together,
                circular=circular,
                mask=mask,
                shortest=shortest,
                weights=weights,
                all_starts=all_starts,
                tracks=tracks,
                adapt=adapt,
                frameshifts=frameshifts,
                save_model=save_model,
                device=device,
                precision=precision,
                jobs=chosen_jobs(jobs, threads),
                report=report,
            )
        _log.info("genes: wrote %s", written)

    try:
        for_each_genome(fasta, out, {"--mask": mask, "--save-model": save_model}, of_genome)
    except TrainingInterruptedError as error:
        print(f"genoseq: {error}", file=sys.stderr)
        raise typer.Exit(128 + error.signal) from None
