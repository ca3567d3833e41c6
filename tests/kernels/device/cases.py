"""Inputs on which the attention operator is checked on a device: of several blocks of 128 each."""

from __future__ import annotations

from kernels.attention.cases import Options

CASES = {
    "full, 32 wide": Options((350, 1, 133), width=32),
    "full, rotary, grouped heads, 128 wide": Options((259,), heads=4, width=128, rotary=True),
    "window": Options((1000, 45), key_heads=1, width=64, window=100),
    "window of three tokens": Options((500,), key_heads=1, width=64, window=1),
    "window wider than the document": Options((300, 77), key_heads=1, width=64, window=400),
    "window, registers, rotary, grouped heads": Options(
        (670, 0, 170), heads=4, width=64, window=90, global_tokens=30, rotary=True
    ),
    "registers of several blocks": Options(
        (570, 200), heads=4, width=64, window=0, global_tokens=300, rotary=True
    ),
    "causal, 1023 tokens": Options((1023,), key_heads=1, width=64, causal=True),
    "causal window, registers, 1021 tokens": Options(
        (1021,), key_heads=1, width=64, window=200, global_tokens=5, causal=True
    ),
    "short documents": Options(
        (1, 17, 0, 1, 2, 16, 0), heads=4, width=64, window=4, global_tokens=2, rotary=True
    ),
    "keys of other tokens, grouped heads": Options(
        (350, 1, 133), heads=4, width=64, key_lengths=(77, 500, 210)
    ),
    "keys of other tokens, 128 wide": Options((45, 300), width=128, key_lengths=(401, 130)),
    "last queries": Options((130, 270), key_heads=1, width=64, causal=True, key_lengths=(470, 271)),
    "last queries, window, registers": Options(
        (200, 1, 90),
        width=64,
        window=70,
        global_tokens=30,
        causal=True,
        key_lengths=(570, 301, 90),
    ),
    "short documents, keys of other tokens": Options(
        (1, 17, 0, 3, 2, 16, 0), heads=4, width=64, causal=True, key_lengths=(5, 9, 4, 0, 2, 33, 0)
    ),
}
"""Compared with dense attention.

No window of 0: where p is 1, dq and dk are what rounding leaves of do . v - delta, which plain
PyTorch, that has no delta, gives as exactly 0: its error is no yardstick there.
"""

PACKED = Options((157, 133), heads=4, width=64, window=29, global_tokens=3, rotary=True)
"""On which the properties are tried."""

OTHER_KEYS = Options((157, 133), heads=4, width=64, key_lengths=(70, 260))
"""The same of queries whose keys are of other tokens."""
