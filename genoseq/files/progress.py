"""How far a long work is: what rooms call, and whoever asked may show."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[int, int], None]
"""Called now and then with the amount that is done, from 0 on, and the amount in all: bases."""


def unreported(done: int, total: int) -> None:
    """Nobody asked."""
    del done, total
