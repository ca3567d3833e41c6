"""``genoseq extract``: regions of a FASTA."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from genoseq.cli.computing import GenomeFile

EPILOG = "Example: genoseq extract genome.fa --regions peaks.bed --strand -o peaks.fa"

_log = logging.getLogger(__name__)


Output = Annotated[Path, typer.Option("-o", "--out", help="FASTA to write.")]
BedOutput = Annotated[Path | None, typer.Option(help="BED6 to write beside it.")]
RecordOutput = Annotated[Path | None, typer.Option(help="JSON to write beside it: its provenance.")]
RegionsBed = Annotated[Path | None, typer.Option(help="BED of regions.")]
RegionTexts = Annotated[
    list[str] | None,
    typer.Option(
        metavar="REGION", help="Region such as chr1:1-100 (1-based) or chr1; may be repeated."
    ),
]
Annotation = Annotated[
    Path | None, typer.Option(help="GFF, GTF, GenBank, EMBL or BED with features.")
]
Types = Annotated[str, typer.Option(help="With --annotation: feature types, by commas.")]
SplitRule = Annotated[
    str | None,
    typer.Option(
        help="The whole genome by split, which is the BED's name column: train, valid, test, "
        "score, blocks, or contigs:valid=a,b;test=c (the others train; a "
        "backslash keeps a comma or semicolon in a name)."
    ),
]
Block = Annotated[int, typer.Option(min=1, max=10**12, help="--split blocks: bp per block.")]
Gap = Annotated[int, typer.Option(max=10**12, help="--split blocks: bp unused between two.")]
Valid = Annotated[float, typer.Option(help="--split blocks: fraction to validate.")]
Test = Annotated[float, typer.Option(help="--split blocks: fraction to test.")]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 1, help="--split blocks: where they begin.")]
Stranded = Annotated[
    bool,
    typer.Option(
        "--strand/--no-strand",
        help="Reverse-complement minus-strand regions, as bedtools getfasta -s.",
    ),
]
SplitBlocks = Annotated[
    bool,
    typer.Option("--split-blocks", help="Join BED12's blocks, as bedtools getfasta -split."),
]
FlankUp = Annotated[int, typer.Option(max=10**12, help="bp added 5', on the region's strand.")]
FlankDown = Annotated[int, typer.Option(max=10**12, help="bp added 3'.")]
Tile = Annotated[
    int,
    typer.Option(
        min=0, max=10**12, help="Cut regions into pieces of this many bp.", show_default="0: whole"
    ),
]
Step = Annotated[
    int,
    typer.Option(max=10**12, help="bp from piece to piece.", show_default="0: as --tile"),
]
MinLength = Annotated[
    int | None,
    typer.Option(
        min=0, max=10**12, help="bp; drop shorter pieces.", show_default="0, with --split 300"
    ),
]
MaxNFraction = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Drop pieces with a larger share of N.",
        show_default="1, with --split 0.5",
    ),
]
Blacklist = Annotated[
    Path | None, typer.Option(help="BED of bases never to use: they are cut out.")
]
OnError = Annotated[
    Literal["fail", "skip"],
    typer.Option(help="For regions that are not on the FASTA: fail, or skip."),
]


def extract(
    fasta: GenomeFile,
    out: Output,
    bed: BedOutput = None,
    provenance: RecordOutput = None,
    regions: RegionsBed = None,
    region: RegionTexts = None,
    annotation: Annotation = None,
    features: Types = "CDS",
    split: SplitRule = None,
    block: Block = 50_000,
    gap: Gap = 2_000,
    valid: Valid = 0.1,
    test: Test = 0.2,
    seed: Seed = 0,
    strand: Stranded = False,
    split_blocks: SplitBlocks = False,
    flank_up: FlankUp = 0,
    flank_down: FlankDown = 0,
    tile: Tile = 0,
    step: Step = 0,
    min_length: MinLength = None,
    max_n_fraction: MaxNFraction = None,
    blacklist: Blacklist = None,
    on_error: OnError = "fail",
) -> None:
    """Extract regions of a FASTA: the bytes of bedtools getfasta.

    Regions come from --regions, --region, --annotation or --split; without any they are the whole
    contigs. They are flanked, cut (--blacklist), tiled and filtered, in this order. Names are
    chrom:start-end, 0-based as in BED. One input may be -, which is stdin.
    """
    from genoseq.extraction.extract_files import extract_files
    from genoseq.extraction.requested import RegionRequest

    request = RegionRequest(
        regions=regions,
        region=region or (),
        annotation=annotation,
        features=features,
        split=split,
        block=block,
        gap=gap,
        valid=valid,
        test=test,
        seed=seed,
        strand=strand,
        split_blocks=split_blocks,
        flank_up=flank_up,
        flank_down=flank_down,
        tile=tile,
        step=step,
        min_length=min_length,
        max_n_fraction=max_n_fraction,
        blacklist=blacklist,
        on_error=on_error,
    )
    tally = extract_files(fasta, out, request, bed=bed, provenance=provenance)
    wrote = ", ".join(str(path) for path in (out, bed, provenance) if path is not None)
    _log.info("extract: wrote %s: %s", wrote, tally)
