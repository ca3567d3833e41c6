"""Names of contigs in messages: those that there are, and which one was meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from genoseq.errors import listed

_SIMILAR, _COMPARED = 0.8, 1_000
_PREFIX = re.compile(r"^(chromosome|chrom|chr)[ _-]?(?=.)")
_VERSION = re.compile(r"\.\d+$")


def contigs_there(names: Collection[str], strange: Iterable[str]) -> str:
    """Names for a message, with the one that the first of ``strange`` is likely to mean.

    ``I, II, XI (did you mean XI for chrXI?)``; names are never changed by themselves.
    """
    for odd in sorted(strange):
        meant = _meant(odd, names)
        if meant is not None:
            return f"{listed(names)} (did you mean {meant} for {odd}?)"
    return listed(names)


def _meant(odd: str, names: Collection[str]) -> str | None:
    """The name that differs by ``chr``, case or version, or by a letter; None without such."""
    alike = [name for name in names if _plain(name) == _plain(odd)]
    if len(alike) == 1:
        return alike[0]
    if alike or len(names) > _COMPARED:
        return None
    digits = re.sub(r"\D", "", odd)  # chr1 is no misspelt chr2
    likely = [name for name in names if re.sub(r"\D", "", name) == digits]
    return next(iter(get_close_matches(odd, likely, 1, _SIMILAR)), None)


def _plain(name: str) -> str:
    """A name without what differs between those who write the same one."""
    plain = _VERSION.sub("", _PREFIX.sub("", name.lower()))
    return "m" if plain == "mt" else plain
