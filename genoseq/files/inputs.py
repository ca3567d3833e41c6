"""Inputs by their paths: pipes and ``-`` (stdin) can be read as often as files.

What is not a regular file is copied once into the temporary folder, where it stays while it is
needed.  Messages and records say the path that was asked for.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.compression import open_raw, source_path
from genoseq.files.journal import complete
from genoseq.files.staging import temporary_errors, temporary_folder
from genoseq.files.watched import Watched, watched

_CHUNK = 1 << 20


class Input(os.PathLike[str]):
    """A file that can be read again; made by :func:`kept`.

    Attributes
    ----------
    path
        What was asked for.
    """

    def __init__(
        self,
        path: Path,
        copy: Path | None = None,
        sha256: str | None = None,
        watched: Watched | None = None,
    ) -> None:
        self.path, self._copy, self._sha256, self._watched = path, copy, sha256, watched

    def __fspath__(self) -> str:
        """Where its bytes are."""
        return str(self._copy or self.path)

    def __str__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"Input({str(self)!r})"

    @property
    def name(self) -> str:
        """Name of the file, for records."""
        return self.path.name

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, or of what came through the pipe.

        Raises
        ------
        InputFormatError
            If the file was changed since it was first read.
        """
        if self._sha256 is None:
            from genoseq.files.provenance import file_sha256  # 10 ms, which few need

            self._sha256 = file_sha256(self)
            if self._watched is not None:
                self._watched.check()
                self._watched.sha256 = self._sha256
        return self._sha256


@contextmanager
def kept(path: str | os.PathLike[str]) -> Iterator[Input]:
    """An input that can be read as often as needed within the block.

    Raises
    ------
    OSError
        If it is not there or cannot be read.
    InputFormatError
        If it is a device, or a file that is changed within the block.
    """
    if isinstance(path, Input):
        yield path
        return
    source = source_path(path)
    complete(source.parent)
    mode = source.stat().st_mode
    if stat.S_ISREG(mode):
        with watched(source) as file:
            yield Input(source, watched=file)
        return
    if stat.S_ISDIR(mode):  # of which its reader says that it is none
        yield Input(source)
        return
    _refuse_device(source, mode)
    with temporary_folder(nameless=False) as folder:
        copy, digest = Path(folder, source.name), hashlib.sha256()
        with open_raw(source) as pipe, temporary_errors(folder), copy.open("wb") as out:
            while data := pipe.read(_CHUNK):
                digest.update(data)
                out.write(data)
        yield Input(source, copy, digest.hexdigest())


def _refuse_device(source: Path, mode: int) -> None:
    """Pipes, terminals and /dev/null end; other devices may give bytes for ever."""
    device = stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
    if not device or os.path.samefile(source, os.devnull):  # noqa: PTH121
        return
    handle = os.open(source, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        if not os.isatty(handle):
            raise InputFormatError("a device: give a file, or a pipe", source)
    finally:
        os.close(handle)


@contextmanager
def all_kept(
    paths: Mapping[str, str | os.PathLike[str] | None],
    genome: str | os.PathLike[str] | None = None,
) -> Iterator[dict[str, Input]]:
    """:func:`kept` of several inputs of one verb, by their options.

    Parameters
    ----------
    paths
        None was not given.
    genome
        A further input, which is read elsewhere.

    Raises
    ------
    ConfigError
        If two of them are stdin, or the same pipe.
    """
    asked = {role: path for role, path in paths.items() if path is not None}
    named = {f"--{role}": path for role, path in asked.items()}
    _check_streams(named if genome is None else {"the genome": genome, **named})
    with ExitStack() as stack:
        yield {role: stack.enter_context(kept(path)) for role, path in asked.items()}


def _check_streams(inputs: Mapping[str, str | os.PathLike[str]]) -> None:
    seen: dict[object, str] = {}
    problems = []
    for role, path in inputs.items():
        key = None if isinstance(path, Input) else _stream(path)
        other = role if key is None else seen.setdefault(key, role)
        if other != role:
            what = "stdin" if key == _stream("-") else "a pipe"
            problems.append(
                f"{role} {path} is also {other}: {what} can be read once: write it to a file"
            )
    if problems:
        raise ConfigError(problems)


def _stream(path: str | os.PathLike[str]) -> object:
    """What tells a pipe from another one; None of what can be read again."""
    try:
        state = os.fstat(0) if os.fspath(path) == "-" else source_path(path).stat()
    except OSError:
        return None  # which is told where it is read
    once = stat.S_ISFIFO(state.st_mode) or stat.S_ISSOCK(state.st_mode)
    return (state.st_dev, state.st_ino) if once or os.fspath(path) == "-" else None
