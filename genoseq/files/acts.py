"""What becomes of a folder when outputs are published: each part can be done again, or taken back.

New ones wait in a staging folder, in ``new``; old ones go to ``old`` beside it, and then the new
ones come.  :mod:`genoseq.files.journal` has this done as one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genoseq.errors import ConfigError
from genoseq.files.inside import Inside

NEW, OLD = "new", "old"


@dataclass(frozen=True, slots=True)
class Act:
    """What becomes of a folder.

    Attributes
    ----------
    home
        The folder.
    stage
        Name of the staging folder in it.
    moved
        Files or folders that are in ``new`` of the staging folder, relative to it as to the home,
        in the order in which they come; the old ones go in the opposite order.
    removed
        What goes, relative to the home.
    """

    home: Path
    stage: str
    moved: tuple[str, ...]
    removed: tuple[str, ...] = ()

    def staged(self, name: str) -> str:
        """Where a new one waits, relative to the home."""
        return f"{self.stage}/{NEW}/{name}"

    def aside(self, name: str) -> str:
        """Where an old one is put, relative to the home."""
        return f"{self.stage}/{OLD}/{name}"


def check(act: Act) -> None:
    """ConfigError if an act cannot be done, as :func:`genoseq.files.journal.publish` says."""
    with Inside(act.home) as home:
        for name in act.moved:
            old, new = home.kind(name), home.kind(act.staged(name))
            if old is not None and "folder" in (old, new) and old != new:
                raise ConfigError(
                    f"{act.home / name} is a {old}, and a {new} is to be written there: remove it, "
                    f"or name another output"
                )


def sync_staged(act: Act) -> None:
    """Have the disk hold all that is to be moved."""
    for name in act.moved:
        path = act.home / act.staged(name)
        for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
            sync(each)


def sync(path: Path) -> None:
    """Have the disk hold a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def clear(act: Act) -> None:
    """Put aside all old ones, whatever was done before.

    They go before a new one comes, else the index of one run could be seen beside values of
    another, which fit it.
    """
    with Inside(act.home) as home:
        for name in (*act.removed, *reversed(_waiting(act, home))):
            if home.kind(name) is not None:
                home.move(name, act.aside(name))


def fill(act: Act) -> None:
    """Move all new ones that wait."""
    with Inside(act.home) as home:
        for name in _waiting(act, home):
            home.move(act.staged(name), name)


def _waiting(act: Act, home: Inside) -> list[str]:
    return [name for name in act.moved if home.kind(act.staged(name)) is not None]


def missing_folders(act: Act) -> list[str]:
    """Folders that are to be made for what is moved, inner ones first."""
    with Inside(act.home) as home:
        names = {str(each) for name in act.moved for each in PurePosixPath(name).parents}
        return sorted((n for n in names - {"."} if home.kind(n) is None), key=len, reverse=True)


def take_back(act: Act, made: Sequence[str]) -> None:
    """Undo all that was done."""
    with Inside(act.home) as home:
        for name in reversed(act.moved):
            if home.kind(act.staged(name)) is None and home.kind(name) is not None:
                home.move(name, act.staged(name))
        for name in (*act.removed, *act.moved):
            if home.kind(act.aside(name)) is not None:
                home.move(act.aside(name), name)
        for name in made:
            home.remove_folder(name)
