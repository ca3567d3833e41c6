"""``genoseq generate``: a causal language model to sequences."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from genoseq.cli.computing import Device, Threads, start_computing

EPILOG = (
    "Example: genoseq generate -m models/causal --prompt starts.fa --number 10 --length 900 "
    "--stop TAA,TAG,TGA --in-frame -o genes.fa"
)

_log = logging.getLogger(__name__)

Model = Annotated[
    Path,
    typer.Option("-m", "--model", help="Folder of a causal language model, made by genoseq train."),
]


def generate(
    model: Model,
    out: Annotated[Path, typer.Option("-o", "--out", help="FASTA to write.")],
    length: Annotated[
        int,
        typer.Option(
            min=1, max=10**9, help="Bases to make after each prompt; with --stop at most."
        ),
    ] = 1000,
    prompt: Annotated[
        Path | None,
        typer.Option(
            help="FASTA of what sequences begin with; - is stdin.", show_default="nothing"
        ),
    ] = None,
    number: Annotated[int, typer.Option(min=1, max=10**9, help="Sequences of each prompt.")] = 1,
    temperature: Annotated[
        float,
        typer.Option(help="Below 1 likely words are drawn more often; 0: always the likeliest."),
    ] = 1.0,
    top_k: Annotated[
        int | None, typer.Option(min=1, max=10**9, help="Draw from so many of the likeliest words.")
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="Draw from the likeliest words that have this chance together."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="The same seed makes the same.")
    ] = 1,
    stop: Annotated[
        str,
        typer.Option(help="Words after which a sequence ends, by commas.", show_default="none"),
    ] = "",
    in_frame: Annotated[
        bool,
        typer.Option("--in-frame", help="Stop words are codons, counted from the first base."),
    ] = False,
    provenance: Annotated[
        Path | None, typer.Option(help="JSON to write beside it: its provenance.")
    ] = None,
    device: Device = None,
    threads: Threads = None,
) -> None:
    """Make sequences by a causal language model.

    A word is the bases of one step of the model. OUT has each prompt with what follows it; a header
    says log2_likelihood, in bits, and number of the bases that were made.
    """
    from genoseq.inference.generate_files import generate_files

    with start_computing("generate", out, threads) as report:
        made = generate_files(
            model,
            out,
            length,
            prompt=prompt,
            number=number,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            seed=seed,
            stop=stop.split(",") if stop else (),
            in_frame=in_frame,
            provenance=provenance,
            device=device,
            report=report,
        )
    _log.info("generate: wrote %s: %s", out, made)
