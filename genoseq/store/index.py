"""The index of a store: its file, format and version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from genoseq.errors import StoreError
from genoseq.files.journal import complete

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
        index = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(
            f"{folder}: no store here ({INDEX}: {error.strerror}): make one with genoseq tokenize"
        ) from None
    except (ValueError, RecursionError):
        raise StoreError(f"{file}: {damaged('it is not JSON')}") from None
    if not isinstance(index, dict):
        raise StoreError(f"{file}: not the index of a {kind}")
    found = index.get("format")
    if found != kind and found in _KINDS:
        raise StoreError(f"{folder}: {_KINDS[found]}; wanted is {_KINDS[kind]}")
    if found != kind:
        raise StoreError(f"{file}: not the index of a {kind}")
    if index.get("version") != version:
        raise StoreError(
            f"{file}: store format {index.get('version')}, this genoseq reads {version}: "
            f"write the store again with genoseq tokenize"
        )
    return index


def damaged(what: str) -> str:
    """The error for a store that does not fit its index."""
    return f"the store is damaged or was copied in part ({what}): write or copy it again"
