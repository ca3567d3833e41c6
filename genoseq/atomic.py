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
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from glob import escape
from pathlib import Path

from genoseq.errors import listed

_PARTIAL = ".partial-"
_TIMESTAMP = ".snakemake_timestamp"
"""What Snakemake leaves in each folder that a rule makes."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
            partial.chmod(0o666 & ~_umask())
            partial.replace(final)


@contextmanager
def _partial_file(final: Path) -> Iterator[Path]:
    # The suffix stays, because some libraries choose the format by it.
    suffix = "-" + final.name
    remove_stale(final.parent, suffix)
    handle, name = tempfile.mkstemp(prefix=_PARTIAL, suffix=suffix, dir=final.parent)
    try:
        _lock(handle)
        yield Path(name)
    finally:
        os.close(handle)
        Path(name).unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new empty folder beside ``path`` that takes its place if the block ends well.

    An older folder at ``path`` is replaced as a whole, and stays as it was on any exception.  A
    symbolic link stays one: the folder that it points to is replaced.  A process that is killed
    (SIGKILL) between the two renames leaves nothing at ``path``, and the older folder aside for the
    next writer to remove.
    """
    final = Path(path)
    final = final.resolve() if final.is_symlink() else final
    with _errors_name(path):
        final.parent.mkdir(parents=True, exist_ok=True)
    with staging_folder(final.parent, "-" + final.name, path) as partial:
        yield partial
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
    """Why a new output must not take the place of the folder ``path``, or None if it may.

    Whatever in it has none of ``names``, shell patterns of what genoseq writes, would be lost.
    """
    if not path.exists():
        return None
    if not path.is_dir():
        return f"{path} is a file: name a folder"
    known = (*names, _TIMESTAMP)
    found = [each.name for each in path.iterdir()]
    strange = [name for name in found if not any(fnmatch(name, pattern) for pattern in known)]
    if not strange:
        return None
    return f"{path} is there already and holds {listed(strange)}: name a new folder"


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
    remove_stale(parent, suffix)
    folder = Path(tempfile.mkdtemp(prefix=_PARTIAL, suffix=suffix, dir=parent))
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle)
        yield folder
    finally:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale(folder: Path, suffix: str = "") -> None:
    """Remove what killed processes left in ``folder`` of outputs whose names end so."""
    for stale in folder.glob(f"{_PARTIAL}*{escape(suffix)}"):
        with suppress(OSError):  # another process was quicker
            handle = os.open(stale, os.O_RDONLY)
            try:
                if _lock(handle):
                    shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
            finally:
                os.close(handle)


@contextmanager
def _errors_name(path: str | os.PathLike[str]) -> Iterator[None]:
    """Let an error of writing name ``path``, not a temporary name and not nothing."""
    try:
        yield
    except OSError as error:
        nameless = error.filename is None and error.errno in _NO_ROOM
        if nameless or _PARTIAL in str(error.filename):
            error.filename, error.filename2 = os.fspath(path), None
        raise


def _lock(handle: int) -> bool:
    """Whether the file could be locked; the lock dies with the process that holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
