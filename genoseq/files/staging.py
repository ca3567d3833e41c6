"""Where outputs lie while they are written: names beginning with ``.partial-`` that are locked.

A killed process leaves them there without a lock, and the next one that writes the same output
removes them.  So it is with copies of inputs in the temporary folder.  Errors name the output that
was asked for.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from glob import escape
from pathlib import Path
from secrets import token_hex

from genoseq.files.journal import is_named
from genoseq.files.locks import PARTIAL, try_lock

_RANDOM = 8
"""Letters of a name that differ from process to process."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_TEMPORARY = "genoseq-"
_LOCK = ".lock"


@contextmanager
def staged_file(final: Path) -> Iterator[Path]:
    """A new file in the folder of ``final``, which is gone after the block if it is still there."""
    # The suffix stays, because some libraries choose the format by it.
    handle, partial = _begin(_new_file, final.parent, "-" + final.name)
    try:
        yield partial
    finally:
        os.close(handle)
        partial.unlink(missing_ok=True)


@contextmanager
def staging_folder(
    parent: Path, suffix: str = "", path: str | os.PathLike[str] | None = None
) -> Iterator[Path]:
    """A new temporary folder in ``parent``, which is gone after the block if it is still there.

    Errors name ``path``, by default ``parent``.
    """
    with errors_name(parent if path is None else path):
        handle, folder = _begin(_new_folder, parent, suffix)
        try:
            yield folder
        finally:
            os.close(handle)
            if not is_named(parent, folder.name):  # else the next run goes on with it
                shutil.rmtree(folder, ignore_errors=True)


def _begin(make: Callable[[Path], tuple[int, Path]], parent: Path, suffix: str) -> tuple[int, Path]:
    """What ``make`` made in ``parent``: the handle that has it locked, and its path.

    Until it is locked another writer of the same output may take it for a killed process's: then
    another one is made.
    """
    remove_stale(parent, suffix)
    while True:
        with suppress(FileNotFoundError, FileExistsError):
            handle, partial = make(parent / f"{PARTIAL}{token_hex(_RANDOM // 2)}{suffix}")
            if locked := _still_there(handle, partial):
                return locked
            os.close(handle)


def _still_there(handle: int, partial: Path) -> tuple[int, Path] | None:
    with suppress(FileNotFoundError):
        try_lock(handle)
        if os.path.samestat(os.fstat(handle), partial.stat()):
            return handle, partial
    return None


def _new_file(path: Path) -> tuple[int, Path]:
    # Permissions are the umask's, or what the folder says that new files get.
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), path


def _new_folder(path: Path) -> tuple[int, Path]:
    path.mkdir()
    return os.open(path, os.O_RDONLY), path


def remove_stale(folder: Path, suffix: str | None = None) -> None:
    """Remove what killed processes left in ``folder``: all, or that of one ``staging_folder``."""
    for stale in folder.glob(PARTIAL + ("*" if suffix is None else "?" * _RANDOM + escape(suffix))):
        with suppress(OSError):  # another process was quicker; or it is a link, which nobody made
            handle = os.open(stale, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if try_lock(handle):
                    shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
            finally:
                os.close(handle)


@contextmanager
def temporary_folder(nameless: bool = True) -> Iterator[Path]:
    """A folder for copies in the temporary folder (``TMPDIR``), which is gone after the block.

    Those that killed processes of this user left there go as well.

    Parameters
    ----------
    nameless
        Whether errors without the name of a file are of this folder: not in a block that does
        other work as well.

    Raises
    ------
    OSError
        If it is full, or cannot be written to; the temporary folder is named.
    """
    parent = Path(tempfile.gettempdir())
    _sweep(parent)
    with temporary_errors(parent / _TEMPORARY):
        handle, folder = _new_temporary(parent)
    with temporary_errors(folder, nameless):
        try:
            yield folder
        finally:
            with suppress(OSError):
                _remove_temporary(folder)
            os.close(handle)


def temporary_errors(folder: Path, nameless: bool = True) -> AbstractContextManager[None]:
    """Make errors of writing to a temporary folder say that it is that."""
    return errors_name(f"temporary folder {folder.parent} (TMPDIR)", str(folder), nameless)


def _new_temporary(parent: Path) -> tuple[int, Path]:
    while True:
        folder = parent / f"{_TEMPORARY}{token_hex(_RANDOM // 2)}"
        with suppress(FileExistsError, FileNotFoundError):  # another process swept it
            folder.mkdir(mode=0o700)
            handle, _ = _new_file(folder / _LOCK)
            if _still_there(handle, folder / _LOCK):
                return handle, folder
            os.close(handle)


def _sweep(parent: Path) -> None:
    for stale in parent.glob(_TEMPORARY + "[0-9a-f]" * _RANDOM):
        with suppress(OSError):
            state = stale.lstat()
            if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():
                continue
            if not (stale / _LOCK).exists():
                stale.rmdir()  # killed before there was a lock, or another's, which is not empty
                continue
            handle = os.open(stale / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
            try:
                if try_lock(handle):
                    _remove_temporary(stale)
            finally:
                os.close(handle)


def _remove_temporary(folder: Path) -> None:
    """Remove a folder whose lock goes last: it says to whom what is left belongs."""
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        elif each.name != _LOCK:
            each.unlink()
    shutil.rmtree(folder)


@contextmanager
def errors_name(
    path: str | os.PathLike[str], hidden: str = PARTIAL, nameless: bool = True
) -> Iterator[None]:
    """Make errors name ``path``, rather than a file with ``hidden`` in its name or no file."""
    try:
        yield
    except OSError as error:
        unnamed = error.filename is None and error.errno in (*_NO_ROOM, errno.EPIPE)
        if (nameless and unnamed) or hidden in str(error.filename):
            error.filename, error.filename2 = os.fspath(path), None
        raise
