"""``provenance.json``: what made a folder of outputs, and from what.

    command     the verb that computed the values: merging scores and writing tracks keep it
    settings    its settings that decide the bytes
    inputs      of each input: SHA-256 by file name; of a pipe, of what came through it
    model       of scores: :func:`genoseq.models.bundle.bundle_identity`
    software    genoseq, its git revision, Python, numpy, torch
    hardware    processor, cores; device and number format where something was computed
    seed, ...   further facts of the command

No time, no path and no name of a machine, so that equal runs write equal bytes.  ``software`` and
``hardware`` are lists, because the shards of a genome may be scored on different machines: each
entry is there once.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from genoseq.errors import InputFormatError
from genoseq.files.stored import read_json

PROVENANCE = "provenance.json"
UNVERSIONED = "-changed"
"""Behind a git revision whose package was edited since."""

_PACKAGES = ("numpy", "torch")
_SEVERAL = ("software", "hardware")

Record = dict[str, Any]
"""Plain JSON data of the keys above."""


def make_record(
    command: str,
    settings: Mapping[str, Any],
    inputs: Mapping[str, Mapping[str, str]],
    computing: Mapping[str, str] | None = None,
    **facts: Any,
) -> Record:
    """The record of what this process makes.

    Parameters
    ----------
    command
        The verb.
    settings
        Those that decide the bytes; plain JSON data.
    inputs
        SHA-256 by file name, by what the input is: ``{"genome": {"a.fa": "..."}}``.
    computing
        Device and number format (:func:`genoseq.models.device.computing`), if it computes.
    facts
        More to note, such as the seed.
    """
    return {
        "command": command,
        "settings": dict(settings),
        "inputs": {name: dict(files) for name, files in inputs.items()},
        **facts,
        "software": [software()],
        "hardware": [hardware() | dict(computing or {})],
    }


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write ``provenance.json`` into a folder."""
    (folder / PROVENANCE).write_bytes(record_json(record))


def record_json(record: Mapping[str, Any]) -> bytes:
    """What ``provenance.json`` holds."""
    return (json.dumps(record, indent=2, allow_nan=False) + "\n").encode()


def read_record(folder: str | Path) -> Record | None:
    """The record of a folder; None if it has none.

    Raises
    ------
    InputFormatError
        If the file holds something else.
    """
    path = Path(folder) / PROVENANCE
    try:
        record = read_json(path)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputFormatError(f"not JSON ({error}): make its folder again", path) from None
    names = ("settings", "inputs")
    whole = isinstance(record, dict) and all(isinstance(record.get(n), dict) for n in names)
    if not whole or not all(isinstance(record.get(name), list) for name in _SEVERAL):
        raise InputFormatError("no record of genoseq: make its folder again", path)
    return dict(record)


def with_this_software(record: Record) -> Record:
    """The record, with this process's software added where it differs."""
    return record | {"software": _distinct([*record["software"], software()])}


def join_records(found: Sequence[tuple[Path, Record | None]]) -> Record | None:
    """Join the records of shards into the one of a genome that was scored at once.

    The caller has checked, by their scores, that they are shards of one genome.

    Parameters
    ----------
    found
        Folder and record of each shard.

    Returns
    -------
    The record, without the regions that each shard was asked for; None if no shard has one.

    Raises
    ------
    InputFormatError
        If some shards have a record and others have none.
    """
    known = [record for _, record in found if record is not None]
    if not known:
        return None
    for path, record in found:
        if record is None:
            raise InputFormatError(
                f"no {PROVENANCE} here, but in other shards: copy the whole folder of this shard, "
                f"or score it again",
                path,
            )
    inputs = {name: files for name, files in known[0]["inputs"].items() if name != "regions"}
    joined = known[0] | {"inputs": inputs}
    for name in _SEVERAL:
        joined[name] = _distinct(entry for record in known for entry in record[name])
    return with_this_software(joined)


def _distinct(entries: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for entry in entries:
        if entry not in found:
            found.append(entry)
    return found


def file_sha256(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def software() -> dict[str, str | None]:
    """Versions of genoseq and of what computes for it; None where a package is not installed."""
    packages = {name: _version(name) for name in _PACKAGES}
    return {
        "genoseq": _version("genoseq"),
        "git_revision": git_revision(),
        "python": platform.python_version(),
        **packages,
    }


def hardware() -> dict[str, Any]:
    """Model of the processor, and its cores: all of the machine's, however few were granted."""
    return {"processor": processor(), "cores": os.cpu_count()}


def processor() -> str:
    """The processor's name: on Linux its model, elsewhere what Python knows."""
    return cpuinfo("model name") or platform.processor() or platform.machine()


def cpuinfo(key: str) -> str:
    """First value of a key of Linux's /proc/cpuinfo, empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")


def git_revision(root: Path = Path(__file__).parents[2]) -> str | None:
    """Last commit of the package in the checkout that it runs from; None if it is installed.

    :data:`UNVERSIONED` behind it says that the package was edited since.  Settings and data of a
    run in the clone do not count, committed or not.
    """
    if not (root / ".git").exists():
        return None
    commit = _git(root, "log", "-1", "--format=%H", "--", "genoseq")
    if not commit:
        return None
    unchanged = _git(root, "diff", "--quiet", "HEAD", "--", "genoseq") is not None
    return commit + ("" if unchanged else UNVERSIONED)


def _git(root: Path, *words: str) -> str | None:
    """Output of a git command; None if git is missing or fails."""
    command: Sequence[str] = ("git", "--no-optional-locks", "-C", str(root), *words)
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() if found.returncode == 0 else None


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version  # 30 ms

    try:
        return version(package)
    except PackageNotFoundError:
        return None
