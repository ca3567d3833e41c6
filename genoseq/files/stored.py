"""What genoseq wrote and reads back: strictly, in bounded memory, and whether it is as written.

JSON is *sealed*: an entry ``seal`` holds the SHA-256 of all the others, so that a
changed digit does not pass for a number.  Files of earlier releases have none.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

LARGEST = 1 << 22
"""Bytes of a file that tells of one model or run; real ones have some thousand."""
LARGEST_INDEX = 1 << 29
"""Bytes of an index of regions or contigs: some millions of them."""

_SEAL = "seal"


def check_file(path: Path) -> None:
    """OSError if it cannot be read, or is no file: a pipe would be waited for."""
    if path.exists() and not path.is_file():
        number = errno.EISDIR if path.is_dir() else errno.EINVAL
        raise OSError(number, os.strerror(number), str(path))
    path.open("rb").close()


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises
    ------
    ValueError
        In one line, if it is not JSON (NaN and infinities are not), is nested too deep, or has a
        number that is too large.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deep") from None


def read_json(path: Path, largest: int = LARGEST) -> Any:
    """The value of a JSON file of at most ``largest`` bytes.

    Raises
    ------
    OSError
        If it cannot be read, or is no file.
    ValueError
        As :func:`parse_json`, and if it is larger.
    """
    check_file(path)
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise ValueError(f"more than {largest:,} bytes")
    return parse_json(data)


def sealed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same entries, and their seal."""
    return {**data, _SEAL: _digest(data)}


def check_seal(data: Mapping[str, Any]) -> None:
    """ValueError if entries are not those that were sealed; of some without a seal nothing is
    known."""
    others = {name: value for name, value in data.items() if name != _SEAL}
    if _SEAL in data and data[_SEAL] != _digest(others):
        raise ValueError("its checksum is not that of its entries")


def _digest(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text[:40]} is too large a number")
    return number
