"""Effects of mutations by gradients: one pass forward and back for all bases, and so approximate.

Bases become independent distributions over A, C, G and T, see :mod:`genoseq.variants.relaxed`.
Gradients: the first order, grad[other] - grad[base] at the sequence as it is.  Integrated gradients
(Sundararajan, Taly and Yan 2017, Axiomatic Attribution for Deep Networks, ICML): the same of the
mean gradient on the straight way there from a sequence whose bases are all equally probable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from genoseq.errors import ConfigError
from genoseq.genome.regions import Region
from genoseq.genome.sequences import Codes, N
from genoseq.inference.predict import Predictor
from genoseq.inference.strands import strand_windows
from genoseq.inference.windows import Genome, StrandWindow
from genoseq.tasks.outputs import Output
from genoseq.variants.mutations import Mutations
from genoseq.variants.relaxed import relaxed_vectors
from genoseq.variants.targets import Seen, Target

STEPS = 16
"""Gradients that integrated ones are the mean of, by default."""
_BASES = 8_192
"""Bases whose gradients are computed at once."""
_PROBABILITIES = 1 << 25
"""Numbers of the distributions over k-mers at once."""


class Attribution:
    """A genome and a model, made ready for gradients.

    What is derived is the sum of the values of all bases that are looked at: of those of ``seen``'s
    region, or of all bases within its distance of the bases that are mutated together, up to
    8,192.

    Parameters
    ----------
    predictor, genome, output, targets, seen
        See :class:`genoseq.variants.mutagenesis.Mutagenesis`.
    steps
        Gradients on the way from equally probable bases; 0: one, at the sequence as it is.

    Raises
    ------
    ConfigError
        If values are no sums of what the model tells of bases, or a target is not a sum.
    """

    def __init__(
        self,
        predictor: Predictor,
        genome: Genome,
        output: Output,
        targets: tuple[Target, ...],
        seen: Seen,
        steps: int = 0,
    ) -> None:
        task = predictor.task
        if task.reads_bases:
            raise task.refusal("gradients are of models whose values do not read the base itself")
        if any(target.effect != "sum" for target in targets):
            raise ConfigError("gradients are of sums: leave :max out, or use --method saturation")
        self._predictor, self._genome, self._output = predictor, genome, output
        self._targets, self._seen, self._steps = targets, seen, steps
        sums = output.values(np.eye(task.outputs, dtype=np.float32))
        self._sums = torch.from_numpy(sums[[target.channel for target in targets]])

    def __call__(self, regions: Iterable[Region]) -> Iterator[Mutations]:
        """Effects of mutations, of consecutive bases of merged regions, in order."""
        size = min(_BASES, max(64, _PROBABILITIES >> 2 * self._predictor.settings.tokenizer.k))
        for region in regions:
            for start in range(region.start, region.end, size):
                yield self._some(Region(region.chrom, start, min(start + size, region.end)))

    def _some(self, region: Region) -> Mutations:
        codes = self._genome.codes(region.chrom, region.start, region.end)
        gradient = self._gradient(region, codes)
        known = np.flatnonzero(codes != N)
        effect = np.full((len(codes), 4, len(self._targets)), np.nan, np.float32)
        own = gradient[known, codes[known]]
        effect[known] = gradient[known] - own[:, None]
        effect[known, codes[known]] = np.nan
        named = tuple(self._output.channels[target.channel] for target in self._targets)
        return Mutations(region.chrom, region.start, codes, named, self._targets, effect)

    def _gradient(self, region: Region, codes: Codes) -> NDArray[np.float32]:
        """Shape (L, 4, C)."""
        here = functional.one_hot(torch.from_numpy(codes.astype(np.int64)), N + 1)[:, :N].float()
        windows = self.windows_around(region)
        shares = [1.0] if not self._steps else [(n + 0.5) / self._steps for n in range(self._steps)]
        total = torch.zeros(len(codes), N, len(self._targets))
        for share in shares:
            bases = here * share + (1 - share) / N
            bases.requires_grad_()
            # cuDNN has no gradients of recurrent layers that are not in training.
            with torch.backends.cudnn.flags(enabled=False):
                for number, value in enumerate(self.value_at(windows, region, bases)):
                    total[:, :, number] += _derived(value, bases)
        return (total / len(shares)).numpy()

    def windows_around(self, region: Region) -> list[StrandWindow]:
        """Windows, on each strand that is read, that keep what is looked at of a mutated region."""
        length = self._genome.lengths[region.chrom]
        distance = self._seen.distance
        looked = self._seen.region or Region(
            region.chrom, max(0, region.start - distance), min(length, region.end + distance)
        )
        return strand_windows(self._predictor, self._genome, looked)

    def value_at(self, windows: Sequence[StrandWindow], region: Region, bases: Tensor) -> Tensor:
        """The sums that are derived, (C,), where the bases of a region are distributions (L, 4).

        Parameters
        ----------
        windows
            Those in which the bases that are looked at are predicted, see :meth:`windows_around`.
        """
        network, bases = self._predictor.network, bases.to(self._predictor.device)
        vectors = torch.stack([self._vectors(each, region, bases) for each in windows])
        return self._values(windows, network.head(network.encoder(vectors)).float())

    def _values(self, windows: Sequence[StrandWindow], outputs: Tensor) -> Tensor:
        """What is told of the bases that windows keep, summed up, (C,)."""
        task = self._predictor.task
        strands = []
        for strand in self._predictor.read_strands:
            kept = [
                rows[each.window.keep]
                for each, rows in zip(windows, outputs, strict=True)
                if each.strand == strand
            ]
            if strand == "-":
                kept = [rows.flip(0)[:, task.mirror.tolist()] for rows in kept]
            rows = torch.cat(kept)
            strands.append(rows if self._predictor.tied else task.values(rows))
        mean = torch.stack(strands).mean(dim=0)
        values = task.values(mean) if self._predictor.tied else mean
        known = np.concatenate([w.codes[w.window.keep] != N for w in windows if w.strand == "+"])
        summed: Tensor = self._sums.to(values) @ values[
            torch.from_numpy(known).to(values.device)
        ].sum(dim=0)
        return summed

    def _vectors(self, window: StrandWindow, region: Region, bases: Tensor) -> Tensor:
        """What the encoder reads of a window, (T, E)."""
        length, here = self._genome.lengths[region.chrom], window.window
        start = region.start - here.start
        if window.strand == "-":
            start, bases = length - region.end - here.start, bases.flip(0, 1)
        low, high = max(0, -start), min(len(bases), len(window.codes) - start)
        inside = bases[low:high] if low < high else bases[:0]
        return relaxed_vectors(self._predictor, window.codes, start + low, inside)


def _derived(value: Tensor, bases: Tensor) -> Tensor:
    """The gradient of a value, 0 where it does not depend on bases."""
    if not value.requires_grad:
        return torch.zeros_like(bases)
    (found,) = torch.autograd.grad(value, bases, retain_graph=True, allow_unused=True)
    return torch.zeros_like(bases) if found is None else found
