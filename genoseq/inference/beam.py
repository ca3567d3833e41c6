"""Beam search: the most probable sequence that a decoder would write, or near it."""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from genoseq.tasks.decoders import Decoding, Tensors


class Written(NamedTuple):
    """A sequence that was written.

    Attributes
    ----------
    tokens
        Letters by their numbers, without the end.
    log_probability
        Natural, of all of them and of the end.
    """

    tokens: list[int]
    log_probability: float

    @property
    def score(self) -> float:
        """Log-probability for each token: what sequences of different lengths are judged by."""
        return self.log_probability / (len(self.tokens) + 1)


class _Beams:
    """K sequences of each of R rows on their way, and those of each row that have ended."""

    def __init__(self, rows: int, beams: int, begin: int, like: Tensor) -> None:
        self.rows, self.beams = rows, beams
        self.tokens = torch.full((rows * beams, 1), begin, device=like.device)
        self.sums = like.new_full((rows, beams), -torch.inf)
        self.sums[:, 0] = 0.0  # all begin alike: one of them is enough
        self.ended: list[list[Written]] = [[] for _ in range(rows)]

    def extend(self, log_p: Tensor, end: int) -> Tensor:
        """Take the best next tokens; which of the R * K sequences each new one goes on from.

        Of equal ones that of the earlier beam comes first, then that of the lower token.
        """
        vocabulary = log_p.shape[-1]
        sums = self.sums[..., None] + log_p.view(self.rows, self.beams, vocabulary)
        best = sums.flatten(1).sort(dim=1, descending=True, stable=True)
        most = 2 * self.beams  # of which at most K end
        values, positions = best.values[:, :most], best.indices[:, :most]
        ends = positions % vocabulary == end
        self._end(values[:, : self.beams], positions[:, : self.beams] // vocabulary, ends)
        order = ends.long().sort(dim=1, stable=True).indices[:, : self.beams]
        self.sums = values.gather(1, order).masked_fill(ends.gather(1, order), -torch.inf)
        chosen = positions.gather(1, order)
        first = torch.arange(self.rows, device=chosen.device)[:, None] * self.beams
        origin = (first + chosen // vocabulary).flatten()
        new = (chosen % vocabulary).flatten()
        self.tokens = torch.cat([self.tokens[origin], new[:, None]], 1)
        return origin

    def _end(self, values: Tensor, beams: Tensor, ends: Tensor) -> None:
        for row, column in ends[:, : self.beams].nonzero().tolist():
            value = float(values[row, column])
            if value > -torch.inf:
                number = row * self.beams + int(beams[row, column])
                self.ended[row].append(Written(self.tokens[number, 1:].tolist(), value))

    def over(self) -> bool:
        """Whether each row has K sequences that ended."""
        return all(len(ended) >= self.beams for ended in self.ended)

    def best(self) -> list[Written]:
        """Of each row the best of the first K that ended; of equal ones the first."""
        return [max(ended[: self.beams], key=lambda each: each.score) for ended in self.ended]


@torch.inference_mode()
def beam_search(
    decoder: nn.Module,
    hidden: Tensor,
    steps: Tensor,
    begin: int,
    end: int,
    beams: int,
    longest: int,
) -> list[Written]:
    """The best sequence for each row, by its log-probability for each token.

    With one beam it is greedy search.  Each row's result does not depend on the others, up to
    rounding; equal candidates are taken in a fixed order.

    Parameters
    ----------
    decoder
        See :class:`genoseq.tasks.decoders.Decoding`.
    hidden, steps
        Of the sources, (R, N, D), and how many are each one's own, (R,).
    begin, end
        The tokens before the first letter and behind the last one.
    beams
        Sequences that are followed at once, K.
    longest
        Letters at most: behind so many comes the end, however improbable.
    """
    head = cast(Decoding, decoder)
    memory, state = head.begin(hidden, steps)
    memory, state = _repeated(memory, beams), _repeated(state, beams)
    found = _Beams(len(hidden), beams, begin, hidden)
    for number in range(longest + 1):
        logits, state = head.step(found.tokens[:, -1], memory, state)
        log_p = logits.log_softmax(-1)
        if number == longest:
            log_p[:, :end], log_p[:, end + 1 :] = -torch.inf, -torch.inf
        origin = found.extend(log_p, end)
        if found.over():
            break
        if beams > 1:
            state = {name: tensor[origin] for name, tensor in state.items()}
    return found.best()


def _repeated(tensors: Tensors, times: int) -> Tensors:
    return {name: tensor.repeat_interleave(times, 0) for name, tensor in tensors.items()}
