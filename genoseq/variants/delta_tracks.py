"""The largest change at each base of a genome, over all variants: two tracks for each channel.

``NAME_delta`` is the change with its sign, ``NAME_max_delta`` its size.  A base that no variant is
near has no value.  Blocks of bases are kept where there are variants, so that memory follows them
and not the genome.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from genoseq.genome.tracks import Channel, Track
from genoseq.inference.predict import Values
from genoseq.variants.effect import Effect

_BLOCK = 1 << 12


class DeltaTracks:
    """Collects effects.

    Parameters
    ----------
    channels
        Of the effects, C.
    lengths
        Of the genome's contigs, in bp.
    """

    def __init__(self, channels: tuple[Channel, ...], lengths: Mapping[str, int]) -> None:
        self._lengths, self._count = lengths, len(channels)
        named = [replace(each, name=f"{each.full_name}_delta", phase=None) for each in channels]
        sizes = [replace(each, name=f"{each.full_name}_max_delta", phase=None) for each in channels]
        self.channels = (*named, *sizes)
        self._blocks: dict[tuple[str, int], Values] = {}

    def add(self, effect: Effect) -> None:
        """Count an allele; one without a score adds nothing."""
        delta, start = effect.delta, effect.start
        for at in range(start // _BLOCK, -(-(start + delta.shape[1]) // _BLOCK)):
            first, last = max(start, at * _BLOCK), min(start + delta.shape[1], (at + 1) * _BLOCK)
            self._add(
                effect.allele.chrom, at, first % _BLOCK, delta[:, first - start : last - start]
            )

    def _add(self, chrom: str, at: int, first: int, delta: Values) -> None:
        block = self._blocks.get((chrom, at))
        if block is None:
            block = np.full((self._count, _BLOCK), np.nan, np.float32)
            self._blocks[chrom, at] = block
        old = block[:, first : first + delta.shape[1]]
        # Of a gain and a loss of one size the gain, so that the order of variants does not show.
        larger = (
            np.isnan(old) | (abs(delta) > abs(old)) | ((abs(delta) == abs(old)) & (delta > old))
        )
        old[:] = np.where(larger & ~np.isnan(delta), delta, old)

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def tracks(self) -> Iterator[Track]:
        """Stretches with values, in the genome's order."""
        order = {chrom: number for number, chrom in enumerate(self._lengths)}
        for chrom, at in sorted(self._blocks, key=lambda key: (order[key[0]], key[1])):
            block = self._blocks[chrom, at][:, : self._lengths[chrom] - at * _BLOCK]
            yield Track(chrom, at * _BLOCK, np.vstack([block, abs(block)]).T, self.channels)
