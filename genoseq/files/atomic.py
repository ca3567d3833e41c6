"""Outputs that appear whole or not at all: written beside their path, then renamed to it.

One file, one folder, several outputs together, or several files in a folder that keeps others.  A
folder is locked while it is written, and so are outputs that belong together: a second run waits.
What a killed process leaves is done or removed by the next one that writes the same output
(:mod:`genoseq.files.journal`, :mod:`genoseq.files.staging`).
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from genoseq.errors import ConfigError, listed
from genoseq.files.acts import NEW, Act, check
from genoseq.files.journal import complete, publish
from genoseq.files.locks import PARTIAL, locked
from genoseq.files.staging import errors_name, staged_file, staging_folder
from genoseq.files.watched import check_unchanged

_TIMESTAMP = ".snakemake_timestamp"
"""What Snakemake leaves in each folder that a rule makes."""
_EXCHANGE = 2
"""RENAME_EXCHANGE of renameat2(2)."""

PathLike = str | os.PathLike[str]
"""How callers name a file or folder."""


@contextmanager
def atomic_file(path: PathLike) -> Iterator[Path]:
    """A temporary path in ``path``'s folder, renamed to ``path`` if the block ends well.

    Missing folders are made.  On any exception the temporary file is removed and an older file at
    ``path`` stays as it was.  A symbolic link stays one: what it points to is replaced.  A device
    or pipe (``/dev/null``, ``/dev/stdout``) is written to as it is.
    """
    final = _file_path(path)
    if final is None:
        with errors_name(path):
            yield Path(path)
        return
    with errors_name(path):
        final.parent.mkdir(parents=True, exist_ok=True)
        with staged_file(final) as partial:
            yield partial
            check_unchanged()
            partial.replace(final)


def _file_path(path: PathLike) -> Path | None:
    """Where a file is to appear, without links; None of a device or pipe."""
    final = Path(path)
    if final.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if final.exists() and not final.is_file():
        return None
    return final.resolve() if final.is_symlink() else final


@contextmanager
def atomic_folder(path: PathLike, names: Collection[str] | None = None) -> Iterator[Path]:
    """A new empty folder beside ``path`` that takes its place if the block ends well.

    An older folder at ``path`` is replaced as a whole, and stays as it was on any exception.  A
    symbolic link stays one: the folder that it points to is replaced.  Another process that writes
    the same folder waits.

    Parameters
    ----------
    names
        What may be in an older one, see :func:`irreplaceable`; None: anything.

    Raises
    ------
    ConfigError
        If anything else is in it: a verb asks before its work, and another run may have written
        there since.
    """
    final = _folder_path(path)
    with errors_name(path):
        final.parent.mkdir(parents=True, exist_ok=True)
        with locked(final):
            complete(final.parent)
            if names is not None and (problem := irreplaceable(Path(path), names)) is not None:
                raise ConfigError(problem)
            with staging_folder(final.parent, "-" + final.name, path) as stage:
                new = stage / NEW / final.name
                new.mkdir(parents=True)
                yield new
                check_unchanged()
                if not final.is_dir():
                    new.rename(final)
                elif not _exchange(new, final):
                    publish([Act(final.parent, stage.name, (final.name,))])


def _folder_path(path: PathLike) -> Path:
    """Where a folder is to appear, without links."""
    final = Path(path)
    # Staging beside it takes a name, and ``..`` is none.
    return final.resolve() if final.is_symlink() or final.name in ("", "..") else final


def _exchange(new: Path, old: Path) -> bool:
    """Let two folders change names in one step; False if the system or file system cannot."""
    import ctypes  # 5 ms, and few outputs replace a folder

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    sys.audit("os.rename", str(new), str(old), -1, -1)  # as other renames do
    here = -100  # AT_FDCWD
    return bool(rename(here, os.fsencode(new), here, os.fsencode(old), _EXCHANGE) == 0)


@contextmanager
def atomic_together(paths: Sequence[PathLike]) -> Iterator[list[Path]]:
    """Temporary paths, one for each, for outputs that appear together if the block ends well.

    What the block makes at each, a file or a folder, takes the place of what is at its path; where
    it makes nothing, what is there goes.  On any exception all stays as it was.  Links, devices and
    missing folders are those of :func:`atomic_file`.
    """
    if len(paths) == 1:
        with atomic_file(paths[0]) as only:
            yield [only]
        return
    finals = [_together_path(path) for path in paths]
    homes: dict[Path, list[str]] = {}
    for final in filter(None, finals):
        homes.setdefault(final.parent, []).append(final.name)
    with ExitStack() as stack:
        for final in sorted({*filter(None, finals)}):  # the same order in all processes
            with errors_name(final):
                final.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(final))
        stages = {}
        for home, names in homes.items():
            complete(home)
            folder = staging_folder(home, "-" + names[0], home / names[0])
            stages[home] = stack.enter_context(folder)
            (stages[home] / NEW).mkdir()
        yield [
            Path(path) if final is None else stages[final.parent] / NEW / final.name
            for path, final in zip(paths, finals, strict=True)
        ]
        check_unchanged()
        publish([_act(home, stages[home], names) for home, names in homes.items()])


def _together_path(path: PathLike) -> Path | None:
    return _folder_path(path).absolute() if Path(path).is_dir() else _absolute(_file_path(path))


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.parent.resolve() / path.name


def _act(home: Path, stage: Path, names: Sequence[str]) -> Act:
    made = tuple(name for name in names if os.path.lexists(stage / NEW / name))
    return Act(home, stage.name, made, tuple(name for name in names if name not in made))


@dataclass(frozen=True, slots=True)
class Filling:
    """A folder that is being filled; made by :func:`filled_folder`.

    Attributes
    ----------
    home
        The folder.
    new
        Where its new files are written.
    """

    home: Path
    new: Path

    def publish(self, moved: Sequence[str], removed: Collection[str] = ()) -> None:
        """Move new files, by their names, in the place of old ones; ``removed`` go, if there."""
        check_unchanged()
        publish([Act(self.home, self.new.parent.name, tuple(moved), tuple(removed))])

    def check(self) -> None:
        """ConfigError if what was begun so far could not take its place."""
        names = tuple(each.name for each in self.new.iterdir())
        check(Act(self.home, self.new.parent.name, names))


@contextmanager
def filled_folder(path: PathLike) -> Iterator[Filling]:
    """A folder in which files take their places together, by :meth:`Filling.publish`.

    Others in it stay.  It is made if missing, and removed if left empty.  Another process that
    writes the same folder waits.
    """
    home = Path(path)
    with errors_name(path):
        made = not home.exists()
        home.mkdir(parents=True, exist_ok=True)
        try:
            with locked(home.resolve()):
                complete(home)
                with staging_folder(home) as stage:
                    (stage / NEW).mkdir()
                    yield Filling(home, stage / NEW)
        finally:
            if made and not any(home.iterdir()):
                home.rmdir()


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
    known = (*names, _TIMESTAMP, f"{PARTIAL}*")
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
