"""Damage that knows a little of formats: JSON, safetensors, tables, numbers in binary files.

What libFuzzer changes on its own are bytes; of text that a parser reads that is mostly not even
text.  Each change here is drawn by a seed, so that an input is made again from it.
"""

from __future__ import annotations

import json
import random
import re
import struct
from collections.abc import Callable
from typing import Any

from genoseq.files.stored import sealed

SEAL = "seal"
Random = random.Random
Change = Callable[[bytes, Random], bytes]

NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2, 255, 256, 65_535, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 62, 1 << 63, 1 << 64),
    *(-(1 << 63), 10**20, 10**400, 0.5, -0.0, 1e-320, 1e38, 1e308, float("nan"), float("inf")),
    -float("inf"),
)
VALUES: tuple[Any, ...] = (
    *NUMBERS,
    *(
        None,
        True,
        False,
        "",
        "x",
        "0",
        "-1",
        "nan",
        "\0",
        "é",
        "/etc/passwd",
        "../x",
        "{x}",
        "a\nb",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        {"": {}},
        [0] * 300,
        "9" * 5_000,
        "a" * 70_000,
        "<b>",
        "$(x)",
        "\ud800",
    ),
)
WORDS: tuple[bytes, ...] = (
    *(b"", b"0", b"-1", b"+5", b" 5", b"5 ", b"1_000", b"1e3", b"1e400", b"0x10", b"nan", b"inf"),
    *(b"9" * 20, b"9" * 5_000, b"18446744073709551616", b"9223372036854775807", b"2147483648"),
    *("²".encode(), "١٢٣".encode(), "é".encode(), b"\xff", b"\0", b"\x1f", b"%00", b"%zz", b"%09"),
    *(b".", b"*", b"-", b"+", b"?", b"#", b'"', b"''", b"{x}", b"<x>", b"../x", b"/etc/passwd"),
    *(b"A" * 70_000, b"ID=a;Parent=a", b"Parent=", b"join(1..5,3..2)", b"complement(", b"=", b";"),
    *(
        b"\t",
        b"\n",
        b"\r",
        b"\r\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        "\u2028".encode(),
        b"\x0b",
        b"\x85",
    ),
)


def mutate(data: bytes, name: str, seed: int, further: Callable[[bytes], bytes]) -> bytes:
    """A changed content of the file of a name; ``further`` changes bytes in its own ways."""
    rng = Random(seed)
    if rng.random() < 0.3:
        return further(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(changes_of(data, name))(data, rng)
    return data


def changes_of(data: bytes, name: str) -> tuple[Change, ...]:
    """Changes that suit a file, by its name and content."""
    if name.endswith(".safetensors"):
        return change_header, change_header, change_number, cut
    if name.endswith((".json", ".yaml")):
        return change_json, change_json, change_json, change_field, change_line
    if b"\0" in data[:4096]:
        return change_number, change_number, cut, move
    return change_field, change_field, change_field, change_line, cut, move


def change_json(data: bytes, rng: Random) -> bytes:
    """Another value, key or depth somewhere."""
    try:
        changed = _changed(json.loads(data), rng)
        if isinstance(changed, dict) and SEAL in changed and rng.random() < 0.8:
            changed = sealed(changed)
        return json.dumps(changed).encode(errors="surrogatepass")
    except (ValueError, TypeError, RecursionError):
        return change_field(data, rng)


def _changed(value: Any, rng: Random) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        how = rng.random()
        if how < 0.08:
            return {name: inner for name, inner in value.items() if name != key}
        if how < 0.14:
            return value | {rng.choice(("", "x", "name", key + "x")): rng.choice(VALUES)}
        return value | {key: _changed(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        at = rng.randrange(len(value))
        how = rng.random()
        if how < 0.1:
            return value[:at] + value[at + 1 :]
        if how < 0.2:
            return [*value[:at], value[at], *value[at:]]
        return [*value[:at], _changed(value[at], rng), *value[at + 1 :]]
    if isinstance(value, int | float) and rng.random() < 0.7:
        return rng.choice((*NUMBERS, value + 1, value - 1, -value, value * 1000))
    return _nested(rng) if rng.random() < 0.02 else rng.choice(VALUES)


def _nested(rng: Random) -> Any:
    value: Any = 0
    for _ in range(rng.choice((50, 900))):
        value = [value]
    return value


def change_header(data: bytes, rng: Random) -> bytes:
    """Another header of a safetensors file, of the length that it says."""
    if len(data) < 8:
        return data + b"\0" * 8
    (size,) = struct.unpack_from("<Q", data)
    header = change_json(data[8 : 8 + size], rng)
    said = len(header) if rng.random() < 0.9 else rng.choice((0, size, 1 << 40, (1 << 64) - 1))
    return struct.pack("<Q", said) + header + data[8 + size :]


def change_field(data: bytes, rng: Random) -> bytes:
    """Another word where one is: between tabs, blanks, commas, equal signs."""
    words = list(re.finditer(rb"[^\s,;=:]+", data[: 1 << 16]))
    if not words:
        return rng.choice(WORDS)
    word, said = rng.choice(words), rng.choice(WORDS)
    how = rng.random()
    start, end = word.span()
    if how < 0.2:  # beside it
        start = end
    elif how < 0.4:  # one that stands elsewhere
        said = rng.choice(words)[0]
    return data[:start] + said + data[end:]


def change_line(data: bytes, rng: Random) -> bytes:
    """A line less, one twice, two exchanged, or one behind another end of line."""
    lines = data[: 1 << 16].split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(5)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(other, lines[at])
    elif how == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif how == 3:
        lines[at] += b"\r"
    else:
        lines[at] = lines[at] + b"\t" + rng.choice(WORDS)
    return b"\n".join(lines)


def change_number(data: bytes, rng: Random) -> bytes:
    """Another number in 1, 2, 4 or 8 bytes."""
    size = rng.choice((1, 2, 4, 4, 8))
    if len(data) < size:
        return data + b"\0"
    at = rng.randrange(len(data) - size + 1)
    if rng.random() < 0.4:  # heads are where the numbers are that lead elsewhere
        at = min(at, rng.randrange(256))
    top = 1 << 8 * size
    said = rng.choice((0, 1, top - 1, top >> 1, len(data), at, rng.randrange(top), top >> 8))
    return (
        data[:at] + (said % top).to_bytes(size, rng.choice(("little", "big"))) + data[at + size :]
    )


def cut(data: bytes, rng: Random) -> bytes:
    """The beginning."""
    return data[: rng.randrange(len(data) + 1)]


def move(data: bytes, rng: Random) -> bytes:
    """A piece put elsewhere too, or left out."""
    if not data:
        return data
    start = rng.randrange(len(data))
    end, to = min(len(data), start + rng.choice((1, 8, 100))), rng.randrange(len(data))
    if rng.random() < 0.5:
        return data[:start] + data[end:]
    return data[:to] + data[start:end] + data[to:]
