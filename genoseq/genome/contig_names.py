"""Names of contigs in messages: those that there are, and which one was meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches

from genoseq.errors import listed

_SIMILAR, _COMPARED = 0.8, 1_000
_PREFIX = re.compile(r"^(chromosome|chrom|chr)[ _-]?(?=.)")
_VERSION = re.compile(r"\.\d+$")


def contigs_there(names: Collection[str], strange: Iterable[str]) -> str:
    """Names for a message, with the one that the first of ``strange`` is likely to mean.

    ``I, II, XI (did you mean XI for chrXI?)``; names are never changed by themselves.
    """
    plain = _by(_plain, names)
    numbered = _by(_digits, names if len(names) <= _COMPARED else ())
    for odd in sorted(strange):
        meant = plain.get(_plain(odd), [])
        if not meant:  # chr1 is no misspelt chr2
            meant = get_close_matches(odd, numbered.get(_digits(odd), []), 1, _SIMILAR)
        if len(meant) == 1:
            return f"{listed(names)} (did you mean {meant[0]} for {odd}?)"
    return listed(names)


def _by(key: Callable[[str], str], names: Iterable[str]) -> dict[str, list[str]]:
    """Names by what they have in common: of 100,000 names none is compared with all others."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(key(name), []).append(name)
    return found


def _digits(name: str) -> str:
    return re.sub(r"\D", "", name)


def _plain(name: str) -> str:
    """A name without what differs between those who write the same one: ``chr``, case, version."""
    plain = _VERSION.sub("", _PREFIX.sub("", name.lower()))
    return "m" if plain == "mt" else plain
