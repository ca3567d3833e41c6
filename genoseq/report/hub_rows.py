"""Segments and genes as bigBed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from genoseq.errors import InputFormatError, RegionError
from genoseq.genome.regions import Region, check_bounds, check_lengths
from genoseq.genome.tracks import STRAND_COLOURS
from genoseq.readers.annotation import read_annotation
from genoseq.readers.bed import BedRecord, read_bed
from genoseq.report.hub_tracks import safe_label
from genoseq.report.shown_tracks import ShownTrack
from genoseq.writers.bigbed import GENES_SQL, SEGMENTS_SQL, BigBedRow, rgb, write_bigbed
from genoseq.writers.gene_predictions import CONFIDENCE, NAMES, gene_rows


def write_rows(track: ShownTrack, lengths: Mapping[str, int], path: Path) -> bool:
    """Write a track of intervals or genes; False if it has none, and then there is no file.

    Raises
    ------
    InputFormatError
        If the file is damaged, or of a genome with other contigs.
    """
    rows = list(_gene_rows(track.path, lengths) if track.shape == "genes" else
                _interval_rows(track.path, lengths))  # fmt: skip
    if not rows:
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
    annotation = read_annotation(path, attributes=(CONFIDENCE, *NAMES))
    check_lengths(annotation.lengths, lengths, path)
    for row in gene_rows(annotation.transcripts):
        try:
            check_bounds(Region(row.chrom, row.start, row.end), lengths)
        except RegionError as error:
            raise InputFormatError(str(error), path) from None
        yield row._replace(rest="\t".join(map(safe_label, row.rest.split("\t"))))
