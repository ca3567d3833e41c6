"""Regions of a FASTA, by the paths of files, to a FASTA: what ``genoseq extract`` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from genoseq.errors import RegionError
from genoseq.extraction.extract import write_blocks, write_extracted
from genoseq.extraction.requested import RegionRequest, requested
from genoseq.extraction.tally import Tally
from genoseq.files.atomic import PathLike, atomic_together, check_distinct
from genoseq.files.inputs import Input, all_kept
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import Fasta, open_fasta


def extract_files(
    fasta: PathLike,
    out: PathLike,
    request: RegionRequest | None = None,
    *,
    bed: PathLike | None = None,
    provenance: PathLike | None = None,
) -> Tally:
    """Write regions of a FASTA: the bytes of bedtools getfasta.

    Names are ``chrom:start-end``, 0-based as in BED.  The outputs appear together or not at all.

    Parameters
    ----------
    fasta
        FASTA, GenBank or EMBL, plain or compressed; ``-`` is stdin, here and in the request.
    out, bed, provenance
        FASTA to write; BED6 and JSON to write beside it.
    request
        Which regions, and what happens to them; by default the whole contigs.

    Returns
    -------
    What became of the regions.

    Raises
    ------
    ConfigError
        If an output is an input or another output, or two inputs are one pipe.
    RegionError
        If a region is not on the FASTA, or none is left to write.
    InputFormatError
        If a file is damaged.
    """
    request = RegionRequest() if request is None else request
    target = Path(out)
    beside = [None if path is None else Path(path) for path in (bed, provenance)]
    inputs = {f"--{role}": Path(path) for role, path in request.files.items()}
    outputs = dict(zip(("--bed", "--provenance"), beside, strict=True))
    check_distinct({"--out": target, **outputs}, {"the genome": Path(fasta), **inputs})
    tally = Tally()
    with (
        all_kept(request.files, fasta) as files,
        open_fasta(fasta) as genome,
        _outputs(target, *beside) as (letters, rows, notes),
    ):
        request = replace(
            request,
            regions=files.get("regions"),
            annotation=files.get("annotation"),
            blacklist=files.get("blacklist"),
        )
        if request.split_blocks:
            records = read_bed(files["regions"], genome.lengths, inside=False)
            write_blocks(genome, records, request.options, tally, letters, rows)
        else:
            chunks = requested(genome, request, tally, rows)
            write_extracted(genome, chunks, request.options, tally, letters, rows)
        if not tally.written:
            raise RegionError(f"no region is left to write{tally.losses}")
        if notes is not None:
            notes.write(_record(request, genome, files))
    return tally


@contextmanager
def _outputs(
    fasta: Path, bed: Path | None, record: Path | None
) -> Iterator[tuple[BinaryIO, BinaryIO | None, BinaryIO | None]]:
    """The outputs, open for writing; they appear together once the block ends well."""
    with ExitStack() as stack:
        asked = [path for path in (fasta, bed, record) if path]
        paths = stack.enter_context(atomic_together(asked))
        files = iter([stack.enter_context(path.open("wb")) for path in paths])
        yield next(files), next(files) if bed else None, next(files) if record else None


def _record(request: RegionRequest, genome: Fasta, files: Mapping[str, Input]) -> bytes:
    """Provenance of regions of a genome, which come from files by their role."""
    from genoseq.files.provenance import make_record, record_json

    inputs = {"fasta": {genome.path.name: genome.sha256}}
    inputs |= {role: {path.name: path.sha256} for role, path in files.items()}
    return record_json(make_record("extract", request.settings, inputs))
