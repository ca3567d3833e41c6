"""Windows of bases in, per-base predictions out: both strands, batch by batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from genoseq.config.schema import ModelSettings
from genoseq.errors import ConfigError
from genoseq.genome.sequences import Codes, N, reverse_complement_codes
from genoseq.genome.windows import Window
from genoseq.inference.fold import FoldedStem, can_fold, fold_stem
from genoseq.inference.readers import AnyReader, HeadReader, LinearReader
from genoseq.models.bundle import Bundle, load_bundle
from genoseq.models.device import Precision, choose_device, choose_precision
from genoseq.models.encoders import encode_time_first
from genoseq.tasks.heads import PerBaseHead
from genoseq.tokenizers.kmer import KmerTokenizer

_AHEAD = 8
"""Batches whose windows may wait for others of their size."""

Values = NDArray[np.float32]
Predict = Callable[[Codes, int], Values]
"""Codes (B, W) and context to predictions (S, B, W - 2 * context)."""
ItemT = TypeVar("ItemT")


class Predictor:
    """A model made ready to predict.

    A prediction is the mean of what the model says of the window and of its reverse complement, so
    that predicting the reverse complement gives the same values on swapped strands.  Of a model
    with tied strands it is the mean of logits, as in training, otherwise that of values.

    Parameters
    ----------
    bundle
        The model and what it was trained for.
    device
        ``cpu`` or ``cuda``; by default a GPU where one is visible.
    precision
        ``auto`` (bf16 where the device computes in it, and on a CPU the encoder gains from it),
        ``bf16`` or ``fp32``.
    folded
        Use look-up tables for the stem where they fit; False runs the module as it was trained,
        which gives the same values up to rounding.

    Raises
    ------
    BackendError
        If the device or precision cannot be had here, with the reason.
    """

    def __init__(
        self,
        bundle: Bundle,
        device: str | None = None,
        precision: Literal["auto", "bf16", "fp32"] = "auto",
        folded: bool = True,
    ) -> None:
        self.task, self.context = bundle.task, bundle.context
        self.settings = settings = bundle.settings
        self.stride = settings.stride
        self.device, chosen = choose_computing(settings, device, precision)
        self.dtype = torch.bfloat16 if chosen == "bf16" else torch.float32
        model = deepcopy(bundle.model).eval().requires_grad_(False)
        self._tied = settings.tied_strands
        self._tokenizer = KmerTokenizer(settings.tokenizer.k, settings.tokenizer.stride)
        self._stem: FoldedStem | None = None
        if folded and can_fold(settings):
            self._stem = fold_stem(model, settings).to(self.device, self.dtype)
        self._model = model.to(self.device, self.dtype)
        head = deepcopy(model.head)
        head.to(self.device, torch.float32 if self.task.exact else self.dtype)
        mirror = torch.from_numpy(self.task.mirror).to(self.device)
        self._read: HeadReader = (
            LinearReader(head, mirror) if isinstance(head, PerBaseHead) else AnyReader(head, mirror)
        )

    @torch.inference_mode()
    def __call__(self, codes: Codes, context: int, logits: bool = False) -> Values:
        """Predictions for the cores of windows.

        Parameters
        ----------
        codes
            Base codes, shape (B, W), W a multiple of the model's stride; N outside contigs.
        context
            Bases to leave out on each side, a multiple of the stride.
        logits
            Whether to give the mean of both strands' outputs themselves, not what they stand for.

        Returns
        -------
        Shape (S, B, W - 2 * context), output first: the task's values, or what was asked for.
        """
        plus, minus = self._strands(codes, context)
        plus = self._read(plus, reverse=False)
        minus = self._read(minus, reverse=True)
        # (stride, S, steps, B) to (S, B, steps, stride): bases in order within each window.
        if self._tied or logits:
            mean = (plus + minus).mul_(0.5)
            mean = mean if logits else self.task.values(mean, dim=1)
        else:
            plus, minus = (self.task.values(part, dim=1) for part in (plus, minus))
            mean = (plus + minus).mul_(0.5)
        mean = mean.permute(1, 3, 2, 0)
        return mean.reshape(self.task.outputs, len(codes), -1).cpu().numpy()

    def giving(self, output: Literal["values", "logits", "hidden"]) -> Predict:
        """The function of windows and context whose predictions are of that kind."""
        kinds: dict[str, Predict] = {
            "values": self,
            "logits": partial(self, logits=True),
            "hidden": self.hidden,
        }
        if output not in kinds:
            raise ConfigError(f"output {output!r}: use {', '.join(kinds)}")
        return kinds[output]

    @torch.inference_mode()
    def hidden(self, codes: Codes, context: int) -> Values:
        """Hidden states of each base, the mean of both strands: (D, B, W - 2 * context).

        Bases of one step of the encoder have the same.
        """
        plus, minus = self._strands(codes, context)
        mean = (plus.float() + minus.float()).mul_(0.5).permute(2, 1, 0)
        return mean.repeat_interleave(self.stride, dim=2).cpu().numpy()

    def _strands(self, codes: Codes, context: int) -> tuple[Tensor, Tensor]:
        """Hidden states (T, B, D) of the cores on either strand, in the forward strand's order."""
        windows = torch.from_numpy(np.concatenate([codes, reverse_complement_codes(codes)]))
        hidden = self._encode(windows.to(self.device))
        margin, half = context // self.stride, len(codes)
        kept = slice(margin, len(hidden) - margin)
        return hidden[kept, :half], hidden.flip(0)[kept, half:]

    def _encode(self, codes: Tensor) -> Tensor:
        """Hidden states (T, R, D) of windows (R, W), time first."""
        if self._stem is not None:
            steps = self._stem(codes)
        else:
            ids = np.stack([self._tokenizer.encode(row) for row in codes.cpu().numpy()])
            tokens = torch.from_numpy(ids.astype(np.int64)).to(self.device)
            steps = self._model.embed(tokens).transpose(0, 1)
        return encode_time_first(self._model.encoder, steps)


def bundle_of(model: Bundle | str | Path) -> Bundle:
    """The model itself, or that of a bundle's folder.

    Raises
    ------
    ConfigError
        If it is neither.
    BundleError
        As :func:`genoseq.models.bundle.load_bundle`.
    """
    if isinstance(model, Bundle):
        return model
    if isinstance(model, str | Path):
        return load_bundle(model)
    raise ConfigError(f"a {type(model).__name__} is no model: give a bundle or its folder")


def choose_computing(
    settings: ModelSettings,
    device: str | None = None,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
) -> tuple[torch.device, Precision]:
    """Device and number format in which a :class:`Predictor` computes."""
    chosen = choose_device(device)
    if (precision, chosen.type) == ("auto", "cpu") and not settings.encoder.gains_from_bf16():
        precision = "fp32"
    return chosen, choose_precision(chosen, precision).precision


@dataclass(slots=True)
class _Waiting(Generic[ItemT]):
    """A window whose predictions are awaited, here or by its neighbours; ``values`` (S, L)."""

    item: ItemT
    window: Window
    codes: Codes
    values: Values | None = None


def predict_windows(
    predict: Predict,
    windows: Iterable[tuple[ItemT, Window, Codes]],
    context: int,
    batch_bases: int,
) -> Iterator[tuple[ItemT, Codes, Values]]:
    """Codes (L,) and predictions (S, L) of the kept bases of windows, in order.

    Windows of one size make a batch, whichever came between them.

    Parameters
    ----------
    predict
        A :class:`Predictor`, or what it is :meth:`~Predictor.giving`.
    windows
        What is to come back with the predictions, the window, and its codes, shape (W,).
    context
        bp on each side of a window's core.
    batch_bases
        Bases of a batch.
    """
    queue: deque[_Waiting[ItemT]] = deque()
    batches: dict[int, list[_Waiting[ItemT]]] = {}
    held = 0

    def finish(width: int) -> None:
        _predict_batch(predict, batches.pop(width), context, max(1, batch_bases // width))

    def done() -> Iterator[tuple[ItemT, Codes, Values]]:
        nonlocal held
        while queue and (values := queue[0].values) is not None:
            first = queue.popleft()
            held -= len(first.codes)
            yield first.item, first.codes[first.window.keep], values

    for item, window, codes in windows:
        queue.append(_Waiting(item, window, codes))
        batches.setdefault(len(codes), []).append(queue[-1])
        held += len(codes)
        if len(batches[len(codes)]) * len(codes) > batch_bases - len(codes):
            finish(len(codes))
        elif held > _AHEAD * batch_bases:
            finish(len(queue[0].codes))
        yield from done()
    for width in list(batches):
        finish(width)
    yield from done()


def _predict_batch(
    predict: Predict, batch: Sequence[_Waiting[Any]], context: int, size: int
) -> None:
    """Set the values of at most ``size`` windows of one width."""
    # Short batches are filled up: matrix kernels may round otherwise for other shapes.
    codes = np.full((size, len(batch[0].codes)), N, np.uint8)
    codes[: len(batch)] = [waiting.codes for waiting in batch]
    predicted = predict(codes, context)
    for row, waiting in enumerate(batch):
        window, first = waiting.window, waiting.window.start + context
        kept = slice(window.keep_start - first, window.keep_end - first)
        waiting.values = predicted[:, row, kept]
