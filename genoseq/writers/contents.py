"""What a format's writer is given and must do: see :mod:`genoseq.writers.formats`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from genoseq.files.jobs import Jobs
    from genoseq.genome.tracks import Channel, Kind
    from genoseq.writers.call_rules import CallRules
    from genoseq.writers.lattice import Slab
    from genoseq.writers.manifest import OutputFile
    from genoseq.writers.origin import Origin
    from genoseq.writers.short_contigs import Joined


class Writer(Protocol):
    """What writes one format."""

    def write(self, slab: Slab) -> None:
        """Add the next slab."""

    def finish(self) -> list[OutputFile]:
        """Complete the files, and say which they are."""

    def close(self) -> None:
        """Release open files; may be called again."""


class RenderedWriter(Writer, Protocol):
    """A writer of a format that has a renderer: :meth:`write` is :meth:`add` of what it renders."""

    def add(self, rendered: Any) -> None:
        """Add what the next slab, or the next few short contigs, became."""


Renderer = Callable[["Slab | Joined"], Any]
"""What a slab becomes in a format, as far as it depends on the slab alone: that is done in other
processes, where there are some, so it goes through a pipe."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a folder of tracks holds.

    Attributes
    ----------
    lengths
        Contig lengths, in FASTA order.
    channels, kind
        The columns of every track, and what their values are.
    origin
        Where values come from.
    rules, digits
        What is called of them, None: the defaults; significant digits of probabilities, None: steps
        of 0.001.
    bin
        bp that share one value, see :mod:`genoseq.writers.bins`; a writer may ignore it.
    decimals
        Of each channel of classes; None: 3.
    jobs
        Processes that share the work; None: this one does all.
    """

    lengths: Mapping[str, int]
    channels: tuple[Channel, ...]
    kind: Kind
    origin: Origin
    rules: CallRules | None = None
    digits: int | None = None
    bin: int = 1
    decimals: tuple[int, ...] | None = None
    jobs: Jobs | None = None
