"""bigBed: intervals with names, colours and columns of their own, for genome browsers.

Format: as UCSC's ``bedToBigBed.c`` writes it, see :mod:`genoseq.writers.bbi`.  Zoom levels hold how
many intervals lie on a base.  The writer is our own: pybigtools says one number of columns for all
of them and BED's own, and a disk that is full or an interval at a contig's end is no error to it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genoseq.genome.tracks import Colour
from genoseq.writers.bbi_file import BbiFile
from genoseq.writers.bbi_zooms import RECORD_BYTES
from genoseq.writers.lattice import SLAB

_MAGIC = 0x8789F2EB
_ITEMS = 512
"""Intervals of one section, as UCSC's writer."""

SEGMENTS_SQL = """\
table genoseqIntervals
"Intervals of classes"
(
string chrom; "Contig"
uint chromStart; "First base, 0-based"
uint chromEnd; "One past the last base"
string name; "Class"
uint score; "1000 times its mean probability"
char[1] strand; "+, - or . for both"
uint thickStart; "As chromStart"
uint thickEnd; "As chromEnd"
uint itemRgb; "Colour of the class"
)
"""
# https://genome.ucsc.edu/goldenpath/help/examples/bigGenePred.as; readers know it by its names.
GENES_SQL = """\
table bigGenePred
"bigGenePred gene models"
(
string chrom; "Reference sequence chromosome or scaffold"
uint chromStart; "Start position in chromosome"
uint chromEnd; "End position in chromosome"
string name; "Name or ID of item, ideally both human readable and unique"
uint score; "Score (0-1000)"
char[1] strand; "+ or - for strand"
uint thickStart; "Start of where display should be thick (start codon)"
uint thickEnd; "End of where display should be thick (stop codon)"
uint reserved; "RGB value (use R,G,B string in input file)"
int blockCount; "Number of blocks"
int[blockCount] blockSizes; "Comma separated list of block sizes"
int[blockCount] chromStarts; "Start positions relative to chromStart"
string name2; "Alternative/human readable name"
string cdsStartStat; "Status of CDS start annotation (none, unknown, incomplete, or complete)"
string cdsEndStat; "Status of CDS end annotation (none, unknown, incomplete, or complete)"
int[blockCount] exonFrames; "Exon frame {0,1,2}, or -1 if no frame for exon"
string type; "Transcript type"
string geneName; "Primary identifier for gene"
string geneName2; "Alternative/human readable gene name"
string geneType; "Gene type"
)
"""


class BigBedRow(NamedTuple):
    """One interval, 0-based half-open, and its columns from the fourth on, separated by tabs."""

    chrom: str
    start: int
    end: int
    rest: str


def rgb(colour: Colour) -> str:
    """``r,g,b``, as BED has it."""
    return ",".join(map(str, colour))


def write_bigbed(
    path: Path, rows: Iterable[BigBedRow], lengths: Mapping[str, int], sql: str, defined: int
) -> None:
    """Write intervals, at least one of them not empty, sorted here by contig and base.

    Parameters
    ----------
    lengths
        bp of each contig, which intervals do not leave.
    sql
        autoSql of all columns.
    defined
        How many of them are BED's own.
    """
    known = {chrom: length for chrom, length in lengths.items() if length}
    ids = {chrom: number for number, chrom in enumerate(known)}
    of_contig: dict[int, list[BigBedRow]] = {}
    for row in rows:
        of_contig.setdefault(ids[row.chrom], []).append(row)
    largest = RECORD_BYTES
    with TemporaryFile(dir=path.parent) as spool:
        file = BbiFile(path, known, spool, _MAGIC, sql, (sql.count(";"), defined))
        for chrom, own in sorted(of_contig.items()):
            own.sort(key=lambda row: (row.start, row.end))
            for at in range(0, len(own), _ITEMS):
                part = own[at : at + _ITEMS]
                section = b"".join(_item(chrom, row) for row in part)
                largest = max(largest, len(section))
                end = max(row.end for row in part)
                file.add((chrom, part[0].start, chrom, end), section)
            for start, depth in _depths(own, lengths[own[0].chrom]):
                file.summarize(file.zooms.summary([(chrom, start, depth)]))
        file.finish(_ITEMS, largest)


def _item(chrom: int, row: BigBedRow) -> bytes:
    return struct.pack("<III", chrom, row.start, row.end) + row.rest.encode() + b"\0"


def _depths(rows: Sequence[BigBedRow], length: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """First base and depths of each slab of a contig that has any: intervals on each base, shape
    (L,), NaN where there are none."""
    starts = np.array([row.start for row in rows])
    ends = np.sort(np.array([row.end for row in rows]))
    for low in range(0, length, SLAB):
        high = min(low + SLAB, length)
        open_ = int(np.searchsorted(starts, low) - np.searchsorted(ends, low))
        begun = starts[np.searchsorted(starts, low) : np.searchsorted(starts, high)]
        if not open_ and not len(begun):
            continue
        ended = ends[np.searchsorted(ends, low) : np.searchsorted(ends, high)]
        steps = np.bincount(begun - low, minlength=high - low)
        steps -= np.bincount(ended - low, minlength=high - low)
        depth = (open_ + np.cumsum(steps)).astype(np.float32)
        depth[depth == 0] = np.nan
        if not np.isnan(depth).all():
            yield low, depth
