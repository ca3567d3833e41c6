"""bigBed: intervals with names, colours and columns of their own, for genome browsers.

The file is pybigtools', which knows one number of fields; how many of them are BED's is set in the
header afterwards (``definedFieldCount`` of UCSC's ``bbiFile.h``): without it browsers take a
column of our own for one of BED's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from genoseq.genome.tracks import Colour

_DEFINED_AT = 34

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
    """Write intervals, at least one, sorted here by contig and base.

    Parameters
    ----------
    lengths
        bp of each contig.
    sql
        autoSql of all columns.
    defined
        How many of them are BED's own.
    """
    import pybigtools

    ordered = sorted(rows, key=lambda row: (row.chrom.encode(), row.start, row.end))
    used = {row.chrom: lengths[row.chrom] for row in ordered}
    pybigtools.open(str(path), "w").write(used, iter(ordered), autosql=sql)
    with path.open("r+b") as file:
        file.seek(_DEFINED_AT)
        file.write(struct.pack("<H", defined))
