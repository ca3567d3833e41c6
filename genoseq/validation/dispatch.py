"""Which checks a file gets: by its content, where that leaves it open by its name."""

from __future__ import annotations

from pathlib import Path

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines
from genoseq.files.inputs import Input
from genoseq.files.names import SUMMARY
from genoseq.readers import kinds
from genoseq.validation.bed import BED
from genoseq.validation.bedgraph import BEDGRAPH
from genoseq.validation.bigbed import BIGBED
from genoseq.validation.bigwig import BIGWIG
from genoseq.validation.findings import Findings
from genoseq.validation.folders import NAMED, PASSED_OVER
from genoseq.validation.genbank import EMBL, GENBANK
from genoseq.validation.gene_folders import GENE_FOLDER, is_gene_folder
from genoseq.validation.gff import GFF
from genoseq.validation.indexes import FAI, TABIX
from genoseq.validation.subject import Checks
from genoseq.validation.tables import HEADER, TABLE

_BY_KIND = {
    kinds.BED: BED,
    kinds.BEDGRAPH: BEDGRAPH,
    kinds.GFF: GFF,
    kinds.GTF: GFF,
    kinds.BIGWIG: BIGWIG,
    kinds.BIGBED: BIGBED,
    kinds.GENBANK: GENBANK,
    kinds.EMBL: EMBL,
}
_BY_NAME = {
    ".bed": BED,
    ".bedgraph": BEDGRAPH,
    ".bdg": BEDGRAPH,
    ".bg": BEDGRAPH,
    ".gff": GFF,
    ".gff3": GFF,
    ".gtf": GFF,
    ".bw": BIGWIG,
    ".bigwig": BIGWIG,
    ".bb": BIGBED,
    ".bigbed": BIGBED,
    ".gb": GENBANK,
    ".gbk": GENBANK,
    ".gbff": GENBANK,
    ".embl": EMBL,
}
_INDEXES = {".tbi": TABIX, ".csi": TABIX, ".fai": FAI}
_COMPRESSED = (".gz", ".bgz", ".bz2", ".xz", ".zst")
_LINES = (BED, BEDGRAPH, GFF)


def checks_of(path: Input, asked: bool, findings: Findings) -> Checks | None:
    """The checks of a file; None of one that is no track or annotation.

    BED and bedGraph are told apart by the name where it says either: four columns may be both.  A
    text whose first line is of no known kind, or which has none, is what its name says.  Any other
    file is what its content says, and a finding where its name says something else.

    Raises
    ------
    InputFormatError
        If the file is of a kind that is not checked, and was asked for or has the name of another.
    """
    file = Path(path)
    name = file.name
    if name in PASSED_OVER:
        return None
    if name in NAMED:
        return NAMED[name]
    if name == SUMMARY and is_gene_folder(file.parent):
        return GENE_FOLDER
    if file.suffix in _INDEXES:
        return _INDEXES[file.suffix]
    named = _of_name(file)
    found = _by_content(path, named, asked)
    if found is not None and named is not None and found is not named:
        what = f"{found.format} by its content, {named.format} by its name: rename it"
        findings.add("format", f"{what}, programs go by names")
    return found


def _of_name(path: Path) -> Checks | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return _BY_NAME.get(suffixes[-1]) if suffixes else None


def _by_content(path: Input, named: Checks | None, asked: bool) -> Checks | None:
    kind = kinds.kind_of(path)
    if named is None and kind in (kinds.BED, kinds.BEDGRAPH) and _is_table(path):
        return TABLE
    found = None if kind is None else _BY_KIND.get(kind)
    if found in (BED, BEDGRAPH) and named in (BED, BEDGRAPH):
        return named
    if kind in (None, kinds.EMPTY) and named in _LINES:
        return named
    if found is None and (asked or named is not None):
        said = "a file of no known format" if kind is None else kind.said
        wanted = "a track or annotation" if named is None else named.format
        raise InputFormatError(f"{said}, where {wanted} is wanted: nothing was checked")
    return found


def _is_table(path: Input) -> bool:
    return next((line.startswith(HEADER) for _, line in numbered_lines(path)), False)
