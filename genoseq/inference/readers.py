"""From hidden states to outputs of bases, states first."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from genoseq.kernels.cpu import Chosen, choose, head_of, integer_head, read_head
from genoseq.tasks.heads import PerBaseHead


class HeadReader(Protocol):
    """What a predictor asks of a head."""

    def __call__(
        self, hidden: Tensor, wanted: range | None = None, softmax: bool = False
    ) -> Tensor:
        """Outputs (S, R, T * stride), or if ``softmax`` probabilities, of hidden states (T, R, D).

        What comes out for steps that are not ``wanted`` may have no meaning.
        """


def reader_of(head: nn.Module, told: torch.dtype = torch.float32) -> HeadReader:
    """The fastest way to read a head here, whose weights do not change any more; of hidden states
    that are ``told`` as bytes a :class:`CompiledReader`, as they are by kernels alone."""
    if not isinstance(head, PerBaseHead):
        return AnyReader(head)
    weight, chosen = head.projection.weight, choose()
    if weight.device.type == "cpu" and weight.dtype in chosen.dtypes:
        return CompiledReader(head, chosen, told)
    return LinearReader(head)


class CompiledReader:
    """Of a linear head on a CPU: see :mod:`genoseq.kernels.cpu.head`."""

    def __init__(self, head: PerBaseHead, chosen: Chosen, told: torch.dtype) -> None:
        layer = head.projection
        self._chosen = chosen
        made = integer_head if told == torch.uint8 else head_of
        self._head = made(layer.weight, layer.bias, head.bases, head.states)

    def __call__(
        self, hidden: Tensor, wanted: range | None = None, softmax: bool = False
    ) -> Tensor:
        """See :class:`HeadReader`."""
        return read_head(self._chosen, hidden, self._head, softmax=softmax, wanted=wanted)


class LinearReader:
    """Of a linear head: one product, which is the compiled one's twin."""

    def __init__(self, head: PerBaseHead) -> None:
        self._shape = head.bases, head.states
        self._weight, self._bias = head.projection.weight, head.projection.bias[:, None]

    def __call__(
        self, hidden: Tensor, wanted: range | None = None, softmax: bool = False
    ) -> Tensor:
        """See :class:`HeadReader`: all steps are told."""
        del wanted
        steps, rows, width = hidden.shape
        flat = hidden.reshape(-1, width).T.to(self._weight.dtype)
        outputs = torch.addmm(self._bias, self._weight, flat).float()
        # (stride, S, steps, R) to (S, R, steps, stride): bases in order within each window.
        ordered = outputs.view(*self._shape, steps, rows).permute(1, 3, 2, 0)
        return _told(ordered.reshape(*ordered.shape[:2], -1), softmax)


class AnyReader:
    """Of any other head, which takes hidden states (R, T, D) to outputs (R, T * stride, S)."""

    def __init__(self, head: nn.Module) -> None:
        self._head = head
        self._dtype = next((weight.dtype for weight in head.parameters()), torch.float32)

    def __call__(
        self, hidden: Tensor, wanted: range | None = None, softmax: bool = False
    ) -> Tensor:
        """See :class:`HeadReader`: all steps are told."""
        del wanted
        outputs: Tensor = self._head(hidden.transpose(0, 1).to(self._dtype)).float()
        return _told(outputs.permute(2, 0, 1), softmax)


def _told(outputs: Tensor, softmax: bool) -> Tensor:
    # A softmax over the last dimension costs 20% of a whole run.
    return outputs.softmax(0) if softmax else outputs


def difference_from_torch() -> float:
    """Largest difference between probabilities by the kernels that run here and by PyTorch's own,
    of a small head in fp32; 0 where PyTorch computes."""
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(0)
        head, hidden = PerBaseHead(24, 3, 7), 2 * torch.rand(100, 3, 24) - 1
        told = [read(hidden, softmax=True) for read in (reader_of(head), LinearReader(head))]
        return float((told[0] - told[1]).abs().max())
