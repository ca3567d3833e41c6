"""Outputs that appear whole or not at all: written beside their place, then renamed into it.

What is being written lies under a ``.partial-`` name that its process has locked.  A killed process
leaves it there without a lock, and the next one that writes the same output removes it.  Errors
name the output that was asked for.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from glob import escape
from pathlib import Path

from genoseq.errors import ConfigError, listed
from genoseq.files.watched import check_unchanged

_PARTIAL = ".partial-"
_TIMESTAMP = ".snakemake_timestamp"
"""What Snakemake leaves in each folder that a rule makes."""
_RANDOM = "?" * 8
"""What tempfile puts between a prefix and a suffix, as a shell pattern."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

PathLike = str | os.PathLike[str]
"""How callers name a file or folder."""


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path in ``path``'s folder, renamed to ``path`` if the block ends well.

    Missing folders are made.  On any exception the temporary file is removed and an older file at
    ``path`` stays as it was.  A symbolic link stays one: what it points to is replaced.  A device
    or pipe (``/dev/null``, ``/dev/stdout``) is written to as it is.
    """
    final = Path(path)
    if final.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if final.exists() and not final.is_file():
        yield final
        return
    final = final.resolve() if final.is_symlink() else final
    with _errors_name(path):
        final.parent.mkdir(parents=True, exist_ok=True)
        with _partial_file(final) as partial:
            yield partial
            check_unchanged()
            partial.chmod(0o666 & ~_umask())
            partial.replace(final)


@contextmanager
def _partial_file(final: Path) -> Iterator[Path]:
    # The suffix stays, because some libraries choose the format by it.
    handle, partial = _begin(_new_file, final.parent, "-" + final.name)
    try:
        yield partial
    finally:
        os.close(handle)
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new empty folder beside ``path`` that takes its place if the block ends well.

    An older folder at ``path`` is replaced as a whole, and stays as it was on any exception.  A
    symbolic link stays one: the folder that it points to is replaced.  A process that is killed
    (SIGKILL) between the two renames leaves nothing at ``path``, and the older folder aside for the
    next writer to remove.
    """
    final = Path(path)
    # Staging beside it takes a name, and ``..`` is none.
    final = final.resolve() if final.is_symlink() or final.name == ".." else final
    with _errors_name(path):
        final.parent.mkdir(parents=True, exist_ok=True)
    with staging_folder(final.parent, "-" + final.name, path) as partial:
        yield partial
        check_unchanged()
        partial.chmod(0o777 & ~_umask())
        if not final.is_dir():
            partial.rename(final)
            return
        with staging_folder(final.parent, "-" + final.name, path) as aside:
            old = aside / final.name
            try:
                final.rename(old)
                partial.rename(final)
            except BaseException:  # also SystemExit, which SIGTERM raises anywhere
                if old.exists() and not final.exists():
                    old.rename(final)
                raise


def irreplaceable(path: Path, names: Collection[str]) -> str | None:
    """Why a new output must not replace the folder ``path``, or None if it may.

    ``names`` are shell patterns of what genoseq writes: any other file there would be lost.
    """
    if not path.exists():
        return None
    if not path.is_dir():
        return f"{path} is a file: name a folder"
    if Path.cwd().is_relative_to(path.resolve()):
        return f"{path} is the working folder or holds it, and would be replaced: name a new folder"
    known = (*names, _TIMESTAMP)
    found = [each.name for each in path.iterdir()]
    strange = [name for name in found if not any(fnmatch(name, pattern) for pattern in known)]
    if not strange:
        return None
    return f"{path} is there already and holds {listed(strange)}: name a new folder"


def check_distinct(
    outputs: Mapping[str, Path | None], inputs: Mapping[str, Path | None] | None = None
) -> None:
    """Raise ConfigError if two outputs are the same file, or an output is also an input.

    Symbolic links are followed.  Devices and pipes may be named twice; None was not asked for.
    """
    seen = {path.resolve(): role for role, path in (inputs or {}).items() if path is not None}
    problems = []
    for role, path in outputs.items():
        if path is None or (path.exists() and not path.is_file()):
            continue
        other = seen.setdefault(path.resolve(), role)
        if other != role:
            problems.append(f"{role} {path} is also {other}: name another file")
    if problems:
        raise ConfigError(problems)


@contextmanager
def staging_folder(
    parent: Path, suffix: str = "", path: str | os.PathLike[str] | None = None
) -> Iterator[Path]:
    """A new temporary folder in ``parent``, which is gone after the block if it is still there.

    Errors name ``path``, by default ``parent``.
    """
    with _errors_name(parent if path is None else path):
        yield from _staging_folder(parent, suffix)


def _staging_folder(parent: Path, suffix: str) -> Iterator[Path]:
    handle, folder = _begin(_new_folder, parent, suffix)
    try:
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def _begin(
    make: Callable[[Path, str], tuple[int, Path]], parent: Path, suffix: str
) -> tuple[int, Path]:
    """What ``make`` made in ``parent``: the handle that has it locked, and its path.

    Until it is locked another writer of the same output may take it for a killed process's: then
    another one is made.
    """
    remove_stale(parent, suffix)
    while True:
        handle, partial = make(parent, suffix)
        with suppress(FileNotFoundError):
            _lock(handle, wait=True)
            if os.path.samestat(os.fstat(handle), partial.stat()):
                return handle, partial
        os.close(handle)


def _new_file(parent: Path, suffix: str) -> tuple[int, Path]:
    handle, name = tempfile.mkstemp(prefix=_PARTIAL, suffix=suffix, dir=parent)
    return handle, Path(name)


def _new_folder(parent: Path, suffix: str) -> tuple[int, Path]:
    while True:
        name = tempfile.mkdtemp(prefix=_PARTIAL, suffix=suffix, dir=parent)
        with suppress(FileNotFoundError):  # removed between the two, as _begin says
            return os.open(name, os.O_RDONLY), Path(name)


def remove_stale(folder: Path, suffix: str | None = None) -> None:
    """Remove what killed processes left in ``folder``: all, or that of one ``staging_folder``."""
    for stale in folder.glob(_PARTIAL + ("*" if suffix is None else _RANDOM + escape(suffix))):
        with suppress(OSError):  # another process was quicker
            handle = os.open(stale, os.O_RDONLY)
            try:
                if _lock(handle):
                    shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
            finally:
                os.close(handle)


@contextmanager
def _errors_name(path: str | os.PathLike[str]) -> Iterator[None]:
    """Make errors of writing name ``path``, rather than a temporary file or no file."""
    try:
        yield
    except OSError as error:
        nameless = error.filename is None and error.errno in _NO_ROOM
        if nameless or _PARTIAL in str(error.filename):
            error.filename, error.filename2 = os.fspath(path), None
        raise


def _lock(handle: int, *, wait: bool = False) -> bool:
    """Whether the file could be locked; the lock dies with the process that holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
