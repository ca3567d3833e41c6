"""Whole numbers in text files: positions, lengths, counts."""

from __future__ import annotations

_DIGITS = 18
"""More do not fit into 64 bits; Python refuses to read 5,000."""
FARTHEST = 10**_DIGITS - 1
"""The largest position."""


def is_whole(text: str) -> bool:
    """Whether text is a whole number of at least 0, in ASCII digits, that fits into 64 bits."""
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS
