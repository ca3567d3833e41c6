"""Monotonic decoder: steps of the source write letters in order, or skip; all ways are summed."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from genoseq.config.decoders import MonotonicDecoderSettings
from genoseq.models.layers import Dropout
from genoseq.models.monotonic import BLOCK, NEVER, blocks_of, onward, reached
from genoseq.tasks.decoders import Sizes, Tensors

_BEYOND = 1e-4
"""Probability that a letter follows once the source is read to its end."""
_LEAST = 1e-30
"""Least probability of a letter that training sees."""
_LEAVE, _BACK = -4.0, -2.0
"""Logits of beginning and of ending to skip, before any training."""


class MonotonicDecoder(nn.Module):
    """Hidden states of a source to logits of its target's letters.

    The source is read once, slot by slot, some slots for each step.  A slot writes a letter, or
    nothing, or nothing and all behind it is skipped, until one ends that.  Which slots wrote a
    target is not known: its probability is the sum over all ways to write it (Graves et al. 2006,
    ICML, section 4.1, CTC; here equal letters side by side stay two, and there is skipping).
    Logits are exact: the conditional probabilities of each letter, given those before.

    Parameters
    ----------
    settings, sizes
        Width and slots, and what it reads and writes.
    """

    def __init__(self, settings: MonotonicDecoderSettings, sizes: Sizes) -> None:
        super().__init__()
        self.slots, self.numbers = settings.slots, sizes.outputs + 2
        self.between = nn.Linear(sizes.inputs, settings.width)
        self.exit = nn.Linear(settings.width, self.slots * self.numbers)
        self.dropout = Dropout(settings.dropout)
        with torch.no_grad():
            biases = self.exit.bias.view(self.slots, self.numbers)
            biases[:, -2], biases[:, -1] = _LEAVE, _BACK

    def forward(self, hidden: Tensor, steps: Tensor, tokens: Tensor) -> Tensor:
        """States (B, N, D), own steps (B,) and the tokens before each letter (B, M).

        Returns
        -------
        Logits (B, M, V).
        """
        slots = self._slots(hidden, steps)
        letters = slots["letters"]
        shown = tokens[:, None, 1:].clamp(max=letters.shape[2] - 1)
        wrote = letters.gather(2, shown.expand(-1, letters.shape[1], -1))
        writing, ended = reached(wrote, *(slots[name] for name in _MOVES))
        beyond = _letters_beyond(ended, letters.shape[2])
        # So likely are the letters so far: by their last one, wherever it was written.
        last = torch.cat([writing[:, :-1, :-1] + wrote, beyond[:, None, 1:]], 1).logsumexp(1)
        so_far = functional.pad(last, (1, 0))
        before = (writing[:, :-1] - so_far[:, None]).exp().transpose(1, 2)
        end = (torch.logaddexp(ended, beyond) - so_far).exp()
        return _logits(before, end, letters.exp())

    def begin(self, hidden: Tensor, steps: Tensor) -> tuple[Tensors, Tensors]:
        """See :class:`~genoseq.tasks.decoders.Decoding`.

        The state has how likely each slot (B, S) and the end (B,) were reached with the letters so
        far and none behind them.
        """
        slots = _in_blocks(self._slots(hidden, steps))
        letters, blocks = slots["letters"].exp(), blocks_of(*(slots[name] for name in _MOVES))
        before, end = onward(torch.zeros_like(letters[..., 0]), blocks, begun=False)
        state = {"before": before, "end": end, "begun": torch.zeros_like(steps)}
        return {"letters": letters, "blocks": blocks}, state

    def step(self, tokens: Tensor, memory: Tensors, state: Tensors) -> tuple[Tensor, Tensors]:
        """See :class:`~genoseq.tasks.decoders.Decoding`."""
        before, end, letters = state["before"], state["end"], memory["letters"]
        if int(state["begun"][0]):  # the first token is no letter
            known = tokens.clamp(max=letters.shape[2] - 1)[:, None, None]
            wrote = before * letters.gather(2, known.expand(-1, before.shape[1], 1))[..., 0]
            beyond = end * (_BEYOND / letters.shape[2])
            total = (wrote.sum(1) + beyond).clamp(min=torch.finfo(wrote.dtype).tiny)
            before, end = onward(wrote / total[:, None], memory["blocks"])
            end = end + beyond / total
        logits = _logits(before[:, None], end[:, None], letters)[:, 0]
        return logits, {"before": before, "end": end, "begun": state["begun"] + 1}

    def _slots(self, hidden: Tensor, steps: Tensor) -> Tensors:
        """Logarithms of what each of S slots does: letters (B, S, V - 1), and moves (B, S)."""
        between = self.dropout(torch.tanh(self.between(hidden)))
        numbers = self.exit(between).view(len(hidden), -1, self.numbers).double()
        writing, back = numbers[..., :-1].log_softmax(-1), numbers[..., -1]
        slots = {
            "letters": writing[..., :-2],
            "none": writing[..., -2],
            "leave": writing[..., -1],
            "stay": functional.logsigmoid(-back),
            "back": functional.logsigmoid(back),
        }
        behind = torch.arange(back.shape[1], device=hidden.device) >= (steps * self.slots)[:, None]
        return {
            name: each.masked_fill(behind[..., None] if each.ndim > 2 else behind, _BEHIND[name])
            for name, each in slots.items()
        }


_MOVES = "none", "leave", "stay", "back"
_BEHIND = {"letters": NEVER, "none": 0.0, "leave": NEVER, "stay": 0.0, "back": NEVER}
"""What slots do that are no source's."""


def _in_blocks(slots: Tensors) -> Tensors:
    """The same with more slots behind them, as many as fill their last block."""
    more = -slots["none"].shape[1] % BLOCK
    return {
        name: functional.pad(each, (*[0, 0] * (each.ndim - 2), 0, more), value=_BEHIND[name])
        for name, each in slots.items()
    }


def _letters_beyond(ended: Tensor, letters: int) -> Tensor:
    """Logarithm (B, M) of having letters behind the source's end, of that of having ended so."""
    each = math.log(_BEYOND / letters)
    fall = each * torch.arange(1, ended.shape[1], dtype=ended.dtype, device=ended.device)
    written = fall + (ended[:, :-1] - fall + each).logcumsumexp(1)
    return functional.pad(written, (1, 0), value=NEVER)


def _logits(before: Tensor, end: Tensor, letters: Tensor) -> Tensor:
    """Logarithms (B, M, V) of how likely each letter is, and the end.

    Parameters
    ----------
    before
        How likely each slot was reached, (B, M, S).
    end
        How likely the end was, (B, M).
    letters
        How likely a slot writes each, (B, S, V - 1).
    """
    end = end[..., None]
    found = torch.bmm(before, letters) + end * (_BEYOND / letters.shape[2])
    return torch.cat([found, end * (1 - _BEYOND)], 2).clamp(min=_LEAST).log()
