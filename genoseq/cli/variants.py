"""``genoseq variants``: a VCF in, the same VCF with what each variant would change out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

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

EPILOG = (
    "Example: genoseq variants calls.vcf.gz genome.fa.gz -m results/models/bilstm -o scored.vcf.gz"
)

_log = logging.getLogger(__name__)

Genes = Annotated[
    Path | None,
    typer.Option(help="Annotation (GFF3, GTF, GenBank): symbols of genes that are overlapped."),
]
Masked = Annotated[
    bool,
    typer.Option(
        "--masked",
        help="In SpliceAI: no gain at sites of --genes, no loss elsewhere.",
    ),
]
Splice = Annotated[
    bool,
    typer.Option(
        "--spliceai/--no-spliceai",
        help="Write the field SpliceAI, if the model has splice_donor and splice_acceptor.",
    ),
]
Alias = Annotated[
    str | None,
    typer.Option(
        metavar="TABLE",
        help="Other names of contigs, in the VCF: chromAlias.txt[:COLUMN], or two columns, the "
        "FASTA's and the VCF's.",
    ),
]
Table = Annotated[
    Path | None,
    typer.Option(help="Also a .tsv or .parquet: one row per allele and class."),
]
Tracks = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Also bigWigs: the largest change at each base."),
]
Longest = Annotated[
    int, typer.Option(min=1, max=1 << 24, help="Longest REF or ALT that is scored, in bases.")
]
Shard = Annotated[
    str | None,
    typer.Option(metavar="K/N", help="Only the K-th of N parts of the records."),
]


def variants(
    variants: Annotated[
        Path, typer.Argument(metavar="VCF", help="VCF, plain or compressed, or BCF; - is stdin.")
    ],
    fasta: GenomeFile,
    out: Annotated[
        Path, typer.Option("-o", "--out", help=".vcf.gz (indexed if sorted), .vcf or .bcf.")
    ],
    model: Model = None,
    distance: Annotated[
        int,
        typer.Option(
            min=0,
            max=100_000,
            help="Bases on either side of a variant of which changes are told; no more.",
        ),
    ] = 50,
    raw: Annotated[
        bool, typer.Option("--raw", help="Also the values with REF and ALT behind each change.")
    ] = False,
    genes: Genes = None,
    masked: Masked = False,
    splice: Splice = True,
    alias: Alias = None,
    table: Table = None,
    tracks: Tracks = None,
    longest: Longest = 20_000,
    shard: Shard = None,
    window: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1 << 24,
            help="Bases per window, context included; of models whose reach has no bound (LSTM), "
            "their own whatever is asked.",
            show_default="what costs least",
        ),
    ] = None,
    batch_bases: BatchBases = None,
    device: Device = None,
    precision: Precision = "auto",
    jobs: Jobs = None,
    threads: Threads = None,
    progress_fd: ProgressFd = None,
) -> None:
    """Score variants: what each would change of what a model says of the bases near it.

    OUT gets every record of VCF, in order: with scores in INFO, or with the reason why there are
    none, GS_REASON.
    """
    from genoseq.variants.variant_files import score_variants_files

    with start_computing("variants", out, threads, progress_fd, "variants") as report:
        written = score_variants_files(
            variants, fasta, model, out,
            distance=distance, raw=raw, genes=genes, masked=masked, splice=splice, alias=alias,
            longest=longest, shard=shard, table=table, tracks=tracks, window_bases=window,
            batch_bases=batch_bases, device=device, precision=precision,
            jobs=chosen_jobs(jobs, threads), report=report,
        )  # fmt: skip
    _log.info("variants: wrote %s", written)
