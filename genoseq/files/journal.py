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
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any

from genoseq.errors import InputFormatError
from genoseq.files.acts import (
    Act,
    check,
    clear,
    fill,
    missing_folders,
    sync,
    sync_staged,
    take_back,
)
from genoseq.files.inside import Inside
from genoseq.files.locks import PARTIAL, hold

JOURNAL = f"{PARTIAL}journal"
_LONGEST = 1 << 26
"""Bytes of a journal, at most."""
_FORMAT = "genoseq-publishing 1"


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
            sync_staged(act)
        entries = _entries(acts)
        missing = [missing_folders(act) for act in acts]
        try:
            # The first is written last and emptied last: with it all of them count.
            for journal, act, entry in reversed([*zip(journals, acts, entries, strict=True)]):
                _write(journal, act.home, entry)
            for act in acts:
                clear(act)
            for act in acts:
                fill(act)
        except BaseException:  # also SystemExit, which SIGTERM raises anywhere
            for act, made in zip(acts, missing, strict=True):
                take_back(act, made)
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
    home = Path(folder).absolute()
    for each in (home.parent, home):
        if _text(each) is not None:
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
        if os.fstat(handle).st_size:
            _recover(home, _parsed(os.pread(handle, _LONGEST, 0), file))
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
        clear(act)
        for other in map(Path, [] if entry["first"] else entry["others"]):
            said = _said(other)
            # One that has no other first is no other's: nobody waits for a journal of its own.
            if said is not None and said["first"] and said["token"] == entry["token"]:
                with suppress(FileNotFoundError), _journal(other, create=False):
                    pass
        fill(act)
    shutil.rmtree(home / act.stage, ignore_errors=True)


def is_named(home: Path, stage: str) -> bool:
    """Whether a journal in a folder still names a staging folder: an error stopped it twice."""
    return json.dumps(stage).encode() in (_text(home) or b"")


def _first(home: Path) -> Path | None:
    """The folder by whose journal that of a folder counts, if it has another one's and does."""
    entry = _said(home)
    return Path(entry["first"]) if entry is not None and _counts(entry) else None


def _counts(entry: dict[str, Any]) -> bool:
    """Whether the journal of the first folder is there still, by which this one counts."""
    if entry["first"] is None:
        return False
    said = _said(Path(entry["first"]))
    return said is not None and not said["first"] and bool(said["token"] == entry["token"])


def _said(home: Path) -> dict[str, Any] | None:
    """What the journal of a folder says; None if there is none, or not all of it."""
    text = _text(home)
    return None if text is None else _parsed(text, home / JOURNAL)


def _text(home: Path) -> bytes | None:
    """The bytes of the journal of a folder; None if there is none, or it is no file."""
    with suppress(OSError):
        handle = os.open(home / JOURNAL, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if stat.S_ISREG(os.fstat(handle).st_mode):
                return os.pread(handle, _LONGEST, 0)
        finally:
            os.close(handle)
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
    text = json.dumps(entry).encode()
    if os.pwrite(journal, text, 0) < len(text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(home / JOURNAL))
    os.fsync(journal)
    sync(home)
