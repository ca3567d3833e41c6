"""Indexes of FASTA: the bytes of pyfaidx's, whatever even lines look like."""

from __future__ import annotations

from pathlib import Path

import pyfaidx
import pytest

from genoseq.readers import fai

FILES = {
    "lines": b">a x\nACGT\nACGT\nAC\n>b\nAC\n",
    "crlf": b">a\r\nACGT\r\nAC\r\n>b\r\nACG\r\n",
    "no line end": b">a\nACGT\nACGT\n>b\nACG",
    "one line": b">a\nACG",
    "full last line": b">a\nACGT\nACGT\n",
    "empty records": b">a\n>b\nACGT\n>c\n",
    "empty record, blank line": b">a\n\n>b\nACGT\n",
    "blank line at the end": b">a\nACGT\nAC\n>b\nACGT\n\n",
    "sign in a header": b">a > b\nACGT\n>c\tx>\nAC\n",
    "long header": b">a " + b"x" * 3000 + b"\nACGT\nAC\n",
    "long lines": b">a\n" + b"ACGT" * 1000 + b"\nACG\n",
    "name not in ASCII": ">é\nACGT\n".encode(),
}


@pytest.mark.parametrize("chunk", [1, 2, 7, 1 << 20])
@pytest.mark.parametrize("name", FILES)
def test_an_index_is_that_of_pyfaidx(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, chunk: int
) -> None:
    monkeypatch.setattr(fai, "_CHUNK", chunk)
    path = tmp_path / "genome.fa"
    path.write_bytes(FILES[name])
    assert fai.write_fai(path, tmp_path / "own.fai")
    pyfaidx.Faidx(str(path)).close()
    assert (tmp_path / "own.fai").read_bytes() == path.with_name("genome.fa.fai").read_bytes()


@pytest.mark.parametrize("text", [b">\nACGT\n", b">a\nAC\n> \nACGT\n", b">a", b">\xff\nACGT\n"])
def test_a_record_without_a_name_has_no_index(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "genome.fa"
    path.write_bytes(text)
    assert not fai.write_fai(path, tmp_path / "own.fai")
