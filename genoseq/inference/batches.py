"""Batches of windows of about one length, whichever came between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genoseq.config.context import batch_rows
from genoseq.genome.sequences import Codes, N
from genoseq.inference.predict import Values
from genoseq.inference.windows import StrandWindow

_AHEAD = 32
"""Batches whose windows may wait for others of their width."""

Predict = Callable[[Codes, NDArray[np.int64], range], Values]
"""Codes (R, W) of windows, the bases (R,) that are theirs, and which of the W bases are asked for,
to predictions (S, R, W)."""


@dataclass(slots=True)
class _Waiting:
    """A window whose predictions are awaited, here or by its neighbours; ``values`` (S, L)."""

    window: StrandWindow
    values: Values | None = None


def predict_windows(
    predict: Predict, windows: Iterable[StrandWindow], batch_bases: int, any_lengths: bool = True
) -> Iterator[tuple[StrandWindow, Values]]:
    """Predictions (S, L) for the kept bases of windows, on their own strands, in order.

    Windows of about one length make a batch, whichever came between them.

    Parameters
    ----------
    predict
        Of the codes of windows, as a :class:`Predictor` does.
    windows
        Of any strands and contigs.
    batch_bases
        Bases of a batch, each on both strands.
    any_lengths
        Whether windows of different lengths may be in one batch.
    """
    queue: deque[_Waiting] = deque()
    batches: dict[int, list[_Waiting]] = {}
    held = 0

    def width(window: StrandWindow) -> int:
        return window.width if any_lengths else len(window.codes)

    def finish(width: int) -> None:
        _predict_batch(predict, batches.pop(width), batch_rows(batch_bases, width), width)

    def done() -> Iterator[tuple[StrandWindow, Values]]:
        nonlocal held
        while queue and (values := queue[0].values) is not None:
            first = queue.popleft()
            held -= len(first.window.codes)
            yield first.window, values

    for window in windows:
        wide = width(window)
        queue.append(_Waiting(window))
        batches.setdefault(wide, []).append(queue[-1])
        held += len(window.codes)
        if len(batches[wide]) == batch_rows(batch_bases, wide):
            finish(wide)
        elif held > _AHEAD * batch_bases:
            finish(width(queue[0].window))
        yield from done()
    for wide in list(batches):
        finish(wide)
    yield from done()


def _predict_batch(predict: Predict, batch: Sequence[_Waiting], size: int, width: int) -> None:
    """Set the values of at most ``size`` windows, none wider than ``width``."""
    # Short batches are filled up: matrix kernels may round otherwise for other shapes.  Rows are
    # even in number, so that vectors of 16 bases have no rest.
    codes = np.full((size, width), N, np.uint8)
    bases = np.full(size, width)
    bases[: len(batch)] = [len(waiting.window.codes) for waiting in batch]
    for row, waiting in zip(codes, batch, strict=False):
        row[: len(waiting.window.codes)] = waiting.window.codes
    kept = [waiting.window.window.keep for waiting in batch]
    wanted = range(min(part.start for part in kept), max(part.stop for part in kept))
    predicted = predict(codes, bases, wanted)
    for number, (waiting, part) in enumerate(zip(batch, kept, strict=True)):
        # A copy: a view would keep the whole batch for a window that waits.
        waiting.values = predicted[:, number, part].copy()
