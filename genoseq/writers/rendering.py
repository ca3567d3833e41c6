"""What writers get of slabs: what each format makes of them, in other processes if there are some.

A process that writes what many others compute must do little of each base itself: it keeps the
order, joins what goes over the borders of slabs, and writes indexes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from genoseq.files.jobs import AHEAD, Jobs, in_order
from genoseq.writers.formats import FORMATS, Contents, RenderedWriter, Renderer, Writer
from genoseq.writers.lattice import Slab
from genoseq.writers.short_contigs import Joined, joined_short


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

    def __call__(self, slabs: Slab | Joined) -> dict[str, Any]:
        """Of a slab, or of a few short contigs, by the names of formats that have renderers."""
        return {name: render(slabs) for name, render in self._renderers.items()}


@dataclass(frozen=True, slots=True)
class Unit:
    """A slab, or a few short contigs, and what they became."""

    slabs: Slab | Joined
    told: Mapping[str, Any]

    def write(self, name: str, writer: Writer) -> None:
        """Add it to the writer of a format."""
        if name in self.told:
            cast(RenderedWriter, writer).add(self.told[name])
        elif isinstance(self.slabs, Slab):
            writer.write(self.slabs)
        else:
            for slab in self.slabs.slabs():
                writer.write(slab)


def rendered(slabs: Iterable[Slab], rendering: Rendering, jobs: Jobs | None) -> Iterator[Unit]:
    """Slabs in order, and what they become; by processes, if these make the slabs."""
    shared = jobs or Jobs(1)
    ask = shared.register(rendering)
    ahead = AHEAD * shared.most if shared.most > 1 else 0
    for unit, told in in_order(ask, joined_short(slabs), ahead, waits=False):
        yield Unit(unit, told)
