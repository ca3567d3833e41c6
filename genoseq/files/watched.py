"""Files that are being read: if one is replaced meanwhile, nothing that was made of it appears.

:mod:`genoseq.files.atomic` asks here before an output takes its place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

from genoseq.errors import InputFormatError

_State = tuple[int, int, int, int]


class Watched:
    """A regular file, as it was when its reading began.

    Attributes
    ----------
    path
        Where it is.
    sha256
        Of what was read, where it is known: a file that was only touched is still the same.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._state = path, _state(path)
        self.sha256: str | None = None
        _open.add(self)

    def check(self) -> None:
        """Raise InputFormatError if it is no longer what it was."""
        try:
            now = _state(self.path)
        except FileNotFoundError:
            now = None
        if now == self._state or (now is not None and self._is_same()):
            return
        raise InputFormatError(
            "changed, or was replaced, while it was read: nothing was written; run this again",
            self.path,
        )

    def _is_same(self) -> bool:
        from genoseq.files.provenance import file_sha256  # 10 ms, which few need

        return self.sha256 is not None and file_sha256(self.path) == self.sha256

    def close(self) -> None:
        """It has been read."""
        _open.discard(self)


_open: WeakSet[Watched] = WeakSet()


def _state(path: Path) -> _State:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def watched(path: str | os.PathLike[str]) -> Iterator[Watched]:
    """A regular file that is read within the block, and was not changed if the block ends well.

    Raises
    ------
    InputFormatError
        If it was.
    OSError
        If it is not there.
    """
    found = Watched(Path(path))
    try:
        yield found
        found.check()
    finally:
        found.close()


def check_unchanged() -> None:
    """Raise InputFormatError if a file that is being read was changed meanwhile."""
    for found in list(_open):
        found.check()
