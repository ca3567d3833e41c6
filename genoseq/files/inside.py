"""What lies inside a folder, by relative paths: no link on the way is followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, Self

from genoseq.errors import ConfigError

Kind = Literal["file", "folder", "link"]


class Inside:
    """An open folder, itself perhaps behind a link; a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._handle)

    def kind(self, name: str) -> Kind | None:
        """What a name is of; None if nothing is there.

        Raises
        ------
        ConfigError
            If there is a link on the way.
        """
        try:
            with self._folder_of(name) as (folder, last):
                mode = os.stat(last, dir_fd=folder, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return None
        if stat.S_ISLNK(mode):
            return "link"
        return "folder" if stat.S_ISDIR(mode) else "file"

    def problem(self, name: str) -> str | None:
        """Why a name is of no file that may be removed; None if it may, or nothing is there."""
        try:
            return "is a folder" if self.kind(name) == "folder" else None
        except ConfigError:
            return "is behind a link"

    def remove_folder(self, name: str) -> None:
        """Remove a folder if it is there and empty."""
        with suppress(OSError), self._folder_of(name) as (folder, last):
            os.rmdir(last, dir_fd=folder)

    def move(self, name: str, target: str) -> None:
        """Rename what is there; folders for the new name are made.

        Raises
        ------
        ConfigError
            If there is a link on the way.
        """
        with (
            self._folder_of(name) as (old_folder, old),
            self._folder_of(target, make=True) as (new_folder, new),
        ):
            try:
                os.rename(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder)
            except OSError as error:
                error.filename, error.filename2 = str(self._path / target), None
                raise

    @contextmanager
    def _folder_of(self, name: str, make: bool = False) -> Iterator[tuple[int, str]]:
        """A descriptor of the folder that a name is in, and its last part."""
        *folders, last = name.split("/")
        handle = os.dup(self._handle)
        try:
            for number, each in enumerate(folders, 1):
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(each, dir_fd=handle)
                inner = self._open(handle, each, "/".join(folders[:number]))
                os.close(handle)
                handle = inner
            yield handle, last
        finally:
            os.close(handle)

    def _open(self, handle: int, name: str, whole: str) -> int:
        try:
            return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ConfigError(
                f"{self._path / whole} is no folder but a link or a file ({error.strerror}): "
                f"nothing behind it is touched; remove it, or name another output"
            ) from None
