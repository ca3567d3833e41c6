"""The index of a store: its file, format and version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from genoseq.errors import StoreError

FORMAT = "genoseq-store"
VERSION = 2
INDEX = "index.json"


def read_index(folder: Path) -> dict[str, Any]:
    """What ``index.json`` holds.

    Raises
    ------
    StoreError
        If there is no store, or one of another version.
    """
    file = folder / INDEX
    try:
        index = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(
            f"{folder}: no store here ({INDEX}: {error.strerror}): make one with genoseq tokenize"
        ) from None
    except (ValueError, RecursionError):
        raise StoreError(f"{file}: {damaged('it is not JSON')}") from None
    if not isinstance(index, dict) or index.get("format") != FORMAT:
        raise StoreError(f"{file}: not the index of a {FORMAT}")
    if index.get("version") != VERSION:
        raise StoreError(
            f"{file}: store format {index.get('version')}, this genoseq reads {VERSION}: "
            f"write the store again with genoseq tokenize"
        )
    return index


def damaged(what: str) -> str:
    """The error for a store that does not fit its index."""
    return f"the store is damaged or was copied in part ({what}): write or copy it again"
