"""Text compressed in blocks (bgzip) and indexed by position (tabix)."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from shutil import disk_usage
from typing import Any

_TBI_LIMIT = 2**29
"""Bases: longer contigs do not fit a .tbi and get a .csi."""


class TabixFile:
    """A bgzip file in the making; :meth:`finish` indexes it."""

    def __init__(self, path: Path, lengths: Mapping[str, int]) -> None:
        from pysam import BGZFile

        self._path = path
        self._csi = max(lengths.values()) > _TBI_LIMIT
        bgzip: Any = BGZFile  # its stub knows no compression level
        # Level 1: deflate is most of the time (benchmarks/writers.py).
        self._file = bgzip(str(path), "wb1")

    def write(self, text: bytes) -> None:
        """Append lines."""
        try:
            self._file.write(text)
        except OSError as error:
            raise self._failed(error) from error

    def finish(self) -> str:
        """Close and index; the index's format, ``tbi`` or ``csi``, which is also its suffix."""
        from pysam import tabix_index

        self.close()
        tabix_index(str(self._path), preset="bed", force=True, csi=self._csi)
        return "csi" if self._csi else "tbi"

    def close(self) -> None:
        """Release the file; may be called again."""
        if not self._file.closed:
            try:
                self._file.close()
            except OSError as error:
                raise self._failed(error) from error

    def _failed(self, error: OSError) -> OSError:
        """htslib names neither the file nor the reason; if the disk is full, that is the reason."""
        number = errno.EIO if disk_usage(self._path.parent).free else errno.ENOSPC
        return OSError(error.errno or number, os.strerror(error.errno or number), str(self._path))
