"""The index of a store: its file, format and version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genoseq.errors import StoreError
from genoseq.files.journal import complete
from genoseq.files.stored import LARGEST_INDEX, read_json

FORMAT = "genoseq-store"
VERSION = 2
INDEX = "index.json"
PAIRS_FORMAT, PAIRS_VERSION = "genoseq-pairs", 1
"""Of stores of pairs, see :mod:`genoseq.store.pairs`."""

_KINDS = {
    FORMAT: "a store of a genome: its tasks are of bases",
    PAIRS_FORMAT: "a store of pairs: its task is seq2seq",
}


def read_index(folder: Path, kind: str = FORMAT, version: int = VERSION) -> dict[str, Any]:
    """What ``index.json`` holds.

    Parameters
    ----------
    kind, version
        Of the store that is wanted.

    Raises
    ------
    StoreError
        If there is no store, or one of another version.
    """
    file = folder / INDEX
    complete(folder)
    try:
        index = read_json(file, LARGEST_INDEX)
    except OSError as error:
        raise StoreError(
            f"{folder}: no store here ({INDEX}: {error.strerror}): make one with genoseq tokenize"
        ) from None
    except ValueError as error:
        raise StoreError(f"{file}: {damaged(f'it is not JSON: {error}')}") from None
    if not isinstance(index, dict):
        raise StoreError(f"{file}: not the index of a {kind}")
    found = index.get("format")
    if found != kind and isinstance(found, str) and found in _KINDS:
        raise StoreError(f"{folder}: {_KINDS[found]}; wanted is {_KINDS[kind]}")
    if found != kind:
        raise StoreError(f"{file}: not the index of a {kind}")
    if index.get("version") != version:
        raise StoreError(
            f"{file}: store format {index.get('version')}, this genoseq reads {version}: "
            f"write the store again with genoseq tokenize"
        )
    return index


def whole(number: Any) -> int:
    """A number of bases or pairs in an index; ValueError if it is none."""
    if type(number) is not int or not 0 <= number < 1 << 62:
        raise ValueError(f"{str(number)[:40]!r} is no number of bases or pairs")
    return number


def damaged(what: str) -> str:
    """The error for a store that does not fit its index."""
    return f"the store is damaged or was copied in part ({what}): write or copy it again"
