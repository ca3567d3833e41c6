"""Copy a FASTA that cannot be indexed as it is into even lines, and find what is wrong with it.

The sequences of a GenBank or EMBL file are copied likewise.

Every rule for the format is applied here, line by line, in flat memory.  Files that pyfaidx
can index are only copied where they break one, to say which and on what line.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, TextIO

from genoseq.errors import InputFormatError
from genoseq.files.compression import open_bytes
from genoseq.files.inputs import Input
from genoseq.files.limits import LONGEST_NAME
from genoseq.readers import kinds

LETTERS = b"ACGTURYSWKMBDHVNXacgturyswkmbdhvnx"
"""Every letter that :func:`genoseq.genome.sequences.encode` accepts."""

SPACE = b" \t\r\n\v\f"
"""What may stand between the letters of a sequence."""

_WIDTH = 1 << 15
_CHUNK_LETTERS = 1 << 20
_HEAD = 1 << 13
_BYTE_ORDER_MARK = "\xef\xbb\xbf"
AS_FASTA = (kinds.FASTA, kinds.PROTEINS, kinds.EMPTY, None)
"""What is read as FASTA: its lines say what is wrong."""


class _LinePart(NamedTuple):
    """A line, or a part of at most a mebibyte of a long one; read as Latin-1, so byte for byte."""

    line: int
    text: str
    begins: bool


class _EvenLines:
    """Writes a record's letters in lines of one length."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._waiting = bytearray()

    def header(self, name: str) -> None:
        self.finish()
        self._out.write(b">" + name.encode() + b"\n")

    def letters(self, letters: bytes) -> None:
        self._waiting += letters
        whole = len(self._waiting) - len(self._waiting) % _WIDTH
        for at in range(0, whole, _WIDTH):
            self._out.write(self._waiting[at : at + _WIDTH] + b"\n")
        del self._waiting[:whole]

    def finish(self) -> None:
        if self._waiting:
            self._out.write(self._waiting + b"\n")
            self._waiting.clear()


def even_copy(plain: Path, even: Path, path: Path) -> None:
    """Copy the sequences at ``plain`` to ``even``: name-only headers, one line length, no spaces.

    They are a FASTA's, or a GenBank or EMBL file's, which is held in memory.

    Parameters
    ----------
    path
        The file that ``plain`` was decompressed from (or itself): errors name it.

    Raises
    ------
    InputFormatError
        With the line, at whatever is no nucleotide FASTA; as
        :func:`genoseq.readers.genbank.read_genbank`; or a record comes without its sequence.
    """
    with plain.open("rb") as file:
        kind = _wanted(kinds.kind_of_stream(file), path)
    if kind in AS_FASTA:
        with plain.open(encoding="latin-1") as source:
            _copy_fasta(source, even, path)
    else:
        _copy_flat_file(plain, even, path, "embl" if kind == kinds.EMBL else "genbank")


def check_beginning(path: Input) -> kinds.Kind | None:
    """The kind of a file, which may be compressed, if its sequences can be copied.

    Raises
    ------
    InputFormatError
        As :func:`even_copy`, of its first lines.
    """
    kind = _wanted(kinds.kind_of(path), path)
    if kind in AS_FASTA:
        with open_bytes(path) as stream:
            head = stream.read(_HEAD)
        lines = head[: head.rfind(b"\n") + 1]
        if b">" in lines or kind is None:
            _copy_fasta(io.StringIO(lines.decode("latin-1"), newline=None), Path(os.devnull), path)
    return kind


def _wanted(kind: kinds.Kind | None, path: Path | Input) -> kinds.Kind | None:
    if kind in (*AS_FASTA, kinds.GENBANK, kinds.EMBL):
        return kind
    assert kind is not None
    raise kinds.not_wanted(kind, "FASTA, GenBank or EMBL", path)


def _copy_fasta(source: TextIO, even: Path, path: Path | Input) -> None:
    first_lines: dict[str, int] = {}
    header = comment = False
    with even.open("wb") as out:
        lines = _EvenLines(out)
        for part in _line_parts(source):
            if part.begins:
                header, comment = part.text.startswith(">"), part.text.startswith(";")
            if header and part.begins:
                lines.header(_new_name(part, first_lines, path))
            elif not header and not comment:
                lines.letters(_letters(part, first_lines, path))
        lines.finish()
    if not first_lines:
        raise InputFormatError("no FASTA record: the file has no line that begins with '>'", path)


def _copy_flat_file(plain: Path, even: Path, path: Path, kind: Literal["genbank", "embl"]) -> None:
    from genoseq.readers.genbank import read_genbank

    try:
        file = read_genbank(plain, kind)
        with even.open("wb") as out:
            lines = _EvenLines(out)
            for name in file.lengths:
                lines.header(name)
                lines.letters(_nucleotides(name, file.sequence(name)))
            lines.finish()
    except InputFormatError as error:
        raise InputFormatError(error.problem, path, error.line) from None


def name_of(header: bytes) -> str:
    """The first word behind a ``>``.

    Raises
    ------
    InputFormatError
        If there is none, it is long, or no printable UTF-8: tables of text cannot hold such a name.
    """
    words = header.split(None, 1)
    if not words:
        raise InputFormatError("a record without a name: write one behind the '>'")
    if len(words[0]) > LONGEST_NAME:
        raise InputFormatError(
            f"the record's name, {words[0][:40].decode('latin-1')!r}..., has {len(words[0]):,} "
            f"bytes, at most {LONGEST_NAME:,}: shorten it, or write a space behind it"
        )
    try:
        name = words[0].decode()
    except UnicodeDecodeError:
        name = ""
    if not name.isprintable() or not name:
        raise InputFormatError(
            f"the record's name, {words[0]!r}, holds control characters or is not UTF-8: rename it"
        )
    return name


def _nucleotides(name: str, letters: bytes) -> bytes:
    if name.split() != [name] or not name.isprintable():
        raise InputFormatError(
            f"the record's name, {name!r}, is not one word of printable characters: rename it"
        )
    strangers = letters.translate(None, LETTERS)
    if strangers:
        raise InputFormatError(f"record {name!r}: {_said(strangers)}")
    return letters


def _line_parts(source: TextIO) -> Iterator[_LinePart]:
    number, begins = 1, True
    while text := source.readline(_CHUNK_LETTERS):
        if number == 1 and begins:
            text = text.removeprefix(_BYTE_ORDER_MARK)
        yield _LinePart(number, text, begins)
        begins = text.endswith("\n")
        number += begins


def _new_name(part: _LinePart, first_lines: dict[str, int], path: Path | Input) -> str:
    """The record's name, noted with its line; an error where it is missing, odd or not new."""
    try:
        name = name_of(part.text[1:].encode("latin-1"))
    except InputFormatError as error:
        raise InputFormatError(error.problem, path, part.line) from None
    if name in first_lines:
        raise InputFormatError(
            f"a second record named {name!r} (the first is on line {first_lines[name]}): a name, "
            f"the header up to its first space, must be there once: rename or remove one",
            path,
            part.line,
        )
    first_lines[name] = part.line
    return name


def _letters(part: _LinePart, first_lines: dict[str, int], path: Path | Input) -> bytes:
    letters = part.text.encode("latin-1").translate(None, SPACE)
    strangers = letters.translate(None, LETTERS)
    if not first_lines and letters:
        raise InputFormatError(_not_fasta(part.text), path, part.line)
    if strangers:
        raise InputFormatError(
            f"record {next(reversed(first_lines))!r}: {_said(strangers)}", path, part.line
        )
    return letters


def _not_fasta(text: str) -> str:
    if "\0" in text:
        return "text in UTF-16, or binary data: a FASTA is text in UTF-8"
    return f"{text[:40].rstrip()!r} before the first record: a FASTA begins with '>'"


def _said(strangers: bytes) -> str:
    letter = strangers[:1].decode("latin-1")
    found = f"{letter!r} is not a nucleotide"
    if letter in "-.~":
        return f"{found} but a gap: remove the gaps of an alignment first"
    if letter.isalpha() or letter == "*":
        return f"{found}: a protein FASTA? Use A, C, G, T, U or an IUPAC code (n for unknown)"
    return f"{found}: use A, C, G, T, U or an IUPAC code (n for unknown)"
