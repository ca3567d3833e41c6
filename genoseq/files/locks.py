"""Outputs that one process at a time writes: another one waits, and says for whom.

A lock is the kernel's (flock) on a small file beside the output: it ends with its process, however
that ends.  Where a file system has no such locks, one line says so, and the run goes on.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PARTIAL = ".partial-"
"""How the name of everything begins that is there only while an output is written."""

_HELD = (errno.EAGAIN, errno.EACCES)
_log = logging.getLogger("genoseq.files")


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Hold an output, by its path without links: the next process that asks for it waits.

    Raises
    ------
    OSError
        If nothing can be written beside it, or, if it is a folder, in it.
    """
    file = lock_file(output)
    handle = hold(file, str(output), create=True)
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {os.uname().nodename}\n".encode(), 0)
        yield
    finally:
        with suppress(FileNotFoundError):
            file.unlink()
        os.close(handle)


def lock_file(output: Path) -> Path:
    """The file of an output's lock: beside it, or in a folder that is all that may be written."""
    beside = output.with_name(f"{PARTIAL}lock-{output.name}")
    if output.is_dir() and not os.access(output.parent, os.W_OK | os.X_OK):
        return output / f"{PARTIAL}lock"
    return beside


def hold(file: Path, output: str = "", *, create: bool = False) -> int:
    """A descriptor of a file that is locked until it is closed.

    Parameters
    ----------
    output
        What a line says that it waits for, or that it cannot be locked; empty: no line.
    create
        Whether to make the file if it is not there.

    Raises
    ------
    FileNotFoundError
        If it is not there, or went while this process waited.
    """
    made = os.O_CREAT if create else 0
    while True:
        handle = os.open(file, os.O_RDWR | made | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            _lock(handle, output)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), file.lstat()):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _lock(handle: int, output: str) -> None:
    found = try_lock(handle)
    if found is None and output:
        _log.warning("%s: no locks on this file system: let no other run write it", output)
    if found is not False:
        return
    if output:
        who = os.pread(handle, 200, 0).decode(errors="replace").strip() or "unknown"
        _log.warning("%s is being written by another run (%s): waiting for it", output, who)
    fcntl.flock(handle, fcntl.LOCK_EX)


def try_lock(handle: int) -> bool | None:
    """Whether an open file could be locked at once; None where there are no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in _HELD else None
    return True
