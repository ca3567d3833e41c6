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
    """K sequences of each of R rows on their way, and the best of each row that has ended."""

    def __init__(self, rows: int, beams: int, begin: int, longest: int, like: Tensor) -> None:
        self.rows, self.beams, self._longest = rows, beams, longest
        self.tokens = torch.full((rows * beams, 1), begin, device=like.device)
        self.sums = like.new_full((rows, beams), -torch.inf)
        self.sums[:, 0] = 0.0  # all begin alike: one of them is enough
        self.best: list[Written | None] = [None] * rows
        self.over = [False] * rows

    def extend(self, log_p: Tensor, end: int) -> Tensor:
        """Take the best next tokens; which of the R * K sequences each new one goes on from.

        Of equal ones that of the earlier beam comes first, then that of the lower token.
        """
        vocabulary = log_p.shape[-1]
        sums = self.sums[..., None] + log_p.view(self.rows, self.beams, vocabulary)
        found = sums.flatten(1).sort(dim=1, descending=True, stable=True)
        most = 2 * self.beams  # of which at most K end
        values, indices = found.values[:, :most], found.indices[:, :most]
        ends = indices % vocabulary == end
        self._end(values[:, : self.beams], indices // vocabulary, ends[:, : self.beams])
        order = ends.long().sort(dim=1, stable=True).indices[:, : self.beams]
        self.sums = values.gather(1, order).masked_fill(ends.gather(1, order), -torch.inf)
        self._judge()
        chosen = indices.gather(1, order)
        first = torch.arange(self.rows, device=chosen.device)[:, None] * self.beams
        origin = (first + chosen // vocabulary).flatten()
        self.tokens = torch.cat([self.tokens[origin], chosen.view(-1, 1) % vocabulary], 1)
        return origin

    def _end(self, values: Tensor, beams: Tensor, ends: Tensor) -> None:
        """Keep what ends if it is the best of its row so far."""
        for row, column in (ends & values.isfinite()).nonzero().tolist():
            tokens = self.tokens[row * self.beams + int(beams[row, column]), 1:].tolist()
            ended, best = Written(tokens, float(values[row, column])), self.best[row]
            if not self.over[row] and (best is None or ended.score > best.score):
                self.best[row] = ended

    def _judge(self) -> None:
        """A row is over once nothing on its way can become better than its best.

        A sequence's sum only falls, and most tokens share it at the most letters there may be.
        """
        bounds = (self.sums[:, 0] / (self._longest + 1)).tolist()
        for row, (bound, best) in enumerate(zip(bounds, self.best, strict=True)):
            if best is not None and (self.beams == 1 or best.score >= bound):
                self.over[row] = True


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
    found = _Beams(len(hidden), beams, begin, longest, hidden)
    for number in range(longest + 1):
        logits, state = head.step(found.tokens[:, -1], memory, state)
        log_p = logits.log_softmax(-1)
        if number == longest:
            log_p[:, :end], log_p[:, end + 1 :] = -torch.inf, -torch.inf
        origin = found.extend(log_p, end)
        if all(found.over):
            break
        if beams > 1:
            state = {name: tensor[origin] for name, tensor in state.items()}
    return [cast(Written, best) for best in found.best]


def _repeated(tensors: Tensors, times: int) -> Tensors:
    return {name: tensor.repeat_interleave(times, 0) for name, tensor in tensors.items()}
