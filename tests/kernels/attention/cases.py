"""Inputs on which the attention kernels are compared with dense attention."""

from __future__ import annotations

from typing import NamedTuple


class Options(NamedTuple):
    """One call of the kernels."""

    lengths: tuple[int, ...]
    """Tokens of each document."""

    heads: int = 2
    key_heads: int = 2
    width: int = 16
    window: int | None = None
    global_tokens: int = 0
    causal: bool = False
    rotary: bool = False
    large: bool = False
    """Blocks of 256 and 128 tokens instead of 32 and 16: the interpreter is slow."""
    key_lengths: tuple[int, ...] | None = None
    """Keys of each document; None: the same tokens as the queries."""

    @property
    def tokens(self) -> int:
        return sum(self.lengths)

    @property
    def keys(self) -> tuple[int, ...]:
        """Keys of each document."""
        return self.lengths if self.key_lengths is None else self.key_lengths


EXACT = {
    "full": Options((70, 1, 33), heads=1, key_heads=1, width=32),
    "full, rotary, grouped heads": Options((45, 20), heads=4, rotary=True),
    "window": Options((100, 45), key_heads=1, window=10),
    "window of one token": Options((50,), heads=1, key_heads=1, window=0),
    "window, globals, rotary, grouped heads": Options(
        (67, 0, 17), heads=4, window=9, global_tokens=3, rotary=True
    ),
    "globals of several blocks": Options(
        (97, 20), heads=1, key_heads=1, window=0, global_tokens=70
    ),
    "globals of one whole block": Options((90,), window=5, global_tokens=32, key_heads=1),
    "causal": Options((70, 33), heads=1, key_heads=1, causal=True),
    "causal, grouped heads, rotary": Options(
        (50, 17), heads=3, key_heads=1, causal=True, rotary=True
    ),
    "causal window": Options((110,), key_heads=1, window=20, causal=True),
    "causal window, globals, rotary": Options(
        (67, 31), key_heads=1, window=9, global_tokens=5, causal=True, rotary=True
    ),
    "causal, globals of several blocks": Options(
        (97,), heads=1, key_heads=1, window=3, global_tokens=40, causal=True
    ),
    "short documents": Options(
        (1, 17, 0, 1, 2, 16, 0), heads=1, key_heads=1, window=4, global_tokens=2
    ),
    "1023 tokens": Options((1023,), heads=1, key_heads=1, causal=True, large=True),
    "1025 tokens": Options((1025,), heads=1, key_heads=1, window=300, global_tokens=4, large=True),
    "a prime of tokens": Options((1021,), heads=1, key_heads=1, large=True),
    "head width 64": Options((53,), key_heads=1, width=64, window=17, global_tokens=1),
    "head width 128": Options((41,), key_heads=1, width=128, rotary=True),
    "other keys, grouped heads": Options((45, 0, 33, 1), heads=4, key_lengths=(70, 17, 0, 3)),
    "other keys, many": Options((17, 40), heads=1, key_heads=1, key_lengths=(1, 130)),
    "last queries": Options(
        (70, 17, 0, 40), heads=1, key_heads=1, causal=True, key_lengths=(33, 97, 5, 0)
    ),
    "last queries, window, globals, grouped heads": Options(
        (37, 50, 20), key_heads=1, window=9, global_tokens=5, causal=True, key_lengths=(97, 20, 67)
    ),
    "last queries, globals of several blocks": Options(
        (50, 7), heads=1, key_heads=1, window=3, global_tokens=40, causal=True, key_lengths=(97, 9)
    ),
    "one query, window": Options(
        (1, 1), heads=1, key_heads=1, window=20, global_tokens=2, causal=True, key_lengths=(77, 1)
    ),
}
"""Compared in float64."""

ROUNDED = {
    "full": Options((70, 33), heads=1, key_heads=1, width=32),
    "window, globals, rotary, grouped heads": Options(
        (67, 17), key_heads=1, width=32, window=9, global_tokens=3, rotary=True
    ),
    "causal window, 64 wide": Options((83,), key_heads=1, width=64, window=20, causal=True),
    "other keys": Options((70, 33), heads=1, key_heads=1, width=32, key_lengths=(45, 90)),
}
"""Compared in float32, float16 and bfloat16 with what PyTorch's own rounding costs."""

ROUNDED_TYPES = ("float32", "float16", "bfloat16")

RESULTS = ("out", "lse", "dq", "dk", "dv")

PROPERTIES = (
    "packed documents, global tokens",
    "packed documents, causal",
    "nan in the second document",
    "values of one",
    "window of the document's length",
    "permuted keys",
    "scores times 900",
    "twice",
    "no gradient of the log-sum-exp",
    "64-bit offsets",
    "strides",
    "expanded gradient",
    "no tokens",
    "tile maps",
)

OF_OTHER_KEYS = (
    "packed documents",
    "nan in the second document",
    "nan where no key is seen",
    "64-bit offsets",
    "strides",
    "no queries, no keys",
    "last queries are the last rows",
    "at random",
)
"""Properties of queries whose keys are of other tokens."""
