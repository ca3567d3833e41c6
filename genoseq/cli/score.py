"""``genoseq score``: a FASTA and a model in, tracks out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genoseq.cli.expected import Expected, check_model

if TYPE_CHECKING:
    import torch

    from genoseq.files.provenance import Record
    from genoseq.genome.regions import Region
    from genoseq.models.device import Precision
    from genoseq.readers.fasta import Fasta
    from genoseq.writers.scores import Origin

EPILOG = "Example: genoseq score genome.fa.gz -m results/models/bilstm -o tracks/"


Formats = Annotated[
    str | None,
    typer.Option(
        help="Of bigwig, bedgraph, bed, tsv, scores; comma-separated.",
        show_default="bigwig,bed; of signals bigwig",
    ),
]


def score(
    fasta: Annotated[Path, typer.Argument(help="FASTA or GenBank, plain or compressed.")],
    model: Annotated[
        Path, typer.Option("-m", "--model", help="Model folder, made by genoseq train.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the tracks.")],
    regions: Annotated[
        Path | None, typer.Option(help="BED of what to score; the rest is a gap.")
    ] = None,
    formats: Formats = None,
    by_phase: Annotated[
        bool, typer.Option("--by-phase", help="One track for each codon phase.")
    ] = False,
    window: Annotated[
        int | None,
        typer.Option(min=1, help="Bases a window, context included.", show_default="9216"),
    ] = None,
    batch_bases: Annotated[
        int | None, typer.Option(min=1, help="Bases a batch.", show_default="46080")
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="cpu, cuda or cuda:N.", show_default="a GPU if there is one"),
    ] = None,
    precision: Annotated[
        Literal["auto", "bf16", "fp32"], typer.Option(help="auto: bf16 where it is faster.")
    ] = "auto",
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Threads of torch.", show_default="one for each processor"),
    ] = None,
    expect: Expected = None,
) -> None:
    """Score every base of a genome, both strands, and write tracks.

    OUT gets manifest.tsv, one bigWig for each class and strand, and segments.bed.
    """
    from genoseq.readers.bed import read_bed
    from genoseq.readers.fasta import open_fasta

    with open_fasta(fasta) as genome:
        asked = [line.region for line in read_bed(regions, genome.lengths)] if regions else None
        import torch

        from genoseq.cli.progress import watched
        from genoseq.config.context import BATCH_BASES
        from genoseq.inference import score as scoring
        from genoseq.inference.predict import choose_computing
        from genoseq.models.allocator import keep_freed_memory
        from genoseq.models.bundle import load_bundle
        from genoseq.writers.outputs import chosen_formats, write_tracks

        keep_freed_memory()
        if threads is not None:
            torch.set_num_threads(threads)
        bundle = load_bundle(model)
        check_model(bundle, model, expect)
        wanted = scoring.wanted_regions(genome, asked)
        used = choose_computing(bundle.settings, device, precision)
        scored = scoring.score(
            genome,
            bundle,
            regions=wanted,
            by_phase=by_phase,
            window_bases=window,
            batch_bases=batch_bases or BATCH_BASES,
            device=str(used[0]),
            precision=used[1],
        )
        _, channels = scoring.output_channels(bundle.scheme, by_phase)
        tracks, kind = watched("score", scored, sum(map(len, wanted))), bundle.scheme.kind
        settings = {"by_phase": by_phase, "window": window, "batch_bases": batch_bases}
        write_tracks(
            *(tracks, genome.lengths, channels, kind, out, chosen_formats(formats, kind)),
            *_made_by(genome, model, settings, *used, regions, wanted),
        )


def _made_by(
    genome: Fasta,
    model: Path,
    settings: Mapping[str, Any],
    device: torch.device,
    precision: Precision,
    regions: Path | None,
    wanted: Sequence[Region],
) -> tuple[Origin, Record]:
    """What ``scores.json`` and ``provenance.json`` say of where scores come from."""
    from genoseq.extraction.shard_folder import original_of
    from genoseq.files.provenance import file_sha256, input_sha256, make_record
    from genoseq.models.bundle import WEIGHTS, bundle_identity
    from genoseq.models.device import computing
    from genoseq.writers.scores import Origin

    identity = bundle_identity(model)
    original = original_of(genome)
    inputs: dict[str, Mapping[str, str | None]] = {
        "genome": original,
        "model": {WEIGHTS: file_sha256(model / WEIGHTS)},
    }
    inputs |= {"regions": {regions.name: input_sha256(regions)}} if regions else {}
    (sha256,) = original.values()
    origin = Origin(
        None if regions is None else tuple(wanted),
        *(identity, sha256, settings, device.type, precision),
    )
    used = computing(device, precision)
    return origin, make_record("score", settings, inputs, used, model=identity)
