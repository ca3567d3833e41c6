"""Outputs of several files that appear as one: old or new, whenever the process is killed.

New files wait in a staging folder, in ``new``; old ones go to ``old`` beside it, and only then do
the new ones come, each by a rename: so nobody ever sees files of two runs together.  What is to
become of a folder is written beforehand to a journal in it, :data:`JOURNAL`, and is on the disk
before the first rename.  Whoever writes or reads there next, by :func:`complete`, finds the journal
of a killed process and does the rest.  An error in between takes all back.

A journal is of one folder and moves nothing outside it; no link in it is followed.  Where outputs
lie in several folders, the journal of the first says that all count: without it the others' are
dropped.  The journal is locked while it is there, so that no two processes publish in one folder at
once.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any

from genoseq.errors import ConfigError, InputFormatError
from genoseq.files.inside import Inside
from genoseq.files.locks import PARTIAL, hold

JOURNAL = f"{PARTIAL}journal"
NEW, OLD = "new", "old"
_FORMAT = "genoseq-publishing 1"


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


def publish(acts: Sequence[Act]) -> None:
    """Move outputs to their folders, all or, on any exception, none.

    Raises
    ------
    ConfigError
        If a file would take the name of a folder or a folder that of a file, or a name is behind a
        link.
    """
    acts = sorted(acts, key=lambda act: act.home)
    with ExitStack() as stack:
        journals = [stack.enter_context(_journal(act.home)) for act in acts]
        for act in acts:
            check(act)
            _sync(act)
        entries = _entries(acts)
        # The first is written last and emptied last: with it all of them count.
        for journal, act, entry in reversed([*zip(journals, acts, entries, strict=True)]):
            _write(journal, act.home, entry)
        missing = [_missing(act) for act in acts]
        try:
            for act in acts:
                _clear(act)
            for act in acts:
                _fill(act)
        except BaseException:  # also SystemExit, which SIGTERM raises anywhere
            for act, made in zip(acts, missing, strict=True):
                _back(act, made)
            for journal in journals:
                os.ftruncate(journal, 0)
            raise
        for journal in reversed(journals):
            os.ftruncate(journal, 0)


def complete(folder: str | os.PathLike[str]) -> None:
    """Do what is left of a killed process's publishing in a folder, or in that which holds it.

    Raises
    ------
    InputFormatError
        If something is left and this process may not write there.
    """
    home = Path(os.path.abspath(folder))  # noqa: PTH100 - a link at the end is followed by lstat
    for each in (home.parent, home):
        if os.path.lexists(each / JOURNAL):
            _complete(each)


def _complete(home: Path) -> None:
    first = _first(home)
    if first is not None:
        _complete(first)  # which does this one's as well, so that none is seen beside old ones
    try:
        with suppress(FileNotFoundError), _journal(home, create=False):
            pass
    except PermissionError:
        raise _unfinished(home) from None
    except OSError as error:
        if error.errno == errno.EROFS:
            raise _unfinished(home) from None
        raise


def _unfinished(home: Path) -> InputFormatError:
    return InputFormatError(
        "an interrupted run left outputs half moved, and you may not write here: ask who may to "
        "run it again",
        home,
    )


@contextmanager
def _journal(home: Path, create: bool = True) -> Iterator[int]:
    """The locked journal of a folder, empty: what an earlier one says is done first."""
    file = home / JOURNAL
    handle = hold(file, create=create)
    try:
        if size := os.fstat(handle).st_size:
            _recover(home, _parsed(os.pread(handle, size, 0), file))
            os.ftruncate(handle, 0)
        yield handle
    finally:
        if not os.fstat(handle).st_size:
            file.unlink(missing_ok=True)
        os.close(handle)


def _recover(home: Path, entry: dict[str, Any] | None) -> None:
    """Do what a journal says, if it was written to its end and counts."""
    if entry is None:
        return
    act = Act(home, entry["stage"], tuple(entry["moved"]), tuple(entry["removed"]))
    with Inside(home) as inside:
        if inside.kind(act.stage) != "folder":  # all was done, and that removed
            return
    if entry["first"] is None or _counts(entry):
        _clear(act)
        for other in map(Path, entry["others"]):
            if (said := _said(other)) is not None and said["token"] == entry["token"]:
                with suppress(FileNotFoundError), _journal(other, create=False):
                    pass
        _fill(act)
    shutil.rmtree(home / act.stage, ignore_errors=True)


def is_named(home: Path, stage: str) -> bool:
    """Whether a journal in a folder still names a staging folder: an error stopped it twice."""
    with suppress(OSError):
        return json.dumps(stage) in (home / JOURNAL).read_text(errors="replace")
    return False


def _first(home: Path) -> Path | None:
    """The folder by whose journal that of a folder counts, if it has another one's and does."""
    entry = _said(home)
    return Path(entry["first"]) if entry is not None and _counts(entry) else None


def _counts(entry: dict[str, Any]) -> bool:
    """Whether the journal of the first folder is there still, by which this one counts."""
    if entry["first"] is None:
        return False
    said = _said(Path(entry["first"]))
    return said is not None and bool(said["token"] == entry["token"])


def _said(home: Path) -> dict[str, Any] | None:
    """What the journal of a folder says; None if there is none, or not all of it."""
    file = home / JOURNAL
    with suppress(OSError):
        return _parsed(file.read_bytes(), file)
    return None


def _parsed(text: bytes, file: Path) -> dict[str, Any] | None:
    """What a journal says; None if its process was killed while it wrote."""
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not _is_ours(entry):
        raise InputFormatError(
            "no journal of this version of genoseq: run again what wrote here, or remove the file",
            file,
        )
    return dict(entry)


def _is_ours(entry: object) -> bool:
    if not isinstance(entry, dict) or entry.get("format") != _FORMAT:
        return False
    stage, lists = entry.get("stage"), [entry.get(key) for key in ("moved", "removed", "others")]
    if not isinstance(stage, str) or not stage.startswith(PARTIAL) or "/" in stage:
        return False
    if not all(isinstance(e, list) and all(isinstance(n, str) for n in e) for e in lists):
        return False
    named = [*entry["moved"], *entry["removed"]]
    first = entry.get("first")
    return all(map(is_inside, named)) and (first is None or isinstance(first, str))


def is_inside(name: str) -> bool:
    """Whether a relative path, with ``/``, names something inside a folder."""
    parts = PurePosixPath(name).parts
    plain = bool(parts) and "/".join(parts) == name and "\0" not in name
    return plain and parts[0] != "/" and ".." not in parts and not parts[0].startswith(PARTIAL)


def _entries(acts: Sequence[Act]) -> list[dict[str, Any]]:
    homes, token = [str(act.home.absolute()) for act in acts], token_hex(16)
    return [
        {
            "format": _FORMAT,
            "stage": act.stage,
            "moved": act.moved,
            "removed": act.removed,
            "token": token,
            "first": homes[0] if number else None,
            "others": [] if number else homes[1:],
        }
        for number, act in enumerate(acts)
    ]


def _write(journal: int, home: Path, entry: dict[str, Any]) -> None:
    os.pwrite(journal, json.dumps(entry).encode(), 0)
    os.fsync(journal)
    _sync_one(home)


def _sync(act: Act) -> None:
    """Have the disk hold all that is to be moved."""
    for name in act.moved:
        path = act.home / act.staged(name)
        for each in [path, *path.rglob("*")] if path.is_dir() else [path]:
            _sync_one(each)


def _sync_one(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check(act: Act) -> None:
    """ConfigError if an act cannot be done, as :func:`publish` says."""
    with Inside(act.home) as home:
        for name in act.moved:
            old, new = home.kind(name), home.kind(act.staged(name))
            if old is not None and "folder" in (old, new) and old != new:
                raise ConfigError(
                    f"{act.home / name} is a {old}, and a {new} is to be written there: remove it, "
                    f"or name another output"
                )


def _clear(act: Act) -> None:
    """Put aside all old ones, whatever was done before.

    They go before a new one comes, else the index of one run could be seen beside values of
    another, which fit it.
    """
    with Inside(act.home) as home:
        for name in (*act.removed, *reversed(_waiting(act, home))):
            if home.kind(name) is not None:
                home.move(name, act.aside(name))


def _fill(act: Act) -> None:
    """Move all new ones that wait."""
    with Inside(act.home) as home:
        for name in _waiting(act, home):
            home.move(act.staged(name), name)


def _waiting(act: Act, home: Inside) -> list[str]:
    return [name for name in act.moved if home.kind(act.staged(name)) is not None]


def _missing(act: Act) -> list[str]:
    """Folders that are to be made for what is moved, inner ones first."""
    with Inside(act.home) as home:
        names = {str(each) for name in act.moved for each in PurePosixPath(name).parents}
        return sorted((n for n in names - {"."} if home.kind(n) is None), key=len, reverse=True)


def _back(act: Act, made: Sequence[str]) -> None:
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
