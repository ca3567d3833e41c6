"""VCF as it is written: plain, compressed and indexed, or BCF, by the name of the file."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from shutil import disk_usage
from typing import IO

from genoseq.errors import ConfigError, InputFormatError
from genoseq.genome.vcf_records import VcfHeader, VcfRecord, bytes_of_text
from genoseq.writers.tabix import TabixFile

_FORMAT = b"##fileformat=VCFv4.2"
_BGZIP = (".vcf.gz", ".vcf.bgz")
INDEXES = (".tbi", ".csi")
"""Suffixes of the indexes that may stand beside a file."""


def extended_header(
    header: VcfHeader,
    lines: Sequence[str],
    replaced: Collection[str],
    contigs: Mapping[str, int | None],
    made: str,
) -> bytes:
    """A header with further lines; what stays of the old one comes first.

    Parameters
    ----------
    lines
        INFO lines to add.
    replaced
        Beginnings of lines that go.
    contigs
        Lengths (bp), where they are known, of contigs that are to be named; those that have a line
        keep it.
    made
        What made the file: value of ``##genoseq``; the line of an earlier run stays.
    """
    gone = tuple(one.encode() for one in replaced)
    meta = [line for line in header.meta if not line.startswith(gone)] if gone else [*header.meta]
    if not meta or not meta[0].startswith(b"##fileformat="):
        meta = [_FORMAT, *(line for line in meta if not line.startswith(b"##fileformat="))]
    named = header.contigs
    for name, length in contigs.items():
        if name not in named:
            said = "" if length is None else f",length={length}"
            meta.append(bytes_of_text(f"##contig=<ID={name}{said}>"))
    own = [bytes_of_text(line) for line in [*lines, f"##genoseq={made}"]]
    return b"\n".join([*meta, *own, header.columns, b""])


def check_vcf_name(path: Path) -> None:
    """ConfigError if a file's name says no format."""
    if not path.name.endswith((".vcf", ".bcf", *_BGZIP)) and (path.is_file() or not path.exists()):
        raise ConfigError(f"-o {path}: name it .vcf, .vcf.gz or .bcf")


class VcfFile:
    """A file in the making; :meth:`finish` completes it, and indexes it if its lines are sorted.

    Parameters
    ----------
    path
        Where it is written.
    name
        The name it will have, which decides its format.
    header
        See :func:`extended_header`.
    lengths
        Of contigs, in bp.
    """

    def __init__(
        self, path: Path, name: str, header: bytes, lengths: Mapping[str, int | None]
    ) -> None:
        self._path, self._bcf = path, name.endswith(".bcf")
        self._sorted = _Order()
        self._file: TabixFile | IO[bytes]
        known = {chrom: length or 0 for chrom, length in lengths.items()}
        if name.endswith(_BGZIP):
            self._file = TabixFile(path, known)
        else:
            self._text = path.with_name(f"{path.name}.text") if self._bcf else path
            self._file = self._text.open("wb")
        self._file.write(header)

    def write(self, record: VcfRecord, line: bytes) -> None:
        """Append a record's line, without its end."""
        self._sorted.add(record)
        self._file.write(line + b"\n")

    def finish(self) -> str | None:
        """Complete the file; its index's suffix, ``tbi`` or ``csi``; None if it has none."""
        if isinstance(self._file, TabixFile):
            if self._sorted.sorted and self._sorted.any:
                return self._file.finish("vcf")
            self._file.complete()
            return None
        self._file.close()
        return self._convert() if self._bcf else None

    def _convert(self) -> str | None:
        """Make BCF of the text."""
        # Not by pysam's records: it adds END to symbolic alleles, which its header does not name.
        from pysam import bcftools
        from pysam.utils import SamtoolsError

        path, text = str(self._path), str(self._text)
        try:
            bcftools.view("-Ob", "--no-version", "-o", path, text, catch_stdout=False)
            if not (self._sorted.sorted and self._sorted.any):
                return None
            bcftools.index("-f", "-c", path, catch_stdout=False)
        except SamtoolsError as error:
            if not disk_usage(self._path.parent).free:
                number = errno.ENOSPC
                raise OSError(number, os.strerror(number), str(self._path)) from error
            raise InputFormatError(
                "it cannot be written as BCF, which holds nothing that the header does not name: "
                "give the header lines of all FORMAT, INFO and FILTER, or name the output .vcf.gz"
            ) from None
        finally:
            self._text.unlink(missing_ok=True)
        return "csi"

    def close(self) -> None:
        """Release what is open; may be called again."""
        if not isinstance(self._file, TabixFile):
            self._file.close()


class _Order:
    """Whether records are sorted as an index wants them."""

    def __init__(self) -> None:
        self.sorted, self.any = True, False
        self._chrom, self._start = "", -2
        self._seen: set[str] = set()

    def add(self, record: VcfRecord) -> None:
        self.any = True
        if record.chrom != self._chrom:
            self.sorted &= record.chrom not in self._seen
            self._seen.add(record.chrom)
            self._chrom, self._start = record.chrom, -2
        self.sorted &= record.start >= self._start
        self._start = record.start
