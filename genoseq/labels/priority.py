"""Which class wins a base that several have: sites before what is longer, then as listed.

A base of a splice site is one of its intron as well: a class that is listed later and lies within
another would have no base.  *Sites* are the classes of :data:`SITES`, and those of which no feature
has more than :data:`LONGEST_SITE` bp, such as a BED of start sites.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from genoseq.labels.intervals import LabelInterval

SITES = ("splice_donor", "splice_acceptor", "start_codon", "stop_codon")
LONGEST_SITE = 3
"""bp: a codon."""


def site_classes(intervals: Iterable[LabelInterval], classes: Sequence[str]) -> list[bool]:
    """Which classes are sites, by their ranks."""
    longest = [0] * (len(classes) + 1)
    for interval in intervals:
        longest[interval.rank] = max(longest[interval.rank], interval.length)
    return [
        name in SITES or length <= LONGEST_SITE
        for name, length in zip(classes, longest, strict=False)
    ]


def priorities(sites: Sequence[bool]) -> list[int]:
    """Place of each class among those that want a base, 0 wins; and of what comes behind all."""
    order = sorted(range(len(sites)), key=lambda rank: (not sites[rank], rank))
    return [order.index(rank) for rank in range(len(sites))] + [len(sites)]
