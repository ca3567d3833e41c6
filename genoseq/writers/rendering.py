"""What writers get of slabs: what each format makes of them, in other processes if there are some.

A process that writes what many others compute must do little of each base itself: it keeps the
order, joins what goes over the borders of slabs, and writes indexes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from genoseq.files.jobs import AHEAD, Jobs, in_order
from genoseq.writers.contents import Contents, RenderedWriter, Renderer, Writer
from genoseq.writers.flat import Highest, highest
from genoseq.writers.formats import FORMATS
from genoseq.writers.lattice import Slab
from genoseq.writers.short_contigs import Joined, joined_short


class Told(NamedTuple):
    """What slabs become, by formats, and the highest value of each channel."""

    of: Mapping[str, Any]
    highest: NDArray[np.float32]


@dataclass(frozen=True)
class Rendering:
    """What slabs become in several formats."""

    formats: Collection[str]
    of: Contents

    @cached_property
    def _renderers(self) -> dict[str, Renderer]:
        # Values of bins are told by two slabs, so writers of bins do all.
        return {
            name: row.renderer(self.of)
            for name, row in FORMATS.items()
            if name in self.formats
            and row.renderer is not None
            and not (row.binned and self.of.bin > 1)
        }

    def __call__(self, slabs: Slab | Joined) -> Told:
        """Of a slab, or of a few short contigs, by the names of formats that have renderers."""
        of = {name: render(slabs) for name, render in self._renderers.items()}
        return Told(of, highest(slabs.values))


@dataclass(frozen=True, slots=True)
class Unit:
    """A slab, or a few short contigs, and what they became."""

    slabs: Slab | Joined
    told: Told

    def write(self, name: str, writer: Writer) -> None:
        """Add it to the writer of a format."""
        if name in self.told.of:
            cast(RenderedWriter, writer).add(self.told.of[name])
        elif isinstance(self.slabs, Slab):
            writer.write(self.slabs)
        else:
            for slab in self.slabs.slabs():
                writer.write(slab)


def rendered(slabs: Iterable[Slab], rendering: Rendering, seen: Highest) -> Iterator[Unit]:
    """Slabs in order, and what they become; by processes, if these make the slabs."""
    shared = rendering.of.jobs or Jobs(1)
    ask = shared.register(rendering)
    ahead = AHEAD * shared.most if shared.most > 1 else 0
    for unit, told in in_order(ask, joined_short(slabs), ahead, waits=False):
        seen.add(told.highest)
        yield Unit(unit, told)
