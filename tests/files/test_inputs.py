"""Inputs that can be read once only are kept; two of them are not the same."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.inputs import all_kept, kept

TEXT = b"a\t1\t5\n" * 3_000


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where copies lie."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def pipe() -> Iterator[Path]:
    """A pipe through which :data:`TEXT` comes."""
    source, sink = os.pipe()
    os.write(sink, TEXT)
    os.close(sink)
    yield Path(f"/dev/fd/{source}")
    os.close(source)


def test_kept_reads_a_pipe_as_often_as_asked(pipe: Path, temporary: Path) -> None:
    with kept(pipe) as given:
        assert (Path(given).read_bytes(), Path(given).read_bytes()) == (TEXT, TEXT)
        assert given.sha256 == hashlib.sha256(TEXT).hexdigest()
        assert (str(given), given.path, given.name) == (str(pipe), pipe, pipe.name)
        with kept(given) as again:
            assert again is given
        assert str(InputFormatError("bad", given, 3)) == f"{pipe}:3: bad"
        assert list(temporary.iterdir())
    assert not list(temporary.iterdir())


def test_kept_leaves_a_file_in_its_folder(tmp_path: Path, temporary: Path) -> None:
    path = tmp_path / "x.bed"
    path.write_bytes(TEXT)
    with kept(path) as given:
        assert os.fspath(given) == str(path)
        assert given.sha256 == hashlib.sha256(TEXT).hexdigest()
        assert not list(temporary.iterdir())


def test_kept_says_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), kept(tmp_path / "none"):
        pass
    with kept(tmp_path) as given, pytest.raises(IsADirectoryError):
        Path(given).read_bytes()


def test_all_kept_refuses_one_pipe_twice(pipe: Path, tmp_path: Path) -> None:
    named = tmp_path / "pipe"
    os.mkfifo(named)
    for path in (pipe, named):
        message = f"--mask {path} is also --bed: a pipe can be read once: write it to a file"
        with pytest.raises(ConfigError) as caught, all_kept({"bed": path, "mask": path}):
            pass
        assert str(caught.value) == message
    with (
        pytest.raises(ConfigError, match=r"--bed .* is also the genome: a pipe can be read once"),
        all_kept({"bed": pipe}, pipe),
    ):
        pass


@pytest.mark.parametrize("other", ["-", "/dev/stdin", "/dev/fd/0"])
def test_all_kept_refuses_stdin_twice(pipe: Path, other: str) -> None:
    stdin = os.dup(0)
    source = os.open(pipe, os.O_RDONLY)
    os.dup2(source, 0)
    try:
        with (
            pytest.raises(ConfigError, match=rf"--bed {other} is also the genome: stdin can be"),
            all_kept({"bed": other}, "-"),
        ):
            pass
        with all_kept({"bed": "-"}) as given:
            assert Path(given["bed"]).read_bytes() == TEXT
            assert given["bed"].name == "stdin"
    finally:
        os.dup2(stdin, 0)
        os.close(stdin)
        os.close(source)


def test_all_kept_takes_a_file_or_a_device_twice(tmp_path: Path) -> None:
    path = tmp_path / "x.bed"
    path.write_bytes(TEXT)
    for twice in (path, Path("/dev/null")):
        with all_kept({"bed": twice, "mask": twice}, twice) as given:
            assert set(given) == {"bed", "mask"}
