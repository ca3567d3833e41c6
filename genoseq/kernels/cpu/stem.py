"""Vectors of steps from bases by look-up, by the compiled kernels of stem.cpp."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

from genoseq.kernels.cpu.library import INT, LONG, POINTER, Chosen, kernel
from genoseq.kernels.cpu.threads import run_all, shares

_STEPS = 256
"""Steps that are worth a thread of their own."""


class _Run(ctypes.Structure):
    """GenoseqStem of stem.cpp."""

    _fields_ = (
        ("codes", POINTER),
        ("tables", POINTER),
        ("outputs", POINTER),
        ("scale", POINTER),
        ("zero", POINTER),
        ("code_row", LONG),
        ("steps", LONG),
        ("rows", LONG),
        ("groups", INT),
        ("word", INT),
        ("hop", INT),
        ("step", INT),
        ("width", INT),
        ("activate", INT),
    )


def look_up(
    chosen: Chosen,
    codes: Tensor,
    tables: Tensor,
    *,
    steps: int,
    word: int,
    hop: int,
    step: int,
    activate: bool,
    dtype: torch.dtype,
    scale: Tensor | None = None,
    zero: Tensor | None = None,
) -> Tensor:
    """Vectors (N, B, D) of base codes (B, W), as :class:`genoseq.inference.fold.FoldedStem` has
    them.

    Parameters
    ----------
    chosen
        Kernels that compute in ``dtype``, or in int8 if that is uint8.
    codes
        uint8, 0 to 4; a row begins with the first word of its first step, and holds all.
    tables
        Shape (G, 5 ** word, D), float32.
    steps, word, hop, step
        Steps N of a row; bases of a word, from word to word, and from step to step.
    activate
        Whether GELU follows.
    scale, zero
        Shape (D,), float32: of bytes, ``round(x * scale + zero)``, cut off at 0 and 255.

    Raises
    ------
    MemoryError
        If there is none left.
    """
    assert codes.shape[1] >= (steps - 1) * step + (len(tables) - 1) * hop + word
    assert tables.dtype == torch.float32
    assert (dtype == torch.uint8) == (scale is not None) == (zero is not None)
    codes, tables = codes.contiguous(), tables.contiguous()
    found = torch.empty(steps, len(codes), tables.shape[2], dtype=dtype)
    of_bytes = [0 if each is None else each.data_ptr() for each in (scale, zero)]
    runs = [
        _Run(
            codes[:, some.start * step :].data_ptr(), tables.data_ptr(), found[some].data_ptr(),
            *of_bytes, codes.shape[1], some.stop - some.start, len(codes),
            len(tables), word, hop, step, tables.shape[2], int(activate),
        )
        for some in shares(steps, _STEPS)
    ]  # fmt: skip
    run_all(kernel(chosen, "stem", torch.int8 if dtype == torch.uint8 else dtype), runs)
    return found
