"""Regions of a FASTA, by the paths of files, to a FASTA: what ``genoseq extract`` does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from genoseq.errors import RegionError
from genoseq.extraction.extract import write_blocks, write_extracted
from genoseq.extraction.requested import RegionRequest, requested
from genoseq.extraction.tally import Tally
from genoseq.files.atomic import PathLike, atomic_file, check_distinct
from genoseq.readers.bed import read_bed
from genoseq.readers.fasta import open_fasta


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
        FASTA or GenBank, plain or compressed.
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
        If an output is an input or another output.
    RegionError
        If a region is not on the FASTA, or none is left to write.
    InputFormatError
        If a file is damaged.
    """
    request = RegionRequest() if request is None else request
    source, target = Path(fasta), Path(out)
    beside = [None if path is None else Path(path) for path in (bed, provenance)]
    inputs = {f"--{role}": path for role, path in request.files.items()}
    outputs = dict(zip(("--bed", "--provenance"), beside, strict=True))
    check_distinct({"--out": target, **outputs}, {"the genome": source, **inputs})
    tally = Tally()
    with open_fasta(source) as genome, _outputs(target, *beside) as (letters, rows, notes):
        if request.split_blocks:
            records = read_bed(request.files["regions"])
            write_blocks(genome, records, request.options, tally, letters, rows)
        else:
            chunks = requested(genome, request, tally, rows)
            write_extracted(genome, chunks, request.options, tally, letters, rows)
        if not tally.written:
            raise RegionError(f"no region is left to write{tally.losses}")
        if notes is not None:
            notes.write(_record(request, source, genome.sha256))
    return tally


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


def _record(request: RegionRequest, fasta: Path, sha256: str) -> bytes:
    """Provenance of the regions of a genome with this SHA-256."""
    from genoseq.files.provenance import input_sha256, make_record, record_json

    inputs: dict[str, dict[str, str | None]] = {"fasta": {fasta.name: sha256}}
    inputs |= {role: {path.name: input_sha256(path)} for role, path in request.files.items()}
    return record_json(make_record("extract", request.settings, inputs))
