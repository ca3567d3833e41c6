"""The folder of shards: what to score apart, and a copy of the genome that is quick to open.

    genome.fa, genome.fa.fai    every contig in even lines, and their index
    001.bed ... NNN.bed         what each shard is to score; a file may be empty
    provenance.json             where the copy is from, see :mod:`genoseq.provenance`

The copy makes up for any original: a shard's process neither decompresses nor indexes nor checks
all of it again, nor keeps a copy of its own in the temporary folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genoseq.atomic import atomic_folder
from genoseq.errors import ConfigError
from genoseq.io.fasta import Fasta
from genoseq.provenance import make_record, read_record, write_record
from genoseq.regions import Region
from genoseq.shards import MOST, partition, shard_names

GENOME = "genome.fa"
_COMMAND = "shards"


def write_shards(genome: Fasta, out: Path, count: int) -> list[list[Region]]:
    """Write ``count`` shards of a genome to the folder ``out``, which appears whole or not at all.

    Returns
    -------
    The regions of each.

    Raises
    ------
    ConfigError
        If the count is not 1 to :data:`~genoseq.shards.MOST`, a contig's name would be lost in
        BED, or ``out`` holds anything but shards.
    InputFormatError
        If a letter of the genome is no nucleotide.
    """
    if not 1 <= count <= MOST:
        raise ConfigError(f"{count} shards: from 1 to {MOST} can be made")
    if out.exists() and not (out / GENOME).is_file() and (out.is_file() or any(out.iterdir())):
        raise ConfigError(f"{out} is there already and holds no shards: name a new folder")
    hidden = next((name for name in genome.lengths if name.startswith("#")), None)
    if hidden is not None:
        raise ConfigError(
            f"contig {hidden!r}: a BED line that begins with # is a comment; rename it in the FASTA"
        )
    shards = partition(genome.lengths, count)
    with atomic_folder(out) as folder:
        genome.copy(folder / GENOME)
        for name, regions in zip(shard_names(count), shards, strict=True):
            (folder / f"{name}.bed").write_text(_bed(regions), encoding="utf-8")
        inputs = {"genome": {genome.path.name: genome.sha256}}
        write_record(folder, make_record(_COMMAND, {"count": count}, inputs))
    return shards


def original_of(genome: Fasta) -> dict[str, str]:
    """Name and SHA-256 of a genome's file; of a copy in a folder of shards, those of its original.

    So a shard's process does not read all of the copy for its checksum, and what it notes is what
    scoring the original at once would note.
    """
    if genome.path.name == GENOME:
        record = read_record(genome.path.parent)
        if record is not None and record["command"] == _COMMAND:
            return dict(record["inputs"]["genome"])
    return {genome.path.name: genome.sha256}


def _bed(regions: Sequence[Region]) -> str:
    return "".join(f"{region.chrom}\t{region.start}\t{region.end}\n" for region in regions)
