"""Segments and genes as bigBed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from genoseq.genome.tracks import STRAND_COLOURS
from genoseq.readers.bed import BedRecord, read_bed
from genoseq.report.hub_tracks import safe_label
from genoseq.report.shown_tracks import ShownTrack, read_genes
from genoseq.writers.bigbed import GENES_SQL, SEGMENTS_SQL, BigBedRow, rgb, write_bigbed
from genoseq.writers.gene_predictions import gene_row


def write_rows(track: ShownTrack, lengths: Mapping[str, int], path: Path) -> bool:
    """Write a track of intervals or genes; False if it has no base, and then there is no file.

    Raises
    ------
    InputFormatError
        If the file is damaged, or of a genome with other contigs.
    """
    rows = list(_gene_rows(track.path, lengths) if track.shape == "genes" else
                _interval_rows(track.path, lengths))  # fmt: skip
    if not any(row.start < row.end for row in rows):
        return False
    sql, defined = (GENES_SQL, 12) if track.shape == "genes" else (SEGMENTS_SQL, 9)
    write_bigbed(path, rows, lengths, sql, defined)
    return True


def _interval_rows(path: Path, lengths: Mapping[str, int]) -> Iterator[BigBedRow]:
    for record in read_bed(path, lengths):
        colour = rgb(record.colour or STRAND_COLOURS[record.strand])
        start, end = record.start, record.end
        columns = (safe_label(record.name), _score(record), record.strand, start, end, colour)
        yield BigBedRow(record.chrom, start, end, "\t".join(map(str, columns)))


def _score(record: BedRecord) -> int:
    """BED's score, 0 to 1000; 0 for what is no such number."""
    try:
        return min(max(round(float(record.score)), 0), 1000)
    except (ValueError, OverflowError):
        return 0


def _gene_rows(path: Path, lengths: Mapping[str, int]) -> Iterator[BigBedRow]:
    for gene in read_genes(path, lengths):
        named = gene._replace(name=safe_label(gene.name), other=safe_label(gene.other))
        yield gene_row(named)
