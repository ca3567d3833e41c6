"""Tests of genoseq.files.stored."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from genoseq.files.stored import check_seal, parse_json, read_json, sealed

DATA = {"a": [1, 2.5, None], "b": {"ü": "x"}}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10**5,
        '{"a":' * 10**5,
        "NaN",
        "-Infinity",
        "1e999",
        "9" * 10**4,
        b"\xff",
        '{"a": 1,}',
        "",
    ],
)
def test_parse_json_refuses_in_one_line(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^.{5,200}$"):
        parse_json(text)


def test_read_json_is_bounded_and_waits_for_no_pipe(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps(DATA))
    assert read_json(file) == DATA
    with pytest.raises(ValueError, match="more than 10 bytes"):
        read_json(file, 10)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "nowhere"):
        with pytest.raises(OSError, match=path.name):
            read_json(path)


def test_a_seal_holds_through_a_file_and_any_change_breaks_it() -> None:
    written = parse_json(json.dumps(sealed(DATA), indent=3))
    check_seal(written)
    check_seal(DATA)  # of earlier releases
    for changed in ({"a": [1, 2.5, 0]}, {"b": {}}, {"c": 1}, {"seal": "0" * 64}, {"seal": None}):
        with pytest.raises(ValueError, match="its checksum is not that of its entries"):
            check_seal(written | changed)
