"""Compressed files: what is cut off is refused, and text is read in its encoding."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import threading
from pathlib import Path

import pytest
from Bio import bgzf

from genoseq.errors import InputFormatError
from genoseq.files.compression import numbered_lines, open_bytes

LINES = b"".join(b"%d\n" % number for number in range(60_000))
CUT = "bgzip data without the empty block that ends it: cut off"


def bgzipped(data: bytes) -> bytes:
    """What bgzip makes of some bytes: blocks of 64 KiB, and an empty one."""
    out = io.BytesIO()
    writer = bgzf.BgzfWriter(fileobj=out)
    writer.write(data)
    writer.flush()
    blocks = out.getvalue()
    return blocks + bgzf._bgzf_eof


def without_end(packed: bytes) -> bytes:
    """The same, cut off before the empty block."""
    return packed[: -len(bgzf._bgzf_eof)]


def pipe_of(data: bytes) -> Path:
    """A pipe through which bytes come, one at first."""
    source, sink = os.pipe()

    def write() -> None:
        with os.fdopen(sink, "wb", buffering=0) as out:
            for part in (data[:1], data[1:]):
                out.write(part)

    threading.Thread(target=write, daemon=True).start()
    return Path(f"/dev/fd/{source}")


def read(path: Path) -> bytes:
    with open_bytes(path) as stream:
        return stream.read()


@pytest.mark.parametrize(
    "packed",
    [
        LINES,
        gzip.compress(LINES),
        gzip.compress(LINES[:99]) + gzip.compress(LINES[99:]),
        bgzipped(LINES),
        bgzipped(LINES[:99]) + bgzipped(LINES[99:]),
        gzip.compress(LINES[:99]) + bgzipped(LINES[99:]),
        without_end(bgzipped(LINES[:99])) + bgzipped(LINES[99:]),
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_open_bytes_reads_what_is_whole(tmp_path: Path, packed: bytes, piped: bool) -> None:
    path = tmp_path / "x"
    path.write_bytes(packed)
    assert read(pipe_of(packed) if piped else path) == LINES


def test_open_bytes_reads_an_empty_bgzip(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(bgzipped(b""))
    assert read(path) == b""


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (without_end(bgzipped(LINES)), CUT),
        (bgzipped(LINES)[:-1], CUT),
        (bgzipped(LINES)[:90_000], CUT),
        (bgzipped(LINES) + without_end(bgzipped(LINES)), CUT),
        (gzip.compress(LINES[:99]) + without_end(bgzipped(LINES[99:])), CUT),
        (gzip.compress(os.urandom(1 << 20)) + without_end(bgzipped(LINES)), CUT),
        (gzip.compress(LINES)[:-1], "damaged or cut off gzip data"),
        (gzip.compress(LINES)[:5_000], "damaged or cut off gzip data"),
    ],
)
@pytest.mark.parametrize("piped", [False, True])
def test_open_bytes_refuses_what_is_cut_off(
    tmp_path: Path, packed: bytes, said: str, piped: bool
) -> None:
    path = tmp_path / "x"
    path.write_bytes(packed)
    with pytest.raises(InputFormatError, match=said) as caught:
        read(pipe_of(packed) if piped else path)
    assert "\n" not in str(caught.value)


def test_open_bytes_refuses_a_cut_off_file_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(without_end(bgzipped(LINES)))
    with pytest.raises(InputFormatError, match=CUT), open_bytes(path) as stream:
        stream.read(1)


@pytest.mark.parametrize("packed", [LINES, gzip.compress(LINES) + b"\0" * 9, bgzipped(LINES)])
def test_open_bytes_takes_the_checksum_of_all_bytes(packed: bytes) -> None:
    digest = hashlib.sha256()
    with open_bytes(pipe_of(packed), digest) as stream:
        assert stream.read(4) == LINES[:4]
    assert digest.digest() == hashlib.sha256(packed).digest()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_numbered_lines_go_by_the_byte_order_mark(tmp_path: Path, encoding: str, pack) -> None:
    path = tmp_path / "x"
    path.write_bytes(pack("caf\u00e9\r\nb\rc\n".encode(encoding)))
    assert list(numbered_lines(path)) == [(1, "caf\u00e9"), (2, "b"), (3, "c")]


def test_numbered_lines_show_bytes_of_no_encoding(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"caf\xe9\n")
    assert list(numbered_lines(path)) == [(1, "caf\\xe9")]
