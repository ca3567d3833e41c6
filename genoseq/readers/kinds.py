"""What a file is, told in one place and by its content, whatever its name says.

Compression, byte order marks, blank lines, comments and the header of a GenBank release are passed
over.  A reader that meets another kind than it wants says so by :func:`not_wanted`.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain
from os import PathLike
from typing import IO, NamedTuple

from genoseq.errors import InputFormatError
from genoseq.files.compression import UTF16, compression_of, open_bytes
from genoseq.files.limits import LONGEST_HEAD

_HEAD = 1 << 16
_LONG_LINE = 1 << 12
_OTHER = "give another file"


class Kind(NamedTuple):
    """A kind of file.

    Attributes
    ----------
    said
        The kind as it is said in a sentence.
    mend
        What to do where another kind is wanted.
    into
        The kind that this makes of it; empty: whatever is wanted.
    """

    said: str
    mend: str = _OTHER
    into: str = ""


_UNPACK = "unpack it and give the file within"
_SHEET = "save it as plain text, its columns separated by tabs"

EMPTY = Kind("an empty file", "make or download it again")
FASTA = Kind("a FASTA file")
PROTEINS = Kind("a FASTA file of proteins")
FASTQ = Kind("a FASTQ file", "convert it with seqtk seq -A", "FASTA")
GENBANK = Kind("a GenBank file")
EMBL = Kind("an EMBL file")
GFF = Kind("a GFF file", "convert it with gff2bed", "BED")
GTF = Kind("a GTF file", "convert it with gtf2bed", "BED")
BED = Kind("a BED file")
BEDGRAPH = Kind("a bedGraph file")
WIGGLE = Kind("a wiggle file", "convert it with wigToBigWig", "bigWig")
BIGWIG = Kind("a bigWig file")
BIGBED = Kind("a bigBed file", "convert it with bigBedToBed", "BED")
TWO_BIT = Kind("a 2bit file", "convert it with twoBitToFa", "FASTA")
VCF = Kind("a VCF file", "convert it with vcf2bed", "BED")
BCF = Kind("a BCF file of variants")
SAM = Kind("a SAM file of alignments")
BAM = Kind("a BAM file of alignments", "make a bigWig of it with bamCoverage", "bigWig")
CLUSTAL = Kind("a Clustal alignment")
SWISS_PROT = Kind("a UniProt file of proteins")
WEB_PAGE = Kind("a web page (HTML)", "download the file itself: a server sent a page instead")
XML = Kind("an XML file")
LFS = Kind("a Git LFS pointer, not the file itself", "fetch it with git lfs pull")
ANNEX = Kind("a git-annex pointer, not the file itself", "fetch it with git annex get")
ZEROS = Kind("a file of zeros", "make or download it again")
UTF32 = Kind("text in UTF-32", "save it as UTF-8")
BINARY = Kind("a file of binary data")

_Magic = tuple[bytes, Kind]
_MAGICS: tuple[_Magic, ...] = (
    (BOM_UTF32_LE, UTF32),
    (BOM_UTF32_BE, UTF32),
    (b"\x26\xfc\x8f\x88", BIGWIG),
    (b"\x88\x8f\xfc\x26", BIGWIG),
    (b"\xeb\xf2\x89\x87", BIGBED),
    (b"\x87\x89\xf2\xeb", BIGBED),
    (b"\x43\x27\x41\x1a", TWO_BIT),
    (b"\x1a\x41\x27\x43", TWO_BIT),
    (b"BAM\1", BAM),
    (b"CRAM\2", Kind("a CRAM file of alignments")),
    (b"CRAM\3", Kind("a CRAM file of alignments")),
    (b"BCF\2", BCF),
    (b"BAI\1", Kind("an index of a BAM file", "give the file that it is an index of")),
    (b"TBI\1", Kind("an index of tabix", "give the file that it is an index of")),
    (b"CSI\1", Kind("an index of tabix", "give the file that it is an index of")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind("a spreadsheet or document (Office)", _SHEET)),
    (b"\x89HDF\r\n\x1a\n", Kind("an HDF5 file")),
    (b"SQLite format 3\0", Kind("an SQLite database")),
    (b"%PDF-", Kind("a PDF document")),
    (b"{\\rtf", Kind("a document (RTF)", "save it as plain text")),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7z archive", _UNPACK)),
    (b"Rar!\x1a\x07", Kind("a RAR archive", _UNPACK)),
)
"""How files that are no text begin."""

_ZIP, _SPREADSHEET = Kind("a zip archive", _UNPACK), Kind("a spreadsheet", _SHEET)
_IN_SPREADSHEETS = (b"xl/", b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet")
_TAR = Kind("a tar archive", _UNPACK)
_TWICE = Kind("compressed twice", "decompress it once")

_LINES: tuple[tuple[re.Pattern[str], Kind], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"(?i:\s*<(!doctype html|html|head|title|body|h1)\b)", WEB_PAGE),
        (r"\s*<\?xml\b", XML),
        (r"\s*\{\s*(\"|$)", Kind("a JSON file")),
        (r"version https://git-lfs\.github\.com/spec/", LFS),
        (r"(/|\.\./|\.git/).*annex/objects/", ANNEX),
        (r"##gff-version", GFF),
        (r"##fileformat=VCF|#CHROM\tPOS\tID\t", VCF),
        (r"(?i:track\s.*\btype=[\"']?bedGraph)", BEDGRAPH),
        (r"(fixedStep|variableStep)\s", WIGGLE),
        (r"LOCUS |\S+\.SEQ\s.*Genetic Sequence Data Bank", GENBANK),
        (r"ID   .*;.* AA\.\s*$", SWISS_PROT),
        (r"ID   ", EMBL),
        (r"@(HD|SQ|RG|PG|CO)\t", SAM),
        (r"@", FASTQ),
        (r"CLUSTAL", CLUSTAL),
        (r"# STOCKHOLM", Kind("a Stockholm alignment")),
        (r"##maf\s", Kind("a MAF alignment")),
        (r"(?i:#NEXUS)", Kind("a NEXUS file")),
    )
)
"""How lines begin that tell a kind; some are comments otherwise."""
_TELLING = ("##gff-version", "##fileformat", "#chrom\tpos", "# stockholm", "##maf", "#nexus")
"""How comments begin that do, in small letters: there may be a million others."""
_COMMENTS = ("#", "track ", "track\t", "browser ", ";")
_PROTEIN_ALONE = frozenset("EFILPQZJO*efilpqzjo")


def kind_of(path: str | PathLike[str]) -> Kind | None:
    """The kind of a file, plain or compressed; None if it is none that is known here.

    The file is opened for it: keep a pipe before (:func:`genoseq.files.inputs.kept`).

    Raises
    ------
    InputFormatError
        If its compressed data is damaged.
    """
    with open_bytes(path) as stream:
        return kind_of_stream(stream)


def kind_of_stream(stream: IO[bytes]) -> Kind | None:
    """The same of bytes that are decompressed; more are read where comments are long."""
    head = stream.read(_HEAD)
    kind, whole = binary_kind(head), False
    while kind is None and not whole:
        kind, whole = _text_kind(head)
        more = b"" if whole or len(head) >= LONGEST_HEAD else stream.read(len(head))
        if not more:
            return kind
        head, kind = head + more, None
    return kind


def not_wanted(kind: Kind, wanted: str, path: str | PathLike[str] | None) -> InputFormatError:
    """What is wrong with a file of another kind than is wanted."""
    mend = kind.mend if kind.into in wanted else _OTHER
    return InputFormatError(f"{kind.said}, where {wanted} is wanted: {mend}", path)


def binary_kind(head: bytes) -> Kind | None:
    """The kind of a file that is no text, by its first bytes; None of text."""
    if head.startswith(b"PK\x03\x04"):
        return _SPREADSHEET if any(name in head for name in _IN_SPREADSHEETS) else _ZIP
    if head and not head.strip(b"\0"):
        return ZEROS
    if head[257:262] == b"ustar":
        return _TAR
    if compression_of(head) is not None and not head.startswith(b"BZh"):
        return _TWICE
    known = next((kind for magic, kind in _MAGICS if head.startswith(magic)), None)
    return BINARY if known is None and b"\0" in head and head[:2] not in UTF16 else known


def _lines(head: bytes) -> Iterator[str]:
    if head[:2] in UTF16:
        text = head.decode("utf-16", "replace")
    else:
        text = head.removeprefix(BOM_UTF8).decode("latin-1")
    return StringIO(text, newline=None)


def _text_kind(head: bytes) -> tuple[Kind | None, bool]:
    """The kind by the first line that is no comment, or tells a kind; and whether there is a whole
    one, or much of it."""
    kind: Kind | None = EMPTY
    lines = _lines(head)
    for line in lines:
        if line.isspace():
            continue
        kind = _kind_of_line(line[:_LONG_LINE])
        if kind is None and _is_comment(line):
            continue
        whole = line.endswith("\n") or len(line) >= _LONG_LINE
        return _fasta(chain([line], lines)) if line.startswith(">") else kind, whole
    return kind, False


def _is_comment(line: str) -> bool:
    return line.startswith(_COMMENTS) and not _is_bed(line)


def _kind_of_line(line: str) -> Kind | None:
    """What a line says; None of a comment, and of a line of no known kind."""
    comment = line.startswith("#")
    if comment and not line[:16].lower().startswith(_TELLING):
        return None
    kind = next((kind for pattern, kind in _LINES if pattern.match(line)), None)
    if kind is not None or comment:
        return kind
    if _is_bed(line):
        fields = line.split()
        return BEDGRAPH if len(fields) == 4 and _is_measured(fields[3]) else BED
    tabbed = line.split("\t")
    if len(tabbed) in (8, 9) and _are_numbers(tabbed[3:5]):
        return GTF if re.search(r"\b(gene|transcript)_id [\"']", tabbed[-1]) else GFF
    return None


def _is_bed(line: str) -> bool:
    fields = line.split("\t") if "\t" in line else line.split()
    return not line.startswith(("#", ">", ";")) and _are_numbers(
        [text.strip() for text in fields[1:3]]
    )


def _is_measured(text: str) -> bool:
    """Whether a fourth column is a number with a fraction, rather than a name or a count."""
    return re.fullmatch(r"[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?|-\d+", text) is not None


def _are_numbers(texts: list[str]) -> bool:
    return len(texts) == 2 and all(text.isascii() and text.isdigit() for text in texts)


def _fasta(lines: Iterable[str]) -> Kind:
    letters = (line.strip() for line in lines if not line.startswith((">", ";")))
    return PROTEINS if any(_PROTEIN_ALONE.intersection(line) for line in letters) else FASTA
