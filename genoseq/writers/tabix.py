"""Text compressed in blocks (bgzip) and indexed by position (tabix).

A file is open only while blocks are appended to it: there may be more channels than a process may
have open files.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from typing import Any, Literal

_BLOCK = 0xFF00
"""Bytes of text in a block of htslib's."""
_AT_ONCE, _WAITING = 24, 1024
"""Blocks of a file that are written at once, and, in all files, that wait at most (64 MB).  With
four at once bedGraph took 7% more CPU time than with a file that stays open, with 24 no more."""
_END = 28
"""Bytes of the empty block that ends a file."""
_TBI_LIMIT = 2**29
"""Bases: longer contigs do not fit a .tbi and get a .csi."""


class TabixFile:
    """A bgzip file in the making; :meth:`finish` completes and indexes it.

    ``files`` is how many of them are made side by side.
    """

    def __init__(self, path: Path, lengths: Mapping[str, int], files: int = 1) -> None:
        self._path = path
        self._csi = max(lengths.values(), default=0) > _TBI_LIMIT
        self._waiting: list[bytes] = []
        self._size = 0
        self._most = max(1, min(_AT_ONCE, _WAITING // files)) * _BLOCK
        path.write_bytes(b"")

    def write(self, text: bytes) -> None:
        """Append lines."""
        self._waiting.append(text)
        self._size += len(text)
        if self._size < self._most:
            return
        self._size %= _BLOCK
        rest = b""
        while len(rest) < self._size:
            rest = self._waiting.pop() + rest
        cut = len(rest) - self._size
        self._append([*self._waiting, rest[:cut]])
        # What comes next begins with the next block, as in a file that is written at once.
        os.truncate(self._path, self._path.stat().st_size - _END)
        self._waiting = [rest[cut:]]

    def finish(self, preset: Literal["bed", "vcf"] = "bed") -> str:
        """Complete and index; the index's format, ``tbi`` or ``csi``, which is also its suffix."""
        from pysam import tabix_index

        self.complete()
        with self._errors():
            tabix_index(str(self._path), preset=preset, force=True, csi=self._csi)
        return "csi" if self._csi else "tbi"

    def complete(self) -> None:
        """Complete, without an index: of lines that are not sorted there is none."""
        self._append(self._waiting)

    def _append(self, texts: Iterable[bytes]) -> None:
        from pysam import BGZFile

        bgzip: Any = BGZFile  # its stub knows no compression level
        with self._errors():
            # Level 1: deflate is most of the time (benchmarks/writers.py).
            file = bgzip(str(self._path), "ab1")
            try:
                for text in texts:
                    file.write(text)
            finally:
                file.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """htslib names neither the file nor the reason; if the disk is full, that is the reason."""
        from pysam import set_verbosity

        before = set_verbosity(0)  # it writes to stderr by itself
        try:
            yield
        except OSError as error:
            number = errno.EIO if disk_usage(self._path.parent).free else errno.ENOSPC
            number = error.errno or number
            raise OSError(number, os.strerror(number), str(self._path)) from error
        finally:
            set_verbosity(before)
