"""Outputs that appear whole or not at all: written beside their place, then renamed into it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path in ``path``'s folder, renamed to ``path`` if the block ends well.

    Missing folders are made.  On any exception the temporary file is removed and an older file at
    ``path`` stays as it was.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays, because some libraries choose the format by it.
    handle, name = tempfile.mkstemp(prefix=".partial-", suffix="-" + final.name, dir=final.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(0o666 & ~_umask())
        partial.replace(final)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new empty folder beside ``path`` that takes its place if the block ends well.

    An older folder at ``path`` is replaced as a whole, and stays as it was on any exception.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", suffix="-" + final.name, dir=final.parent))
    try:
        yield partial
        partial.chmod(0o777 & ~_umask())
        if final.is_dir():
            old = Path(tempfile.mkdtemp(prefix=".old-", dir=final.parent))
            final.rename(old / final.name)
            partial.rename(final)
            shutil.rmtree(old)
        else:
            partial.rename(final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
