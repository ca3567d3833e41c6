"""VCF and BCF: records one after another, each as the line that it is.

Lines are read here, not by htslib: it drops records whose contig or columns its header lacks,
writes numbers in its own way, and says little of where a file is wrong.  What is not looked at so
comes out as it went in, byte for byte.  BCF is binary: htslib turns it into lines.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike

from genoseq.errors import InputFormatError
from genoseq.files.compression import UTF16, open_bytes
from genoseq.files.inputs import Input, kept
from genoseq.files.limits import LONGEST_HEAD, LongLineError, ShortLines, long_line
from genoseq.genome.vcf_records import VcfHeader, VcfRecord, text_of_bytes
from genoseq.readers import kinds
from genoseq.readers.whole_numbers import is_whole

LONGEST_VCF_LINE = 1 << 26
"""Bytes of a line, as of a million samples."""
COLUMNS = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
"""The fixed columns of the header line."""

_FIXED = 8
_BUFFER = 1 << 16
_BOM = b"\xef\xbb\xbf"
_MADE = b"printf '##fileformat=VCFv4.2\\n" + COLUMNS.replace(b"\t", b"\\t") + b"\\n'"


@dataclass(frozen=True, slots=True)
class Vcf:
    """An open file: its header, and its records, which can be read once."""

    header: VcfHeader
    records: Iterator[VcfRecord]


@contextmanager
def open_vcf(path: str | PathLike[str]) -> Iterator[Vcf]:
    """A VCF, plain or compressed, or a BCF; pipes and ``-`` too.

    Raises
    ------
    InputFormatError
        If it is another kind of file, or has no header line; where records are read, at the first
        line that is no record, or where the file is cut off.
    """
    with kept(path) as given:
        kind = kinds.kind_of(given)
        if kind is kinds.BCF:
            with _open_bcf(given) as vcf:
                yield vcf
            return
        if kind not in (None, kinds.VCF):
            raise kinds.not_wanted(kind, "VCF", given)
        with open_bytes(given) as stream:
            yield _of_lines(_numbered(stream, given), given)


def _of_lines(lines: Iterator[tuple[int, bytes]], path: Input) -> Vcf:
    meta: list[bytes] = []
    size = 0
    for number, line in lines:
        size += len(line)
        if size > LONGEST_HEAD:
            raise InputFormatError(f"a header of more than {LONGEST_HEAD >> 20} MB", path, number)
        if line.startswith(b"##"):
            meta.append(line)
        elif line.startswith(b"#"):
            header = VcfHeader(tuple(meta), _checked_columns(line, path, number))
            return Vcf(header, _records(lines, header.columns.count(b"\t") + 1, path))
        elif line:
            raise _headless(line, path, number)
    raise InputFormatError("no line that begins with #CHROM: cut off? Make or copy it again", path)


def _headless(line: bytes, path: Input, number: int) -> InputFormatError:
    """What is wrong with a line that comes before #CHROM."""
    fields = line.split(b"\t")
    if len(fields) < _FIXED or not is_whole(text_of_bytes(fields[1])):
        return InputFormatError("not a VCF: expected a header and columns with tabs", path, number)
    made = f"({text_of_bytes(_MADE)}; cut -f1-8 old.vcf) > new.vcf"
    return InputFormatError(f"a record before the line #CHROM: give it one, {made}", path, number)


def _checked_columns(line: bytes, path: Input, number: int) -> bytes:
    if line.split(b"\t")[:_FIXED] != COLUMNS.split(b"\t"):
        said = text_of_bytes(COLUMNS).replace("\t", " ")
        raise InputFormatError(f"the header line must begin with {said}, with tabs", path, number)
    return line


def _records(lines: Iterator[tuple[int, bytes]], columns: int, path: Input) -> Iterator[VcfRecord]:
    count = 0
    for number, line in lines:
        if not line:
            continue
        fields = line.split(b"\t", _FIXED)
        found = line.count(b"\t") + 1
        if found != columns:
            raise InputFormatError(
                f"{found} columns, but the header line has {columns}", path, number
            )
        chrom, position, ref, alt = (text_of_bytes(fields[at]) for at in (0, 1, 3, 4))
        if not is_whole(position):
            raise InputFormatError(f"POS, column 2: {position!r} is no position", path, number)
        alts = () if alt == "." else tuple(alt.split(","))
        yield VcfRecord(count, line, chrom, int(position) - 1, ref, alts)
        count += 1


def _numbered(stream: object, path: Input) -> Iterator[tuple[int, bytes]]:
    """Lines without their ends, counted from 1."""
    text = io.BufferedReader(ShortLines(stream, LONGEST_VCF_LINE, path), _BUFFER)  # type: ignore[arg-type]
    number = 0
    try:
        for number, line in enumerate(text, 1):
            if number == 1:
                if line[:2] in UTF16:
                    raise InputFormatError("text in UTF-16: save it as UTF-8", path)
                line = line.removeprefix(_BOM)
            if b"\0" in line:
                raise InputFormatError("binary data where text was expected", path, number)
            yield number, line.rstrip(b"\r\n")
    except LongLineError as error:
        raise long_line(LONGEST_VCF_LINE, path, number + 1) from error


@contextmanager
def _open_bcf(path: Input) -> Iterator[Vcf]:
    """A BCF as the lines that htslib makes of it."""
    import pysam  # 50 ms, and most files are text

    before = pysam.set_verbosity(0)  # htslib writes to stderr by itself
    try:
        with pysam.VariantFile(path.__fspath__()) as file:
            yield _of_lines(_bcf_lines(file, path), path)
    except (ValueError, OSError) as error:
        if isinstance(error, InputFormatError) or getattr(error, "filename", None):
            raise
        raise _damaged(path, error) from error
    finally:
        pysam.set_verbosity(before)


def _bcf_lines(file: object, path: Input) -> Iterator[tuple[int, bytes]]:
    number = 0
    head = str(file.header).removesuffix("\n").split("\n")  # type: ignore[attr-defined]
    for number, line in enumerate(head, 1):
        yield number, line.encode("utf-8", "surrogateescape")
    records = iter(file)  # type: ignore[call-overload]
    while True:
        try:
            record = next(records, None)
        except (ValueError, OSError) as error:
            raise _damaged(path, error) from error
        if record is None:
            return
        number += 1
        yield number, str(record).rstrip("\n").encode("utf-8", "surrogateescape")


def _damaged(path: Input, error: Exception) -> InputFormatError:
    return InputFormatError(f"damaged or cut off BCF ({error}): make or copy it again", path)
