"""The folder of shards: what to score apart, and a copy of the genome that is quick to open.

    genome.fa, genome.fa.fai    every contig in even lines, and their index
    001.bed ... NNN.bed         what each shard is to score; a file may be empty
    provenance.json             where the copy is from, see :mod:`genoseq.files.provenance`; and as
                                ``copy`` its size and SHA-256

With the copy the process of a shard need not decompress, index or check the whole genome again, or
make a temporary copy, whatever the original looks like.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.atomic import PathLike, atomic_folder, irreplaceable
from genoseq.files.provenance import PROVENANCE, make_record, read_record, write_record
from genoseq.genome.regions import Region
from genoseq.genome.shards import MOST, partition, shard_names
from genoseq.readers.fasta import Fasta, opened

GENOME = "genome.fa"
_NAMES = (GENOME, f"{GENOME}.fai", "[0-9][0-9][0-9].bed", PROVENANCE)
_COMMAND = "shards"


def write_shards(genome: PathLike | Fasta, out: PathLike, count: int) -> list[list[Region]]:
    """Write ``count`` shards of a genome to the folder ``out``, which appears whole or not at all.

    Parameters
    ----------
    genome
        FASTA or GenBank, a file or opened by :func:`genoseq.readers.fasta.open_fasta`.

    Returns
    -------
    The regions of each.

    Raises
    ------
    ConfigError
        If the count is not 1 to :data:`~genoseq.genome.shards.MOST`, a contig's name would be lost
        in BED, or ``out`` holds the genome or anything but shards.
    InputFormatError
        If a letter of the genome is no nucleotide; or as :func:`original_of`.
    """
    if not 1 <= count <= MOST:
        raise ConfigError(f"{count} shards: from 1 to {MOST} can be made")
    with opened(genome) as fasta:
        return _write(fasta, Path(out), count)


def _write(genome: Fasta, out: Path, count: int) -> list[list[Region]]:
    _check_out(genome, out)
    hidden = next((name for name in genome.lengths if name.startswith("#")), None)
    if hidden is not None:
        raise ConfigError(
            f"contig {hidden!r}: a BED line that begins with # is a comment; rename it in the FASTA"
        )
    shards = partition(genome.lengths, count)
    with atomic_folder(out, _NAMES) as folder:
        sha256 = genome.copy(folder / GENOME)
        for name, regions in zip(shard_names(count), shards, strict=True):
            (folder / f"{name}.bed").write_text(_bed(regions), encoding="utf-8")
        copy = {"bytes": (folder / GENOME).stat().st_size, "sha256": sha256}
        inputs = {"genome": original_of(genome)}
        write_record(folder, make_record(_COMMAND, {"count": count}, inputs, copy=copy))
    return shards


def _check_out(genome: Fasta, out: Path) -> None:
    """ConfigError if writing shards to ``out`` would remove anything but shards."""
    if genome.path.resolve().is_relative_to(out.resolve()):
        raise ConfigError(f"{out} holds {genome.path} and would be replaced: name another folder")
    if (problem := irreplaceable(out, _NAMES)) is not None:
        raise ConfigError(problem)
    made = out.exists() and any((out / name).exists() for name in _NAMES)
    if made and (read_record(out) or {}).get("command") != _COMMAND:
        raise ConfigError(f"{out} is there already and holds no shards: name a new folder")


def original_of(genome: Fasta) -> dict[str, str]:
    """Name and SHA-256 of a genome's file; of a copy in a folder of shards, those of its original.

    So the process of a shard does not read the whole copy for its checksum, and its record is the
    one that scoring the original at once would write.

    Raises
    ------
    InputFormatError
        If the copy is not what was written.
    """
    folder = genome.path.parent
    record = read_record(folder) if genome.path.name == GENOME else None
    if record is None or record.get("command") != _COMMAND:
        return {genome.path.name: genome.sha256}
    try:
        ((name, sha256),) = record["inputs"]["genome"].items()
        whole = _is_whole(genome, record["copy"]["bytes"], record["copy"]["sha256"])
    except (LookupError, TypeError, ValueError, AttributeError):
        whole = False  # an older record, or one that was edited
    if not whole:
        raise InputFormatError(
            "not the copy that genoseq shards wrote: make the shards again, or score the original",
            genome.path,
        )
    return {name: sha256}


def _is_whole(genome: Fasta, size: int, sha256: str) -> bool:
    """Whether a copy has the recorded size and, if it is newer than its record, the checksum.

    Reading 10 Gb in every shard's process would take about as long as scoring the shard.  So the
    checksum is only taken of a copy that is newer than its record, as after an edit (or a transfer,
    which then costs one more reading but is no error).  An edit that keeps the length and sets the
    time back goes unnoticed.
    """
    found, noted = genome.path.stat(), (genome.path.parent / PROVENANCE).stat()
    later = found.st_mtime_ns > noted.st_mtime_ns
    return found.st_size == size and (not later or genome.sha256 == sha256)


def _bed(regions: Sequence[Region]) -> str:
    return "".join(f"{region.chrom}\t{region.start}\t{region.end}\n" for region in regions)
