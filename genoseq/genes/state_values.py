"""The probabilities of codon phase that a model gives to the bases of contigs, circles included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, islice
from typing import TYPE_CHECKING

import numpy as np

from genoseq.config.base import AskedPrecision
from genoseq.errors import ConfigError
from genoseq.files.progress import Report, unreported
from genoseq.genes.content import Values
from genoseq.genes.layout import Contig
from genoseq.genome.derived import CODING_INTRON
from genoseq.genome.sequences import Codes

if TYPE_CHECKING:
    from genoseq.models.bundle import Bundle

States = Sequence[tuple[str, str, int | None]]
Scorer = Callable[[Sequence[Contig]], Iterable[Values]]
"""Contigs to the probabilities of their bases, each of shape (S, length), one after another."""

STATES = (("none", ".", None), *(("CDS", strand, phase) for strand in "+-" for phase in range(3)))
"""Name, strand and codon phase of the seven states, in the order of values."""
SPLICED_STATES = (*STATES, *((CODING_INTRON, strand, None) for strand in "+-"))
"""The same of the nine states of a model that tells introns."""


class _Around:
    """Contigs as a genome to score, circles with the bases around their origin on either side."""

    def __init__(self, contigs: Sequence[Contig], around: int) -> None:
        self._contigs = {str(index): one for index, one in enumerate(contigs)}
        self._around = around
        self.lengths: Mapping[str, int] = {
            name: one.length + 2 * around * one.circular for name, one in self._contigs.items()
        }

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """Bases ``start <= i < end``, shape (end - start,)."""
        one = self._contigs[chrom]
        if not one.circular:
            return one.codes[start:end]
        return one.codes[(np.arange(start, end) - self._around) % one.length]


def number_format(bundle: Bundle, device: str | None, asked: AskedPrecision) -> AskedPrecision:
    """In what a model is computed for genes: of itself in int8, where that is possible.

    The network is most of what genes cost, and rounding to 8 bits changes some 4 of a thousand
    genes, as often for the better as for the worse (docs/figures.md).
    """
    from genoseq.models.device import choose_device
    from genoseq.models.integers import why_not_int8

    if asked != "auto" or why_not_int8(bundle.settings.encoder, choose_device(device)):
        return asked
    return "int8"


def model_scorer(
    bundle: Bundle,
    *,
    device: str | None = None,
    precision: AskedPrecision = "auto",
    jobs: int = 1,
    report: Report = unreported,
    states: States = STATES,
) -> Scorer:
    """A scorer by a model of codon phases, both strands averaged; values are those of ``states``.

    ``precision`` is as :func:`number_format`.

    Raises
    ------
    ConfigError
        If the model has other states.
    """
    order = state_order(bundle, states)
    precision = number_format(bundle, device, precision)
    stride = bundle.settings.stride
    around = -(-bundle.context // stride) * stride

    def probabilities(odds: Values) -> Values:
        found = -odds[order]
        np.exp(found, out=found)
        found += 1
        return np.divide(1, found, out=found)

    def values_of(contigs: Sequence[Contig]) -> Iterator[Values]:
        from genoseq.inference.score import score

        genome = _Around(contigs, around)
        done, total = 0, sum(genome.lengths.values())
        report(0, total)
        tracks = score(
            genome,
            bundle,
            values="log-odds",
            device=device,
            precision=precision,
            jobs=jobs,
            then=probabilities,
        )
        # Asked for now, so that the jobs compute while candidates are looked for.
        tracks = chain(list(islice(tracks, 1)), tracks)

        def values_of_contig(index: int, one: Contig) -> Values:
            nonlocal done
            values = np.empty((len(order), one.length), np.float32)
            margin, end = around * one.circular, genome.lengths[str(index)]
            while end:
                track = next(tracks)
                first, last = max(track.start, margin), min(track.end, margin + one.length)
                if first < last:
                    own = track.values[first - track.start : last - track.start]
                    values[:, first - margin : last - margin] = own.T
                done += len(track.values)
                report(done, total)
                if track.end == end:
                    break
            if index + 1 == len(contigs):
                next(tracks, None)  # the jobs end
            return values

        # Passed on by map, values are kept by nobody but who asked for them.
        return map(values_of_contig, count(), contigs)

    return values_of


def state_order(bundle: Bundle, wanted: States = STATES) -> list[int]:
    """Where each of the wanted states stands among the states of a model.

    Raises
    ------
    ConfigError
        If it has others.
    """
    if bundle.task.reads_bases:
        raise bundle.task.refusal("genes are called by one of task per-base")
    channels: Sequence[object] = ()
    if bundle.task.output().kind == "classes":
        channels = bundle.task.output("log-odds").channels
    states = [(c.name, c.strand, c.phase) for c in channels]  # type: ignore[attr-defined]
    if sorted(map(str, states)) != sorted(map(str, wanted)):
        named = ", ".join(dict.fromkeys(str(state[0]) for state in states)) or "signals"
        raise ConfigError(
            f"genes need a model of CDS by codon phase (scheme cds-phase), and this one predicts "
            f"{named}"
        )
    return [states.index(state) for state in wanted]
