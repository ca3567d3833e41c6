"""``genoseq extract``: regions of a FASTA."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from genoseq.cli.extract_regions import Source, chunks_of, split_chunks
from genoseq.errors import ConfigError, RegionError
from genoseq.files.atomic import atomic_file, check_distinct

if TYPE_CHECKING:
    from genoseq.extraction.extract import Tally

EPILOG = "Example: genoseq extract genome.fa --regions peaks.bed --strand -o peaks.fa"

_log = logging.getLogger(__name__)


class OnError(StrEnum):
    """What to do about regions that are not on the FASTA."""

    fail = "fail"
    skip = "skip"


FastaFile = Annotated[Path, typer.Argument(help="FASTA or GenBank, plain or compressed.")]
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
Annotation = Annotated[Path | None, typer.Option(help="GFF3, GTF, GenBank or BED with features.")]
Types = Annotated[str, typer.Option(help="With --annotation: feature types, by commas.")]
SplitRule = Annotated[
    str | None,
    typer.Option(
        help="The whole genome by split, which is the BED's name column: train, valid, test, "
        "score, blocks, or contigs:valid=a,b;test=c (the others train)."
    ),
]
Block = Annotated[int, typer.Option(help="--split blocks: bp per block.")]
Gap = Annotated[int, typer.Option(help="--split blocks: bp unused between two.")]
Valid = Annotated[float, typer.Option(help="--split blocks: fraction to validate.")]
Test = Annotated[float, typer.Option(help="--split blocks: fraction to test.")]
Seed = Annotated[int, typer.Option(help="--split blocks: where they begin.")]
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
FlankUp = Annotated[int, typer.Option(help="bp added 5', on the region's strand.")]
FlankDown = Annotated[int, typer.Option(help="bp added 3'.")]
Tile = Annotated[
    int, typer.Option(help="Cut regions into pieces of this many bp.", show_default="0: whole")
]
Step = Annotated[int, typer.Option(help="bp from piece to piece.", show_default="0: as --tile")]
MinLength = Annotated[
    int | None,
    typer.Option(help="bp; drop shorter pieces.", show_default="0, with --split 300"),
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
OnErrorOption = Annotated[
    OnError, typer.Option(help="For regions that are not on the FASTA: fail, or skip.")
]


def extract(
    fasta: FastaFile,
    out: Output,
    context: typer.Context,
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
    on_error: OnErrorOption = OnError.fail,
) -> None:
    """Extract regions of a FASTA: the bytes of bedtools getfasta.

    Regions come from --regions, --region, --annotation or --split; without any they are the whole
    contigs. They are flanked, cut (--blacklist), tiled and filtered, in this order. Names are
    chrom:start-end, 0-based as in BED.
    """
    from genoseq.extraction.extract import ExtractionOptions, Tally, write_blocks, write_extracted
    from genoseq.readers.bed import read_bed
    from genoseq.readers.fasta import open_fasta

    outputs = {"--out": out, "--bed": bed, "--provenance": provenance}
    inputs = {"the genome": fasta, "--regions": regions, "--annotation": annotation}
    check_distinct(outputs, inputs | {"--blacklist": blacklist})
    types = tuple(name.strip() for name in features.split(","))
    source = Source(regions, region or [], annotation, split, types)
    shape = {"upstream": flank_up, "downstream": flank_down, "tile": tile, "step": step}
    filters = {"min_length": min_length, "max_n_fraction": max_n_fraction}
    if (split or split_blocks) and any(shape.values()):
        raise ConfigError("--split and --split-blocks take no flanks and no tiles")
    share = 1.0 if split or max_n_fraction is None else max_n_fraction
    # A strand that was typed is meant.
    stranded = strand or any(text.endswith(("(+)", "(-)")) for text in source.texts)
    options = ExtractionOptions(stranded, share, on_error is OnError.skip)
    tally = Tally()
    with open_fasta(fasta) as genome, _outputs(out, bed, provenance) as (letters, rows, notes):
        if split_blocks:
            if regions is None or any(filters.values()) or blacklist:
                raise ConfigError("--split-blocks needs --regions, and takes no filters")
            write_blocks(genome, read_bed(regions), options, tally, letters, rows)
        elif split is not None:
            blocks = {"block": block, "gap": gap, "valid": valid, "test": test}
            chunks = split_chunks(genome, split, blocks, filters, blacklist, seed, rows)
            write_extracted(genome, chunks, options, tally, letters, rows)
        else:
            chunks = chunks_of(genome, source, options, tally, shape, min_length or 0, blacklist)
            write_extracted(genome, chunks, options, tally, letters, rows)
        if not tally.written:
            raise RegionError(f"no region is left to write{_losses(tally)}")
        if notes is not None:
            notes.write(_record(context.params, genome.sha256))
    _log.info(
        "extract: %s regions, %s bp%s", f"{tally.written:,}", f"{tally.bases:,}", _losses(tally)
    )


@contextmanager
def _outputs(
    fasta: Path, bed: Path | None, record: Path | None
) -> Iterator[tuple[BinaryIO, BinaryIO | None, BinaryIO | None]]:
    """The outputs, open for writing; they appear together once the block ends well."""
    with ExitStack() as stack:
        asked = [path for path in (fasta, bed, record) if path]
        paths = [stack.enter_context(atomic_file(path)) for path in asked]
        files = iter([stack.enter_context(path.open("wb")) for path in paths])
        yield next(files), next(files) if bed else None, next(files) if record else None


def _record(asked: Mapping[str, Any], genome: str) -> bytes:
    """Provenance of regions that these words of the command line ask for, of a genome's SHA-256."""
    from genoseq.files.provenance import input_sha256, make_record, record_json

    roles = ("regions", "annotation", "blacklist")
    files = {role: asked[role] for role in roles if asked[role] is not None}
    inputs: dict[str, dict[str, str | None]] = {"fasta": {asked["fasta"].name: genome}}
    inputs |= {role: {path.name: input_sha256(path)} for role, path in files.items()}
    unsaid = ("fasta", *roles, "out", "bed", "provenance")
    settings = {name: value for name, value in asked.items() if name not in unsaid}
    return record_json(make_record("extract", settings, inputs))


def _losses(tally: Tally) -> str:
    """What was left out, in words."""
    parts = [f"{count:,} skipped: {reason}" for reason, count in tally.skipped.items()]
    parts += [f"{tally.n_rich:,} dropped: too many N"] if tally.n_rich else []
    return f" ({'; '.join(parts)})" if parts else ""
