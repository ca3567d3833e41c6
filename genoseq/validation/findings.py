"""What is wrong with a file: findings, and how they are collected while it streams by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Level = Literal["error", "warning"]
"""An error breaks the format's specification, or the file does not fit the genome: some program
reads it wrong or not at all.  A warning is what a specification advises against, or what this
program cannot tell."""

LISTED = 5
"""Findings of one check of one file that are told in words; the others are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a file.

    Attributes
    ----------
    path
        The file.
    check
        The check that failed, in one word: ``sorted``, ``bounds``.
    level
        How bad it is.
    what
        What was found, where known how to mend it.
    line
        Its line in the file, 1-based; None where there are no lines, or it is of the whole file.
    where
        Its position, as ``chrom:start-end``, 1-based and closed; empty where there is none.
    more
        Further findings of the same check of the file that are not listed.
    """

    path: str
    check: str
    level: Level
    what: str
    line: int | None = None
    where: str = ""
    more: int = 0

    def __str__(self) -> str:
        line = "" if self.line is None else f":{self.line}"
        position = f" ({self.where})" if self.where else ""
        more = f" (and {self.more:,} more)" if self.more else ""
        return f"{self.path}{line}: {self.level}: {self.what}{position}{more}"


class Findings:
    """Findings of one file, the first :data:`LISTED` of each check: memory stays flat.

    Attributes
    ----------
    counts
        All of them, by level.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.counts: Counter[Level] = Counter()
        self._listed: dict[tuple[str, Level], list[Finding]] = {}
        self._more: Counter[tuple[str, Level]] = Counter()

    def add(
        self,
        check: str,
        what: str,
        line: int | None = None,
        where: str = "",
        level: Level = "error",
        times: int = 1,
    ) -> None:
        """Note a finding; ``times`` where one text tells of several."""
        self.counts[level] += times
        listed = self._listed.setdefault((check, level), [])
        if len(listed) < LISTED:
            listed.append(Finding(self.path, check, level, what, line, where, times - 1))
        else:
            self._more[check, level] += times

    def is_full(self, check: str) -> bool:
        """Whether further errors of a check are counted only."""
        return len(self._listed.get((check, "error"), ())) >= LISTED

    def listed(self) -> Iterator[Finding]:
        """Errors first; the last one of a check says how many more there are."""
        for level in ("error", "warning"):
            for (check, of), found in self._listed.items():
                if of == level:
                    yield from found[:-1]
                    more = found[-1].more + self._more[check, of]
                    yield replace(found[-1], more=more)
